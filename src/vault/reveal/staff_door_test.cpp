#include "vault/reveal/staff_door.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "json/decode.h"
#include "vault/reveal/reveal_routes.h"
#include "vault/reveal/test_people.h"

namespace karv::vault {
namespace {

using testing::Person;

// printf 'run()' | openssl dgst -sha384 -binary | base64
constexpr const char* kRunHash = "sha384-SVfatnSJinMW2kaY0tNr8GWYTbuLjipKiHfYDnLbPSlyVycMxOEHwtGmEAbxJXc1";
constexpr const char* kOrigin = "https://vault.localhost:8445";

class StaffDoorTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto folder = disk.folder / "staff";
    std::filesystem::create_directories(folder / "assets");
    std::ofstream(folder / "index.html") << R"(<script src="staff.js" integrity=")" << kRunHash << R"("></script>)";
    std::ofstream(folder / "assets" / "staff.js") << "run()";
    std::ofstream(folder / "scripts.json")
        << R"({"scripts":[{"page":"vault-staff","path":"/staff/v1/assets/staff.js","integrity":")" << kRunHash
        << R"(","owner":"Vault","why":"a test"}]})";
    const auto inventory = ScriptInventory::load((folder / "scripts.json").string()).value();
    pages.emplace(FramePages::load(folder.string(), inventory, kStaffPage).value());
    router = door(60);
    add_staff_routes(admin, at.staff);
    add_reveal_routes(private_router, at.reveal, *vault.keys);
  }
  net::Router door(int posts_per_minute) {
    return staff_routes({.staff = at.staff,
                         .reveal = at.reveal,
                         .pages = *pages,
                         .wall = vault.wall,
                         .origin = kOrigin,
                         .posts_per_minute = posts_per_minute});
  }
  static net::Response answer(const net::Router& at_router, const net::Request& request) {
    return std::get<net::Response>(at_router.handle(request));
  }
  net::Response get(std::string path) { return answer(router, {.path = std::move(path), .peer = "192.0.2.1"}); }
  net::Response post(std::string path, std::string body,
                     net::Headers headers = {{"Content-Type", "application/json"}, {"Origin", kOrigin}}) {
    return answer(router, {.method = net::Method::post,
                           .path = std::move(path),
                           .headers = std::move(headers),
                           .body = std::move(body),
                           .peer = "192.0.2.1"});
  }
  net::Response ask(const net::Router& other, std::string path, std::string body, std::string cn,
                    net::Method method = net::Method::post) {
    return answer(
        other,
        {.method = method, .path = std::move(path), .body = std::move(body), .peer_certificate_cn = std::move(cn)});
  }
  static std::string code_of(const net::Response& response) {
    const auto problem = json::decode<vault_api::Problem>(response.body);
    return problem.ok() ? problem->code : "no problem";
  }

  testing::Disk disk;
  testing::TestVault vault{disk, nullptr};
  testing::Reveals at{vault};
  std::optional<FramePages> pages;
  net::Router router, admin, private_router;
};

TEST_F(StaffDoorTest, the_page_runs_its_own_script_alone_in_no_frame_and_is_kept_by_nobody) {
  for (const char* path : {"/staff/v1", "/staff/v1/"}) {
    const auto page = get(path);
    ASSERT_EQ(page.status, 200);
    const auto policy = page.headers.find("Content-Security-Policy");
    EXPECT_NE(policy.find(std::string("script-src '") + kRunHash + "';"), std::string_view::npos) << policy;
    for (const char* part : {"default-src 'none'", "frame-ancestors 'none'", "form-action 'none'", "base-uri 'none'",
                             "require-trusted-types-for 'script'", "trusted-types 'none'"})
      EXPECT_NE(policy.find(part), std::string_view::npos) << part;
    EXPECT_EQ(page.headers.find("Cache-Control"), "no-store");
    EXPECT_EQ(page.headers.find("Cross-Origin-Opener-Policy"), "same-origin");
    EXPECT_EQ(page.headers.find("Referrer-Policy"), "no-referrer");
    EXPECT_NE(page.headers.find("Permissions-Policy").find("clipboard-write=()"), std::string_view::npos);
    EXPECT_FALSE(page.headers.has("Set-Cookie"));
  }
  EXPECT_EQ(get("/staff/v1/assets/staff.js").body, "run()");
  for (const char* path : {"/staff/v1/assets/../index.html", "/staff/v1/assets/other.js", "/", "/frame/v1/card"})
    EXPECT_EQ(get(path).status, 404) << path;
}

