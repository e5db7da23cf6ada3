#include "vault/card.h"

#include <algorithm>
#include <array>
#include <chrono>

#include <fmt/format.h>

#include "base/card_digits.h"

namespace karv::vault {
namespace {

constexpr std::size_t kMinDigits = 12;
constexpr std::size_t kMaxDigits = 19;
constexpr std::size_t kMaxTyped = 40;
constexpr std::size_t kMaxName = 60;
constexpr std::int32_t kFurthestYears = 25;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// A range of leading digits: [from, to], both of `digits` digits.
struct Range {
  std::string_view brand;
  std::size_t digits;
  int from;
  int to;
};
constexpr auto kRanges = std::to_array<Range>({
    {"amex", 2, 34, 34},
    {"amex", 2, 37, 37},
    {"jcb", 4, 3528, 3589},
    {"diners", 3, 300, 305},
    {"diners", 2, 36, 36},
    {"diners", 2, 38, 39},
    {"visa", 1, 4, 4},
    {"mastercard", 2, 51, 55},
    {"mastercard", 4, 2221, 2720},
    {"discover", 4, 6011, 6011},
    {"discover", 3, 644, 649},
    {"discover", 2, 65, 65},
    {"unionpay", 2, 62, 62},
    {"maestro", 2, 50, 50},
    {"maestro", 2, 56, 58},
    {"maestro", 2, 63, 63},
    {"maestro", 2, 67, 67},
});

base::Error refused(const char* reason, const char* text) {
  return base::public_error(base::ErrorCode::bad_value, text, reason);
}

base::Result<base::SecretBytes> parse_number(const base::SecretBytes& typed) {
  const auto wrong = [] { return refused("INVALID_CARD_NUMBER", "The card number is not right."); };
  const std::string_view text = typed.expose_text();
  if (text.size() > kMaxTyped) return wrong();
  base::SecretBytes room(text.size());
  const auto digits = room.expose_mutable();
  std::size_t count = 0;
  bool separated = true;  // no separator at the start, nor two in a row
  for (const char c : text) {
    if (is_digit(c)) {
      digits[count++] = static_cast<std::uint8_t>(c);
    } else if ((c != ' ' && c != '-') || separated) {
      return wrong();
    }
    separated = !is_digit(c);
  }
  auto number = base::SecretBytes::copy_of(room.expose().first(count));
  if (count < kMinDigits || count > kMaxDigits || separated || !base::passes_luhn(number.expose_text())) return wrong();
  const auto bytes = number.expose();
  if (std::ranges::all_of(bytes, [&](auto b) { return b == bytes[0]; })) return wrong();
  return number;
}

base::Result<Expiry> parse_expiry(std::int32_t month, std::int32_t year, base::Instant now) {
  const std::chrono::year_month_day today{std::chrono::floor<std::chrono::days>(
      std::chrono::sys_time<std::chrono::milliseconds>(std::chrono::milliseconds(now.ms)))};
  const auto this_year = static_cast<std::int32_t>(static_cast<int>(today.year()));
  const auto this_month = static_cast<std::int32_t>(static_cast<unsigned>(today.month()));
  const bool over = year < this_year || (year == this_year && month < this_month);
  if (month < 1 || month > 12 || over || year > this_year + kFurthestYears)
    return refused("INVALID_EXPIRY", "The expiry date is not right.");
  return Expiry{.month = month, .year = year};
}

base::Result<void> check_code(const base::SecretBytes& code, std::string_view brand) {
  const std::size_t wanted = brand == "amex" ? 4 : 3;
  const auto text = code.expose_text();
  const bool any_length = brand == "card" && text.size() == 4;
  if ((text.size() != wanted && !any_length) || !std::ranges::all_of(text, is_digit))
    return refused("INVALID_CODE", "The security code is not right.");
  return {};
}

// Any letters a name can have; no control characters, and nothing that is a card number typed into the wrong field.
base::Result<void> check_name(const base::SecretBytes& name) {
  const auto text = name.expose_text();
  const bool visible = std::ranges::any_of(text, [](char c) { return c != ' '; });
  const bool clean =
      std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
  const auto digits = std::ranges::count_if(text, is_digit);
  if (!visible || !clean || digits > 8 || text.size() > kMaxName)
    return refused("INVALID_NAME", "The name on the card is missing or not right.");
  return {};
}

}  // namespace

std::string_view brand_of(std::string_view number) {
  for (const auto& range : kRanges) {
    if (number.size() < range.digits) continue;
    int leading = 0;
    for (const char c : number.substr(0, range.digits)) leading = leading * 10 + (c - '0');
    if (leading >= range.from && leading <= range.to) return range.brand;
  }
  return "card";
}

std::string last4_of(std::string_view number) { return std::string(number.substr(number.size() - 4)); }

std::string expiry_text(Expiry expiry) { return fmt::format("{:02}/{:02}", expiry.month, expiry.year % 100); }

base::Result<TypedCard> parse_card(CardFields fields, base::Instant business_now) {
  TypedCard out;
  KARV_TRY(out.card.number, parse_number(fields.number));
  KARV_TRY(out.card.expiry, parse_expiry(fields.expiry_month, fields.expiry_year, business_now));
  KARV_TRY_VOID(check_code(fields.code, brand_of(out.card.number.expose_text())));
  KARV_TRY_VOID(check_name(fields.name));
  out.card.name = std::move(fields.name);
  out.code = std::move(fields.code);
  return out;
}

}  // namespace karv::vault
