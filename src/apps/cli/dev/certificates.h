// The development certificate authority and one leaf per role. The authority is kept as long as the data folder, so
// that a browser has to be told once; leaves are made anew at each start. Each process has a key of its own: with a
// shared one the payment server could answer for the vault's origin.
#pragma once

#include "apps/cli/dev/layout.h"
#include "base/result.h"

namespace karv::apps::cli::dev {

// Effects: files under data/tls; the authority's certificate is layout.certificate("ca").
base::Result<void> make_certificates(const Layout& layout);

}  // namespace karv::apps::cli::dev