TEST_F(StaffDoorTest, control_16_a_number_goes_through_the_door_once_signed_and_stays_nowhere) {
  Person anna = at.make_person("Anna", Clearance::full_request);
  Person bela = at.make_person("Bela", Clearance::approve);
  const auto card = at.card_of(vault.make_card().vault_token);
  const auto words = json::encode(at.words(card, RevealLevel::full));
  const auto asked = post("/staff/v1/requests", json::encode(at.sign(anna, words)));
  ASSERT_EQ(asked.status, 200) << asked.body;
  const auto waiting = post("/staff/v1/list", json::encode(at.sign(bela, json::encode(at.act("list")))));
  EXPECT_NE(waiting.body.find("\"requester\":\"Anna\""), std::string::npos) << waiting.body;
  ASSERT_EQ(post("/staff/v1/approvals", json::encode(at.sign(bela, words))).status, 200);
  const auto request = json::decode<RequestView>(asked.body, json::kOwnChannel)->request;
  const auto looking = json::encode(at.sign(anna, json::encode(at.act("look", request))));
  const auto looked = post("/staff/v1/looks", looking);
  ASSERT_EQ(looked.status, 200);
  EXPECT_NE(looked.body.find(testing::kVisa), std::string::npos);
  EXPECT_EQ(looked.headers.find("Cache-Control"), "no-store");
  EXPECT_TRUE(looked.close);
  EXPECT_EQ(code_of(post("/staff/v1/looks", looking)), "PASSKEY_REFUSED");
  // No other answer of any door has it.
  for (const auto& body :
       {asked.body, waiting.body, ask(admin, "/admin/v1/staff", "", "karv-operator", net::Method::get).body})
    EXPECT_EQ(body.find(testing::kVisa), std::string::npos);
}

TEST_F(StaffDoorTest, posts_that_are_malformed_huge_foreign_or_too_many_are_refused) {
  const std::vector<std::string> paths = {
      "/staff/v1/enrolments/find", "/staff/v1/enrolments", "/staff/v1/requests", "/staff/v1/list",
      "/staff/v1/approvals",       "/staff/v1/refusals",   "/staff/v1/looks"};
  router = door(10'000);
  for (const auto& path : paths) {
    for (const std::string& body :
         {std::string(), std::string("{}"), std::string("[]"), std::string("null"), std::string("{\"words\":1}"),
          std::string(60'000, '['), "{\"link\":\"" + std::string(60'000, 'x') + "\"}"}) {
      const auto refused = post(path, body);
      EXPECT_GE(refused.status, 400) << path << " " << body.substr(0, 40);
      EXPECT_LT(refused.status, 500) << path << " " << body.substr(0, 40);
    }
    for (const net::Headers& headers :
         {net::Headers{{"Content-Type", "application/json"}}, net::Headers{{"Origin", kOrigin}},
          net::Headers{{"Content-Type", "application/json"}, {"Origin", "https://vault.localhost:8444"}},
          net::Headers{{"Content-Type", "text/plain"}, {"Origin", kOrigin}}})
      EXPECT_GE(post(path, "{}", headers).status, 400) << path;
    EXPECT_EQ(get(path).status, 404);
  }
  router = door(3);
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(code_of(post("/staff/v1/enrolments/find", R"({"link":"x"})")), "INVITATION_UNKNOWN");
  EXPECT_EQ(post("/staff/v1/enrolments/find", R"({"link":"x"})").status, 429);
}

TEST_F(StaffDoorTest, a_person_enrols_through_the_door) {
  Person anna = at.make_stranger();
  const auto link = at.secret_of(at.invite("Anna", Clearance::masked));
  const auto found = post("/staff/v1/enrolments/find", R"({"link":")" + link + "\"}");
  const auto enrolment = json::decode<Enrolment>(found.body, json::kOwnChannel).value();
  const auto response = anna.key.create(anna.key.creating(at.party), *base::from_base64url(enrolment.challenge));
  const auto body = R"({"link":")" + link + R"(","client_data":")" + base::to_base64url(response.client_data) +
                    R"(","attestation":")" + base::to_base64url(response.attestation) + "\"}";
  const auto enrolled = post("/staff/v1/enrolments", body);
  ASSERT_EQ(enrolled.status, 200) << enrolled.body;
  EXPECT_EQ(json::decode<Enrolled>(enrolled.body, json::kOwnChannel)->passkey, at.staff.list()->people.front().passkey);
  EXPECT_EQ(code_of(post("/staff/v1/enrolments", body)), "INVITATION_UNKNOWN");
}

TEST_F(StaffDoorTest, operators_alone_invite_confirm_and_remove_and_tenants_alone_ask_for_looks) {
  const std::string add = R"({"name":"Anna","clearance":"masked"})";
  for (const char* stranger : {"", "karv-server", "karv-operator2"}) {
    EXPECT_EQ(ask(admin, "/admin/v1/staff", add, stranger).status, 403);
    EXPECT_EQ(ask(admin, "/admin/v1/staff", "", stranger, net::Method::get).status, 403);
    EXPECT_EQ(ask(admin, "/admin/v1/staff/grant", "{}", stranger).status, 403);
    EXPECT_EQ(ask(admin, "/admin/v1/staff/remove", "{}", stranger).status, 403);
  }
  EXPECT_EQ(ask(admin, "/admin/v1/staff", add, "karv-operator").status, 200);
  EXPECT_EQ(ask(admin, "/admin/v1/staff", R"({"name":"Anna","clearance":"all"})", "karv-operator").status, 400);
  const std::string looks = R"({"customer":")" + vault.customer.text() + "\"}";
  for (const char* stranger : {"", "karv-operator", "karv-vault"})
    EXPECT_EQ(ask(private_router, "/private/v1/cards/looks", looks, stranger).status, 403);
  EXPECT_EQ(ask(private_router, "/private/v1/cards/looks", looks, "karv-server").body, R"({"looks":[]})");
  EXPECT_EQ(code_of(ask(private_router, "/private/v1/cards/reference",
                        R"({"vault_token":"x","customer":")" + vault.customer.text() + "\"}", "karv-server")),
            "TOKEN_UNKNOWN");
}

}  // namespace
}  // namespace karv::vault
