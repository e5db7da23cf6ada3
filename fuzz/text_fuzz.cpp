// The small things that arrive as text: ids, hexadecimal, base64, addresses, and free text in which a card number may
// hide. Each decoder takes one spelling only; masking takes digits away and nothing else.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/card_digits.h"
#include "base/check.h"
#include "base/id.h"
#include "identity/email.h"

namespace {

using namespace karv;

struct ThingTag;

std::string lowered(std::string_view text) {
  std::string out(text);
  for (auto& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

void check_decoders(std::string_view text) {
  if (const auto id = base::Id<ThingTag>::parse(text)) KARV_CHECK(id->text() == lowered(text));
  if (const auto bytes = base::from_hex(text)) KARV_CHECK(base::to_hex(*bytes) == lowered(text));
  if (const auto bytes = base::from_base64(text)) KARV_CHECK(base::to_base64(*bytes) == text);
  if (const auto bytes = base::from_base64url(text)) KARV_CHECK(base::to_base64url(*bytes) == text);
}

void check_encoders(base::ByteView bytes) {
  const base::Bytes same(bytes.begin(), bytes.end());
  KARV_CHECK(base::from_hex(base::to_hex(bytes)) == same);
  KARV_CHECK(base::from_base64(base::to_base64(bytes)) == same);
  KARV_CHECK(base::from_base64url(base::to_base64url(bytes)) == same);
}

void check_email(std::string_view text) {
  const auto email = identity::Email::parse(text);
  if (!email) return;
  KARV_CHECK(lowered(email->expose()) == lowered(text));
  KARV_CHECK(std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; }));  // fit for a mail's header
  KARV_CHECK(text.find_first_of("<>,;:\"()[]\\") == std::string_view::npos);
  KARV_CHECK(identity::Email::parse(email->expose()) == email);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

void check_masking(std::string_view text) {
  const auto masked = base::mask_card_numbers(text);
  KARV_CHECK(masked.text.size() == text.size());
  std::size_t changed = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (masked.text[i] == text[i]) continue;
    KARV_CHECK(masked.text[i] == '*' && is_digit(text[i]));
    ++changed;
  }
  KARV_CHECK((changed > 0) == (masked.masked > 0));
  KARV_CHECK(base::mask_card_numbers(masked.text).masked == 0);
  // A number by itself, wherever it stands: made from the input's digits, so that it is on nobody's list.
  std::string number = "4";
  for (std::size_t i = 0; i < text.size() && number.size() < 15; ++i)
    if (is_digit(text[i])) number.push_back(text[i]);
  if (number.size() < 15) return;
  number.push_back('0');
  while (!base::passes_luhn(number)) ++number.back();
  KARV_CHECK(is_digit(number.back()));
  const auto alone = base::mask_card_numbers("card: " + number + ".");
  KARV_CHECK(alone.masked == 1 && alone.text == "card: ************" + number.substr(12) + ".");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_decoders(text);
  check_encoders({data, size});
  check_email(text);
  check_masking(text);
  return 0;
}
