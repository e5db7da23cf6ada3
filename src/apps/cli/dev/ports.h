// Choosing the ports of a development installation: the documented ones, a row from a base, or free ones.
#pragma once

#include <optional>

#include "apps/cli/dev/layout.h"
#include "base/result.h"

namespace karv::apps::cli::dev {

struct PortWish {
  std::optional<std::uint16_t> base;  // pay = base, vault = base + 1, ...
  bool free = false;                  // whatever the kernel gives; the same as last time when those are still free
};

// Errors: unavailable naming the ports that somebody else listens on.
base::Result<Ports> choose_ports(const PortWish& wish, const Layout& layout);
// Remembers them in the data folder, for the next start with free ports.
base::Result<void> remember_ports(const Ports& ports, const Layout& layout);

}  // namespace karv::apps::cli::dev
