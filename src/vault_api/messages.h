// The messages between karv-server and karv-vault: JSON over mutual TLS, one struct per request and answer.
//
// No message has a field for a card number, an expiry that could be typed, or a security code: those reach the vault
// from the shopper's browser only. Every operation carries an id chosen by the caller; saying it again returns what was
// recorded, and saying something else under the same id is refused (409 IDEMPOTENCY_CONFLICT).
// Customers and merchants are the caller's ids; the vault compares them and nothing else.
// Units: amounts in minor units; times in milliseconds since 1970 (base::Instant).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>

#include "base/id.h"
#include "vault_api/words.h"

namespace karv::vault_api {

struct CustomerTag;
struct MerchantTag;
struct AgreementTag;
struct OperationTag;
// Another module's id becomes one of these through its uuid(): CustomerRef(customer_id.uuid()).
using CustomerRef = base::Id<CustomerTag>;
using MerchantRef = base::Id<MerchantTag>;
using AgreementRef = base::Id<AgreementTag>;
using OperationId = base::Id<OperationTag>;

struct TicketAnswer {
  std::string ticket;
  std::string frame_url;
  std::int64_t expires_at = 0;
};
BOOST_DESCRIBE_STRUCT(TicketAnswer, (), (ticket, frame_url, expires_at))

// Opens the card form once for one customer. `merchant` may be absent for `saved` only. Origins: "https://host[:port]".
struct TicketRequest {
  using Answer = TicketAnswer;
  static constexpr std::string_view kPath = "/private/v1/tickets";
  CustomerRef customer;
  std::optional<MerchantRef> merchant = {};
  Purpose purpose = Purpose::purchase;
  std::vector<std::string> frame_ancestors = {};
  std::string parent_origin;
};
BOOST_DESCRIBE_STRUCT(TicketRequest, (), (customer, merchant, purpose, frame_ancestors, parent_origin))

// What the caller may know of a card. `fingerprint`: the same card of the same customer gives the same text.
struct CardAnswer {
  std::string vault_token;
  std::string brand;  // "visa", "mastercard", "amex", "discover", "jcb", "diners", "unionpay", "maestro", "card"
  std::string last4;
  std::int32_t expiry_month = 0;
  std::int32_t expiry_year = 0;  // four digits
  std::string fingerprint;
};
BOOST_DESCRIBE_STRUCT(CardAnswer, (), (vault_token, brand, last4, expiry_month, expiry_year, fingerprint))

// Takes the token of a filled ticket, once. Errors: 404 TICKET_UNKNOWN (also somebody else's), 409 TICKET_NOT_FILLED,
// 410 TICKET_USED, 410 TICKET_EXPIRED.
struct CollectRequest {
  using Answer = CardAnswer;
  static constexpr std::string_view kPath = "/private/v1/tickets/collect";
  std::string ticket;
  CustomerRef customer;
  std::optional<MerchantRef> merchant = {};
};
BOOST_DESCRIBE_STRUCT(CollectRequest, (), (ticket, customer, merchant))

// A documented test card by its name, as if the shopper had typed it. Sandbox mode only (else 404).
struct TestCardRequest {
  using Answer = CardAnswer;
  static constexpr std::string_view kPath = "/private/v1/test-cards";
  std::string name;
  CustomerRef customer;
  std::optional<MerchantRef> merchant = {};
  Purpose purpose = Purpose::purchase;
};
BOOST_DESCRIBE_STRUCT(TestCardRequest, (), (name, customer, merchant, purpose))

struct DeriveAnswer {
  std::string vault_token;
};
BOOST_DESCRIBE_STRUCT(DeriveAnswer, (), (vault_token))

// A narrower token for the same card. Never wider than its source in merchant, cap, currency, expiry or uses.
// installments needs an agreement; recurring a currency, a most of one charge and an expiry; payout a cap. Errors: 403
// SCOPE_REFUSED, 404 TOKEN_UNKNOWN (also of another customer's or merchant's).
struct DeriveRequest {
  using Answer = DeriveAnswer;
  static constexpr std::string_view kPath = "/private/v1/tokens/derive";
  std::string vault_token;
  CustomerRef customer;
  Purpose purpose = Purpose::purchase;
  std::optional<MerchantRef> merchant = {};
  std::optional<AgreementRef> agreement = {};
  std::optional<std::int64_t> cap_minor = {};   // of everything that the token ever moves
  std::optional<std::string> currency = {};     // required with a cap or a most of one charge
  std::optional<std::int64_t> expires_at = {};  // business time
  std::optional<std::int64_t> most_uses = {};
  std::optional<std::int64_t> most_each_minor = {};  // of one charge
  std::int64_t business_time = 0;
};
BOOST_DESCRIBE_STRUCT(DeriveRequest, (),
                      (vault_token, customer, purpose, merchant, agreement, cap_minor, currency, expires_at, most_uses,
                       most_each_minor, business_time))

struct OperationAnswer {
  Outcome outcome = Outcome::unknown;
  OperationState state = OperationState::recorded;
  std::string response_code;  // DE39 of the card network; empty when there is none yet
  std::string approval_code;
  std::string network_reference;  // DE37
};
BOOST_DESCRIBE_STRUCT(OperationAnswer, (), (outcome, state, response_code, approval_code, network_reference))

// One card operation; its kind is in the path. hold of amount 0: account check. charge, complete, refund and reverse
// quote `original_operation`; a refund quotes a hold, a completion of it, or a charge. reverse: amount 0. hold and
// payout quote nothing. Errors: 403 SCOPE_REFUSED, 404 TOKEN_UNKNOWN, 409 IDEMPOTENCY_CONFLICT, 409 NOT_MATCHING, 410
// OPERATION_BARRED, 400, 503 TOKEN_FROZEN (the vault was restored from a backup and is not reconciled: later, the same
// again).
struct CardOperation {
  using Answer = OperationAnswer;
  OperationId operation;
  std::string vault_token;
  CustomerRef customer;
  MerchantRef merchant;
  std::int64_t amount_minor = 0;
  std::string currency;            // "EUR"
  std::string merchant_reference;  // at most 15 letters, digits, '-': becomes DE42
  std::string merchant_name;       // what the card statement shows
  std::int64_t business_time = 0;
  std::optional<OperationId> original_operation = {};
  std::optional<AgreementRef> agreement = {};  // must equal the token's when it is bound to one
  Initiator initiator = Initiator::cardholder;
};
BOOST_DESCRIBE_STRUCT(CardOperation, (),
                      (operation, vault_token, customer, merchant, amount_minor, currency, merchant_reference,
                       merchant_name, business_time, original_operation, agreement, initiator))

// Ends the question whether an operation came: answers what is known of it; one that never came is barred, so that it
// is refused (410 OPERATION_BARRED) if it arrives after all. For holds and charges, whose answer is missing.
struct BarRequest {
  using Answer = OperationAnswer;
  static constexpr std::string_view kPath = "/private/v1/operations/bar";
  OperationId operation;
  OperationKind kind = OperationKind::hold;
};
BOOST_DESCRIBE_STRUCT(BarRequest, (), (operation, kind))

// A sealed vault answers everything else with 503 VAULT_SEALED until its custodians open it.
struct HealthAnswer {
  bool sealed = true;
  bool hsm = false;
  std::int64_t key_alarms = 0;  // stored keys that were found altered since the start
  bool network = false;         // signed on
  std::int64_t open_operations = 0;
};
BOOST_DESCRIBE_STRUCT(HealthAnswer, (), (sealed, hsm, key_alarms, network, open_operations))

// Karv's own error body (RFC 9457).
struct Problem {
  std::string code;
  std::string title;
  std::string detail;
  std::string correlation_id;
};
BOOST_DESCRIBE_STRUCT(Problem, (), (code, title, detail, correlation_id))

}  // namespace karv::vault_api
