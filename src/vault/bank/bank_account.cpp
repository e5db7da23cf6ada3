#include "vault/bank/bank_account.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <utility>

#include "base/card_digits.h"
#include "base/check.h"
#include "json/words.h"
#include "vault/bank/iban.h"
#include "vault/bank/national_check_digits.h"
#include "vault/bank/swedish_account.h"
#include "vault/input/typed_digits.h"

namespace karv::vault {
namespace {

constexpr std::size_t kMaxTypedIban = 64;

// Capital letters and digits; nothing when there is anything else.
std::optional<base::SecretBytes> iban_characters(const base::SecretBytes& typed) {
  if (typed.size() > kMaxTypedIban) return std::nullopt;
  base::SecretBytes room(typed.size());
  std::size_t count = 0;
  for (const char c : typed.expose_text()) {
    const bool small = c >= 'a' && c <= 'z';
    if (c == ' ') continue;
    if (!small && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9')) return std::nullopt;
    room.expose_mutable()[count++] = static_cast<std::uint8_t>(small ? c - 'a' + 'A' : c);
  }
  return base::SecretBytes::copy_of(room.expose().first(count));
}

std::optional<FieldError> check_iban(std::string_view typed, std::string_view iban) {
  static constexpr const char* kReason = "INVALID_IBAN";
  if (typed.empty()) return FieldError("number", kReason, "Enter the IBAN.");
  if (iban.size() < 4) return FieldError("number", kReason, "Enter the IBAN in letters from A to Z and plain digits.");
  const auto length = iban_length_of(iban.substr(0, 2));
  if (length == 0) return FieldError("number", kReason, "An IBAN begins with its country's two letters. Check them.");
  if (length != iban.size())
    return FieldError("number", kReason, "The IBAN has too few or too many characters. Check it against your bank's.");
  if (!is_iban(iban) || !has_national_check_digits(iban))
    return FieldError("number", kReason, "This is not a valid IBAN. Check it against the one that your bank shows.");
  return std::nullopt;
}

// Districts of the Federal Reserve (01-12), its thrifts (21-32) and electronic numbers (61-72), the Treasury (00), and
// traveler's checks (80); then 3-7-1 modulo 10.
bool is_routing_number(std::string_view digits) {
  if (digits.size() != 9) return false;
  static constexpr std::array kWeights = {3, 7, 1};
  const int district = (digits[0] - '0') * 10 + digits[1] - '0';
  const bool known =
      district <= 12 || (district >= 21 && district <= 32) || (district >= 61 && district <= 72) || district == 80;
  int sum = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) sum += (digits[i] - '0') * kWeights[i % 3];
  return known && sum % 10 == 0;
}

bool is_all_zeros(std::string_view digits) {
  return std::ranges::all_of(digits, [](char c) { return c == '0'; });
}

// A bank's code and an account of it, both in digits.
struct Scheme {
  std::string_view country;
  std::size_t code_digits;  // 0: the code is checked by a rule of its own
  std::size_t fewest, most;
  FieldError wrong_code;
};
const Scheme& scheme_of(BankAccountKind kind) {
  static constexpr Scheme kUs{"US", 0, 4, 17,
                              FieldError("bank_code", "INVALID_ROUTING_NUMBER",
                                         "Enter the nine digits of the bank's routing number, as on a check.")};
  static constexpr Scheme kGb{
      "GB", 6, 8, 8, FieldError("bank_code", "INVALID_SORT_CODE", "Enter the six digits of the bank's sort code.")};
  static constexpr Scheme kSe{"SE", 0, 1, 12,
                              FieldError("bank_code", "INVALID_CLEARING_NUMBER",
                                         "Enter the clearing number: four digits, or five that begin with an eight.")};
  static constexpr Scheme kAu{"AU", 6, 4, 10,
                              FieldError("bank_code", "INVALID_BSB", "Enter the six digits of the bank's BSB number.")};
  switch (kind) {
    case BankAccountKind::us:
      return kUs;
    case BankAccountKind::gb:
      return kGb;
    case BankAccountKind::se:
      return kSe;
    case BankAccountKind::au:
      return kAu;
    case BankAccountKind::iban:
    case BankAccountKind::bankgiro:
    case BankAccountKind::other:
      break;
  }
  KARV_REQUIRE(false);
  return kUs;
}

bool is_bank_code(const Scheme& scheme, BankAccountKind kind, std::string_view code) {
  if (kind == BankAccountKind::us) return is_routing_number(code);
  if (kind == BankAccountKind::se) return is_clearing_number(code);
  return code.size() == scheme.code_digits;
}

base::SecretBytes filled_up(const base::SecretBytes& digits, std::size_t size) {
  if (digits.size() >= size) return digits.clone();
  base::SecretBytes out(size);
  std::ranges::fill(out.expose_mutable(), '0');
  std::ranges::copy(digits.expose(), out.expose_mutable().subspan(size - digits.size()).begin());
  return out;
}

Checked<BankAccount> parse_iban(const base::SecretBytes& typed) {
  auto iban = iban_characters(typed).value_or(base::SecretBytes());
  if (const auto error = check_iban(typed.expose_text(), iban.expose_text())) {
    FieldErrors errors;
    errors.add(*error);
    return std::unexpected(std::move(errors));
  }
  return BankAccount{.kind = BankAccountKind::iban,
                     .country = std::string(iban.expose_text().substr(0, 2)),
                     .bank_code = {},
                     .number = std::move(iban)};
}

Checked<BankAccount> parse_bankgiro(const base::SecretBytes& typed) {
  auto number = digits_of(typed).value_or(base::SecretBytes());
  const auto digits = number.expose_text();
  if ((digits.size() == 7 || digits.size() == 8) && !is_all_zeros(digits) && base::passes_luhn(digits))
    return BankAccount{
        .kind = BankAccountKind::bankgiro, .country = "SE", .bank_code = {}, .number = std::move(number)};
  FieldErrors errors;
  errors.add({"number", "INVALID_BANKGIRO", "Enter the seven or eight digits of the bankgiro number."});
  return std::unexpected(std::move(errors));
}

Checked<BankAccount> parse_digits(BankAccountFields fields) {
  const Scheme& scheme = scheme_of(fields.kind);
  auto code = digits_of(fields.bank_code).value_or(base::SecretBytes());
  auto number = digits_of(fields.number).value_or(base::SecretBytes());
  FieldErrors errors;
  const bool code_fits = is_bank_code(scheme, fields.kind, code.expose_text());
  if (!code_fits) errors.add(scheme.wrong_code);
  bool number_fits =
      number.size() >= scheme.fewest && number.size() <= scheme.most && !is_all_zeros(number.expose_text());
  if (fields.kind == BankAccountKind::se && code_fits && number_fits) {
    code = base::SecretBytes::copy_of(code.expose().first(4));  // the fifth is a check digit, not everybody writes it
    number = filled_up(number, swedish_account_digits(code.expose_text()));
    number_fits = is_swedish_account(code.expose_text(), number.expose_text());
  }
  if (!number_fits)
    errors.add({"number", "INVALID_ACCOUNT_NUMBER",
                "This is not an account number of that bank. Enter it in plain digits, as your bank shows it."});
  if (!errors.empty()) return std::unexpected(std::move(errors));
  return BankAccount{.kind = fields.kind,
                     .country = std::string(scheme.country),
                     .bank_code = std::move(code),
                     .number = std::move(number)};
}

}  // namespace

std::optional<BankAccount> account_in_file(const base::SecretBytes& number) {
  if (auto iban = parse_iban(number)) return *std::move(iban);
  base::SecretBytes room(number.size());
  std::size_t count = 0;
  for (const char c : number.expose_text()) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (letter || (c >= '0' && c <= '9')) room.expose_mutable()[count++] = static_cast<std::uint8_t>(c);
  }
  if (count == 0 || count > kLongestIban) return std::nullopt;
  return BankAccount{.kind = BankAccountKind::other,
                     .country = {},
                     .bank_code = {},
                     .number = base::SecretBytes::copy_of(room.expose().first(count))};
}

