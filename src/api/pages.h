// The built pages: merchant script, checkout, account. Read into memory at start and served from there; a path either
// is one of the files read or does not exist, so nothing else of the disk can be reached.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "api/services.h"
#include "base/result.h"
#include "net/http.h"

namespace karv::api {

struct PageFile {
  std::string type;  // Content-Type
  std::string body;
  std::string etag;  // strong: the digest of the body
};

class Pages {
 public:
  // Reads every file below `root` (web/dist). Errors: unavailable when a page that must be there is not.
  static base::Result<Pages> load(const std::string& root);
  // By its path below the root: "karv/v1.0.0/karv.js". nullptr when there is none.
  const PageFile* find(std::string_view path) const;
  // "sha384-..." of each script below a folder ("portal/"), computed from the bytes that are served.
  std::vector<std::string> script_hashes(std::string_view folder) const;

 private:
  std::map<std::string, PageFile, std::less<>> files_;
};

// `pages` and `services` outlive the router.
void add_page_routes(net::Router& router, const Pages& pages, const Services& services);

}  // namespace karv::api
