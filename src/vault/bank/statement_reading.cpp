#include "vault/bank/statement_reading.h"

#include <algorithm>
#include <set>
#include <string>

#include "vault/input/number_scrub.h"
#include "wire/iso20022_camt053.h"

namespace karv::vault {
namespace {

namespace iso = wire::iso20022;

constexpr std::size_t kShortestMasked = 5;  // a shorter number is in too many texts that mean something else

// Takes numbers out of texts: those that look like one, and those that the file itself names as accounts.
class Scrub {
 public:
  explicit Scrub(const std::vector<iso::Statement>& statements) {
    for (const auto& statement : statements) {
      add(statement.account);
      for (const auto& entry : statement.entries) add(entry.account);
    }
  }

  std::string operator()(const std::string& text) const {
    std::string out = scrub_numbers(text).text;
    for (const auto number : numbers_)
      for (auto at = out.find(number); at != std::string::npos; at = out.find(number, at))
        std::ranges::fill(std::span(out).subspan(at, number.size()), '*');
    return out;
  }
  // An identification that we made ourselves (32 hexadecimal digits) is left alone.
  std::string id(const std::string& text) const {
    const bool ours = text.size() == 32 && base::from_hex(text).has_value();
    return ours ? text : (*this)(text);
  }

 private:
  void add(const base::SecretBytes& number) {
    if (number.size() >= kShortestMasked) numbers_.insert(number.expose_text());
  }
  std::set<std::string_view> numbers_;  // views of the statements
};

std::optional<BankAccount> account_of(const base::SecretBytes& number) {
  return number.empty() ? std::nullopt : account_in_file(number);
}

ReadHead head_from(const iso::Statement& statement, const Scrub& scrub) {
  ReadHead read{.head = {.id = scrub.id(statement.id)}, .account = account_of(statement.account)};
  for (const auto& balance : statement.balances)
    read.head.balances.push_back({.code = balance.code,
                                  .amount_minor = balance.amount.minor,
                                  .currency = balance.amount.currency,
                                  .date = balance.date});
  return read;
}

ReadLine line_from(const iso::StatementEntry& entry, const Scrub& scrub) {
  return {.line = {.amount_minor = entry.amount.minor,
                   .currency = entry.amount.currency,
                   .status = entry.status,
                   .reversal = entry.reversal,
                   .booking_date = entry.booking_date,
                   .value_date = entry.value_date,
                   .bank_reference = scrub(entry.bank_reference),
                   .end_to_end_id = scrub.id(entry.end_to_end_id),
                   .message_id = scrub.id(entry.message_id),
                   .bank_code = scrub(entry.bank_code),
                   .return_reason = scrub(entry.return_reason),
                   .counterparty = scrub(entry.counterparty),
                   .remittance = scrub(entry.remittance)},
          .account = account_of(entry.account)};
}

}  // namespace

base::Result<ReadStatements> read_statements(base::ByteView camt053) {
  KARV_TRY(const auto statements, iso::read_camt053(camt053));
  const Scrub scrub(statements);
  ReadStatements read;
  for (const auto& statement : statements) {
    const auto index = static_cast<std::int64_t>(read.heads.size());
    read.heads.push_back(head_from(statement, scrub));
    for (const auto& entry : statement.entries) {
      auto line = line_from(entry, scrub);
      line.line.statement = index;
      line.line.number = static_cast<std::int64_t>(read.lines.size()) + 1;
      read.lines.push_back(std::move(line));
    }
  }
  return read;
}

}  // namespace karv::vault
