#include "json/encode.h"

#include <string>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/check.h"
#include "json/decode.h"
#include "json/utf8.h"

namespace karv::json {
namespace {

BOOST_DEFINE_ENUM_CLASS(Plan, pay_now, pay_in_30)

struct Part {
  std::string name;
  std::optional<std::int64_t> amount = {};
};
BOOST_DESCRIBE_STRUCT(Part, (), (name, amount))

struct Answer {
  std::string order_id;
  std::int64_t amount = 0;
  bool credit = false;
  Plan plan = Plan::pay_now;
  std::vector<Part> parts = {};
  std::optional<std::string> note = {};
  Nullable<Part> card = {};
  Raw data = {};
  std::int32_t default_ = 0;
};
BOOST_DESCRIBE_STRUCT(Answer, (), (order_id, amount, credit, plan, parts, note, card, data, default_))

struct Sealed {
  std::string owner;
  base::SecretBytes number;
};
BOOST_DESCRIBE_STRUCT(Sealed, (), (owner, number))

TEST(Encode, empty_optionals_are_left_out_and_nullables_are_null) {
  EXPECT_EQ(
      encode(Answer{.order_id = "a"}),
      R"({"order_id":"a","amount":0,"credit":false,"plan":"pay_now","parts":[],"card":null,"data":null,"default":0})");
}

TEST(Encode, what_is_encoded_decodes_to_the_same) {
  Answer answer{.order_id = "\u00e5\"\\\n",
                .amount = -5,
                .credit = true,
                .plan = Plan::pay_in_30,
                .parts = {{"x", 1}, {"y", {}}},
                .note = "",
                .card = {},
                .data = *decode<Raw>(R"({"a": [1.50, "\/"]})"),
                .default_ = 7};
  answer.card.emplace().name = "visa";
  const std::string text = encode(answer);
  EXPECT_EQ(
      text,
      "{\"order_id\":\"\u00e5\\\"\\\\\\n\",\"amount\":-5,\"credit\":true,\"plan\":\"pay_in_30\",\"parts\":[{\"name\":"
      "\"x\",\"amount\":1},{\"name\":\"y\"}],\"note\":\"\",\"card\":{\"name\":\"visa\"},\"data\":{\"a\":[1.50,\"/\"]},"
      "\"default\":7}");
  const auto back = decode<Answer>(text, kOwnChannel);
  ASSERT_TRUE(back.ok()) << back.error().public_text();
  EXPECT_EQ(encode(*back), text);
}

TEST(Encode, secrets_are_written_into_wiped_memory_only) {
  Sealed sealed;
  sealed.owner = "o";
  sealed.number = base::SecretBytes::copy_of(std::string_view("12\"3"));
  EXPECT_EQ(encode_secret(sealed).expose_text(), R"({"owner":"o","number":"12\"3"})");
  SecretWriter out;
  out.begin_object().secret_member("pin", sealed.number).end_object();
  EXPECT_EQ(std::move(out).take().expose_text(), R"({"pin":"12\"3"})");
}

TEST(Writer, writes_every_kind_of_value) {
  Writer out;
  out.begin_object()
      .member("text", "a")
      .member("string", std::string("b"))
      .member("yes", true)
      .member("least", std::numeric_limits<std::int64_t>::min())
      .member("none", nullptr)
      .member("raw", Raw())
      .member("list")
      .begin_array()
      .number(1)
      .begin_object()
      .end_object()
      .begin_array()
      .end_array()
      .text("x")
      .end_array()
      .end_object();
  EXPECT_EQ(std::move(out).take(),
            R"({"text":"a","string":"b","yes":true,"least":-9223372036854775808,"none":null,"raw":null,)"
            R"("list":[1,{},[],"x"]})");
}

TEST(Writer, escapes_what_json_demands_and_nothing_else) {
  Writer out;
  out.text(std::string_view("\0\x1f\b\f\n\r\t\"\\/\x7f\u2028", 14));
  EXPECT_EQ(std::move(out).take(), "\"\\u0000\\u001f\\b\\f\\n\\r\\t\\\"\\\\/\x7f\u2028\"");
}

TEST(Writer, bytes_that_are_not_utf8_become_the_replacement_character) {
  Writer out;
  out.begin_array().text("a\xff\xc3").text("\xed\xa0\x80").text("\xf0\x9f\x98\x80").end_array();
  EXPECT_EQ(std::move(out).take(), "[\"a\ufffd\ufffd\",\"\ufffd\ufffd\ufffd\",\"\U0001F600\"]");
}

TEST(Writer, misuse_fails_the_request) {
  using base::RequirementFailed;
  EXPECT_THROW(Writer().member("a"), RequirementFailed);
  EXPECT_THROW(Writer().begin_array().member("a"), RequirementFailed);
  EXPECT_THROW(Writer().begin_object().number(1), RequirementFailed);
  EXPECT_THROW(Writer().begin_object().member("a").member("b"), RequirementFailed);
  EXPECT_THROW(Writer().begin_object().member("a").end_object(), RequirementFailed);
  EXPECT_THROW(Writer().begin_object().end_array(), RequirementFailed);
  EXPECT_THROW(Writer().end_object(), RequirementFailed);
  EXPECT_THROW(Writer().number(1).number(2), RequirementFailed);
  EXPECT_THROW(Writer().begin_array().end_array().null(), RequirementFailed);
  EXPECT_THROW(static_cast<void>(Writer().take()), RequirementFailed);
  Writer open;
  open.begin_object();
  EXPECT_THROW(static_cast<void>(std::move(open).take()), RequirementFailed);
}

RC_GTEST_PROP(Writer, any_bytes_make_a_document_that_decodes, (const std::string& bytes)) {
  std::string clean = bytes;  // U+0000 is written, but no door takes it
  std::erase(clean, '\0');
  const auto back = decode<std::string>(encode(clean));
  RC_ASSERT(back.ok());
  RC_ASSERT(is_utf8(*back));
  if (is_utf8(clean)) RC_ASSERT(*back == clean);
}

RC_GTEST_PROP(Writer, every_integer_survives, (std::int64_t number)) {
  RC_ASSERT(decode<std::int64_t>(encode(number)).value() == number);
}

TEST(SecretBuffer, grows_and_gives_exactly_its_bytes) {
  SecretBuffer buffer;
  std::string expected;
  for (int i = 0; i < 1000; ++i) {
    buffer.append("abc");
    expected += "abc";
  }
  EXPECT_EQ(buffer.take().expose_text(), expected);
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(buffer.take().size(), 0U);
}

}  // namespace
}  // namespace karv::json
