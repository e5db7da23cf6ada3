#include "rails/vault_calls.h"

#include <boost/describe.hpp>
#include <fmt/format.h>

#include "base/check.h"

namespace karv::rails {
namespace {

using base::ErrorCode;
using base::Result;
using vault_api::AgreementRef;
using vault_api::CustomerRef;
using vault_api::MerchantRef;

vault_api::OperationKind wire_kind(OperationKind kind) {
  switch (kind) {
    case OperationKind::hold:
      return vault_api::OperationKind::hold;
    case OperationKind::charge:
      return vault_api::OperationKind::charge;
    case OperationKind::complete:
      return vault_api::OperationKind::complete;
    case OperationKind::refund:
      return vault_api::OperationKind::refund;
    case OperationKind::reverse:
      return vault_api::OperationKind::reverse;
  }
  return vault_api::OperationKind::hold;
}

OperationEvent event_of(vault_api::Outcome outcome) {
  switch (outcome) {
    case vault_api::Outcome::approved:
      return OperationEvent::approve;
    case vault_api::Outcome::declined:
      return OperationEvent::decline;
    case vault_api::Outcome::unknown:
      return OperationEvent::lose;
    case vault_api::Outcome::accepted:
      return OperationEvent::accept;
  }
  return OperationEvent::lose;
}

// What did not reach the vault, or was refused by it outright, was never sent anywhere; anything else may have been,
// and may have been approved.
OperationEvent event_of(const base::Error& error) {
  switch (error.code()) {
    case ErrorCode::unavailable:
      return OperationEvent::skip;
    case ErrorCode::bad_request:
    case ErrorCode::bad_value:
    case ErrorCode::forbidden:
    case ErrorCode::not_found:
    case ErrorCode::not_matching:
      return OperationEvent::decline;
    default:
      return OperationEvent::miss;
  }
}

// Whether the card network has never seen it: it did not leave the vault, or its reversal was answered so (25, unable
// to locate record; ISO 8583:1987 response codes).
bool never_reached_the_network(const vault_api::OperationAnswer& answer) {
  using vault_api::OperationState;
  return answer.state == OperationState::barred || answer.state == OperationState::not_sent ||
         (answer.state == OperationState::reversed && answer.response_code == "25");
}

}  // namespace

net::OutboundRequest ticket_request(identity::CustomerId customer, std::vector<std::string> frame_ancestors,
                                    std::string parent_origin) {
  vault_api::TicketRequest request;
  request.customer = CustomerRef(customer.uuid());
  request.purpose = vault_api::Purpose::saved;
  request.frame_ancestors = std::move(frame_ancestors);
  request.parent_origin = std::move(parent_origin);
  return vault_api::request_of(request);
}

Result<vault_api::TicketAnswer> read_ticket(const net::CallOutcome& outcome) {
  return vault_api::answer_of<vault_api::TicketRequest>(outcome);
}

net::OutboundRequest collect_request(std::string ticket, identity::CustomerId customer) {
  vault_api::CollectRequest request;
  request.ticket = std::move(ticket);
  request.customer = CustomerRef(customer.uuid());
  return vault_api::request_of(request);
}

net::OutboundRequest test_card_request(std::string name, identity::CustomerId customer) {
  vault_api::TestCardRequest request;
  request.name = std::move(name);
  request.customer = CustomerRef(customer.uuid());
  request.purpose = vault_api::Purpose::saved;
  return vault_api::request_of(request);
}

Result<CollectedCard> read_card(const net::CallOutcome& outcome) {
  KARV_TRY(auto answer, vault_api::answer_of<vault_api::CollectRequest>(outcome));
  return CollectedCard{std::move(answer.vault_token),
                       {std::move(answer.brand), std::move(answer.last4),
                        fmt::format("{:02}/{:02}", answer.expiry_month, answer.expiry_year % 100)},
                       std::move(answer.fingerprint)};
}

net::OutboundRequest purchase_token_request(const std::string& saved_token, const PurchaseScope& scope,
                                            base::Instant business_now) {
  vault_api::DeriveRequest request;
  request.vault_token = saved_token;
  request.customer = CustomerRef(scope.customer_id.uuid());
  request.purpose = scope.installments ? vault_api::Purpose::installments : vault_api::Purpose::purchase;
  request.merchant = MerchantRef(scope.merchant_id.uuid());
  request.agreement = AgreementRef(scope.purchase);
  request.cap_minor = 2 * scope.amount.minor();
  request.currency = scope.amount.currency().text();
  request.business_time = business_now.ms;
  return vault_api::request_of(request);
}

Result<std::string> read_derived(const net::CallOutcome& outcome) {
  KARV_TRY(auto answer, vault_api::answer_of<vault_api::DeriveRequest>(outcome));
  return std::move(answer.vault_token);
}

net::OutboundRequest operation_request(const CardOperation& operation, base::Instant business_now) {
  vault_api::CardOperation message;
  message.operation = vault_api::OperationId(operation.operation_id.uuid());
  message.vault_token = operation.vault_token;
  message.customer = CustomerRef(operation.customer_id.uuid());
  message.merchant = MerchantRef(operation.merchant_id.uuid());
  message.amount_minor = operation.amount.minor();
  message.currency = operation.amount.currency().text();
  message.merchant_reference = operation.merchant_reference;
  message.merchant_name = operation.merchant_name;
  message.business_time = business_now.ms;
  if (operation.original) message.original_operation = vault_api::OperationId(operation.original->uuid());
  message.agreement = AgreementRef(operation.purchase);
  message.initiator = operation.by_cardholder ? vault_api::Initiator::cardholder : vault_api::Initiator::merchant;
  return vault_api::request_of(wire_kind(operation.kind), message);
}

net::OutboundRequest bar_request(const CardOperation& operation) {
  KARV_REQUIRE(operation.kind == OperationKind::hold || operation.kind == OperationKind::charge);
  vault_api::BarRequest request;
  request.operation = vault_api::OperationId(operation.operation_id.uuid());
  request.kind = wire_kind(operation.kind);
  return vault_api::request_of(request);
}

Outcome read_outcome(const net::CallOutcome& outcome) {
  auto answer = vault_api::answer_of<vault_api::CardOperation>(outcome);
  if (!answer.ok()) {
    const bool unreadable = outcome.ok() && outcome->status == 200;
    return {unreadable ? OperationEvent::miss : event_of(answer.error()), {}, {}, {}};
  }
  if (answer->state == vault_api::OperationState::recorded) return {OperationEvent::miss, {}, {}, {}};  // under way
  const auto event = never_reached_the_network(*answer) ? OperationEvent::skip : event_of(answer->outcome);
  return {event, answer->response_code, answer->approval_code, answer->network_reference};
}

net::OutboundRequest refund_token_request(const CardOperation& refund, base::Instant business_now) {
  KARV_REQUIRE(refund.kind == OperationKind::refund);
  vault_api::DeriveRequest request;
  request.vault_token = refund.vault_token;
  request.customer = CustomerRef(refund.customer_id.uuid());
  request.purpose = vault_api::Purpose::refund;
  request.merchant = MerchantRef(refund.merchant_id.uuid());
  request.agreement = AgreementRef(refund.purchase);
  request.cap_minor = refund.amount.minor();
  request.currency = refund.amount.currency().text();
  request.business_time = business_now.ms;
  return vault_api::request_of(request);
}

}  // namespace karv::rails
