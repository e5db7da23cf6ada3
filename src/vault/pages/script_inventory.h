// The scripts that Karv's payment pages may run: each with the page it belongs to, its owner, why it is there, and its
// hash. The web build writes the file (web/inventory.mjs, from web/scripts.json) and fails for a script without an
// entry; the vault serves no card form that differs from it and holds browsers' reports against it.
// Source: PCI DSS 4.0.1 requirement 6.4.3.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>

#include "base/result.h"

namespace karv::vault {

struct ListedScript {
  std::string page;       // "card-frame", "checkout", "account", "shop" (the merchant script in a shop's own page)
  std::string path;       // of its URL: "/frame/v1/assets/card.js"
  std::string integrity;  // "sha384-" and base64
  std::string owner;
  std::string why;
};
BOOST_DESCRIBE_STRUCT(ListedScript, (), (page, path, integrity, owner, why))

class ScriptInventory {
 public:
  // Errors: unavailable (not there, not an inventory, an entry without owner or reason).
  static base::Result<ScriptInventory> load(const std::string& path);

  std::span<const ListedScript> all() const { return scripts_; }
  // The script of a page with this hash; null when there is none.
  const ListedScript* find(std::string_view page, std::string_view integrity) const;
  // Whether any page has a script at this path.
  bool knows_path(std::string_view path) const;

 private:
  std::vector<ListedScript> scripts_;
};

// "sha256-", "sha384-" or "sha512-" and base64: as browsers write it.
bool is_integrity(std::string_view text);

}  // namespace karv::vault
