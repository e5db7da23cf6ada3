#include "rails/vault_calls.h"

#include <string>

#include <gtest/gtest.h>

#include "rails/fake_vault_for_test.h"

namespace karv::rails {
namespace {

using base::ErrorCode;
using Fake = FakeVaultForTest;

net::CallOutcome answered(vault_api::Outcome outcome, vault_api::OperationState state, std::string code = "00") {
  return Fake::good(vault_api::OperationAnswer{outcome, state, std::move(code), "A00001", "R00001"});
}

TEST(ReadOutcomeTest, the_vaults_word_is_taken_over) {
  using vault_api::OperationState;
  using vault_api::Outcome;
  const auto approved = read_outcome(answered(Outcome::approved, OperationState::approved));
  EXPECT_EQ(approved.event, OperationEvent::approve);
  EXPECT_EQ(approved.approval_code, "A00001");
  EXPECT_EQ(approved.network_reference, "R00001");
  const auto declined = read_outcome(answered(Outcome::declined, OperationState::declined, "51"));
  EXPECT_EQ(declined.event, OperationEvent::decline);
  EXPECT_EQ(declined.response_code, "51");
  EXPECT_EQ(read_outcome(answered(Outcome::unknown, OperationState::reversing)).event, OperationEvent::lose);
  EXPECT_EQ(read_outcome(answered(Outcome::accepted, OperationState::delivering)).event, OperationEvent::accept);
}

TEST(ReadOutcomeTest, what_never_reached_the_network_is_no_decline) {
  using vault_api::OperationState;
  for (const auto state : {OperationState::barred, OperationState::not_sent})
    EXPECT_EQ(read_outcome(answered(vault_api::Outcome::declined, state, "91")).event, OperationEvent::skip);
  const auto reversed = [](const char* code) {
    return read_outcome(answered(vault_api::Outcome::declined, OperationState::reversed, code)).event;
  };
  EXPECT_EQ(reversed("25"), OperationEvent::skip);     // the network never saw it
  EXPECT_EQ(reversed("68"), OperationEvent::decline);  // it saw it and kept silent, or spoke too late
  EXPECT_EQ(read_outcome(base::Error(ErrorCode::unavailable)).event, OperationEvent::skip);
}

TEST(ReadOutcomeTest, a_refused_call_is_a_decline) {
  for (const auto& [status, code] : {std::pair{400, "BAD_VALUE"}, std::pair{403, "SCOPE_REFUSED"},
                                     std::pair{404, "TOKEN_UNKNOWN"}, std::pair{409, "NOT_MATCHING"}})
    EXPECT_EQ(read_outcome(Fake::problem(status, code)).event, OperationEvent::decline) << code;
}

// The vault may have asked the network, and the network may have approved: nothing is concluded.
TEST(ReadOutcomeTest, a_lost_or_unreadable_answer_concludes_nothing) {
  for (const auto code : {ErrorCode::timeout, ErrorCode::unknown_outcome, ErrorCode::internal, ErrorCode::conflict,
                          ErrorCode::idempotency_conflict})
    EXPECT_EQ(read_outcome(base::Error(code)).event, OperationEvent::miss);
  EXPECT_EQ(read_outcome(net::Response{500, {}, "<html>", false}).event, OperationEvent::miss);
  EXPECT_EQ(read_outcome(net::Response{200, {}, "", false}).event, OperationEvent::miss);
  EXPECT_EQ(read_outcome(net::Response{200, {}, R"({"outcome":"perhaps"})", false}).event, OperationEvent::miss);
  const auto under_way = answered(vault_api::Outcome::unknown, vault_api::OperationState::recorded);
  EXPECT_EQ(read_outcome(under_way).event, OperationEvent::miss);
}

TEST(RequestsTest, a_purchases_token_is_bound_to_customer_merchant_agreement_and_cap) {
  const PurchaseScope scope{.purchase = {1},
                            .customer_id = identity::CustomerId(base::Uuid{2}),
                            .merchant_id = identity::MerchantId(base::Uuid{3}),
                            .amount = {10'000, money::Currency::of("EUR")},
                            .installments = true};
  const auto request = purchase_token_request("saved", scope, base::Instant{1'000});
  EXPECT_EQ(request.destination, vault_api::kDestination);
  const auto body = json::decode<vault_api::DeriveRequest>(request.body);
  ASSERT_TRUE(body.ok());
  EXPECT_EQ(body->purpose, vault_api::Purpose::installments);
  EXPECT_EQ(body->customer.uuid(), base::Uuid{2});
  EXPECT_EQ(body->merchant->uuid(), base::Uuid{3});
  EXPECT_EQ(body->agreement->uuid(), base::Uuid{1});
  EXPECT_EQ(body->cap_minor, 20'000);
  EXPECT_EQ(body->currency, "EUR");
}

TEST(RequestsTest, a_refunds_token_is_good_for_that_amount_only) {
  CardOperation refund;
  refund.kind = OperationKind::refund;
  refund.vault_token = "token";
  refund.amount = {700, money::Currency::of("EUR")};
  const auto body = json::decode<vault_api::DeriveRequest>(refund_token_request(refund, base::Instant{1}).body);
  ASSERT_TRUE(body.ok());
  EXPECT_EQ(body->purpose, vault_api::Purpose::refund);
  EXPECT_EQ(body->cap_minor, 700);
}

TEST(ReadCardTest, a_card_comes_with_what_may_be_shown_of_it) {
  const auto card = read_card(Fake::good(vault_api::CardAnswer{"token", "visa", "1111", 3, 2031, "print"}));
  ASSERT_TRUE(card.ok());
  EXPECT_EQ(card->face.expiry, "03/31");
  EXPECT_EQ(card->face.last4, "1111");
  const auto used = read_card(Fake::problem(410, "TICKET_USED"));
  ASSERT_FALSE(used.ok());
  EXPECT_EQ(used.error().code(), ErrorCode::gone);
  EXPECT_EQ(used.error().reason(), "TICKET_USED");
}

}  // namespace
}  // namespace karv::rails
