// A development installation on disk: made once, kept between starts, removed only when asked and only when it is one.
//
// Holds a lock while it lives, so that two supervisors never share a folder.
#pragma once

#include <memory>
#include <string>

#include "apps/cli/dev/layout.h"
#include "base/result.h"

namespace karv::apps::cli::dev {

class Installation {
 public:
  // Makes the folder, or opens it; `fresh` empties it first. Errors: conflict (another supervisor holds it),
  // not_allowed (`fresh` on a folder that no `karv dev` made), unavailable.
  static base::Result<std::unique_ptr<Installation>> open(const Layout& layout, bool fresh);
  ~Installation();
  Installation(const Installation&) = delete;
  Installation& operator=(const Installation&) = delete;

  // Secret files that are missing are made; the HSM token too. SOFTHSM2_CONF is set for this process and its children.
  base::Result<void> ensure_secrets() const;
  // Migrates the server's database and sees to a demo merchant whose checkout may stand in the shop's pages; answers
  // its user name. Effects: merchant.json for any HTTP client.
  base::Result<std::string> ensure_merchant(const Ports& ports) const;

 private:
  Installation(Layout layout, int lock) : layout_(std::move(layout)), lock_(lock) {}
  Layout layout_;
  int lock_;
};

}  // namespace karv::apps::cli::dev
