// Reports from the door to the counters and the alarm.
#include "vault/doors/report_door.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "json/decode.h"
#include "vault/doors/private_door.h"
#include "vault/doors/script_door.h"
#include "vault/pages/frame_policy.h"
#include "vault/test_support.h"

namespace karv::vault {
namespace {

using vault_api::FindingKind;

const std::string kListed = "sha384-" + std::string(64, 'A');

class Reports : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto path = (disk.folder / "scripts.json").string();
    std::ofstream(path) << R"({"scripts":[{"page":"card-frame","path":"/frame/v1/assets/card.js","integrity":")"
                        << kListed << R"(","owner":"Vault","why":"the form"}]})";
    inventory.emplace(ScriptInventory::load(path).value());
    watch.emplace(*vault.database, *inventory, vault.wall);
    add_report_routes(router, {.watch = *watch, .wall = vault.wall, .limits = {}});
    add_script_route(router, *watch, *vault.keys);
  }
  int post(std::string body, std::string type = "application/reports+json", std::string peer = "192.0.2.1") {
    net::Request request;
    request.method = net::Method::post;
    request.path = kReportPath;
    request.headers = {{"Content-Type", std::move(type)}};
    request.peer = std::move(peer);
    request.body = std::move(body);
    const auto response = std::get<net::Response>(router.handle(request));
    EXPECT_EQ(response.body.find("4111"), std::string::npos);
    return response.status;
  }
  static std::string violation(const std::string& blocked, const std::string& directive = "script-src-elem") {
    return R"([{"type":"csp-violation","body":{"documentURL":"https://vault.localhost/frame/v1/card?ticket=secret",)"
           R"("effectiveDirective":")" +
           directive + R"(","blockedURL":")" + blocked + R"("}}])";
  }
  static std::string ran(const std::string& hash) {
    return R"([{"type":"csp-hash","body":{"documentURL":"https://vault.localhost/frame/v1/card?ticket=secret",)"
           R"("subresourceURL":"https://vault.localhost/frame/v1/assets/card.js","hash":")" +
           hash + R"("}}])";
  }
  net::Response ask(const char* cn = "karv-server") {
    net::Request request;
    request.path = vault_api::kScriptsPath;
    request.peer_certificate_cn = cn;
    return std::get<net::Response>(router.handle(request));
  }
  vault_api::ScriptsAnswer look() { return json::decode<vault_api::ScriptsAnswer>(ask().body).value(); }

  testing::Disk disk;
  testing::TestVault vault{disk, nullptr};
  std::optional<ScriptInventory> inventory;
  std::optional<PageWatch> watch;
  net::Router router;
};

TEST_F(Reports, control_40_a_script_that_is_not_in_the_inventory_raises_an_alarm) {
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(post(violation("https://evil.example/steal.js?pan=4111111111111111")), 204);
  const auto log = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("\"unlisted_script\""), std::string::npos) << log;
  EXPECT_NE(log.find("https://evil.example\""), std::string::npos) << log;
  EXPECT_EQ(log.find("4111"), std::string::npos) << log;
  EXPECT_EQ(log.find("secret"), std::string::npos) << log;
  const auto known = look();
  EXPECT_EQ(known.alarms, 1);
  ASSERT_EQ(known.findings.size(), 1U);
  EXPECT_EQ(known.findings[0].kind, FindingKind::unlisted_script);
  EXPECT_EQ(known.findings[0].blocked, "https://evil.example");
}

TEST_F(Reports, control_40_listed_scripts_are_counted_and_raise_nothing) {
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(post(ran(kListed)), 204);
  vault.wall.advance(base::minutes(1));
  EXPECT_EQ(post(ran(kListed)), 204);
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
  const auto known = look();
  EXPECT_EQ(known.alarms, 0);
  EXPECT_TRUE(known.findings.empty());
  ASSERT_EQ(known.scripts.size(), 1U);
  EXPECT_EQ(known.scripts[0].owner, "Vault");
  EXPECT_EQ(known.scripts[0].seen, 2);
  EXPECT_EQ(known.scripts[0].last_seen, vault.wall.now().ms);
}

