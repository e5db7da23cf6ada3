// The messages about files of payments between karv-server and karv-vault; as bank_messages.h.
#pragma once

#include "vault_api/bank_messages.h"

namespace karv::vault_api {

struct BankFileTag;
struct BankEntryTag;
using BankFileId = base::Id<BankFileTag>;
using BankEntryId = base::Id<BankEntryTag>;

// What is known of a file of payments.
//   collecting       entries are being added
//   canceled         nothing was sent, nothing will be: final
//   committed        complete; it is sent when the bank can be reached
//   sending          it may be on its way
//   unknown          it may have arrived; the vault asks the bank until it knows
//   not_known        the bank says it never came; it goes out again, under the same message id, when its server says so
//   accepted         the bank has it; the vault asks on until it is completed or rejected
//   partly_accepted  the bank has rejected some of its entries, and may still reject others
//   completed, rejected  final
BOOST_DEFINE_ENUM_CLASS(BankFileState, collecting, canceled, committed, sending, unknown, not_known, accepted,
                        partly_accepted, completed, rejected)

struct BankFileAnswer {
  BankFileState state = BankFileState::collecting;
  std::int64_t entries = 0;  // so far
  std::int64_t sum_minor = 0;
  std::string message_id;   // what bank and statements call it
  std::string digest;       // SHA-256 of the file as it was sent, hexadecimal; empty before
  std::string bank_status;  // the bank's code: "ACSC", "RJCT"; empty when there is none yet
  std::string bank_reason;  // "AM05"
  std::string problem;  // why it does not go on: "PEER_NOT_TRUSTED", "REDIRECTED", "NOT_REACHED"...; empty when it does
};
BOOST_DESCRIBE_STRUCT(BankFileAnswer, (),
                      (state, entries, sum_minor, message_id, digest, bank_status, bank_reason, problem))

// Begins a file. Saying it again, with the same content, returns what is known of it.
// Errors: 404 DESTINATION_UNKNOWN, 404 TOKEN_UNKNOWN, 403 SCOPE_REFUSED, 409 IDEMPOTENCY_CONFLICT, 400, 503
// TOKEN_FROZEN.
struct BankFileRequest {
  using Answer = BankFileAnswer;
  static constexpr std::string_view kPath = "/private/v1/bank/files";
  BankFileId file;
  std::string destination;                    // by its name in the vault's configuration
  std::string kind = "pain.001.001.09";       // no other yet
  BankPurpose purpose = BankPurpose::payout;  // payout or refund
  std::string debtor_token;                   // an `own` one
  std::string debtor_name;                    // at most 70 characters
  std::string execution_date;                 // "2026-11-23"
  std::string currency;                       // of all entries
  std::int64_t entries = 0;                   // how many it will have, at most 100,000
  std::int64_t sum_minor = 0;                 // and their sum
  std::int64_t business_time = 0;
};
BOOST_DESCRIBE_STRUCT(BankFileRequest, (),
                      (file, destination, kind, purpose, debtor_token, debtor_name, execution_date, currency, entries,
                       sum_minor, business_time))

struct BankFileEntry {
  BankEntryId entry;
  std::string bank_token;
  std::optional<CustomerRef> customer = {};  // whose account it is; nobody's: one out of a statement
  std::optional<MerchantRef> merchant = {};
  std::string name;  // at most 70 characters
  std::int64_t amount_minor = 0;
  std::string remittance;  // at most 140 characters; may be empty
};
BOOST_DESCRIBE_STRUCT(BankFileEntry, (), (entry, bank_token, customer, merchant, name, amount_minor, remittance))

// Adds up to 100 entries, all or none. Entries are numbered from 1; a batch that is there already is compared and
// changes nothing. Errors: 404 FILE_UNKNOWN, 409 FILE_CLOSED, 409 ENTRY_GAP, 400 TOO_MANY_ENTRIES, those of a token as
// above.
struct BankEntriesRequest {
  using Answer = BankFileAnswer;
  static constexpr std::string_view kPath = "/private/v1/bank/files/entries";
  BankFileId file;
  std::int64_t first = 1;  // the number of the first of them
  std::vector<BankFileEntry> entries;
  std::int64_t business_time = 0;
};
BOOST_DESCRIBE_STRUCT(BankEntriesRequest, (), (file, first, entries, business_time))

// Count and sum must be what was announced. Errors: 404 FILE_UNKNOWN, 409 TOTALS_DIFFER, 409 FILE_CLOSED (canceled).
struct BankCommitRequest {
  using Answer = BankFileAnswer;
  static constexpr std::string_view kPath = "/private/v1/bank/files/commit";
  BankFileId file;
};
BOOST_DESCRIBE_STRUCT(BankCommitRequest, (), (file))

// Errors: 404 FILE_UNKNOWN, 409 FILE_CLOSED (it may have been sent).
struct BankCancelRequest {
  using Answer = BankFileAnswer;
  static constexpr std::string_view kPath = "/private/v1/bank/files/cancel";
  BankFileId file;
};
BOOST_DESCRIBE_STRUCT(BankCancelRequest, (), (file))

// Of a file that the bank does not know: sends it once more. Errors: 404 FILE_UNKNOWN, 409 FILE_CLOSED (any other
// state).
struct BankSendAgainRequest {
  using Answer = BankFileAnswer;
  static constexpr std::string_view kPath = "/private/v1/bank/files/send-again";
  BankFileId file;
};
BOOST_DESCRIBE_STRUCT(BankSendAgainRequest, (), (file))

// Errors: 404 FILE_UNKNOWN.
struct BankFileQuery {
  using Answer = BankFileAnswer;
  static constexpr std::string_view kPath = "/private/v1/bank/files/find";
  BankFileId file;
};
BOOST_DESCRIBE_STRUCT(BankFileQuery, (), (file))

// What the bank said of one entry.
struct BankEntryOutcome {
  std::int64_t number = 0;
  BankEntryId entry;
  std::string bank_status;  // empty: nothing of its own, the file's counts
  std::string bank_reason;
};
BOOST_DESCRIBE_STRUCT(BankEntryOutcome, (), (number, entry, bank_status, bank_reason))
struct BankOutcomesAnswer {
  std::vector<BankEntryOutcome> entries;
  std::optional<std::int64_t> next = {};  // the cursor of the next page; absent after the last
};
BOOST_DESCRIBE_STRUCT(BankOutcomesAnswer, (), (entries, next))
// Page by page, in order. Errors: 404 FILE_UNKNOWN.
struct BankOutcomesQuery {
  using Answer = BankOutcomesAnswer;
  static constexpr std::string_view kPath = "/private/v1/bank/files/outcomes";
  BankFileId file;
  std::int64_t after = 0;
};
BOOST_DESCRIBE_STRUCT(BankOutcomesQuery, (), (file, after))

// The banks that files may go to, and the keys that the vault signs for them with.
struct BankDestinationFacts {
  std::string name;
  std::string signing_key;  // Ed25519, base64
};
BOOST_DESCRIBE_STRUCT(BankDestinationFacts, (), (name, signing_key))
struct BankDestinationsAnswer {
  std::vector<BankDestinationFacts> destinations;
};
BOOST_DESCRIBE_STRUCT(BankDestinationsAnswer, (), (destinations))
// GET.
inline constexpr std::string_view kBankDestinationsPath = "/private/v1/bank/destinations";

}  // namespace karv::vault_api
