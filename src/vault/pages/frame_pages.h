// A built page of the vault's own (web/dist/card-frame, web/dist/vault-staff): the page, with the parent's origin
// filled in where it is framed, and its assets. Read once at start and served from memory, so that a file changed
// afterwards reaches nobody; nothing of a request ever becomes a path in the file system. The hashes of its scripts are
// computed from the very bytes that are served, and must be those of the script inventory and of the page's own
// `integrity` attributes: else the vault does not start.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "vault/pages/script_inventory.h"

namespace karv::vault {

struct Asset {
  std::string content_type;
  std::string body;
};

// Which page it is in the inventory, where its assets are served, and what stands for the parent's origin in it.
struct PageKind {
  const char* name;
  const char* asset_path;
  const char* parent_place;  // empty: nobody frames it
};
inline constexpr PageKind kCardForm{"card-frame", "/frame/v1/assets/", "{{PARENT_ORIGIN}}"};
inline constexpr PageKind kStaffPage{"vault-staff", "/staff/v1/assets/", ""};

class FramePages {
 public:
  // Errors: unavailable (no index.html; it has no place for the parent's origin; a script is not the listed one, is
  // inline, or the page does not name its hash).
  static base::Result<FramePages> load(const std::string& folder, const ScriptInventory& inventory,
                                       const PageKind& kind = kCardForm);

  // Pre: parent_origin is an https origin (is_https_origin).
  std::string page_for(std::string_view parent_origin) const;
  const std::string& page() const { return page_; }
  // Null when there is none of that name.
  const Asset* find_asset(const std::string& name) const;
  // "sha384-..." of every script, for the Content-Security-Policy.
  std::span<const std::string> script_hashes() const { return script_hashes_; }

 private:
  std::string page_;
  std::map<std::string, Asset> assets_;
  std::vector<std::string> script_hashes_;
};

}  // namespace karv::vault
