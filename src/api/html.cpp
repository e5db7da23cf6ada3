#include "api/html.h"

#include <fmt/format.h>

namespace karv::api {

std::string escape_html(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out.push_back(c);
    }
  }
  return out;
}

net::Response html_page(int status, std::string_view language, std::string_view title, std::string_view body) {
  std::string page = fmt::format(
      "<!doctype html><html lang=\"{}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width, initial-scale=1\"><title>{} - Karv</title><link rel=\"stylesheet\" "
      "href=\"/assets/plain.css\"></head><body><main>{}</main></body></html>",
      escape_html(language), escape_html(title), body);
  return {status,
          {{"Content-Type", "text/html; charset=utf-8"},
           {"Content-Security-Policy",
            "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
           {"Referrer-Policy", "no-referrer"}},
          std::move(page),
          false};
}

std::string_view plain_css() {
  return "html{color-scheme:light dark;font:1.0625rem/1.6 system-ui,sans-serif}"
         "body{margin:0}main{max-width:40rem;margin:0 auto;padding:3rem 1.25rem}"
         "h1{font-size:1.75rem;line-height:1.2;letter-spacing:-.01em}p{margin:0 0 1rem}";
}

}  // namespace karv::api
