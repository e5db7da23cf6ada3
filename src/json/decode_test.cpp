#include "json/decode.h"

#include <array>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/id.h"
#include "json/encode.h"

namespace karv::json {
namespace {

using base::ErrorCode;
using testing::HasSubstr;

BOOST_DEFINE_ENUM_CLASS(Intent, buy, tokenize, delete_)

enum class Status { AUTHORIZED, CANCELLED };
BOOST_DESCRIBE_ENUM(Status, AUTHORIZED, CANCELLED)

struct ThingTag;

struct Line {
  std::string name;
  std::int64_t quantity = 0;
  std::optional<std::string> reference;
};
BOOST_DESCRIBE_STRUCT(Line, (), (name, quantity, reference))

struct Order {
  std::string purchase_country;
  std::int64_t order_amount = 0;
  std::vector<Line> order_lines;
  std::optional<bool> auto_capture;
  std::optional<Intent> intent;
  std::optional<Raw> merchant_data;
  std::optional<Line> shipping;
  std::optional<Status> status;
  std::optional<base::Id<ThingTag>> thing_id;
  std::optional<std::int16_t> small;
  std::optional<std::uint32_t> positive;
};
BOOST_DESCRIBE_STRUCT(Order, (),
                      (purchase_country, order_amount, order_lines, auto_capture, intent, merchant_data, shipping,
                       status, thing_id, small, positive))

struct Card {
  base::SecretBytes number;
  std::optional<base::SecretBytes> code;
  int expiry_month = 0;
};
BOOST_DESCRIBE_STRUCT(Card, (), (number, code, expiry_month))

struct Node {
  std::vector<Node> nodes;
};
BOOST_DESCRIBE_STRUCT(Node, (), (nodes))

struct WireNamed {
  std::string document_uri;
  static constexpr auto kWireNames = std::to_array<std::string_view>({"document-uri"});
};
BOOST_DESCRIBE_STRUCT(WireNamed, (), (document_uri))

constexpr std::string_view kMinimal = R"({"purchase_country":"SE","order_amount":1000,"order_lines":[]})";

std::string with(std::string_view member) {
  std::string text(kMinimal);
  text.insert(text.size() - 1, "," + std::string(member));
  return text;
}

// "code|public text" of a refusal, or "ok".
template <class T = Order>
std::string outcome(std::string_view text, const Options& options = {}) {
  const auto result = decode<T>(text, options);
  if (result.ok()) return "ok";
  return std::string(base::row_of(result.error().code()).name) + "|" + result.error().public_text();
}

}  // namespace
}  // namespace karv::json

template <>
struct karv::json::WordPolicy<karv::json::Status> {
  static constexpr bool ignore_case = true;
  static constexpr std::array aliases{std::pair{std::string_view("canceled"), Status::CANCELLED}};
};

