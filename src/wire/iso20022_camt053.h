// Reads a camt.053 (bank to customer statement), any version from 001.02 on: balances and entries of one or more
// accounts. An entry that books several transactions comes out as one value for each.
//
// Account numbers are in wiped memory; texts are as the bank wrote them and may hold numbers too: whoever takes them on
// scrubs them first. Source: ISO 20022 camt.053.001.08; EPC188-09 for what banks put where.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secret.h"

namespace karv::wire::iso20022 {

struct StatementAmount {
  std::int64_t minor = 0;  // negative: a debit
  std::string currency;
};

struct StatementBalance {
  std::string code;  // "OPBD", "CLBD", "PRCD"...
  StatementAmount amount;
  std::string date;  // "2026-11-22"
};

struct StatementEntry {
  StatementAmount amount;
  std::string status;  // "BOOK", "PDNG", "INFO"
  bool reversal = false;
  std::string booking_date;
  std::string value_date;
  std::string bank_reference;
  std::string end_to_end_id;  // empty when it says NOTPROVIDED
  std::string message_id;     // of the file that it was in
  std::string bank_code;      // "PMNT/RCDT/ESCT"
  std::string return_reason;  // "AC04": money that came back
  std::string counterparty;   // its name
  base::SecretBytes account;  // its number as it was written; empty when there is none
  bool account_is_iban = false;
  std::string remittance;
};

struct Statement {
  std::string id;
  base::SecretBytes account;
  bool account_is_iban = false;
  std::vector<StatementBalance> balances;
  std::vector<StatementEntry> entries;
};

// Errors: too_large; bad_value, never quoting what is wrong.
base::Result<std::vector<Statement>> read_camt053(base::ByteView xml);

}  // namespace karv::wire::iso20022
