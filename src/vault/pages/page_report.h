// What browsers tell about the payment pages, read strictly: anybody can post a report, so it is input like any other.
//
//   application/reports+json   a list of csp-violation, csp-hash and integrity-violation reports (Reporting API)
//   application/csp-report     one violation, as browsers without that interface send it
// A report's URLs hold the card ticket and may hold what a bad script tried to carry off: of a URL only the origin is
// kept, with the path when it is a listed script's, and of a foreign host the last labels without longer runs of
// digits. Pure: nothing is stored here (page_watch.h). Source: W3C Reporting API, CSP Level 3 section 5 and "hash
// reporting", Integrity-Policy.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "vault/pages/script_inventory.h"
#include "vault_api/scripts.h"

namespace karv::vault {

inline constexpr std::size_t kMaxReportPost = 32'768;
// The card form's style sheet asks for this, which its policy forbids, when the script has not run (card.css).
inline constexpr std::string_view kNotStartedPath = "/frame/v1/script-did-not-start";

// A finding without its count and times.
struct Finding {
  vault_api::FindingKind kind = vault_api::FindingKind::policy_violation;
  std::string page, directive, blocked, hash;
  friend auto operator<=>(const Finding&, const Finding&) = default;
};

struct ReadReports {
  std::vector<Finding> findings;
  std::vector<const ListedScript*> ran;  // scripts of the inventory that a browser said it ran
};

enum class ReportForm : std::uint8_t { reports, csp_report };

// Errors: too_large, bad_request, bad_value (a directive or hash that is none). Unknown kinds of report are left out.
base::Result<ReadReports> read_reports(ReportForm form, std::string_view body, const ScriptInventory& inventory);

// What may be kept of something that a browser says it blocked or ran.
std::string blocked_text(std::string_view url, const ScriptInventory& inventory);

}  // namespace karv::vault
