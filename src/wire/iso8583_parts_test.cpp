#include "wire/iso8583_parts.h"

#include <string>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/check.h"

namespace karv::wire::iso8583 {
namespace {

std::string fault_of(std::string_view bytes) {
  const auto decoded = PrivateData::decode(base::as_bytes(bytes));
  return decoded.ok() ? "accepted" : decoded.error().internal_text();
}

TEST(PrivateDataTest, tags_lengths_and_values_follow_one_another) {
  PrivateData data;
  data.add("OR", "REF000000001");
  data.add("IN", "M");
  EXPECT_EQ(data.encode().expose_text(), "IN01MOR12REF000000001");
  const auto decoded = PrivateData::decode(base::as_bytes("OR12REF000000001IN01M"));
  ASSERT_TRUE(decoded.ok());
  EXPECT_TRUE(*decoded == data);
  EXPECT_EQ(decoded->find("OR")->expose_text(), "REF000000001");
  EXPECT_EQ(decoded->find("CV"), nullptr);
}

TEST(PrivateDataTest, damaged_data_is_refused) {
  EXPECT_EQ(fault_of("C"), "field 48: tag or length cut off");
  EXPECT_EQ(fault_of("CV0"), "field 48: tag or length cut off");
  EXPECT_EQ(fault_of("CV03"), "field 48: CV cut off");
  EXPECT_EQ(fault_of("CV0312"), "field 48: CV cut off");
  EXPECT_EQ(fault_of("CV00"), "field 48: CV empty or not printable");
  EXPECT_EQ(fault_of("CV03123C"), "field 48: tag or length cut off");
  EXPECT_EQ(fault_of("cv03123"), "field 48: malformed tag");
  EXPECT_EQ(fault_of("CVx3123"), "field 48: CV length not numeric");
  EXPECT_EQ(fault_of("CV0312\n"), "field 48: CV empty or not printable");
  EXPECT_EQ(fault_of("CV03123CV03123"), "field 48: CV twice");
  EXPECT_EQ(fault_of(""), "accepted");
}

TEST(PrivateDataTest, what_cannot_be_written_is_a_bug) {
  PrivateData data;
  EXPECT_THROW(data.add("cv", "123"), base::RequirementFailed);
  EXPECT_THROW(data.add("CVC", "123"), base::RequirementFailed);
  EXPECT_THROW(data.add("CV", ""), base::RequirementFailed);
  EXPECT_THROW(data.add("CV", std::string(100, '1')), base::RequirementFailed);
  EXPECT_THROW(data.add("CV", "\x01"), base::RequirementFailed);
  data.add("CV", "123");
  EXPECT_THROW(data.add("CV", "123"), base::RequirementFailed);
}

RC_GTEST_PROP(PrivateDataProperties, what_is_written_is_read_again, ()) {
  PrivateData data;
  for (const std::string tag : {"AA", "CV", "IN", "OR", "Z9"}) {
    const auto size = *rc::gen::inRange<std::size_t>(0, 100);
    if (size == 0) continue;
    data.add(tag, *rc::gen::container<std::string>(size, rc::gen::inRange<char>(0x20, 0x7f)));
  }
  const auto decoded = PrivateData::decode(data.encode().expose());
  RC_ASSERT(decoded.ok());
  RC_ASSERT(*decoded == data);
}

TEST(OriginalDataTest, the_original_takes_42_digits) {
  const OriginalData original{.mti = "0100", .stan = "000042", .transmission_time = "1122174105", .acquirer = "400001"};
  const std::string text = encode_original(original);
  EXPECT_EQ(text, "010000004211221741050000040000100000000000");
  EXPECT_EQ(text.size(), 42U);
  EXPECT_EQ(decode_original(text), original);
}

TEST(OriginalDataTest, anything_but_42_digits_is_refused) {
  EXPECT_EQ(decode_original(""), std::nullopt);
  EXPECT_EQ(decode_original(std::string(41, '0')), std::nullopt);
  EXPECT_EQ(decode_original(std::string(43, '0')), std::nullopt);
  EXPECT_EQ(decode_original(std::string(41, '0') + "x"), std::nullopt);
  EXPECT_THROW(static_cast<void>(encode_original(
                   {.mti = "0100", .stan = "1", .transmission_time = "1122174105", .acquirer = "400001"})),
               base::RequirementFailed);
}

}  // namespace
}  // namespace karv::wire::iso8583
