#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "json/decode.h"
#include "json/encode.h"
#include "vault/doors/private_door.h"
#include "vault/doors/public_door.h"
#include "vault/erasure/erasure_door.h"
#include "vault/test_support.h"

namespace karv::vault {
namespace {

constexpr const char* kOrigin = "https://vault.localhost:8444";
// printf 'run()' | openssl dgst -sha384 -binary | base64
constexpr const char* kRunHash = "sha384-SVfatnSJinMW2kaY0tNr8GWYTbuLjipKiHfYDnLbPSlyVycMxOEHwtGmEAbxJXc1";

class Doors : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto folder = disk.folder / "pages";
    std::filesystem::create_directories(folder / "assets");
    std::ofstream(folder / "index.html")
        << R"(<meta name="karv-parent" content="{{PARENT_ORIGIN}}" /><script src="card-1.js" integrity=")" << kRunHash
        << R"("></script>)";
    std::ofstream(folder / "assets" / "card-1.js") << "run()";
    std::ofstream(disk.folder / "secret.txt") << "secret";
    std::ofstream(folder / "scripts.json")
        << R"({"scripts":[{"page":"card-frame","path":"/frame/v1/assets/card-1.js","integrity":")" << kRunHash
        << R"(","owner":"Vault","why":"a test"}]})";
    inventory.emplace(ScriptInventory::load((folder / "scripts.json").string()).value());
    pages.emplace(FramePages::load(folder.string(), *inventory).value());
    public_router =
        public_routes({.desk = *vault.desk, .pages = *pages, .wall = vault.wall, .origin = kOrigin, .limits = {}});
    private_door.emplace(PrivateDoor{.desk = *vault.desk,
                                     .operations = *vault.operations,
                                     .refusals = *vault.refusals,
                                     .endings = *vault.endings,
                                     .network = *vault.network,
                                     .keys = *vault.keys,
                                     .database = *vault.database,
                                     .wall = vault.wall,
                                     .test_cards = std::nullopt});
    private_router = private_routes(*private_door);
    add_erasure_routes(private_router, eraser, *vault.keys);
  }

  static net::Response answer(const net::Router& router, net::Request request) {
    return std::get<net::Response>(router.handle(request));
  }
  net::Response get(std::string path, std::string query = {}) {
    net::Request request;
    request.peer = peer_address;
    request.path = std::move(path);
    request.query = std::move(query);
    return answer(public_router, request);
  }
  net::Response post_card(std::string body, net::Headers headers = {{"Content-Type", "application/json"}}) {
    net::Request request;
    request.method = net::Method::post;
    request.path = "/frame/v1/card";
    request.peer = peer_address;
    request.headers = std::move(headers);
    request.body = std::move(body);
    request.correlation_id = "correlation";
    return answer(public_router, request);
  }
  net::Response ask_private(net::Method method, std::string path, std::string body,
                            std::string peer_cn = "karv-server") {
    net::Request request;
    request.method = method;
    request.path = std::move(path);
    request.body = std::move(body);
    request.peer_certificate_cn = std::move(peer_cn);
    return answer(private_router, request);
  }
  static std::string code_of(const net::Response& response) {
    const auto problem = json::decode<vault_api::Problem>(response.body);
    return problem.ok() ? problem->code : "no problem";
  }
  std::string ticket() {
    vault_api::TicketRequest request;
    request.customer = vault.customer;
    request.merchant = vault.merchant;
    request.frame_ancestors = {"https://shop.localhost:8446"};
    request.parent_origin = "https://pay.localhost:8443";
    return vault.desk->create_ticket(vault.tenant, request)->ticket;
  }
  static std::string card_body(const std::string& ticket, std::string_view number = testing::kVisa) {
    return R"({"ticket":")" + ticket + R"(","number":")" + std::string(number) +
           R"(","expiry_month":12,"expiry_year":2030,"code":"123","name":"Astrid Test"})";
  }

  testing::Disk disk;
  testing::FakePeer peer;
  testing::TestVault vault{disk, &peer};
  std::optional<ScriptInventory> inventory;
  std::optional<FramePages> pages;
  std::optional<PrivateDoor> private_door;
  Eraser eraser{
      *vault.database, *vault.keys, vault.wall, vault.random, {.journal = (disk.folder / "journal").string()}};
  std::string peer_address = "192.0.2.1";
  net::Router public_router;
  net::Router private_router;
};

