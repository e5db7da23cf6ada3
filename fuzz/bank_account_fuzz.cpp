// A bank account's form, separated by line breaks: kind, bank code, number; and the same bytes as free text. What is
// accepted is the same again from its canonical bytes; a text that was scrubbed has no valid number left.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "vault/bank/bank_account.h"
#include "vault/bank/iban.h"
#include "vault/input/number_scrub.h"

namespace {

using namespace karv;
using enum vault::BankAccountKind;

constexpr std::array kKinds = {iban, us, gb, se, bankgiro, au};

std::string_view take_line(std::string_view& rest) {
  const std::string_view line = rest.substr(0, rest.find('\n'));
  rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  return line;
}

vault::Checked<vault::BankAccount> parse(vault::BankAccountKind kind, std::string_view code, std::string_view number) {
  vault::BankAccountFields fields;
  fields.kind = kind;
  fields.bank_code = base::SecretBytes::copy_of(code);
  fields.number = base::SecretBytes::copy_of(number);
  return vault::parse_bank_account(std::move(fields));
}

void check_accepted(const vault::BankAccount& account, std::string_view typed) {
  const auto number = account.number.expose_text();
  const bool plain =
      std::ranges::all_of(number, [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); });
  KARV_CHECK(plain && !number.empty() && number.size() <= vault::kLongestIban && account.country.size() == 2);
  const auto bytes = vault::canonical(account);
  const auto again = vault::parse_canonical(bytes);
  KARV_CHECK(again.has_value() && again->kind == account.kind && again->country == account.country);
  KARV_CHECK(vault::canonical(*again) == bytes);
  const auto shown = vault::mask_bank_account(account);
  KARV_CHECK(shown.last.size() <= 4 && shown.last.size() * 2 <= number.size() && number.ends_with(shown.last));
  if (account.kind != iban) return;
  KARV_CHECK(vault::is_iban(number));
  KARV_CHECK(vault::scrub_numbers(typed).masked > 0 && vault::scrub_numbers(number).masked > 0);
}

void check_form(std::string_view text) {
  const auto kind_line = take_line(text);
  const auto kind = kKinds[kind_line.empty() ? 0 : static_cast<unsigned char>(kind_line[0]) % kKinds.size()];
  const auto code = take_line(text);
  const auto number = take_line(text);
  const auto account = parse(kind, code, number);
  if (account) return check_accepted(*account, number);
  KARV_CHECK(!account.error().empty() && account.error().all().size() <= 2);
  for (const auto& error : account.error().all()) {
    KARV_CHECK(error.field == "bank_code" || error.field == "number");
    KARV_CHECK(!error.reason.empty() && !error.text.empty());
    KARV_CHECK(std::ranges::none_of(error.text, [](char c) { return c >= '0' && c <= '9'; }));
  }
}

void check_canonical(std::string_view text) {
  const auto account = vault::parse_canonical(base::SecretBytes::copy_of(text));
  if (!account) return;
  const auto bytes = vault::canonical(*account);
  const auto again = vault::parse_canonical(bytes);
  KARV_CHECK(again.has_value() && vault::canonical(*again) == bytes);
}

void check_scrubbed(std::string_view text) {
  const auto scrubbed = vault::scrub_numbers(text);
  KARV_CHECK(scrubbed.text.size() == text.size() && (scrubbed.text == text) == (scrubbed.masked == 0));
  for (std::size_t i = 0; i < text.size(); ++i) KARV_CHECK(scrubbed.text[i] == text[i] || scrubbed.text[i] == '*');
  KARV_CHECK(vault::scrub_numbers(scrubbed.text).masked == 0);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto rest = std::string_view(scrubbed.text).substr(i);
    const auto length = vault::iban_length_of(rest.substr(0, 2));
    KARV_CHECK(length == 0 || length > rest.size() || !vault::is_iban(rest.substr(0, length)));
  }
}

// A valid number of the input's own making, so that every run has some: its text with check digits that fit.
void check_made(std::string_view text) {
  std::string made = "SE00";
  for (const char c : text)
    if (c >= '0' && c <= '9' && made.size() < 24) made.push_back(c);
  if (made.size() < 24) return;
  for (int check = 2; check <= 98 && !vault::is_iban(made); ++check)
    made.replace(2, 2, {static_cast<char>('0' + check / 10), static_cast<char>('0' + check % 10)});
  const auto account = parse(iban, {}, made);
  KARV_CHECK(account.has_value());
  check_accepted(*account, made);
  check_scrubbed(std::string(text) + made + std::string(text));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_form(text);
  check_canonical(text);
  check_scrubbed(text);
  check_made(text);
  return 0;
}
