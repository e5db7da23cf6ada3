// The card form's fields, separated by line breaks: number, month, year, code, name. What is accepted is a possible
// card and nothing else; what is refused is refused with a reason of its own and without a word of what was typed.
#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/card_digits.h"
#include "base/check.h"
#include "vault/card.h"

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
  KARV_CHECK(typed.card.expiry.year >= 2026 && typed.card.expiry.year <= 2051);
  KARV_CHECK(typed.code.expose_text() == code && code.size() >= 3 && code.size() <= 4 && all_digits(code));
  KARV_CHECK(!vault::brand_of(kept).empty() && vault::last4_of(kept) == kept.substr(kept.size() - 4));
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
  const auto typed = vault::parse_card({.number = base::SecretBytes::copy_of(number),
                                        .expiry_month = month,
                                        .expiry_year = year,
                                        .code = base::SecretBytes::copy_of(code),
                                        .name = base::SecretBytes::copy_of(name)},
                                       kNow);
  if (typed.ok()) {
    check_accepted(*typed, number, code);
    return 0;
  }
  const auto& error = typed.error();
  KARV_CHECK(error.reason().starts_with("INVALID_"));
  KARV_CHECK(std::ranges::none_of(error.public_text(), [](char c) { return c >= '0' && c <= '9'; }));
  KARV_CHECK(error.internal_text().empty());
  return 0;
}
