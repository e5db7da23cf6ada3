#include "vault/bank/file_checks.h"

#include "crypto/hash.h"
#include "json/encode.h"
#include "money/currency.h"
#include "vault/bank/files.h"
#include "vault/bank/rules.h"
#include "wire/iso20022_pain001.h"

namespace karv::vault {
namespace {

using wire::iso20022::is_message_text;

constexpr std::size_t kMostName = 70;
constexpr std::size_t kMostRemittance = 140;

base::Error wrong(const char* what) { return base::public_error(base::ErrorCode::bad_value, what); }

bool is_date(const std::string& text) {
  return text.size() == 10 && base::from_rfc3339(text + "T00:00:00Z").has_value();
}
bool is_amount(std::int64_t minor) { return minor > 0 && minor <= kMostFileMinor; }

}  // namespace

base::Result<void> check_bank_file(const vault_api::BankFileRequest& request) {
  if (request.file.is_nil()) return wrong("The file has no id.");
  if (request.kind != "pain.001.001.09") return wrong("There is no such kind of file: pain.001.001.09.");
  if (request.purpose != vault_api::BankPurpose::payout && request.purpose != vault_api::BankPurpose::refund)
    return wrong("A file of credit transfers is for payouts or refunds.");
  if (request.debtor_name.empty() || !is_message_text(request.debtor_name, kMostName))
    return wrong("The debtor's name is 1 to 70 characters, without control characters.");
  if (!is_date(request.execution_date)) return wrong("The execution date is not a date: 2026-11-23.");
  if (!is_currency_code(request.currency) || !money::Currency::parse(request.currency))
    return wrong("There is no such currency.");
  if (request.entries < 1 || request.entries > kMostFileEntries) return wrong("A file has 1 to 100,000 entries.");
  if (!is_amount(request.sum_minor)) return wrong("The sum is not more than zero, or too large.");
  return {};
}

base::Result<void> check_bank_entries(const vault_api::BankEntriesRequest& request) {
  if (request.entries.empty() || request.entries.size() > kMostBatchEntries)
    return wrong("A batch has 1 to 100 entries.");
  if (request.first < 1 || request.first > kMostFileEntries) return wrong("Entries are numbered from 1 to 100,000.");
  for (const auto& entry : request.entries) {
    if (entry.entry.is_nil()) return wrong("An entry has no id.");
    if (entry.name.empty() || !is_message_text(entry.name, kMostName))
      return wrong("An entry's name is 1 to 70 characters, without control characters.");
    if (!is_message_text(entry.remittance, kMostRemittance))
      return wrong("An entry's remittance text is at most 140 characters, without control characters.");
    if (!is_amount(entry.amount_minor)) return wrong("An entry's amount is not more than zero, or too large.");
  }
  return {};
}

base::Bytes digest_of(const vault_api::BankFileRequest& request) {
  auto content = request;
  content.business_time = 0;
  return crypto::sha256(base::as_bytes(json::encode(content)));
}

base::Bytes digest_of(const vault_api::BankFileEntry& entry) {
  return crypto::sha256(base::as_bytes(json::encode(entry)));
}

}  // namespace karv::vault
