// What the strict decoder accepts is JSON within its limits, without a name given twice, with integers that are
// integers; written and read again it is the same. What it refuses it refuses in words that are fit to be sent.
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe.hpp>

#include "base/check.h"
#include "base/id.h"
#include "base/secret.h"
#include "json/decode.h"
#include "json/encode.h"
#include "json_oracle.h"

namespace {

using namespace karv;

BOOST_DEFINE_ENUM_CLASS(Intent, buy, tokenize, delete_)
struct ThingTag;

// One member of each kind that the decoder knows, with its own kind inside.
struct Thing {
  std::string name;
  std::optional<std::int64_t> amount;
  std::optional<std::int8_t> small;
  std::optional<std::uint32_t> positive;
  std::optional<bool> yes;
  std::optional<Intent> intent;
  std::optional<base::Id<ThingTag>> id;
  std::optional<json::Raw> raw;
  std::optional<std::vector<std::string>> texts;
  json::Nullable<std::int64_t> nothing;
  std::vector<Thing> things;
};
BOOST_DESCRIBE_STRUCT(Thing, (), (name, amount, small, positive, yes, intent, id, raw, texts, nothing, things))

struct Card {
  base::SecretBytes number;
  std::optional<base::SecretBytes> code;
  std::int32_t month = 0;
};
BOOST_DESCRIBE_STRUCT(Card, (), (number, code, month))

struct Number {
  std::int64_t n = 0;
};
BOOST_DESCRIBE_STRUCT(Number, (), (n))

// Said to a caller as it is: one line or a few, short, printable, and never a card number.
void check_refusal(const base::Error& error) {
  KARV_CHECK(!error.public_text().empty());
  KARV_CHECK(error.public_text().size() < 40'000);
  for (const char c : error.public_text()) KARV_CHECK(c == '\n' || (c >= 0x20 && c <= 0x7e));
}

constexpr json::Options kTight{.max_bytes = 256, .max_depth = 4, .max_items = 3, .max_members = 5, .max_values = 20};

void check_limits(std::string_view text, const json::Options& options) {
  const auto counts = fuzz::JsonOracle::count(text);
  KARV_CHECK(text.size() <= options.max_bytes);
  KARV_CHECK(counts.depth <= options.max_depth);
  KARV_CHECK(counts.most_items <= options.max_items);
  KARV_CHECK(counts.most_members <= options.max_members);
  KARV_CHECK(!counts.name_twice);
}

void check_round_trip(std::string_view text, const json::Options& options) {
  const auto thing = json::decode<Thing>(text, options);
  if (!thing.ok()) return check_refusal(thing.error());
  check_limits(text, options);
  const std::string written = json::encode(*thing);
  const auto again = json::decode<Thing>(written);
  KARV_CHECK(again.ok());
  KARV_CHECK(json::encode(*again) == written);
}

void check_any_value(std::string_view text) {
  const auto value = json::decode<json::Raw>(text);
  if (!value.ok()) return check_refusal(value.error());
  check_limits(text, {});
  const auto again = json::decode<json::Raw>(value->text());
  KARV_CHECK(again.ok() && *again == *value);
}

void check_secrets(std::string_view text) {
  const auto card = json::decode<Card>(text, json::kOwnChannel);
  if (!card.ok()) return check_refusal(card.error());
  const auto written = json::encode_secret(*card);
  const auto again = json::decode<Card>(written.expose_text(), json::kOwnChannel);
  KARV_CHECK(again.ok());
  KARV_CHECK(again->number.expose_text() == card->number.expose_text() && again->month == card->month);
}

// The decimal integers of RFC 8259 that fit, and nothing else.
std::optional<std::int64_t> integer_of(std::string_view token) {
  const std::string_view digits = token.substr(token.starts_with('-') ? 1 : 0);
  if (digits.empty() || (digits.size() > 1 && digits[0] == '0')) return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), value);
  if (error != std::errc() || end != token.data() + token.size()) return std::nullopt;
  return value;
}

void check_number(std::string_view text) {
  const std::string_view token = text.substr(0, 40);
  if (token.empty() || token.find_first_not_of("0123456789+-.eE") != std::string_view::npos) return;
  const auto number = json::decode<Number>("{\"n\":" + std::string(token) + "}");
  const auto expected = integer_of(token);
  KARV_CHECK(number.ok() == expected.has_value());
  if (number.ok()) KARV_CHECK(number->n == *expected);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_round_trip(text, {});
  check_round_trip(text, kTight);
  check_any_value(text);
  check_secrets(text);
  check_number(text);
  return 0;
}
