#include "vault/pages/page_report.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "vault/test_support.h"

namespace karv::vault {
namespace {

using vault_api::FindingKind;

const std::string kListed = "sha384-" + std::string(64, 'A');
const std::string kOther = "sha384-" + std::string(64, 'B');

class PageReports : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto path = (disk.folder / "scripts.json").string();
    std::ofstream(path) << R"({"scripts":[{"page":"card-frame","path":"/frame/v1/assets/card.js","integrity":")"
                        << kListed << R"(","owner":"Vault","why":"the form"}]})";
    inventory.emplace(ScriptInventory::load(path).value());
  }
  base::Result<ReadReports> read(const std::string& body, ReportForm form = ReportForm::reports) {
    return read_reports(form, body, *inventory);
  }
  // As Chromium 156 sends it.
  static std::string violation(const std::string& directive, const std::string& blocked) {
    return R"({"age":1,"body":{"blockedURL":")" + blocked + R"(","disposition":"enforce","documentURL":)" + kDocument +
           R"(,"effectiveDirective":")" + directive + R"(","lineNumber":1,"originalPolicy":"default-src 'none'",)" +
           R"("referrer":"","sample":"","statusCode":200},"type":"csp-violation","url":)" + kDocument +
           R"(,"user_agent":"Mozilla/5.0"})";
  }
  static std::string hash_of(const std::string& url, const std::string& hash, const std::string& document = kDocument) {
    return R"({"age":1,"body":{"destination":"script","documentURL":)" + document + R"(,"hash":")" + hash +
           R"(","subresourceURL":")" + url + R"(","type":"subresource"},"type":"csp-hash","url":)" + document + "}";
  }
  Finding one(const std::string& report) {
    const auto reports = read("[" + report + "]");
    if (!reports.ok() || reports->findings.size() != 1) return {.kind = {}, .page = "none"};
    return reports->findings.front();
  }

  static inline const std::string kDocument = R"("https://vault.localhost:8444/frame/v1/card?ticket=secret-ticket")";
  testing::Disk disk;
  std::optional<ScriptInventory> inventory;
};

TEST_F(PageReports, control_40_a_listed_script_that_ran_is_no_finding) {
  const auto reports = read("[" + hash_of("https://vault.localhost:8444/frame/v1/assets/card.js", kListed) + "]");
  ASSERT_TRUE(reports.ok());
  EXPECT_TRUE(reports->findings.empty());
  ASSERT_EQ(reports->ran.size(), 1U);
  EXPECT_EQ(reports->ran.front()->path, "/frame/v1/assets/card.js");
}

TEST_F(PageReports, control_40_a_script_that_is_not_listed_for_the_page_is_found) {
  const auto changed = one(hash_of("https://vault.localhost:8444/frame/v1/assets/card.js?x=1", kOther));
  EXPECT_EQ(changed, (Finding{.kind = FindingKind::unlisted_script,
                              .page = "card-frame",
                              .directive = "csp-hash",
                              .blocked = "https://vault.localhost:8444/frame/v1/assets/card.js",
                              .hash = kOther}));
  EXPECT_EQ(one(hash_of("", kOther)).blocked, "inline");
  const std::string checkout = R"("https://pay.localhost:8443/checkout/v1.0.0/?mode=inline")";
  EXPECT_EQ(one(hash_of("https://vault.localhost:8444/frame/v1/assets/card.js", kListed, checkout)).page, "checkout");
}

TEST_F(PageReports, control_40_a_blocked_script_is_found_whatever_blocked_it) {
  for (const auto* blocked : {"inline", "eval", "wasm-eval", "data", "https://vault.localhost:8444/x.js"})
    EXPECT_EQ(one(violation("script-src-elem", blocked)).kind, FindingKind::unlisted_script) << blocked;
  EXPECT_EQ(one(violation("script-src", "eval")).kind, FindingKind::unlisted_script);
  EXPECT_EQ(one(violation("worker-src", "blob")).kind, FindingKind::unlisted_script);
  const auto unmarked =
      one(R"({"body":{"blockedURL":"https://cdn.example/x.js","destination":"script","documentURL":)" + kDocument +
          R"(,"reportOnly":false},"type":"integrity-violation"})");
  EXPECT_EQ(unmarked.kind, FindingKind::unlisted_script);
  EXPECT_EQ(unmarked.directive, "integrity-policy");
}

