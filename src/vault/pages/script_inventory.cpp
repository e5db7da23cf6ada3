#include "vault/pages/script_inventory.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>

#include "json/decode.h"

namespace karv::vault {
namespace {

struct InventoryFile {
  std::vector<ListedScript> scripts;
};
BOOST_DESCRIBE_STRUCT(InventoryFile, (), (scripts))

base::Error unusable(const std::string& path, const std::string& why) {
  return base::internal_error(base::ErrorCode::unavailable,
                              path + " is no script inventory: " + why + "; build it with: node web/build.mjs");
}

struct HashForm {
  std::string_view prefix;
  std::size_t characters;  // of base64 with its padding
};
constexpr auto kHashForms = std::to_array<HashForm>({{"sha256-", 44}, {"sha384-", 64}, {"sha512-", 88}});

bool is_base64(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
}

}  // namespace

bool is_integrity(std::string_view text) {
  for (const auto& form : kHashForms) {
    if (!text.starts_with(form.prefix)) continue;
    text.remove_prefix(form.prefix.size());
    if (text.size() != form.characters) return false;
    while (text.ends_with('=')) text.remove_suffix(1);
    return text.size() + 2 >= form.characters && std::ranges::all_of(text, is_base64);
  }
  return false;
}

base::Result<ScriptInventory> ScriptInventory::load(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return unusable(path, "it cannot be read");
  auto decoded = json::decode<InventoryFile>(text.str(), json::kOwnChannel);
  if (!decoded.ok()) return unusable(path, decoded.error().public_text());
  for (const auto& script : decoded->scripts) {
    const bool whole = !script.page.empty() && script.path.starts_with('/') && is_integrity(script.integrity) &&
                       !script.owner.empty() && !script.why.empty();
    if (!whole) return unusable(path, "the entry of " + script.path + " lacks its page, hash, owner or reason");
  }
  ScriptInventory inventory;
  inventory.scripts_ = std::move(decoded->scripts);
  return inventory;
}

const ListedScript* ScriptInventory::find(std::string_view page, std::string_view integrity) const {
  const auto found =
      std::ranges::find_if(scripts_, [&](const auto& s) { return s.page == page && s.integrity == integrity; });
  return found == scripts_.end() ? nullptr : &*found;
}

bool ScriptInventory::knows_path(std::string_view path) const {
  return std::ranges::any_of(scripts_, [&](const auto& s) { return s.path == path; });
}

}  // namespace karv::vault
