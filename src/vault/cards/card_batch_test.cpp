#include "vault/cards/card_batch.h"

#include <gtest/gtest.h>

#include "json/encode.h"
#include "vault/doors/batch_door.h"
#include "vault/test_support.h"

namespace karv::vault {
namespace {

using vault_api::CardToTokenize;
using vault_api::DeleteRequest;
using vault_api::DescribeRequest;
using vault_api::TokenizeRequest;

CardToTokenize typed_card(std::string_view number, CustomerRef customer) {
  return {.number = base::SecretBytes::copy_of(number),
          .expiry_month = 12,
          .expiry_year = 2030,
          .name = base::SecretBytes::copy_of(std::string_view("Astrid Test")),
          .customer = customer};
}

class BatchTest : public ::testing::Test {
 protected:
  CustomerRef someone() { return base::make_id<vault_api::CustomerTag>(vault.wall, vault.random); }
  std::vector<vault_api::TokenizedCard> tokenize(TokenizeRequest request) {
    const auto answer = batch.tokenize(vault.tenant, std::move(request), "karv-migration");
    EXPECT_TRUE(answer.ok()) << answer.error().internal_text();
    return answer->cards;
  }
  std::string delete_one(const std::string& token, CustomerRef customer) {
    return batch.remove(vault.tenant, {.tokens = {{token, customer}}}, "karv-server").value().tokens.front().code;
  }
  std::int64_t count(std::string_view what) {
    return vault.database
        ->read<std::int64_t>("test",
                             [&](store::ReadTx& tx) -> base::Result<std::int64_t> {
                               KARV_TRY(const auto rows, what == "cards"
                                                             ? tx.read_one({"select count(*) from cards", {}})
                                                             : tx.read_one({"select count(*) from vault_tokens", {}}));
                               return rows.front().integer(0);
                             })
        .value();
  }

