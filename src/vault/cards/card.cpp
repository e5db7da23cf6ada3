#include "vault/cards/card.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>

#include <fmt/format.h>

#include "base/card_digits.h"
#include "vault/cards/card_name.h"
#include "vault/input/typed_digits.h"

namespace karv::vault {
namespace {

constexpr std::int32_t kFurthestYears = 20;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::optional<FieldError> check_number(const base::SecretBytes& typed, const base::SecretBytes& digits) {
  static constexpr const char* kReason = "INVALID_CARD_NUMBER";
  const auto number = digits.expose_text();
  if (typed.empty()) return FieldError("number", kReason, "Enter the card number.");
  if (number.empty()) return FieldError("number", kReason, "Enter the card number in plain digits.");
  if (brand_of(number) == "card")
    return FieldError("number", kReason, "This kind of card is not known here. Check the number, or use another card.");
  if (!has_length_of_its_brand(number))
    return FieldError("number", kReason, "The card number has too few or too many digits. Check it against the card.");
  if (!base::passes_luhn(number))
    return FieldError("number", kReason, "This is not a valid card number. Check it against the card.");
  return std::nullopt;
}

std::optional<FieldError> check_expiry(Expiry expiry, base::Instant now) {
  static constexpr const char* kReason = "INVALID_EXPIRY";
  const std::chrono::year_month_day today{std::chrono::floor<std::chrono::days>(
      std::chrono::sys_time<std::chrono::milliseconds>(std::chrono::milliseconds(now.ms)))};
  const auto this_year = static_cast<std::int32_t>(static_cast<int>(today.year()));
  const auto this_month = static_cast<std::int32_t>(static_cast<unsigned>(today.month()));
  if (expiry.month < 1 || expiry.month > 12 || expiry.year < 1000)
    return FieldError("expiry", kReason, "Enter the month and the year that are on the card.");
  if (expiry.year < this_year || (expiry.year == this_year && expiry.month < this_month))
    return FieldError("expiry", kReason, "This card has expired. Use another one.");
  if (expiry.year > this_year + kFurthestYears)
    return FieldError("expiry", kReason, "The expiry year is too far ahead. Check it against the card.");
  return std::nullopt;
}

// A number that is wrong says little of the code's length: then both are taken.
std::optional<FieldError> check_code(const base::SecretBytes& code, std::string_view brand) {
  const auto text = code.expose_text();
  const bool three = text.size() == 3 && brand != "amex";
  const bool four = text.size() == 4 && (brand == "amex" || brand == "card");
  if ((three || four) && std::ranges::all_of(text, is_digit)) return std::nullopt;
  return FieldError(
      "code", "INVALID_CODE",
      "Enter the security code: three digits on the back, or four on the front of an American Express card.");
}

}  // namespace

MaskedNumber mask_card_number(std::string_view number) {
  const std::size_t bin = number.size() >= 16 ? 8 : number.size() >= 14 ? 6 : 0;
  return {.bin = std::string(number.substr(0, bin)), .last4 = last4_of(number)};
}

std::string last4_of(std::string_view number) { return std::string(number.substr(number.size() - 4)); }

std::string expiry_text(Expiry expiry) { return fmt::format("{:02}/{:02}", expiry.month, expiry.year % 100); }

Checked<TypedCard> parse_card(CardFields fields, base::Instant business_now) {
  FieldErrors errors;
  const auto note = [&](std::optional<FieldError> error) {
    if (error) errors.add(*error);
  };
  auto number = digits_of(fields.number).value_or(base::SecretBytes());
  const Expiry expiry{.month = fields.expiry_month, .year = fields.expiry_year};
  note(check_number(fields.number, number));
  note(check_expiry(expiry, business_now));
  note(check_code(fields.code, brand_of(number.expose_text())));
  note(check_card_name(fields.name));
  if (!errors.empty()) return std::unexpected(std::move(errors));
  return TypedCard{.card = {.number = std::move(number), .expiry = expiry, .name = std::move(fields.name)},
                   .code = std::move(fields.code)};
}

Checked<Card> parse_kept_card(CardFields fields, base::Instant business_now) {
  FieldErrors errors;
  const auto note = [&](std::optional<FieldError> error) {
    if (error) errors.add(*error);
  };
  auto number = digits_of(fields.number).value_or(base::SecretBytes());
  const Expiry expiry{.month = fields.expiry_month, .year = fields.expiry_year};
  note(check_number(fields.number, number));
  note(check_expiry(expiry, business_now));
  if (!fields.name.empty()) note(check_card_name(fields.name));
  if (!errors.empty()) return std::unexpected(std::move(errors));
  return Card{.number = std::move(number), .expiry = expiry, .name = std::move(fields.name)};
}

}  // namespace karv::vault
