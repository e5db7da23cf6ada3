// The built card form (web/dist/card-frame): its page, with the parent's origin filled in, and its assets. Read once at
// start; nothing of a request ever becomes a path in the file system.
#pragma once

#include <map>
#include <string>

#include "base/result.h"

namespace karv::vault {

struct Asset {
  std::string content_type;
  std::string body;
};

class FramePages {
 public:
  // Errors: unavailable (no index.html, or it has no place for the parent's origin).
  static base::Result<FramePages> load(const std::string& folder);

  // Pre: parent_origin is an https origin (is_https_origin).
  std::string page_for(std::string_view parent_origin) const;
  // Null when there is none of that name.
  const Asset* find_asset(const std::string& name) const;

 private:
  std::string page_;
  std::map<std::string, Asset> assets_;
};

}  // namespace karv::vault
