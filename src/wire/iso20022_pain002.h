// Reads a pain.002 (customer payment status report), versions 001.03 and up: what the bank says of a file and of its
// entries. Codes only come out as codes; free text stays as the bank wrote it and may hold anything.
// Source: ISO 20022 pain.002.001.10; ExternalPaymentGroupStatus1Code, ExternalPaymentTransactionStatus1Code.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace karv::wire::iso20022 {

struct EntryStatus {
  std::string end_to_end_id;
  std::string status;  // "RJCT", "ACSC"; at most four capital letters or digits
  std::string reason;  // "AC01"; empty when the bank gave no code
};

struct StatusReport {
  std::string original_message_id;
  std::string group_status;  // empty when the bank speaks of entries only
  std::string reason;
  std::string text;  // the bank's own words
  std::vector<EntryStatus> entries;
};

// Errors: too_large; bad_value, never quoting what is wrong.
base::Result<StatusReport> read_pain002(base::ByteView xml);

}  // namespace karv::wire::iso20022
