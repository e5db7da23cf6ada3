// The messages about a bank's statements between karv-server and karv-vault; as bank_messages.h.
#pragma once

#include "vault_api/bank_messages.h"

namespace karv::vault_api {

struct BankStatementTag;
using BankStatementId = base::Id<BankStatementTag>;

// A file of statements that the vault has fetched.
struct BankStatementFile {
  BankStatementId file;
  std::int64_t received_at = 0;
  std::int64_t lines = 0;
  std::string
      problem;  // "MALFORMED", "TOO_LARGE": kept, sealed, but nothing could be read; "DUPLICATE": was here before
};
BOOST_DESCRIBE_STRUCT(BankStatementFile, (), (file, received_at, lines, problem))
struct BankFetchAnswer {
  std::vector<BankStatementFile> files;
  bool more = false;    // ask again, after the last of them
  std::string problem;  // why the bank was not asked to the end: "NOT_REACHED", "PEER_NOT_TRUSTED", "REDIRECTED"...
};
BOOST_DESCRIBE_STRUCT(BankFetchAnswer, (), (files, more, problem))
// Fetches what the bank has that is new; answers the files behind `after`, oldest first.
// Errors: 404 DESTINATION_UNKNOWN.
struct BankFetchRequest {
  using Answer = BankFetchAnswer;
  static constexpr std::string_view kPath = "/private/v1/bank/statements/fetch";
  std::string destination;
  std::optional<BankStatementId> after = {};
};
BOOST_DESCRIBE_STRUCT(BankFetchRequest, (), (destination, after))

// An account in a statement. `known`: the vault has it as somebody's, too, under the same fingerprint.
struct BankStatementAccount {
  std::string bank_token;  // of money that came: good for sending at most as much back; else it only identifies
  std::string country;     // empty when the number does not tell
  std::string last;
  std::string fingerprint;
  bool known = false;
};
BOOST_DESCRIBE_STRUCT(BankStatementAccount, (), (bank_token, country, last, fingerprint, known))
struct BankStatementBalance {
  std::string code;  // "OPBD", "CLBD"...
  std::int64_t amount_minor = 0;
  std::string currency;
  std::string date;
};
BOOST_DESCRIBE_STRUCT(BankStatementBalance, (), (code, amount_minor, currency, date))
struct BankStatementHead {
  std::string id;
  std::optional<BankStatementAccount> account = {};  // whose statement it is; without a token
  std::vector<BankStatementBalance> balances;
};
BOOST_DESCRIBE_STRUCT(BankStatementHead, (), (id, account, balances))
// One booking. Texts are without numbers: card numbers, IBANs and the file's own account numbers are masked.
struct BankStatementLine {
  std::int64_t number = 0;
  std::int64_t statement = 0;     // which of the heads, from 0
  std::int64_t amount_minor = 0;  // negative: it went
  std::string currency;
  std::string status;  // "BOOK", "PDNG"
  bool reversal = false;
  std::string booking_date;
  std::string value_date;
  std::string bank_reference;
  std::string end_to_end_id;
  std::string message_id;
  std::string bank_code;
  std::string return_reason;
  std::string counterparty;
  std::string remittance;
  std::optional<BankStatementAccount> account = {};
};
BOOST_DESCRIBE_STRUCT(BankStatementLine, (),
                      (number, statement, amount_minor, currency, status, reversal, booking_date, value_date,
                       bank_reference, end_to_end_id, message_id, bank_code, return_reason, counterparty, remittance,
                       account))
struct BankStatementPage {
  std::vector<BankStatementHead> statements;
  std::vector<BankStatementLine> lines;
  std::optional<std::int64_t> next = {};  // the cursor of the next page; absent after the last
};
BOOST_DESCRIBE_STRUCT(BankStatementPage, (), (statements, lines, next))
// Page by page, in order. Errors: 404 STATEMENT_UNKNOWN.
struct BankStatementQuery {
  using Answer = BankStatementPage;
  static constexpr std::string_view kPath = "/private/v1/bank/statements/read";
  BankStatementId file;
  std::int64_t after = 0;
};
BOOST_DESCRIBE_STRUCT(BankStatementQuery, (), (file, after))

}  // namespace karv::vault_api