Checked<BankAccount> parse_bank_account(BankAccountFields fields) {
  if (fields.kind == BankAccountKind::other) {
    FieldErrors errors;
    errors.add({"kind", "INVALID_KIND", "Say which kind of account it is."});
    return std::unexpected(std::move(errors));
  }
  const bool has_code = fields.kind != BankAccountKind::iban && fields.kind != BankAccountKind::bankgiro;
  if (has_code) return parse_digits(std::move(fields));
  auto account = fields.kind == BankAccountKind::iban ? parse_iban(fields.number) : parse_bankgiro(fields.number);
  if (fields.bank_code.empty()) return account;
  FieldErrors errors;
  errors.add({"bank_code", "UNEXPECTED_BANK_CODE", "Leave the bank's code empty: the number holds it."});
  if (!account)
    for (const auto& error : account.error().all()) errors.add(error);
  return std::unexpected(std::move(errors));
}

base::SecretBytes canonical(const BankAccount& account) {
  const auto kind = json::word(account.kind);
  const auto code = account.bank_code.expose();
  const auto number = account.number.expose();
  base::SecretBytes out(kind.size() + code.size() + number.size() + 2);
  auto at = std::ranges::copy(base::as_bytes(kind), out.expose_mutable().begin()).out;
  *at++ = ':';
  at = std::ranges::copy(code, at).out;
  *at++ = ':';
  std::ranges::copy(number, at);
  return out;
}

Checked<BankAccount> parse_canonical(const base::SecretBytes& bytes) {
  const auto text = bytes.expose_text();
  const auto first = text.find(':');
  const auto second = first == std::string_view::npos ? first : text.find(':', first + 1);
  const auto kind = json::parse_word<BankAccountKind>(text.substr(0, first));
  if (second == std::string_view::npos || !kind) {
    FieldErrors errors;
    errors.add({"number", "INVALID_ACCOUNT_NUMBER", "These bytes are not of a bank account."});
    return std::unexpected(std::move(errors));
  }
  BankAccountFields fields;
  fields.kind = *kind;
  if (*kind == BankAccountKind::other)
    if (auto account = account_in_file(base::SecretBytes::copy_of(text.substr(second + 1)))) return *std::move(account);
  fields.bank_code = base::SecretBytes::copy_of(text.substr(first + 1, second - first - 1));
  fields.number = base::SecretBytes::copy_of(text.substr(second + 1));
  return parse_bank_account(std::move(fields));
}

MaskedAccount mask_bank_account(const BankAccount& account) {
  const auto number = account.number.expose_text();
  const auto shown = std::min<std::size_t>(4, number.size() / 2);
  return {.country = account.country, .last = std::string(number.substr(number.size() - shown))};
}

}  // namespace karv::vault