  testing::Disk disk;
  testing::FakePeer peer;
  testing::TestVault vault{disk, &peer};
  CardBatch batch{*vault.database, *vault.keys, *vault.cards, vault.wall, vault.random};
};

TEST_F(BatchTest, each_item_has_its_own_answer_and_the_good_ones_are_kept) {
  TokenizeRequest request;
  const auto both = someone();
  request.cards.push_back(typed_card(testing::kVisa, both));
  request.cards.push_back(typed_card("4111111111111112", someone()));
  request.cards.push_back(typed_card(testing::kMastercard, both));  // his second card
  request.cards.push_back(typed_card(testing::kVisa, both));        // the first once more
  auto expired = typed_card(testing::kVisa, someone());
  expired.expiry_year = 2020;
  request.cards.push_back(std::move(expired));
  auto nameless = typed_card(testing::kVisa, someone());
  nameless.name = {};
  nameless.merchant = vault.merchant;
  request.cards.push_back(std::move(nameless));
  const auto cards = tokenize(std::move(request));
  ASSERT_EQ(cards.size(), 6U);
  EXPECT_EQ(cards[0].brand, "visa");
  EXPECT_EQ(cards[0].last4, "1111");
  EXPECT_EQ(cards[1].code, "INVALID_CARD_NUMBER");
  EXPECT_EQ(cards[1].field, "number");
  EXPECT_EQ(cards[1].vault_token + cards[1].last4 + cards[1].brand + cards[1].fingerprint, "");
  EXPECT_EQ(cards[2].brand, "mastercard");
  EXPECT_EQ(cards[3].fingerprint, cards[0].fingerprint);
  EXPECT_NE(cards[3].vault_token, cards[0].vault_token);
  EXPECT_EQ(cards[4].code, "INVALID_EXPIRY");
  EXPECT_EQ(cards[5].code, "");
  EXPECT_EQ(count("cards"), 3);
  EXPECT_EQ(count("tokens"), 4);
  // They can be used: the saved one through a derived token, without a code.
  vault.customer = both;
  const auto hold = vault.operation(vault.derive(cards[0].vault_token, Purpose::purchase), 100);
  EXPECT_EQ(vault.operations->run(vault.tenant, OperationKind::hold, hold)->outcome, Outcome::approved);
}

TEST_F(BatchTest, lists_of_nothing_and_of_too_much_are_refused_whole) {
  EXPECT_EQ(batch.tokenize(vault.tenant, {}, "m").error().reason(), "BATCH_SIZE");
  TokenizeRequest many;
  for (std::size_t i = 0; i <= vault_api::kMostInBatch; ++i)
    many.cards.push_back(typed_card(testing::kVisa, vault.customer));
  EXPECT_EQ(batch.tokenize(vault.tenant, std::move(many), "m").error().reason(), "BATCH_SIZE");
  const std::vector<vault_api::TokenOf> tokens(101, {"t", vault.customer});
  EXPECT_EQ(batch.describe(vault.tenant, {tokens}).error().reason(), "BATCH_SIZE");
  EXPECT_EQ(batch.remove(vault.tenant, {tokens}, "m").error().reason(), "BATCH_SIZE");
  EXPECT_EQ(batch.describe(vault.tenant, {}).error().reason(), "BATCH_SIZE");
  EXPECT_EQ(count("cards"), 0);
}

TEST_F(BatchTest, a_full_list_is_one_transaction) {
  TokenizeRequest request;
  for (std::size_t i = 0; i < vault_api::kMostInBatch; ++i)
    request.cards.push_back(typed_card(testing::kVisa, someone()));
  const auto cards = tokenize(std::move(request));
  EXPECT_TRUE(std::ranges::all_of(cards, [](const auto& card) { return card.code.empty(); }));
  EXPECT_EQ(count("cards"), 100);
  EXPECT_EQ(count("tokens"), 100);
}

TEST_F(BatchTest, a_sealed_vault_keeps_nothing) {
  TokenizeRequest request;
  request.cards.push_back(typed_card(testing::kVisa, someone()));
  vault.keys->seal("a test");
  EXPECT_EQ(batch.tokenize(vault.tenant, std::move(request), "m").error().reason(), "VAULT_SEALED");
  EXPECT_EQ(batch.describe(vault.tenant, {.tokens = {{"t", vault.customer}}}).error().reason(), "VAULT_SEALED");
  EXPECT_EQ(batch.remove(vault.tenant, {.tokens = {{"t", vault.customer}}}, "m").error().reason(), "VAULT_SEALED");
  EXPECT_EQ(count("cards"), 0);
}

TEST_F(BatchTest, unknown_and_another_customers_are_the_same_answer) {
  const auto card = vault.make_card();
  const auto answer =
      batch
          .describe(vault.tenant,
                    {.tokens = {{card.vault_token, vault.customer}, {card.vault_token, someone()}, {"nothing", {}}}})
          .value();
  EXPECT_EQ(answer.tokens[0].last4, "1111");
  EXPECT_EQ(answer.tokens[0].expiry_month, 12);
  EXPECT_EQ(answer.tokens[0].expiry_year, 2030);
  EXPECT_EQ(answer.tokens[0].purpose, "purchase");
  EXPECT_EQ(answer.tokens[0].fingerprint, card.fingerprint);
  EXPECT_EQ(json::encode(answer.tokens[1]), json::encode(answer.tokens[2]));
  EXPECT_EQ(answer.tokens[1].code, "TOKEN_UNKNOWN");
  EXPECT_EQ(delete_one(card.vault_token, someone()), "TOKEN_UNKNOWN");
  EXPECT_EQ(delete_one("nothing", vault.customer), "TOKEN_UNKNOWN");
  EXPECT_EQ(count("tokens"), 1);
}

TEST_F(BatchTest, a_deleted_token_is_gone_and_its_card_stays_for_the_others) {
  const auto card = vault.make_card(testing::kVisa, Purpose::saved);
  const auto token = vault.derive(card.vault_token, Purpose::purchase);
  const auto answer =
      batch.remove(vault.tenant, {.tokens = {{card.vault_token, vault.customer}, {card.vault_token, vault.customer}}},
                   "karv-server");
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->tokens[0].code, "");
  EXPECT_EQ(answer->tokens[1].code, "TOKEN_UNKNOWN");  // said twice
  EXPECT_EQ(batch.describe(vault.tenant, {.tokens = {{card.vault_token, vault.customer}}})->tokens[0].code,
            "TOKEN_UNKNOWN");
  const auto hold = vault.operation(token, 100);
  EXPECT_EQ(vault.operations->run(vault.tenant, OperationKind::hold, hold)->outcome, Outcome::approved);
  EXPECT_EQ(delete_one(token, vault.customer), "");
  EXPECT_EQ(vault.operations->run(vault.tenant, OperationKind::hold, vault.operation(token, 1)).error().reason(),
            "TOKEN_UNKNOWN");
  EXPECT_EQ(vault.operations->run(vault.tenant, OperationKind::hold, hold)->outcome, Outcome::approved);  // as recorded
}

TEST_F(BatchTest, control_9_a_card_goes_with_its_last_token) {
  const auto card = vault.make_card(testing::kVisa, Purpose::saved);
  const auto token = vault.derive(card.vault_token, Purpose::purchase);
  EXPECT_EQ(delete_one(card.vault_token, vault.customer), "");
  EXPECT_EQ(count("cards"), 1);
  EXPECT_EQ(delete_one(token, vault.customer), "");
  EXPECT_EQ(count("cards"), 0);
  const auto again = vault.make_card(testing::kVisa, Purpose::saved);  // typed anew, it is another row
  EXPECT_EQ(vault.sealed_card(again.vault_token).card.last4, "1111");
}

TEST_F(BatchTest, a_token_with_an_operation_under_way_stays) {
  const auto token = vault.make_card().vault_token;
  const auto hold = vault.operation(token, 100);
  ASSERT_TRUE(vault.operations->run(vault.tenant, OperationKind::hold, hold).ok());
  peer.ignore_advices(1000);
  const auto part = vault.operation(token, 40, hold.operation);
  ASSERT_TRUE(vault.operations->run(vault.tenant, OperationKind::complete, part).ok());
  EXPECT_EQ(delete_one(token, vault.customer), "TOKEN_IN_USE");
  peer.ignore_advices(0);
  vault.wall.advance(base::seconds(60));
  EXPECT_TRUE(testing::eventually([&] { return vault.state_of(part.operation) == OperationState::confirmed; }));
  EXPECT_EQ(delete_one(token, vault.customer), "");
}

class BatchDoorsTest : public BatchTest {
 protected:
  net::Response ask(std::string_view path, std::string body, std::string peer_name) {
    net::Request request;
    request.method = net::Method::post;
    request.path = path;
    request.body = std::move(body);
    request.peer_certificate_cn = std::move(peer_name);
    return std::get<net::Response>(router.handle(request));
  }
  BatchDoor door{.batch = batch, .keys = *vault.keys, .tokenize_peers = {"karv-migration"}};
  net::Router router = [this] {
    net::Router made;
    add_batch_routes(made, door);
    return made;
  }();
};

TEST_F(BatchDoorsTest, only_the_named_peer_sends_numbers_and_only_servers_ask_about_tokens) {
  const std::string cards =
      R"({"cards":[{"number":"4111111111111111","expiry_month":12,"expiry_year":2030,"name":"A B",)"
      R"("customer":"0190a1b2-c3d4-7000-8000-00000000000a"}]})";
  EXPECT_EQ(ask(TokenizeRequest::kPath, cards, "karv-server").status, 404);
  EXPECT_EQ(ask(TokenizeRequest::kPath, cards, "").status, 404);
  const auto kept = ask(TokenizeRequest::kPath, cards, "karv-migration");
  EXPECT_EQ(kept.status, 200);
  EXPECT_EQ(kept.body.find("4111"), std::string::npos);
  const std::string tokens = R"({"tokens":[{"vault_token":"t","customer":"0190a1b2-c3d4-7000-8000-00000000000a"}]})";
  for (const auto path : {DescribeRequest::kPath, DeleteRequest::kPath}) {
    EXPECT_EQ(ask(path, tokens, "karv-migration").status, 403);
    EXPECT_EQ(ask(path, tokens, "karv-server").status, 200);
  }
}

TEST_F(BatchDoorsTest, what_cannot_be_read_is_refused_without_being_repeated) {
  for (const char* body : {"", "{", "[]", R"({"cards":{}})", R"({"cards":[{"number":4111111111111111}]})",
                           R"({"cards":[{"number":"4111111111111111","cvc":"123"}]})", R"({"cards":[]})"}) {
    const auto refused = ask(TokenizeRequest::kPath, body, "karv-migration");
    EXPECT_EQ(refused.status, 400) << body;
    EXPECT_EQ(refused.body.find("41111"), std::string::npos) << body;
  }
  EXPECT_EQ(ask(DeleteRequest::kPath, R"({"tokens":[{"vault_token":"t"}]})", "karv-server").status, 400);
}

}  // namespace
}  // namespace karv::vault