namespace karv::json {
namespace {

TEST(Decode, reads_every_kind_of_member) {
  const auto result = decode<Order>(R"( {
    "purchase_country": "S\u00e9\ud83d\ude00\n", "order_amount": -9223372036854775808,
    "order_lines": [{"name": "a", "quantity": 9223372036854775807}, {"name": "b", "quantity": 0, "reference": "r"}],
    "auto_capture": true, "intent": "delete", "merchant_data": {"a": [1, 2.50, "x\u0041", null, true, {}]},
    "shipping": {"name": "s", "quantity": 1}, "status": "authorized",
    "thing_id": "01936f5e-0000-7000-8000-000000000001", "small": -32768, "positive": 4294967295 } )");
  ASSERT_TRUE(result.ok()) << result.error().public_text();
  EXPECT_EQ(result->purchase_country, "S\u00e9\U0001F600\n");
  EXPECT_EQ(result->order_amount, std::numeric_limits<std::int64_t>::min());
  ASSERT_EQ(result->order_lines.size(), 2U);
  EXPECT_EQ(result->order_lines[0].quantity, std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(result->order_lines[0].reference, std::nullopt);
  EXPECT_EQ(result->order_lines[1].reference, "r");
  EXPECT_EQ(result->auto_capture, true);
  EXPECT_EQ(result->intent, Intent::delete_);
  EXPECT_EQ(result->merchant_data->text(), R"({"a":[1,2.50,"xA",null,true,{}]})");
  EXPECT_EQ(result->shipping->name, "s");
  EXPECT_EQ(result->status, Status::AUTHORIZED);
  EXPECT_EQ(result->thing_id->text(), "01936f5e-0000-7000-8000-000000000001");
  EXPECT_EQ(result->small, -32768);
  EXPECT_EQ(result->positive, 4294967295U);
}

TEST(Decode, wire_names_that_are_no_cpp_names_are_listed) {
  const auto named = decode<WireNamed>(R"({"document-uri":"https://x.example","uri":"other"})");
  ASSERT_TRUE(named.ok());
  EXPECT_EQ(named->document_uri, "https://x.example");
  EXPECT_FALSE(decode<WireNamed>(R"({"document_uri":"https://x.example"})").ok());
  EXPECT_EQ(encode(*named), R"({"document-uri":"https://x.example"})");
}

TEST(Decode, null_and_absence_are_the_same_for_optional_members) {
  const auto result = decode<Order>(with(R"("auto_capture":null,"shipping":null,"merchant_data":null,"intent":null)"));
  ASSERT_TRUE(result.ok()) << result.error().public_text();
  EXPECT_FALSE(result->auto_capture || result->shipping || result->merchant_data || result->intent);
}

TEST(Decode, missing_members_are_all_named) {
  EXPECT_EQ(outcome("{}"),
            "BAD_VALUE|Bad value: purchase_country, order_amount, order_lines\npurchase_country: is required\n"
            "order_amount: is required\norder_lines: is required");
}

TEST(Decode, wrong_members_are_named_with_their_path) {
  EXPECT_EQ(outcome(R"({"purchase_country":null,"order_amount":"1","order_lines":[{"name":"a","quantity":1e3},7,
                        {"name":{},"quantity":1.0}],"shipping":{"name":["x"],"quantity":true}})"),
            "BAD_VALUE|Bad value: purchase_country, order_amount, order_lines[0].quantity, order_lines[1], "
            "order_lines[2].name, order_lines[2].quantity, shipping.name, shipping.quantity\n"
            "purchase_country: expected text, received null\n"
            "order_amount: expected an integer, received text\n"
            "order_lines[0].quantity: expected an integer, received 1e3\n"
            "order_lines[1]: expected an object, received 7\n"
            "order_lines[2].name: expected text, received an object\n"
            "order_lines[2].quantity: expected an integer, received 1.0\n"
            "shipping.name: expected text, received a list\n"
            "shipping.quantity: expected an integer, received true");
}

TEST(Decode, what_is_not_an_integer_in_range_is_refused) {
  for (const auto* number : {"1e3", "1E3", "1.0", "0.0", "1e-1", "-0.5", "1e0"})
    EXPECT_EQ(outcome(with(R"("shipping":{"name":"n","quantity":)" + std::string(number) + "}")),
              "BAD_VALUE|Bad value: shipping.quantity\nshipping.quantity: expected an integer, received " +
                  std::string(number));
  for (const auto* number : {"18446744073709551616", "9223372036854775808", "-9223372036854775809",
                             "18446744073709551615", "100000000000000000000000000000000000000"})
    EXPECT_THAT(outcome(with(R"("shipping":{"name":"n","quantity":)" + std::string(number) + "}")),
                HasSubstr("shipping.quantity: is out of range, received "));
  EXPECT_THAT(outcome(with(R"("small":32768)")), HasSubstr("small: is out of range"));
  EXPECT_THAT(outcome(with(R"("positive":-1)")), HasSubstr("positive: is out of range"));
  EXPECT_EQ(decode<Order>(with(R"("small":-0)"))->small, 0);
}

TEST(Decode, integers_stand_for_text_where_allowed) {
  const std::string text = with(R"("shipping":{"name":123456789012345678901234567890,"quantity":1})");
  EXPECT_EQ(decode<Order>(text)->shipping->name, "123456789012345678901234567890");
  EXPECT_THAT(outcome(text, kOwnChannel), HasSubstr("shipping.name: expected text"));
  EXPECT_THAT(outcome(with(R"("shipping":{"name":1.5,"quantity":1})")), HasSubstr("expected text, received 1.5"));
  EXPECT_THAT(outcome(with(R"("intent":1)")), HasSubstr("intent: expected one of buy, tokenize, delete, received 1"));
}

TEST(Decode, card_numbers_are_masked_in_messages) {
  EXPECT_THAT(outcome(with(R"("intent":"4111111111111111")")), HasSubstr("received \"************1111\""));
  EXPECT_THAT(outcome(with(R"("intent":4111111111111111)")), HasSubstr("received ************1111"));
  EXPECT_THAT(outcome(with(R"("4111111111111111":1,"4111111111111111":1)")), HasSubstr("Bad value: ************1111"));
}

TEST(Decode, enumerations_accept_their_words_only) {
  EXPECT_EQ(outcome(with(R"("intent":"BUY")")),
            "BAD_VALUE|Bad value: intent\nintent: expected one of buy, tokenize, delete, received \"BUY\"");
  EXPECT_THAT(outcome(with(R"("intent":"delete_")")), HasSubstr("Bad value: intent"));
  EXPECT_EQ(decode<Order>(with(R"("status":"Canceled")"))->status, Status::CANCELLED);
  EXPECT_EQ(decode<Order>(with(R"("status":"cancelled")"))->status, Status::CANCELLED);
  EXPECT_THAT(outcome(with(R"("intent":"a\nb\u00e9")")), HasSubstr("received \"a?b??\""));
}

TEST(Decode, parsed_types_refuse_what_they_cannot_be) {
  EXPECT_EQ(outcome(with(R"("thing_id":"x")")), "BAD_VALUE|Bad value: thing_id\nthing_id: expected text of its form");
  EXPECT_EQ(outcome(with(R"("thing_id":12)")),
            "BAD_VALUE|Bad value: thing_id\nthing_id: expected text of its form, received 12");
}

TEST(Decode, duplicate_members_are_refused_wherever_they_are) {
  for (const auto* member : {R"("order_amount":1)", R"("\u006frder_amount":1)", R"("x":1,"x":2)", R"("x":1,"\u0078":2)",
                             R"("x":{"y":1,"y":1})", R"("x":[[{"y":1,"y":1}]])", R"("merchant_data":{"y":1,"y":1})"})
    EXPECT_THAT(outcome(with(member)), HasSubstr("is given twice")) << member;
  EXPECT_THAT(outcome(with(R"("x":[0,{"y":{"z":1,"z":1}}])")), HasSubstr("Bad value: x[1].y.z\n"));
}

TEST(Decode, unknown_members_are_ignored_or_refused) {
  const std::string text = with(R"("extra":{"deep":[1,2,{"x":null}]},"shipping":{"name":"n","quantity":1,"more":1.5})");
  EXPECT_EQ(outcome(text), "ok");
  EXPECT_EQ(outcome(text, kOwnChannel),
            "BAD_VALUE|Bad value: extra, shipping.more\nextra: is not known here\nshipping.more: is not known here");
}

TEST(Decode, what_is_not_one_json_document_is_refused) {
  for (const std::string_view text : {"",
                                      " ",
                                      "{",
                                      "[",
                                      "\"",
                                      "nul",
                                      "{\"a\"}",
                                      "{\"a\":}",
                                      "{\"a\":1,}",
                                      "[1,]",
                                      "{a:1}",
                                      "{'a':1}",
                                      "01",
                                      "+1",
                                      "1.",
                                      ".5",
                                      "-",
                                      "1e",
                                      "NaN",
                                      "Infinity",
                                      "/**/{}",
                                      "{}//",
                                      "{} {}",
                                      "{}x",
                                      "\xef\xbb\xbf{}",
                                      "{\"a\":1e9999999999}",
                                      "{\"a\":\"\t\"}",
                                      "{\"a\":\"\n\"}",
                                      "{\"a\":\"\\x\"}",
                                      "{\"a\":\"\\u12\"}",
                                      "{\"a\":\"\\ud800\"}",
                                      "{\"a\":\"\\udc00\\ud800\"}",
                                      "{\"a\":\"\\ud800\\u0041\"}",
                                      "]",
                                      "}",
                                      ",",
                                      "{]",
                                      "[}"})
    EXPECT_THAT(outcome(text), HasSubstr("BAD_REQUEST|The request is not JSON: ")) << text;
  EXPECT_THAT(outcome(std::string_view("{}\0", 3)), HasSubstr("BAD_REQUEST|"));
}

TEST(Decode, invalid_utf8_is_refused_in_names_and_texts) {
  for (const std::string_view bytes : {"\x80", "\xc0\x80", "\xc1\xbf", "\xc3", "\xc3(", "\xe0\x80\x80", "\xed\xa0\x80",
                                       "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xfe"}) {
    EXPECT_THAT(outcome(with("\"x\":\"" + std::string(bytes) + "\"")), HasSubstr("BAD_REQUEST|"));
    EXPECT_THAT(outcome(with("\"" + std::string(bytes) + "\":1")), HasSubstr("BAD_REQUEST|"));
  }
}

TEST(Decode, nul_characters_are_refused) {
  EXPECT_THAT(outcome(with(R"("shipping":{"name":"a\u0000b","quantity":1})")),
              HasSubstr("shipping.name: contains U+0000"));
  EXPECT_THAT(outcome(with(R"("x":"\u0000")")), HasSubstr("x: contains U+0000"));
  EXPECT_THAT(outcome(with(R"("a\u0000b":1)")), HasSubstr("BAD_REQUEST|"));
  EXPECT_THAT(outcome<Card>(R"({"number":"4\u0000","expiry_month":1})"), HasSubstr("number: contains U+0000"));
}

TEST(Decode, every_prefix_of_a_document_is_refused) {
  const std::string whole =
      with(R"("shipping":{"name":"n\u00e9","quantity":-1},"merchant_data":[1.5e3,true,false,null])");
  ASSERT_EQ(outcome(whole), "ok");
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_THAT(outcome(whole.substr(0, size)), HasSubstr("BAD_REQUEST|")) << size;
}

TEST(Decode, sizes_are_limited) {
  EXPECT_EQ(outcome(std::string(101, ' '), {.max_bytes = 100}), "TOO_LARGE|The request is larger than 100 bytes.");
  EXPECT_EQ(outcome<Node>(R"({"nodes":[{"nodes":[]}]})", {.max_depth = 4}), "ok");
  EXPECT_EQ(outcome<Node>(R"({"nodes":[{"nodes":[{"nodes":[]}]}]})", {.max_depth = 4}),
            "BAD_REQUEST|The request is nested deeper than 4 levels.");
  EXPECT_EQ(outcome<Node>(R"({"nodes":[{"nodes":[]},{"nodes":[]},{"nodes":[]}]})", {.max_items = 2}),
            "BAD_VALUE|Bad value: nodes\nnodes: has more than 2 items");
  EXPECT_EQ(outcome<Node>(R"({"nodes":[],"a":1,"b":2})", {.max_members = 2}),
            "BAD_REQUEST|An object of the request has too many members.");
  EXPECT_EQ(outcome<Node>(R"({"nodes":[],"a":[1,2,3]})", {.max_values = 4}),
            "BAD_REQUEST|The request holds too many values.");
}

TEST(Decode, absurd_nesting_is_refused_without_harm) {
  for (const char bracket : {'[', '{'}) EXPECT_THAT(outcome(std::string(900'000, bracket)), HasSubstr("BAD_REQUEST|"));
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += R"({"a":)";
  EXPECT_THAT(outcome(objects), HasSubstr("BAD_REQUEST|"));
}

TEST(Decode, reporting_ends_after_twenty_fields) {
  std::string lines;
  for (int i = 0; i < 1000; ++i) lines += i > 0 ? ",1" : "1";
  const auto result =
      decode<Order>(R"({"purchase_country":"SE","order_amount":1,"order_lines":[)" + lines + "]} garbage");
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::bad_value);
  EXPECT_EQ(message_lines(result.error()).size(), 1 + FieldErrors::kMost);
}

TEST(Decode, the_root_may_be_any_kind) {
  EXPECT_EQ(decode<std::int64_t>(" 7 ").value(), 7);
  EXPECT_EQ(decode<std::vector<std::string>>(R"(["a","b"])").value(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(decode<Raw>(R"( { "b" : "\u00e9\/" , "a" : -1.50E+2 } )")->text(), "{\"b\":\"\u00e9/\",\"a\":-1.50E+2}");
  for (const auto* scalar : {"null", "true", "-12", "1.5", "\"x\"", "[]", "{}"})
    EXPECT_EQ(decode<Raw>(scalar)->text(), scalar);
  EXPECT_EQ(outcome("[]"), "BAD_VALUE|Bad value: body\nbody: expected an object, received a list");
  EXPECT_EQ(outcome<std::vector<std::int64_t>>("[1,null]"),
            "BAD_VALUE|Bad value: [1]\n[1]: expected an integer, received null");
}

TEST(Decode, secret_text_is_read_whole_and_never_shown) {
  const auto card = decode<Card>(R"({"number":"4111\u0031111\u00311111\u003111","code":"12\u0033","expiry_month":2})");
  ASSERT_TRUE(card.ok()) << card.error().public_text();
  EXPECT_EQ(card->number.expose_text(), "4111111111111111");
  EXPECT_EQ(card->code->expose_text(), "123");
  EXPECT_EQ(outcome<Card>(R"({"number":4111111111111111,"code":123,"expiry_month":2})"),
            "BAD_VALUE|Bad value: number, code\nnumber: expected text, received a number\n"
            "code: expected text, received a number");
  EXPECT_EQ(decode<Card>(R"({"number":"","expiry_month":2})")->number.size(), 0U);
}

}  // namespace
}  // namespace karv::json
