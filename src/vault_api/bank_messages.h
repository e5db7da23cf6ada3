// The messages about bank accounts between karv-server and karv-vault: as messages.h, JSON over mutual TLS, one struct
// per request and answer. Files of payments are in bank_file_messages.h, statements in bank_statement_messages.h.
// No message has a field for an account number: those reach the vault from a form in a browser, and from the bank's own
// files.
//
// An account belongs to a customer, to a merchant, or (neither named) to the operator itself.
// Units: amounts in minor units; times in milliseconds since 1970 (base::Instant).
#pragma once

#include "vault_api/messages.h"

namespace karv::vault_api {

// What a bank token is for. It refuses every other use.
//   payout        what a merchant has earned
//   refund        money back to a customer
//   direct_debit  collecting from the account
//   own           an account of the operator's, which files of payments draw on
//   identify      an account in a statement that nothing is paid to
BOOST_DEFINE_ENUM_CLASS(BankPurpose, payout, refund, direct_debit, own, identify)

struct BankTicketAnswer {
  std::string ticket;
  std::string post_url;  // takes {ticket, kind, bank_code, number}
  std::int64_t expires_at = 0;
};
BOOST_DESCRIBE_STRUCT(BankTicketAnswer, (), (ticket, post_url, expires_at))

// Lets one account be typed once. The rest says what its token will be good for. Errors: 400 INVALID_SCOPE.
struct BankTicketRequest {
  using Answer = BankTicketAnswer;
  static constexpr std::string_view kPath = "/private/v1/bank/tickets";
  std::optional<CustomerRef> customer = {};
  std::optional<MerchantRef> merchant = {};
  BankPurpose purpose = BankPurpose::payout;
  std::optional<std::int64_t> cap_minor = {};   // of everything that is ever ordered with the token
  std::optional<std::string> currency = {};     // required with a cap
  std::optional<std::int64_t> expires_at = {};  // business time
};
BOOST_DESCRIBE_STRUCT(BankTicketRequest, (), (customer, merchant, purpose, cap_minor, currency, expires_at))

// What the caller may know of an account. `fingerprint`: the same account gives the same text, whoever has it.
struct BankAccountAnswer {
  std::string bank_token;  // empty when the caller has it
  std::string kind;        // "iban", "us", "gb", "se", "bankgiro", "au"
  std::string country;
  std::string last;  // the last four, fewer of a short number
  std::string fingerprint;
};
BOOST_DESCRIBE_STRUCT(BankAccountAnswer, (), (bank_token, kind, country, last, fingerprint))

// Takes the token of a filled ticket, once. Errors: 404 TICKET_UNKNOWN (also somebody else's), 409 TICKET_NOT_FILLED,
// 410 TICKET_USED, 410 TICKET_EXPIRED.
struct BankCollectRequest {
  using Answer = BankAccountAnswer;
  static constexpr std::string_view kPath = "/private/v1/bank/tickets/collect";
  std::string ticket;
  std::optional<CustomerRef> customer = {};
  std::optional<MerchantRef> merchant = {};
};
BOOST_DESCRIBE_STRUCT(BankCollectRequest, (), (ticket, customer, merchant))

// Errors: 404 TOKEN_UNKNOWN, also for a token of somebody else's.
struct BankDescribeRequest {
  using Answer = BankAccountAnswer;
  static constexpr std::string_view kPath = "/private/v1/bank/accounts/describe";
  std::string bank_token;
  std::optional<CustomerRef> customer = {};
  std::optional<MerchantRef> merchant = {};
};
BOOST_DESCRIBE_STRUCT(BankDescribeRequest, (), (bank_token, customer, merchant))

struct BankDeleteAnswer {
  bool account_gone = false;  // false: another token of the same owner names it
};
BOOST_DESCRIBE_STRUCT(BankDeleteAnswer, (), (account_gone))

// Ends a token; with its last one the number itself goes. Errors: as above, 409 ACCOUNT_IN_USE (a file that still has
// to be sent names it).
struct BankDeleteRequest {
  using Answer = BankDeleteAnswer;
  static constexpr std::string_view kPath = "/private/v1/bank/accounts/delete";
  std::string bank_token;
  std::optional<CustomerRef> customer = {};
  std::optional<MerchantRef> merchant = {};
};
BOOST_DESCRIBE_STRUCT(BankDeleteRequest, (), (bank_token, customer, merchant))

}  // namespace karv::vault_api
