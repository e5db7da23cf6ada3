#include "vault/pages/frame_policy.h"

#include <fmt/format.h>

namespace karv::vault {
namespace {

constexpr const char* kNoDevices =
    "accelerometer=(), autoplay=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), microphone=(), "
    "midi=(), payment=(), usb=()";

std::string sources_of(std::span<const std::string> script_hashes) {
  std::string scripts;
  for (const auto& hash : script_hashes) scripts += (scripts.empty() ? "'" : " '") + hash + "'";
  return scripts;
}

std::string form_csp(const FormPolicy& policy, const std::string& reports) {
  return fmt::format(
      "default-src 'none'; script-src {} 'report-sha384'; style-src 'self'; font-src 'self'; connect-src 'self'; "
      "base-uri 'none'; form-action 'none'; frame-ancestors {}; sandbox allow-forms allow-same-origin allow-scripts; "
      "require-trusted-types-for 'script'; trusted-types 'none'; report-uri {}; report-to karv",
      sources_of(policy.script_hashes), policy.frame_ancestors, reports);
}

net::Headers page_headers(std::string csp, std::string forbidden = kNoDevices) {
  return {{"Content-Type", "text/html; charset=utf-8"},
          {"Content-Security-Policy", std::move(csp)},
          {"Cache-Control", "no-store"},
          {"Cross-Origin-Opener-Policy", "same-origin"},
          {"Cross-Origin-Resource-Policy", "same-origin"},
          {"Origin-Agent-Cluster", "?1"},
          {"Permissions-Policy", std::move(forbidden)},
          {"Referrer-Policy", "no-referrer"},
          {"X-Content-Type-Options", "nosniff"}};
}

}  // namespace

net::Headers form_headers(const FormPolicy& policy) {
  const auto reports = std::string(policy.origin).append(kReportPath);
  auto headers = page_headers(form_csp(policy, reports));
  headers.add("Integrity-Policy", "blocked-destinations=(script), endpoints=(karv)");
  headers.add("Reporting-Endpoints", "karv=\"" + reports + "\"");
  return headers;
}

net::Headers staff_page_headers(std::span<const std::string> script_hashes) {
  auto headers = page_headers(
      fmt::format("default-src 'none'; script-src {}; style-src 'self'; font-src 'self'; connect-src 'self'; "
                  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
                  "sandbox allow-forms allow-same-origin allow-scripts; "
                  "require-trusted-types-for 'script'; trusted-types 'none'",
                  sources_of(script_hashes)),
      std::string(kNoDevices) + ", clipboard-read=(), clipboard-write=()");
  headers.add("Integrity-Policy", "blocked-destinations=(script)");
  headers.add("X-Frame-Options", "DENY");
  return headers;
}

net::Headers sentence_headers() {
  return page_headers("default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors https:; sandbox");
}

net::Headers asset_headers(const std::string& content_type) {
  return {{"Content-Type", content_type},
          {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox"},
          {"Cache-Control", "no-cache"},
          {"Cross-Origin-Resource-Policy", "same-origin"},
          {"Referrer-Policy", "no-referrer"},
          {"X-Content-Type-Options", "nosniff"}};
}

}  // namespace karv::vault
