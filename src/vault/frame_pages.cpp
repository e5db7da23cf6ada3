#include "vault/frame_pages.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/check.h"

namespace karv::vault {
namespace {

constexpr std::string_view kPlace = "{{PARENT_ORIGIN}}";

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

}  // namespace

base::Result<FramePages> FramePages::load(const std::string& folder) {
  namespace fs = std::filesystem;
  FramePages out;
  KARV_TRY(out.page_, read_text(fs::path(folder) / "index.html"));
  if (out.page_.find(kPlace) == std::string::npos)
    return base::internal_error(base::ErrorCode::unavailable, "the card form has no place for the parent's origin");
  std::error_code failed;
  for (fs::recursive_directory_iterator entry(fs::path(folder) / "assets", failed), end; !failed && entry != end;
       entry.increment(failed)) {
    if (!entry->is_regular_file()) continue;
    KARV_TRY(auto body, read_text(entry->path()));
    const auto name = fs::relative(entry->path(), fs::path(folder) / "assets").generic_string();
    out.assets_.emplace(name, Asset{.content_type = content_type_of(entry->path()), .body = std::move(body)});
  }
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
