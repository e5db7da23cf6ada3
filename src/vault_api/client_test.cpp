#include "vault_api/client.h"

#include <gtest/gtest.h>

namespace karv::vault_api {
namespace {

OperationId some_operation() { return *OperationId::parse("0190a1b2-c3d4-7000-8000-000000000001"); }

net::CallOutcome answered(int status, std::string body) {
  return net::Response{.status = status, .headers = {}, .body = std::move(body)};
}

TEST(VaultClient, an_operation_becomes_a_request_that_reads_back_as_the_same) {
  CardOperation operation;
  operation.operation = some_operation();
  operation.vault_token = "t";
  operation.amount_minor = 1234;
  operation.currency = "EUR";
  operation.initiator = Initiator::merchant;
  operation.original_operation = some_operation();
  const auto request = request_of(OperationKind::complete, operation);
  EXPECT_EQ(request.path, "/private/v1/cards/complete");
  EXPECT_EQ(request.destination, kDestination);
  const auto back = json::decode<CardOperation>(request.body, json::kOwnChannel).value();
  EXPECT_EQ(back.operation, operation.operation);
  EXPECT_EQ(back.amount_minor, 1234);
  EXPECT_EQ(back.initiator, Initiator::merchant);
  EXPECT_EQ(back.original_operation, operation.original_operation);
  EXPECT_FALSE(back.agreement.has_value());
}

TEST(VaultClient, every_limit_of_a_derived_token_is_on_the_wire) {
  DeriveRequest wanted;
  wanted.vault_token = "t";
  wanted.purpose = Purpose::recurring;
  wanted.cap_minor = 1;
  wanted.currency = "EUR";
  wanted.expires_at = 2;
  wanted.most_uses = 3;
  wanted.most_each_minor = 4;
  wanted.business_time = 5;
  const auto back = json::decode<DeriveRequest>(request_of(wanted).body, json::kOwnChannel).value();
  EXPECT_EQ(back.purpose, Purpose::recurring);
  EXPECT_EQ(back.cap_minor, 1);
  EXPECT_EQ(back.currency, "EUR");
  EXPECT_EQ(back.expires_at, 2);
  EXPECT_EQ(back.most_uses, 3);
  EXPECT_EQ(back.most_each_minor, 4);
  EXPECT_EQ(back.business_time, 5);
}

TEST(VaultClient, a_question_has_no_body) {
  EXPECT_EQ(request_operation(some_operation()).path, "/private/v1/operations/" + some_operation().text());
  EXPECT_EQ(request_operation(some_operation()).method, net::Method::get);
  EXPECT_EQ(request_health().body, "");
}

TEST(VaultClient, a_good_answer_is_read) {
  const auto answer = answer_of<CardOperation>(answered(
      200,
      R"({"outcome":"declined","state":"declined","response_code":"51","approval_code":"","network_reference":"A1"})"));
  EXPECT_EQ(answer->outcome, Outcome::declined);
  EXPECT_EQ(answer->response_code, "51");
}

TEST(VaultClient, the_vaults_refusal_keeps_its_code_and_hides_its_text) {
  const auto answer = answer_of<CollectRequest>(
      answered(410, R"({"code":"TICKET_USED","title":"Gone","detail":"The ticket was used.","correlation_id":"c"})"));
  EXPECT_EQ(answer.error().code(), base::ErrorCode::gone);
  EXPECT_EQ(answer.error().reason(), "TICKET_USED");
  EXPECT_EQ(answer.error().public_text().find("ticket"), std::string::npos);
  const auto conflict = answer_of<CardOperation>(
      answered(409, R"({"code":"IDEMPOTENCY_CONFLICT","title":"","detail":"","correlation_id":""})"));
  EXPECT_EQ(conflict.error().code(), base::ErrorCode::idempotency_conflict);
}

TEST(VaultClient, a_lost_answer_stays_unknown_and_nonsense_is_an_error) {
  EXPECT_EQ(answer_of<CardOperation>(base::Error(base::ErrorCode::unknown_outcome)).error().code(),
            base::ErrorCode::unknown_outcome);
  EXPECT_FALSE(answer_of<CardOperation>(answered(200, "")).ok());
  EXPECT_FALSE(answer_of<CardOperation>(answered(200, R"({"outcome":"maybe"})")).ok());
  EXPECT_EQ(answer_of<CardOperation>(answered(502, "<html>")).error().code(), base::ErrorCode::internal);
}

}  // namespace
}  // namespace karv::vault_api
