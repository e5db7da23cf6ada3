// The headers of the card form's page: what a browser may run, load and say there, and whom it may stand in.
//
// Scripts run by their hash alone: not the origin, not a name. The hash stands in the Content-Security-Policy and in
// the page's `integrity` attribute, so one changed byte of either the script or the page ends in no script at all;
// whoever can change the policy as well is found by looking at the page as a browser got it (tests/browser/pages).
// `sandbox` repeats the tokens of the frame around the page (web/packages/ui/src/card_frame.tsx), so that they hold
// whoever frames it. What is blocked is reported to kReportPath.
// Source: PCI DSS 4.0.1 6.4.3 and 11.6.1; OWASP ASVS 5.0 V3.4, V3.6; CSP Level 3; W3C Integrity-Policy.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "net/http.h"

namespace karv::vault {

inline constexpr std::string_view kReportPath = "/frame/v1/reports";

struct FormPolicy {
  std::string_view origin;           // the vault's own: "https://vault.localhost:8444"
  std::string_view frame_ancestors;  // the ticket's origins, separated by blanks
  std::span<const std::string> script_hashes;
};
net::Headers form_headers(const FormPolicy& policy);

// The page for staff: framed by nobody; what it shows cannot go to the clipboard.
net::Headers staff_page_headers(std::span<const std::string> script_hashes);

// A page of one sentence: it loads nothing.
net::Headers sentence_headers();
// The script, style and font of the form: for this origin's pages only, and never a page themselves.
net::Headers asset_headers(const std::string& content_type);

}  // namespace karv::vault