TEST_F(Doors, the_form_may_be_framed_by_the_tickets_origins_only) {
  const auto page = get("/frame/v1/card", "ticket=" + ticket());
  EXPECT_EQ(page.status, 200);
  EXPECT_NE(page.body.find(R"(content="https://pay.localhost:8443")"), std::string::npos);
  const std::string policy(page.headers.find("Content-Security-Policy"));
  EXPECT_NE(policy.find("; frame-ancestors https://shop.localhost:8446 https://pay.localhost:8443; "),
            std::string::npos)
      << policy;
  EXPECT_EQ(page.headers.find("Cache-Control"), "no-store");
  EXPECT_EQ(page.headers.find("Referrer-Policy"), "no-referrer");
}

TEST_F(Doors, without_a_good_ticket_there_is_no_form) {
  EXPECT_EQ(get("/frame/v1/card").status, 404);
  EXPECT_EQ(get("/frame/v1/card", "ticket=%22%3E%3Cscript%3E").status, 404);
  EXPECT_EQ(get("/frame/v1/card", "ticket=%22%3E%3Cscript%3E").body.find("<script"), std::string::npos);
  const auto used = ticket();
  ASSERT_EQ(post_card(card_body(used)).status, 200);
  EXPECT_EQ(get("/frame/v1/card", "ticket=" + used).status, 410);
}

TEST_F(Doors, all_wrong_fields_are_told_at_once) {
  const auto text = ticket();
  const auto response = post_card(
      R"({"ticket":")" + text +
      R"(","number":"4111111111111112","expiry_month":13,"expiry_year":2030,"code":"12345","name":"4111 1111"})");
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.headers.find("Content-Type"), "application/problem+json");
  const auto member = [&](std::string_view name) { return response.body.find(name) != std::string::npos; };
  EXPECT_EQ(code_of(response), "INVALID_CARD_NUMBER");
  EXPECT_TRUE(member(R"("errors":[{"field":"number","code":"INVALID_CARD_NUMBER","detail":"This is not a valid)"));
  EXPECT_TRUE(member(R"({"field":"expiry","code":"INVALID_EXPIRY","detail":")"));
  EXPECT_TRUE(member(R"({"field":"code","code":"INVALID_CODE","detail":")"));
  EXPECT_FALSE(member(R"("field":"name")"));
  EXPECT_FALSE(member("4111"));
  EXPECT_FALSE(member("12345"));
  EXPECT_EQ(post_card(card_body(text)).status, 200);  // the ticket stayed open
}

TEST_F(Doors, assets_come_from_their_folder_only) {
  const auto asset = get("/frame/v1/assets/card-1.js");
  EXPECT_EQ(asset.body, "run()");
  EXPECT_EQ(asset.headers.find("Content-Type"), "text/javascript; charset=utf-8");
  for (const auto* path : {"/frame/v1/assets/../../secret.txt", "/frame/v1/assets/", "/frame/v1/assets/none.js",
                           "/frame/v1/assets//etc/passwd", "/frame/v1", "/", "/private/v1/health"})
    EXPECT_EQ(get(path).status, 404) << path;
}

TEST_F(Doors, a_card_is_taken_and_the_connection_ends) {
  const auto response = post_card(card_body(ticket()), {{"Content-Type", "application/json"}, {"Origin", kOrigin}});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, R"({"brand":"visa","last4":"1111","expiry":"12/30"})");
  EXPECT_TRUE(response.close);
}

TEST_F(Doors, every_wrong_field_has_its_own_code_and_nothing_typed_comes_back) {
  const auto text = ticket();
  const auto with = [&](std::string_view from, std::string_view to) {
    auto body = card_body(text);
    body.replace(body.find(from), from.size(), to);
    return post_card(body);
  };
  EXPECT_EQ(code_of(with("4111111111111111", "4111111111111112")), "INVALID_CARD_NUMBER");
  EXPECT_EQ(code_of(with("2030", "2020")), "INVALID_EXPIRY");
  EXPECT_EQ(code_of(with("\"123\"", "\"1\"")), "INVALID_CODE");
  EXPECT_EQ(code_of(with("Astrid Test", "")), "INVALID_NAME");
  EXPECT_EQ(code_of(with(text, "unknown")), "TICKET_UNKNOWN");
  EXPECT_EQ(code_of(post_card(card_body("unknown", "4111111111111112"))), "TICKET_UNKNOWN");  // before the card
  const auto wrong = with("\"4111111111111111\"", "4111111111111111");
  EXPECT_EQ(wrong.status, 400);
  EXPECT_EQ(wrong.body.find("4111"), std::string::npos);
  EXPECT_TRUE(wrong.close);
  EXPECT_EQ(post_card(card_body(text)).status, 200);
  EXPECT_EQ(code_of(post_card(card_body(text))), "TICKET_USED");
}

// Whoever tries tickets is stopped before the next is looked up; others are not, and after a minute neither is he.
TEST_F(Doors, one_client_posts_a_card_so_often_and_no_more) {
  const CardDoorLimits limits;
  const auto good = ticket();
  for (int i = 0; i < limits.posts_per_minute; ++i) EXPECT_EQ(post_card(card_body("guess")).status, 404) << i;
  const auto refused = post_card(card_body(good));
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(code_of(refused), "TOO_MANY_REQUESTS");
  EXPECT_EQ(refused.headers.find("Retry-After"), "2");
  EXPECT_TRUE(refused.close);
  EXPECT_EQ(refused.body.find("4111"), std::string::npos);
  peer_address = "192.0.2.2";
  EXPECT_EQ(post_card(card_body(good)).status, 200);
  peer_address = "192.0.2.1";
  EXPECT_EQ(post_card(card_body(ticket())).status, 429);
  EXPECT_EQ(get("/frame/v1/card", "ticket=" + ticket()).status, 200);  // pages are counted apart
  vault.wall.advance(base::seconds(2));
  EXPECT_EQ(post_card(card_body(ticket())).status, 200);
  EXPECT_EQ(post_card(card_body(ticket())).status, 429);
  vault.wall.advance(base::minutes(1));
  for (int i = 0; i < limits.posts_per_minute; ++i) EXPECT_EQ(post_card(card_body("guess")).status, 404) << i;
  EXPECT_EQ(post_card(card_body("guess")).status, 429);
}

TEST_F(Doors, one_client_looks_at_forms_so_often_and_no_more) {
  const CardDoorLimits limits;
  peer_address = "2001:db8::1";
  for (int i = 0; i < limits.pages_per_minute; ++i) EXPECT_EQ(get("/frame/v1/card", "ticket=guess").status, 404) << i;
  peer_address = "2001:db8::2";  // another address of the same network
  const auto refused = get("/frame/v1/card", "ticket=" + ticket());
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.headers.find("Retry-After"), "1");
  EXPECT_EQ(refused.headers.find("Content-Type"), "text/html; charset=utf-8");
  peer_address = "2001:db8:0:1::1";
  EXPECT_EQ(get("/frame/v1/card", "ticket=" + ticket()).status, 200);
}

