// Writes a pain.001.001.09 (customer credit transfer initiation), entry by entry: begin, add for each, end. What is
// written goes straight to the caller's sink, so that a file of any number of entries is held by nobody here.
//
// Values come as views, because account numbers stay in the wiped memory where they are. Text is escaped; characters
// that XML cannot hold are the caller's to refuse (is_message_text).
// Source: ISO 20022 pain.001.001.09; EPC132-08 for what a SEPA bank reads of it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace karv::wire::iso20022 {

// How a message names an account: by IBAN, by the number within its bank, or by a scheme of its own ("BGNR").
struct AccountView {
  bool is_iban = true;
  std::string_view number;
  std::string_view scheme;           // empty: the bank's own numbering (BBAN)
  std::string_view clearing_system;  // "USABA", "GBDSC", "SESBA", "AUBSB"; empty: the number tells the bank
  std::string_view member;           // the bank's code in that system
};

struct CreditTransfers {
  std::string_view message_id;      // at most 35 characters, never used twice
  std::string_view created_at;      // "2026-11-22T12:00:00Z"
  std::string_view execution_date;  // "2026-11-23"
  std::int64_t entries = 0;
  std::int64_t sum_minor = 0;
  std::string_view currency;
  int exponent = 2;  // decimals of the currency's minor unit
  std::string_view debtor_name;
  AccountView debtor;
};

struct CreditTransfer {
  std::string_view end_to_end_id;  // at most 35 characters
  std::int64_t amount_minor = 0;
  std::string_view creditor_name;
  AccountView creditor;
  std::string_view remittance;  // at most 140 characters; may be empty
};

class Pain001Writer {
 public:
  using Sink = std::function<void(std::string_view)>;
  explicit Pain001Writer(Sink sink) : sink_(std::move(sink)) {}

  // The views of `file` live until end().
  void begin(const CreditTransfers& file);
  void add(const CreditTransfer& transfer);
  // Pre: as many entries and as large a sum as announced.
  void end();

 private:
  void open(std::string_view element);
  void close(std::string_view element);
  void text(std::string_view element, std::string_view value);
  void account(std::string_view element, const AccountView& account);
  void agent(std::string_view element, const AccountView& account);

  Sink sink_;
  CreditTransfers file_;
  std::int64_t entries_ = 0;
  std::int64_t sum_minor_ = 0;
};

// "12.34"; "1200" for a currency without decimals. Pre: not negative.
std::string decimal_amount(std::int64_t minor, int exponent);
// UTF-8 of at most `most` characters, none of them a control character or another that XML 1.0 cannot hold.
bool is_message_text(std::string_view text, std::size_t most);

}  // namespace karv::wire::iso20022