TEST_F(PageReports, what_is_no_script_of_the_page_is_told_apart) {
  EXPECT_EQ(one(violation("connect-src", "https://evil.example/")).kind, FindingKind::policy_violation);
  EXPECT_EQ(one(violation("frame-ancestors", "https://evil.example/")).kind, FindingKind::policy_violation);
  EXPECT_EQ(one(violation("script-src-elem", "chrome-extension")).kind, FindingKind::browser_extension);
  EXPECT_EQ(one(violation("script-src-elem", "moz-extension://abc/x.js")).blocked, "extension");
  const auto idle = one(violation("img-src", "https://vault.localhost:8444/frame/v1/script-did-not-start"));
  EXPECT_EQ(idle.kind, FindingKind::script_not_started);
}

// A ticket, a card number, a name: whatever a URL carries, it is not kept.
TEST_F(PageReports, nothing_of_a_url_but_its_origin_is_kept) {
  const std::pair<const char*, const char*> cases[] = {
      {"https://evil.example/a?pan=4111111111111111#x", "https://evil.example"},
      {"https://evil.example?pan=4111", "https://evil.example"},
      {"https://4111111111111111.evil.example/", "https://*.evil.example"},
      {"https://4111-1111-1111-1111.evil.example/", "https://*.evil.example"},
      {"https://a.b.c.evil.example:8443/", "https://*.c.evil.example:8443"},
      {"https://nqsgs4zamfwgyidumhdjmnzrgq2dmnzr.evil.example/", "https://*.evil.example"},
      {"https://user:4111111111111111@evil.example/", "https://evil.example"},
      {"https://evil.example:4111111/", "https://evil.example:*"},
      {"wss://evil.example/s", "wss://evil.example"},
      {"file:///etc/passwd", "other"},
      {"4111111111111111", "other"},
      {"Astrid", "other"},
      {"", "other"},
      {"https://vault.localhost:8444/frame/v1/card?ticket=secret", "https://vault.localhost:8444"},
      {"https://vault.localhost:8444/frame/v1/assets/card.js?x",
       "https://vault.localhost:8444/frame/v1/assets/card.js"},
  };
  for (const auto& [url, kept] : cases) EXPECT_EQ(blocked_text(url, *inventory), kept) << url;
}

TEST_F(PageReports, the_older_form_is_read_too) {
  const auto old = [&](const std::string& members) {
    return read(R"({"csp-report":{"document-uri":)" + kDocument + "," + members + "}}", ReportForm::csp_report);
  };
  const auto said = old(R"("blocked-uri":"inline","effective-directive":"script-src-elem","script-sample":"")");
  ASSERT_TRUE(said.ok());
  EXPECT_EQ(said->findings.front().directive, "script-src-elem");
  EXPECT_EQ(said->findings.front().page, "card-frame");
  const auto older = old(R"("blocked-uri":"https://evil.example/x","violated-directive":"script-src 'self'")");
  EXPECT_EQ(older->findings.front().directive, "script-src");
  EXPECT_FALSE(old(R"("blocked-uri":"inline")").ok());
  EXPECT_FALSE(read("[]", ReportForm::csp_report).ok());
  EXPECT_FALSE(read(R"({"csp_report":{}})", ReportForm::csp_report).ok());
}

TEST_F(PageReports, malformed_reports_are_refused) {
  const auto good = violation("script-src", "inline");
  for (const auto& body :
       {std::string(), std::string("{}"), good, "[" + good, "[" + good + "]x", std::string("[null]"),
        std::string(R"([{"type":1}])"), std::string(R"([{"body":{}}])"), std::string(20'000, '['),
        "[" + violation("script-src 'self'", "inline") + "]", "[" + violation(std::string(50, 'a'), "inline") + "]",
        "[" + violation("", "inline") + "]", "[" + hash_of("https://x.example/", "sha384-short") + "]",
        "[" + hash_of("https://x.example/", "md5-" + std::string(64, 'A')) + "]",
        "[" + hash_of("https://x.example/", "sha384-" + std::string(62, 'A') + "<>") + "]",
        std::string(R"([{"type":"csp-violation","type":"csp-hash"}])"),
        std::string(R"([{"type":"csp-violation","body":{"blockedURL":7}}])"), std::string("[\"\xff\"]")})
    EXPECT_FALSE(read(body).ok()) << body.substr(0, 80);
  EXPECT_EQ(read("[" + std::string(kMaxReportPost, ' ') + "]").error().code(), base::ErrorCode::too_large);
  std::string many = "[";
  for (int i = 0; i < 101; ++i) many += R"({"type":"x"},)";
  many.back() = ']';
  EXPECT_FALSE(read(many).ok());
}

TEST_F(PageReports, kinds_of_report_that_nobody_asked_for_are_left_out) {
  const auto reports = read(R"([{"type":"deprecation","body":{"id":"x"}},{"type":"crash"}])");
  ASSERT_TRUE(reports.ok());
  EXPECT_TRUE(reports->findings.empty());
}

}  // namespace
}  // namespace karv::vault
