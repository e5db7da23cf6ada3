#include "grow/mapping.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace karv::bench {
namespace {

constexpr std::int64_t kShift = 20'000;

base::Uuid uuid(std::string_view text) { return base::uuid_from_text(text).value(); }
// Source: RFC 9562, A.6.
const base::Uuid kTimed = uuid("017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
const base::Uuid kUntimed = uuid("017f22e2-79b0-8cc3-98c4-dc0c0c07398f");

TEST(MappingTest, the_time_of_an_id_is_read_from_its_beginning) {
  EXPECT_TRUE(is_timed(kTimed));
  EXPECT_FALSE(is_timed(kUntimed));
  EXPECT_EQ(time_of(kTimed), 0x017f22e279b0);
}

TEST(MappingTest, a_copy_of_an_id_is_earlier_and_of_the_same_kind) {
  const auto copy = Mapping(3, kShift).id(kTimed);
  EXPECT_TRUE(is_timed(copy));
  EXPECT_EQ(time_of(copy), 0x017f22e279b0 - 60'000);
  EXPECT_NE(base::uuid_text(copy).substr(15), base::uuid_text(kTimed).substr(15));
  EXPECT_EQ(Mapping(3, kShift).id(kTimed), copy);
  EXPECT_EQ(base::uuid_text(Mapping(3, kShift).id(kUntimed))[14], '8');
}

TEST(MappingTest, different_ids_stay_different) {
  std::set<base::Uuid> ids;
  for (std::int64_t copy = 1; copy <= 20; ++copy)
    for (int i = 0; i < 256; ++i) {
      auto id = i % 2 == 0 ? kTimed : kUntimed;
      id[15] = static_cast<std::uint8_t>(i);
      ids.insert(Mapping(copy, kShift).id(id));
    }
  EXPECT_EQ(ids.size(), 20U * 256);
}

TEST(MappingTest, a_moment_lies_as_much_earlier_as_the_ids) {
  EXPECT_EQ(Mapping(3, kShift).moment(1'700'000'060'000), 1'700'000'000'000);
  EXPECT_TRUE(is_moment(1'700'000'060'000));
  EXPECT_FALSE(is_moment(100'000));     // an amount
  EXPECT_FALSE(is_moment(20'240'131));  // a date
}

TEST(MappingTest, a_text_keeps_its_form_and_a_blob_its_size) {
  std::string text = "K7-abz";
  Mapping(1, kShift).text(text);
  EXPECT_NE(text, "K7-abz");
  EXPECT_TRUE(text[0] >= 'A' && text[0] <= 'Z');
  EXPECT_TRUE(text[1] >= '0' && text[1] <= '9');
  EXPECT_EQ(text[2], '-');
  EXPECT_TRUE(text[5] >= 'a' && text[5] <= 'z');
  std::string blob(32, '\0');
  Mapping(1, kShift).blob(blob);
  EXPECT_NE(blob, std::string(32, '\0'));
  EXPECT_EQ(blob.size(), 32U);
}

}  // namespace
}  // namespace karv::bench
