#include "base/card_digits.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace karv::base {
namespace {

// The digits with the check digit that makes them pass.
std::string with_check_digit(const std::string& digits) {
  for (char c = '0'; c <= '9'; ++c)
    if (passes_luhn(digits + c)) return digits + c;
  return {};
}

std::string masked(std::string_view text) { return mask_card_numbers(text).text; }

// Source: the worked example of ISO/IEC 7812-1 annex B as usually printed: 7992739871 has check digit 3.
TEST(Luhn, agrees_with_the_standard_s_example) {
  EXPECT_TRUE(passes_luhn("79927398713"));
  for (const char c : std::string_view("012456789")) EXPECT_FALSE(passes_luhn(std::string("7992739871") + c)) << c;
}

TEST(Luhn, notices_one_wrong_digit_anywhere) {
  const std::string right = with_check_digit("400012000000000");
  for (std::size_t i = 0; i < right.size(); ++i) {
    for (char c = '0'; c <= '9'; ++c) {
      std::string wrong = right;
      wrong[i] = c;
      EXPECT_EQ(passes_luhn(wrong), wrong == right);
    }
  }
}

TEST(CardDigits, numbers_are_masked_to_their_last_four) {
  EXPECT_EQ(masked("card 4111111111111111!"), "card ************1111!");
  EXPECT_EQ(masked("4111 1111 1111 1111"), "**** **** **** 1111");
  EXPECT_EQ(masked("4111-1111-1111-1111"), "****-****-****-1111");
  EXPECT_EQ(masked("x5555555555554444y"), "x************4444y");
  const auto two = mask_card_numbers("4111111111111111, 5555555555554444");
  EXPECT_EQ(two.text, "************1111, ************4444");
  EXPECT_EQ(two.masked, 2);
}

TEST(CardDigits, every_brand_s_range_and_length_is_known) {
  for (const auto* start : {"40001200000000", "37000000000000", "34000000000000", "222100000000000", "272000000000000",
                            "220000000000000", "810000000000000", "817100000000000", "510000000000000",
                            "620000000000000000", "30000000000000", "353000000000000", "400000000000"}) {
    const std::string number = with_check_digit(start);
    EXPECT_EQ(mask_card_numbers(number).masked, 1)
        << number.size() << " digits from " << std::string(start).substr(0, 4);
  }
}

TEST(CardDigits, references_and_product_codes_are_left_alone) {
  for (const auto* text : {"4111111111111112", "order 1234567890123", "411111111111", "+46 70 123 45 67", "", "a-b-c",
                           "2026-11-22 17:41:05", "0000000000000000", "8999999999999999999999", "2220-4444-5555-6666"})
    EXPECT_EQ(mask_card_numbers(text).masked, 0) << text;
}

TEST(CardDigits, any_generated_number_is_found_inside_any_text) {
  SeededRandom random(9);
  for (int i = 0; i < 500; ++i) {
    std::string digits = "400012";
    while (digits.size() < 15) digits.push_back(static_cast<char>('0' + random.below(10)));
    const std::string number = with_check_digit(digits);
    EXPECT_EQ(masked("note:" + number + ";"), "note:************" + number.substr(12) + ";");
  }
}

// What stays visible of one number, with the groups after it, can be a number too.
TEST(CardDigits, the_last_four_of_a_number_do_not_begin_another) {
  const std::string next = with_check_digit("444412340000000");
  const std::string grouped = next.substr(4, 4) + " " + next.substr(8, 4) + " " + next.substr(12);
  EXPECT_EQ(masked("5555 5555 5555 4444 " + grouped), "**** **** **** **** **** **** " + next.substr(12));
  const std::string split = with_check_digit("411111111111100");
  const auto text = split.substr(0, 13) + "-" + split.substr(13);
  EXPECT_EQ(masked(text), "************" + split.substr(12, 1) + "-" + split.substr(13));
}

TEST(CardDigits, neighbors_do_not_hide_a_number) {
  EXPECT_EQ(masked("4111 1111 1111 1111 12/27"), "**** **** **** 1111 12/27");
  EXPECT_EQ(masked("order 12 4111111111111111"), "order 12 ************1111");
  EXPECT_EQ(masked("4111111111111111 5555555555554444"), "************1111 ************4444");
  EXPECT_EQ(masked("4111111111111111-123"), "************1111-123");
}

}  // namespace
}  // namespace karv::base
