#include "vault/pages/page_report.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <boost/describe/class.hpp>

#include "json/decode.h"

namespace karv::vault {
namespace {

using vault_api::FindingKind;

// The members that the three kinds of report use; the rest (source positions, the policy itself) is not looked at.
struct ReportBody {
  std::optional<std::string> documentURL, blockedURL, effectiveDirective, subresourceURL, hash;
};
BOOST_DESCRIBE_STRUCT(ReportBody, (), (documentURL, blockedURL, effectiveDirective, subresourceURL, hash))
struct Report {
  std::string type;
  std::optional<ReportBody> body;
};
BOOST_DESCRIBE_STRUCT(Report, (), (type, body))

struct OldBody {
  std::string document_uri, blocked_uri;
  std::optional<std::string> effective_directive, violated_directive;
  static constexpr auto kWireNames =
      std::to_array<std::string_view>({"document-uri", "blocked-uri", "effective-directive", "violated-directive"});
};
BOOST_DESCRIBE_STRUCT(OldBody, (), (document_uri, blocked_uri, effective_directive, violated_directive))
struct OldReport {
  OldBody csp_report;
  static constexpr auto kWireNames = std::to_array<std::string_view>({"csp-report"});
};
BOOST_DESCRIBE_STRUCT(OldReport, (), (csp_report))

constexpr json::Options kReportOptions{
    .max_bytes = kMaxReportPost, .max_depth = 4, .max_items = 100, .integers_as_text = false};

struct PageRow {
  std::string_view path, page;
};
constexpr auto kPages =
    std::to_array<PageRow>({{"/frame/v1/card", "card-frame"}, {"/checkout/", "checkout"}, {"/account/", "account"}});

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// A URL's parts, as far as they matter here; the browser has made it regular.
struct Url {
  std::string_view scheme, host, path;
};
std::optional<Url> parse_url(std::string_view text) {
  const auto colon = text.find("://");
  if (colon == std::string_view::npos) return std::nullopt;
  const auto rest = text.substr(colon + 3);
  const auto slash = std::min(rest.find_first_of("/?#"), rest.size());
  const auto tail = rest.substr(slash);
  const auto authority = rest.substr(0, slash);
  return Url{.scheme = text.substr(0, colon),
             .host = authority.substr(authority.rfind('@') + 1),  // npos + 1 is 0
             .path = tail.substr(0, std::min(tail.find_first_of("?#"), tail.size()))};
}

std::string page_of(std::string_view document_url) {
  const auto url = parse_url(document_url);
  const auto row =
      std::ranges::find_if(kPages, [&](const auto& one) { return url && url->path.starts_with(one.path); });
  return std::string(row == kPages.end() ? "other" : row->page);
}

// A label of a host name that may be a value in disguise is not kept.
std::string kept_label(std::string_view label) {
  constexpr std::size_t kLongest = 20;
  constexpr std::ptrdiff_t kMostDigits = 5;
  const bool plain = std::ranges::all_of(label, [](char c) { return is_lower(c) || is_digit(c) || c == '-'; });
  if (!plain || label.size() > kLongest || std::ranges::count_if(label, is_digit) > kMostDigits) return "*";
  return std::string(label);
}

// "card.4111111111111111.shop.example:8443" -> "*.shop.example:8443".
std::string kept_host(std::string_view host) {
  constexpr int kLabels = 3;
  const auto colon = host.find(':');
  auto name = host.substr(0, colon);
  const auto port = colon == std::string_view::npos ? std::string_view{} : host.substr(colon);
  const bool port_fine =
      port.size() <= 6 && std::ranges::all_of(port.substr(std::min<std::size_t>(1, port.size())), is_digit);
  std::string kept;
  for (int label = 0; label < kLabels && !name.empty(); ++label) {
    const auto dot = name.rfind('.');
    const auto last = dot == std::string_view::npos ? name : name.substr(dot + 1);
    kept.insert(0, kept_label(last).append(kept.empty() ? "" : "."));
    name = dot == std::string_view::npos ? std::string_view{} : name.substr(0, dot);
  }
  if (!name.empty()) kept.insert(0, "*.");
  return kept.append(port_fine ? port : ":*");
}

bool is_directive(std::string_view text) {
  return !text.empty() && text.size() <= 40 &&
         std::ranges::all_of(text, [](char c) { return is_lower(c) || c == '-'; });
}

bool is_extension(std::string_view blocked) {
  const auto url = parse_url(blocked);
  return (url ? url->scheme : blocked).ends_with("-extension");
}

FindingKind kind_of(std::string_view directive, std::string_view blocked) {
  const auto url = parse_url(blocked);
  if (is_extension(blocked)) return FindingKind::browser_extension;
  if (url && url->path == kNotStartedPath) return FindingKind::script_not_started;
  const bool about_scripts = directive.starts_with("script-src") || directive == "worker-src";
  return about_scripts ? FindingKind::unlisted_script : FindingKind::policy_violation;
}

base::Error not_a(const char* what) {
  return base::public_error(base::ErrorCode::bad_value, std::string("A report has something that is no ") + what + ".");
}

struct Violation {
  std::string_view document, directive, blocked;
};
base::Result<Finding> violation(const Violation& said, const ScriptInventory& inventory) {
  if (!is_directive(said.directive)) return not_a("directive");
  return Finding{.kind = kind_of(said.directive, said.blocked),
                 .page = page_of(said.document),
                 .directive = std::string(said.directive),
                 .blocked = blocked_text(said.blocked, inventory),
                 .hash = {}};
}

base::Result<void> add_report(ReadReports& out, const ReportBody& body, std::string_view type,
                              const ScriptInventory& inventory) {
  const auto document = body.documentURL.value_or("");
  if (type == "csp-hash") {
    const auto hash = body.hash.value_or("");
    if (!is_integrity(hash)) return not_a("hash");
    const auto page = page_of(document);
    if (const auto* listed = inventory.find(page, hash); listed != nullptr) {
      out.ran.push_back(listed);
      return {};
    }
    const auto ran = body.subresourceURL.value_or("");
    out.findings.push_back({.kind = is_extension(ran) ? FindingKind::browser_extension : FindingKind::unlisted_script,
                            .page = page,
                            .directive = "csp-hash",
                            .blocked = blocked_text(ran.empty() ? "inline" : ran, inventory),
                            .hash = hash});
    return {};
  }
  const auto blocked = body.blockedURL.value_or("");
  if (type == "integrity-violation") {
    KARV_TRY(auto finding, violation({document, "script-src", blocked}, inventory));
    finding.directive = "integrity-policy";
    out.findings.push_back(std::move(finding));
    return {};
  }
  KARV_TRY(auto finding, violation({document, body.effectiveDirective.value_or(""), blocked}, inventory));
  out.findings.push_back(std::move(finding));
  return {};
}

}  // namespace

std::string blocked_text(std::string_view text, const ScriptInventory& inventory) {
  const auto url = parse_url(text);
  if (!url) {  // a word: "inline", "eval", "data"
    const bool word =
        !text.empty() && text.size() <= 30 && std::ranges::all_of(text, [](char c) { return is_lower(c) || c == '-'; });
    return word ? std::string(text) : "other";
  }
  if (url->scheme != "https" && url->scheme != "http" && url->scheme != "wss" && url->scheme != "ws")
    return is_extension(text) ? "extension" : "other";
  const bool known = inventory.knows_path(url->path) || url->path == kNotStartedPath;
  return std::string(url->scheme) + "://" + kept_host(url->host) + std::string(known ? url->path : "");
}

base::Result<ReadReports> read_reports(ReportForm form, std::string_view body, const ScriptInventory& inventory) {
  ReadReports out;
  if (form == ReportForm::csp_report) {
    KARV_TRY(const auto old, json::decode<OldReport>(body, kReportOptions));
    const auto& said = old.csp_report;
    // Before CSP 3 the violated directive was told with its sources.
    const auto violated = said.effective_directive.value_or(said.violated_directive.value_or(""));
    const auto directive = std::string_view(violated).substr(0, violated.find(' '));
    KARV_TRY(auto finding, violation({said.document_uri, directive, said.blocked_uri}, inventory));
    out.findings.push_back(std::move(finding));
    return out;
  }
  KARV_TRY(const auto reports, json::decode<std::vector<Report>>(body, kReportOptions));
  for (const auto& report : reports) {
    const bool known =
        report.type == "csp-violation" || report.type == "csp-hash" || report.type == "integrity-violation";
    if (known) KARV_TRY_VOID(add_report(out, report.body.value_or(ReportBody{}), report.type, inventory));
  }
  return out;
}

}  // namespace karv::vault
