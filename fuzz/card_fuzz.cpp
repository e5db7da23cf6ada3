// The card form's fields, separated by line breaks: number, month, year, code, name. What is accepted is a possible
// card and nothing else; what is refused is refused field by field, in words of our own, without a digit.
#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/card_digits.h"
#include "base/check.h"
#include "vault/cards/card.h"

namespace {

using namespace karv;

constexpr base::Instant kNow{1'780'000'000'000};  // May 2026

std::string_view take_line(std::string_view& rest) {
  const std::string_view line = rest.substr(0, rest.find('\n'));
  rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  return line;
}
std::int32_t number_of(std::string_view text) {
  std::int32_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}
bool all_digits(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

void check_accepted(const vault::TypedCard& typed, std::string_view number, std::string_view code) {
  const auto kept = typed.card.number.expose_text();
  KARV_CHECK(kept.size() >= 12 && kept.size() <= 19 && all_digits(kept) && base::passes_luhn(kept));
  std::string digits(number);
  std::erase_if(digits, [](char c) { return c == ' ' || c == '-'; });
  KARV_CHECK(digits == kept);
  KARV_CHECK(typed.card.expiry.month >= 1 && typed.card.expiry.month <= 12);
  KARV_CHECK(typed.card.expiry.year >= 2026 && typed.card.expiry.year <= 2046);
  KARV_CHECK(typed.code.expose_text() == code && code.size() >= 3 && code.size() <= 4 && all_digits(code));
  KARV_CHECK(vault::brand_of(kept) != "card" && vault::has_length_of_its_brand(kept));
  const auto shown = vault::mask_card_number(kept);
  KARV_CHECK(shown.last4 == kept.substr(kept.size() - 4) && kept.starts_with(shown.bin));
  KARV_CHECK(shown.bin.size() <= (kept.size() >= 16 ? 8U : 6U) && shown.bin.size() + 8 <= kept.size());
  KARV_CHECK(vault::expiry_text(typed.card.expiry).size() == 5);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const auto number = take_line(rest);
  const auto month = number_of(take_line(rest));
  const auto year = number_of(take_line(rest));
  const auto code = take_line(rest);
  const auto name = take_line(rest);
  vault::CardFields fields;
  fields.number = base::SecretBytes::copy_of(number);
  fields.expiry_month = month;
  fields.expiry_year = year;
  fields.code = base::SecretBytes::copy_of(code);
  fields.name = base::SecretBytes::copy_of(name);
  const auto typed = vault::parse_card(std::move(fields), kNow);
  if (typed) {
    check_accepted(*typed, number, code);
    return 0;
  }
  KARV_CHECK(!typed.error().empty() && typed.error().all().size() <= 4);
  for (const auto& error : typed.error().all()) {
    KARV_CHECK(error.reason.starts_with("INVALID_") && !error.field.empty() && !error.text.empty());
    KARV_CHECK(std::ranges::none_of(error.text, [](char c) { return c >= '0' && c <= '9'; }));
  }
  return 0;
}