TEST_F(Reports, equal_reports_are_one_row_and_one_alarm_an_hour) {
  const auto first = vault.wall.now();
  ::testing::internal::CaptureStderr();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(post(violation("inline")), 204);
  EXPECT_EQ(post(violation("https://a.example/", "connect-src")), 204);
  auto log = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::ranges::count(log, '\n'), 2) << log;
  vault.wall.advance(kAlarmPause);
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(post(violation("inline")), 204);
  EXPECT_NE(::testing::internal::GetCapturedStderr().find("unlisted_script"), std::string::npos);
  const auto known = look();
  ASSERT_EQ(known.findings.size(), 2U);
  EXPECT_EQ(known.findings[0].times, 6);
  EXPECT_EQ(known.findings[0].first_seen, first.ms);
  EXPECT_EQ(known.findings[0].last_seen, vault.wall.now().ms);
  EXPECT_EQ(known.alarms, 6);
}

TEST_F(Reports, what_is_stored_is_bounded) {
  ::testing::internal::CaptureStderr();
  int made = 0;
  const auto post_many = [&](int rows) {
    for (int i = 0; i < rows; i += 50) {
      std::string body = "[";
      for (int j = 0; j < 50; ++j) {
        const auto report = violation("https://h" + std::to_string(made++ % 90'000) + ".example/");
        body += report.substr(1, report.size() - 2) + ",";
      }
      body.back() = ']';
      EXPECT_EQ(post(body, "application/reports+json", "198.51.100." + std::to_string(i / 50)), 204);
    }
  };
  post_many(600);
  auto known = look();
  EXPECT_EQ(known.findings.size(), static_cast<std::size_t>(kMostFindings) + 1);
  EXPECT_EQ(known.alarms, 600);
  vault.wall.advance(kFindingKept + base::days(1));
  EXPECT_EQ(post(violation("https://new.example/")), 204);  // takes the place of one long forgotten
  known = look();
  EXPECT_EQ(known.findings.size(), static_cast<std::size_t>(kMostFindings) + 1);
  EXPECT_EQ(known.findings[0].blocked, "https://new.example");
  ::testing::internal::GetCapturedStderr();
}

TEST_F(Reports, malformed_huge_and_foreign_posts_are_refused_and_change_nothing) {
  const auto good = violation("inline");
  EXPECT_EQ(post("", "application/reports+json"), 400);
  EXPECT_EQ(post(R"(["4111111111111111"])"), 400);
  EXPECT_EQ(post(R"([{"type":"csp-hash","body":{"hash":"4111111111111111"}}])"), 400);
  EXPECT_EQ(post("[" + std::string(kMaxReportPost, ' ') + "]"), 413);
  for (const auto* type : {"", "application/json", "text/plain", "multipart/form-data", "application/reports+jsonx"})
    EXPECT_EQ(post(good, type), 400) << type;
  EXPECT_EQ(post(good, "application/csp-report"), 400);
  EXPECT_TRUE(look().findings.empty());
  EXPECT_EQ(post(good, "application/reports+json; charset=utf-8"), 204);
}

TEST_F(Reports, one_client_and_all_together_post_so_often_and_no_more) {
  const ReportLimits limits;
  for (int i = 0; i < limits.posts_per_minute; ++i) ASSERT_EQ(post(ran(kListed)), 204);
  EXPECT_EQ(post(ran(kListed)), 429);
  const auto sent = limits.posts_per_minute;
  for (int i = sent; i < limits.all_posts_per_minute; ++i)
    ASSERT_EQ(post(ran(kListed), "application/reports+json",
                   "10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250)),
              204);
  EXPECT_EQ(post(ran(kListed), "application/reports+json", "198.51.100.7"), 429);
  vault.wall.advance(base::minutes(1));
  EXPECT_EQ(post(ran(kListed)), 204);
}

// The checkout and the account are pages of another origin.
TEST_F(Reports, a_browser_that_asks_first_is_told_it_may_post) {
  net::Request request;
  request.method = net::Method::options;
  request.path = kReportPath;
  request.headers = {{"Origin", "https://pay.localhost:8443"}, {"Access-Control-Request-Method", "POST"}};
  const auto response = std::get<net::Response>(router.handle(request));
  EXPECT_EQ(response.status, 204);
  EXPECT_EQ(response.headers.find("Access-Control-Allow-Origin"), "*");
  EXPECT_EQ(response.headers.find("Access-Control-Allow-Methods"), "POST");
  EXPECT_EQ(response.headers.find("Access-Control-Allow-Headers"), "content-type");
}

TEST_F(Reports, only_karv_server_may_read_what_was_reported) {
  for (const auto* cn : {"", "karv-vault", "karv-server2", "Karv-Server"}) EXPECT_EQ(ask(cn).status, 403) << cn;
  EXPECT_EQ(ask().status, 200);
}

}  // namespace
}  // namespace karv::vault