TEST_F(Doors, malformed_posts_are_refused) {
  const auto text = ticket();
  const auto good = card_body(text);
  for (const std::string& body :
       {std::string(), std::string("{"), std::string("[]"), std::string("null"), good + "x",
        good.substr(0, good.size() - 1) + R"(,"number":"1"})", good.substr(0, good.size() - 1) + R"(,"extra":1})",
        std::string(100'000, '['), R"({"ticket":")" + text + R"("})", std::string("{\"ticket\":\"\xff\"}")}) {
    const auto response = post_card(body);
    EXPECT_TRUE(response.status == 400 || response.status == 413) << body.substr(0, 60);
    EXPECT_TRUE(response.close);
  }
  EXPECT_EQ(post_card(good, {{"Content-Type", "text/plain"}}).status, 400);
  EXPECT_EQ(post_card(good, {}).status, 400);
  EXPECT_EQ(post_card(good, {{"Content-Type", "application/json"}, {"Origin", "https://shop.localhost:8446"}}).status,
            403);
  EXPECT_EQ(post_card(good, {{"Content-Type", "application/json"}, {"Origin", "null"}}).status, 403);
  EXPECT_EQ(post_card(good).status, 200);
}

TEST_F(Doors, only_karv_server_may_use_the_private_door) {
  for (const auto* cn : {"", "karv-vault", "karv-server2", "Karv-Server", "karv-server "}) {
    EXPECT_EQ(ask_private(net::Method::get, "/private/v1/health", "", cn).status, 403) << cn;
    EXPECT_EQ(ask_private(net::Method::post, "/private/v1/tickets", "{}", cn).status, 403) << cn;
    EXPECT_EQ(ask_private(net::Method::post, "/private/v1/cards/hold", "{}", cn).status, 403) << cn;
  }
}

TEST_F(Doors, a_purchase_goes_through_the_private_door) {
  vault_api::TicketRequest wanted;
  wanted.customer = vault.customer;
  wanted.merchant = vault.merchant;
  wanted.parent_origin = "https://pay.localhost:8443";
  const auto made = ask_private(net::Method::post, "/private/v1/tickets", json::encode(wanted));
  ASSERT_EQ(made.status, 200);
  const auto text = json::decode<vault_api::TicketAnswer>(made.body)->ticket;
  ASSERT_EQ(post_card(card_body(text)).status, 200);
  const vault_api::CollectRequest collect{.ticket = text, .customer = vault.customer, .merchant = vault.merchant};
  const auto collected = ask_private(net::Method::post, "/private/v1/tickets/collect", json::encode(collect));
  ASSERT_EQ(collected.status, 200);
  EXPECT_EQ(collected.body.find(testing::kVisa), std::string::npos);
  const auto token = json::decode<vault_api::CardAnswer>(collected.body)->vault_token;
  const auto operation = vault.operation(token, 1000);
  const auto held = ask_private(net::Method::post, "/private/v1/cards/hold", json::encode(operation));
  EXPECT_EQ(json::decode<vault_api::OperationAnswer>(held.body)->outcome, Outcome::approved);
  const auto found = ask_private(net::Method::get, "/private/v1/operations/" + operation.operation.text(), "");
  const vault_api::BarRequest bar{.operation = operation.operation, .kind = OperationKind::hold};
  EXPECT_EQ(ask_private(net::Method::post, std::string(bar.kPath), json::encode(bar)).body, held.body);
  EXPECT_EQ(found.body, held.body);
  const auto health = ask_private(net::Method::get, "/private/v1/health", "");
  EXPECT_EQ(health.body, R"({"sealed":false,"hsm":true,"key_alarms":0,"network":true,"open_operations":0})");
}

TEST_F(Doors, bad_private_requests_are_refused) {
  const auto post = [&](const std::string& path, const std::string& body) {
    return ask_private(net::Method::post, path, body).status;
  };
  EXPECT_EQ(post("/private/v1/tickets", ""), 400);
  EXPECT_EQ(post("/private/v1/tickets", "{}"), 400);
  EXPECT_EQ(post("/private/v1/cards/hold", R"({"operation":"not an id"})"), 400);
  EXPECT_EQ(post("/private/v1/cards/steal", "{}"), 404);
  EXPECT_EQ(post("/private/v1/test-cards",
                 R"({"name":"approve","customer":"0190a1b2-c3d4-7000-8000-00000000000a","purpose":"saved"})"),
            404);
  auto operation = json::encode(vault.operation("t", 1));
  EXPECT_EQ(post("/private/v1/cards/hold", operation.substr(0, operation.size() - 1) + R"(,"number":"1"})"), 400);
  EXPECT_EQ(ask_private(net::Method::get, "/private/v1/operations/none", "").status, 404);
  EXPECT_EQ(ask_private(net::Method::get, "/private/v1/operations/" + vault.customer.text(), "").status, 404);
}

TEST_F(Doors, test_cards_are_known_by_name_in_sandbox_mode_only) {
  private_door->test_cards.emplace(TestCards::load("tests/shared/test_cards.json").value());
  const auto ask = [&](const std::string& name) {
    vault_api::TestCardRequest request;
    request.name = name;
    request.customer = vault.customer;
    request.merchant = vault.merchant;
    return ask_private(net::Method::post, "/private/v1/test-cards", json::encode(request));
  };
  EXPECT_EQ(json::decode<vault_api::CardAnswer>(ask("decline_51").body)->last4, "9995");
  EXPECT_EQ(json::decode<vault_api::CardAnswer>(ask("approve_mastercard").body)->brand, "mastercard");
  EXPECT_EQ(code_of(ask("no such card")), "TEST_CARD_UNKNOWN");
}

TEST_F(Doors, erasing_is_for_the_tenants_server_and_whole_requests_alone) {
  vault.keys->on_unseal([this](crypto::Hsm& hsm, const KeyRing& ring) { return eraser.open(hsm, ring); });
  const std::string path(vault_api::ErasureRequest::kPath);
  const std::string id = vault.customer.text();
  const std::string whole = R"({"request":")" + id + R"(","customer":")" + id + R"(","reason":"legal_order"})";
  EXPECT_EQ(code_of(ask_private(net::Method::post, path, whole)), "ERASURE_NOT_JOURNALED");  // no journal was opened
  vault.keys->seal("a test");
  EXPECT_EQ(code_of(ask_private(net::Method::post, path, whole)), "VAULT_SEALED");
  ASSERT_TRUE(vault.keys->unseal(disk.hsm).ok());
  vault.make_card();
  for (const auto& body :
       {std::string(), std::string("[]"), std::string("{"), std::string(R"({"request":"1"})"), whole + whole,
        whole.substr(0, whole.size() - 1) + R"(,"extra":1})",
        R"({"request":")" + id + R"(","customer":")" + id + R"(","reason":"because"})", std::string(2'000'000, ' ')})
    EXPECT_GE(ask_private(net::Method::post, path, body).status, 400) << body.substr(0, 100);
  EXPECT_EQ(ask_private(net::Method::post, path, whole, "karv-operator").status, 403);
  EXPECT_EQ(ask_private(net::Method::get, path + "/keys", "", "").status, 403);
  EXPECT_EQ(peer.count("0100"), 0);
  vault.make_card();  // nothing was erased

  const auto first = ask_private(net::Method::post, path, whole);
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(ask_private(net::Method::post, path, whole).body, first.body);
  const auto erased = json::decode<vault_api::ErasureAnswer>(first.body).value();
  const auto keys =
      json::decode<vault_api::ProofKeys>(ask_private(net::Method::get, path + "/keys", "").body, json::kOwnChannel);
  const auto proof = vault_api::verify_erasure_proof(erased.proof, keys.value());
  EXPECT_EQ(proof.value().record.reason, vault_api::ErasureReason::legal_order);
  EXPECT_EQ(proof.value().record.keys.size(), 1U);

  net::Router admin;
  add_proof_keys_route(admin, eraser);
  net::Request look;
  look.path = vault_api::kAdminProofKeysPath;
  look.peer_certificate_cn = "karv-server";
  EXPECT_EQ(answer(admin, look).status, 403);
  look.peer_certificate_cn = "karv-operator";
  EXPECT_EQ(answer(admin, look).body, json::encode(keys.value()));
}

TEST_F(Doors, a_balancer_learns_whether_this_vault_takes_cards) {
  EXPECT_EQ(get("/health").status, 200);
  vault.keys->seal("a test");
  EXPECT_EQ(get("/health").status, 503);
  EXPECT_EQ(code_of(get("/health")), "VAULT_SEALED");
  ASSERT_TRUE(vault.keys->unseal(disk.hsm).ok());
  EXPECT_EQ(get("/health").status, 200);
}

}  // namespace
}  // namespace karv::vault
