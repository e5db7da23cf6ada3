#include "api/page_policy.h"

#include <fmt/format.h>

namespace karv::api {
namespace {

constexpr const char* kNoDevices =
    "accelerometer=(), autoplay=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), microphone=(), "
    "midi=(), payment=(), usb=()";

}  // namespace

net::Headers page_headers(FramingPage page, const std::string& vault_url,
                          const std::vector<std::string>& script_hashes) {
  const std::string reports = vault_url + "/frame/v1/reports";
  std::string scripts;
  for (const auto& hash : script_hashes) scripts.append("'").append(hash).append("' ");
  // Any shop may show the checkout, which is the same for all; the card form in it names the shop it belongs to.
  const auto* const framing =
      page == FramingPage::checkout ? "frame-ancestors https:" : "manifest-src 'self'; frame-ancestors 'none'";
  auto policy = fmt::format(
      "default-src 'none'; script-src {}'report-sha384'; style-src 'self'; font-src 'self'; img-src 'self' data:; "
      "connect-src 'self'; frame-src {}; {}; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; "
      "trusted-types 'none'; report-uri {}; report-to karv",
      scripts, vault_url, framing, reports);
  return {{"Content-Security-Policy", std::move(policy)},
          {"Cross-Origin-Opener-Policy", "same-origin"},
          {"Cross-Origin-Resource-Policy", "same-origin"},
          {"Integrity-Policy", "blocked-destinations=(script), endpoints=(karv)"},
          {"Permissions-Policy", kNoDevices},
          {"Referrer-Policy", "no-referrer"},
          {"Reporting-Endpoints", "karv=\"" + reports + "\""}};
}

}  // namespace karv::api
