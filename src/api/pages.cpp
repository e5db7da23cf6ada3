#include "api/pages.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "api/errors.h"
#include "api/html.h"
#include "api/page_policy.h"
#include "crypto/hash.h"

namespace karv::api {
namespace {

namespace fs = std::filesystem;

struct TypeRow {
  std::string_view ending, type;
};
constexpr auto kTypes = std::to_array<TypeRow>({{".html", "text/html; charset=utf-8"},
                                                {".js", "text/javascript; charset=utf-8"},
                                                {".css", "text/css; charset=utf-8"},
                                                {".json", "application/json"},
                                                {".webmanifest", "application/manifest+json"},
                                                {".svg", "image/svg+xml"},
                                                {".png", "image/png"},
                                                {".woff2", "font/woff2"}});

std::string_view type_of(std::string_view path) {
  for (const auto& row : kTypes)
    if (path.ends_with(row.ending)) return row.type;
  return "application/octet-stream";
}

constexpr std::string_view kImmutable = "public, max-age=31536000, immutable";
constexpr std::string_view kRevalidate = "no-cache";

// Unchanged since the browser asked last: 304.
net::Response serve(const net::Request& request, const PageFile& file, std::string_view cache) {
  net::Response response{200, {{"ETag", file.etag}, {"Cache-Control", std::string(cache)}}, {}, false};
  if (request.headers.find("If-None-Match") == file.etag) {
    response.status = 304;
    return response;
  }
  response.headers.add("Content-Type", file.type);
  response.body = file.body;
  return response;
}

net::Response not_here() {
  return html_page(404, "en", "Nothing here", "<h1>There is nothing here</h1><p>The address may be mistyped.</p>");
}

std::string_view cache_of(std::string_view path) {
  const bool versioned = path.find("/assets/") != std::string_view::npos || path.starts_with("karv/v");
  return versioned ? kImmutable : kRevalidate;
}

// The merchant script runs on any shop's page.
net::Reply serve_script(const Pages& pages, const net::Request& request) {
  const std::string path = "karv/" + request.parameter("rest");
  const auto* file = pages.find(path);
  if (file == nullptr) return not_here();
  auto response = serve(request, *file, cache_of(path));
  response.headers.add("Access-Control-Allow-Origin", "*");
  response.headers.add("Cross-Origin-Resource-Policy", "cross-origin");
  return response;
}

net::Reply serve_below(const Pages& pages, const net::Request& request, const std::string& folder,
                       const net::Headers& headers, bool single_page) {
  const bool is_folder = request.path_parameters.empty();
  // What the page names beside itself is beside it only below the folder.
  if (is_folder && !request.path.ends_with('/'))
    return net::Response{308, {{"Location", request.path + '/'}}, {}, false};
  const std::string rest = is_folder ? std::string() : request.parameter("rest");
  std::string path = folder + (rest.empty() ? "index.html" : rest);
  const auto* file = pages.find(path);
  if (file == nullptr && single_page && rest.find('.') == std::string::npos) {
    path = folder + "index.html";
    file = pages.find(path);
  }
  if (file == nullptr) return not_here();
  auto response = serve(request, *file, cache_of(path));
  for (const auto& header : headers.all()) response.headers.add(header.name, header.value);
  return response;
}

constexpr std::string_view kCheckoutFolder = "checkout/v1.0.0/";
constexpr std::string_view kAccountFolder = "portal/";

}  // namespace

base::Result<Pages> Pages::load(const std::string& root) {
  Pages pages;
  std::error_code error;
  for (fs::recursive_directory_iterator it(root, error), end; !error && it != end; it.increment(error)) {
    if (!it->is_regular_file()) continue;
    std::ifstream in(it->path(), std::ios::binary);
    PageFile file;
    file.body.assign(std::istreambuf_iterator<char>(in), {});
    const std::string path = fs::relative(it->path(), root, error).generic_string();
    file.type = type_of(path);
    file.etag = '"' + base::to_hex(crypto::sha256(base::as_bytes(file.body))).substr(0, 32) + '"';
    pages.files_.emplace(path, std::move(file));
  }
  for (const auto* needed : {"karv/integrity.json", "checkout/v1.0.0/index.html", "portal/index.html"})
    if (pages.find(needed) == nullptr)
      return base::internal_error(
          base::ErrorCode::unavailable,
          std::string("the built pages lack ") + needed + " below " + root + "; build them with: node web/build.mjs");
  return pages;
}

const PageFile* Pages::find(std::string_view path) const {
  const auto found = files_.find(path);
  return found == files_.end() ? nullptr : &found->second;
}

std::vector<std::string> Pages::script_hashes(std::string_view folder) const {
  std::vector<std::string> hashes;
  for (const auto& [path, file] : files_)
    if (path.starts_with(folder) && path.ends_with(".js"))
      hashes.push_back("sha384-" + base::to_base64(crypto::sha384(base::as_bytes(file.body))));
  return hashes;
}

void add_page_routes(net::Router& router, const Pages& pages, const Services& services) {
  using net::Method;
  const auto headers_of = [&](FramingPage page, std::string_view folder) {
    return page_headers(page, services.vault_url, pages.script_hashes(folder));
  };
  const auto serve_checkout =
      [&pages, headers = headers_of(FramingPage::checkout, kCheckoutFolder)](const net::Request& request) {
        return serve_below(pages, request, std::string(kCheckoutFolder), headers, false);
      };
  const auto serve_account = [&pages,
                              headers = headers_of(FramingPage::account, kAccountFolder)](const net::Request& request) {
    return serve_below(pages, request, std::string(kAccountFolder), headers, true);
  };
  router.add(Method::get, "/assets/karv/*rest",
             [&pages](const net::Request& request) { return serve_script(pages, request); });
  router.add(Method::get, "/assets/plain.css", [](const net::Request&) -> net::Reply {
    return net::Response{200, {{"Content-Type", "text/css; charset=utf-8"}}, std::string(plain_css()), false};
  });
  router.add(Method::get, "/checkout/v1.0.0", serve_checkout);
  router.add(Method::get, "/checkout/v1.0.0/*rest", serve_checkout);
  router.add(Method::get, "/account", serve_account);
  router.add(Method::get, "/account/*rest", serve_account);
  router.add(Method::get, "/", [](const net::Request&) -> net::Reply {
    return html_page(200, "en", "Karv",
                     "<h1>Karv</h1><p>This is a payment provider. Shoppers find what they owe and paid in "
                     "<a href=\"/account/\">their account</a>.</p>");
  });
  router.set_fallback("/", [](const net::Request& request, const std::vector<net::Method>& allowed) {
    return allowed.empty() && request.method == Method::get ? not_here() : problem_fallback(request, allowed);
  });
}

}  // namespace karv::api
