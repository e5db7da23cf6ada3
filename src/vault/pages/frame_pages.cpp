#include "vault/pages/frame_pages.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "crypto/hash.h"

namespace karv::vault {
namespace {

constexpr std::string_view kPlace = kCardForm.parent_place;
constexpr const char* kCure = "; build the pages again with: node web/build.mjs";

base::Result<std::string> read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return base::internal_error(base::ErrorCode::unavailable, "cannot read " + path.string());
  return text.str();
}

std::string content_type_of(const std::filesystem::path& path) {
  const auto extension = path.extension();
  if (extension == ".js") return "text/javascript; charset=utf-8";
  if (extension == ".css") return "text/css; charset=utf-8";
  if (extension == ".woff2") return "font/woff2";
  if (extension == ".svg") return "image/svg+xml";
  return "application/octet-stream";
}

std::string integrity_of(std::string_view body) {
  return "sha384-" + base::to_base64(crypto::sha384(base::as_bytes(body)));
}

// The hash of a script, when it is the one that the inventory has for its path.
base::Result<std::string> listed_hash(const std::string& name, const Asset& asset, const ScriptInventory& inventory,
                                      const PageKind& kind) {
  auto hash = integrity_of(asset.body);
  const auto* listed = inventory.find(kind.name, hash);
  if (listed == nullptr || listed->path != kind.asset_path + name)
    return base::internal_error(
        base::ErrorCode::unavailable,
        std::string(kind.name) + "'s " + name + " is not the script that the inventory lists" + kCure);
  return hash;
}

// Every script element names the hash of a script that is served; so none is inline.
base::Result<void> check_script_elements(std::string_view page, std::span<const std::string> hashes) {
  constexpr std::string_view kScript = "<script";
  std::size_t elements = 0;
  for (auto at = page.find(kScript); at != std::string_view::npos; at = page.find(kScript, at + 1), ++elements) {
    const auto element = page.substr(at, page.find('>', at) - at);
    const bool named = std::ranges::any_of(hashes, [&](const std::string& hash) {
      return element.find("integrity=\"" + hash + "\"") != std::string_view::npos;
    });
    if (!named || element.find(" src=\"") == std::string_view::npos)
      return base::internal_error(base::ErrorCode::unavailable,
                                  std::string("the page has a script without the hash of what is served") + kCure);
  }
  if (elements == 0)
    return base::internal_error(base::ErrorCode::unavailable, std::string("the page has no script") + kCure);
  return {};
}

}  // namespace

base::Result<FramePages> FramePages::load(const std::string& folder, const ScriptInventory& inventory,
                                          const PageKind& kind) {
  namespace fs = std::filesystem;
  FramePages out;
  KARV_TRY(out.page_, read_text(fs::path(folder) / "index.html"));
  if (out.page_.find(kind.parent_place) == std::string::npos)
    return base::internal_error(base::ErrorCode::unavailable, "the card form has no place for the parent's origin");
  std::error_code failed;
  for (fs::recursive_directory_iterator entry(fs::path(folder) / "assets", failed), end; !failed && entry != end;
       entry.increment(failed)) {
    if (!entry->is_regular_file()) continue;
    KARV_TRY(auto body, read_text(entry->path()));
    const auto name = fs::relative(entry->path(), fs::path(folder) / "assets").generic_string();
    Asset asset{.content_type = content_type_of(entry->path()), .body = std::move(body)};
    if (entry->path().extension() == ".js") {
      KARV_TRY(auto hash, listed_hash(name, asset, inventory, kind));
      out.script_hashes_.push_back(std::move(hash));
    }
    out.assets_.emplace(name, std::move(asset));
  }
  KARV_TRY_VOID(check_script_elements(out.page_, out.script_hashes_));
  return out;
}

std::string FramePages::page_for(std::string_view parent_origin) const {
  std::string page = page_;
  for (std::size_t at = page.find(kPlace); at != std::string::npos; at = page.find(kPlace, at + parent_origin.size()))
    page.replace(at, kPlace.size(), parent_origin);
  return page;
}

const Asset* FramePages::find_asset(const std::string& name) const {
  const auto found = assets_.find(name);
  return found == assets_.end() ? nullptr : &found->second;
}

}  // namespace karv::vault
