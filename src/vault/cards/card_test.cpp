#include "vault/cards/card.h"

#include <gtest/gtest.h>

#include "vault/test_support.h"

namespace karv::vault {
namespace {

using testing::number_from;

const base::Instant kNow = *base::from_rfc3339("2026-11-22T12:00:00Z");

// "number:INVALID_CARD_NUMBER expiry:INVALID_EXPIRY"; empty for a card that is taken.
std::string refusals(CardFields fields) {
  const auto parsed = parse_card(std::move(fields), kNow);
  std::string out;
  if (parsed) return out;
  for (const auto& error : parsed.error().all()) {
    EXPECT_FALSE(error.text.empty());
    out += (out.empty() ? "" : " ") + std::string(error.field) + ":" + std::string(error.reason);
  }
  return out;
}
CardFields with_number(std::string_view number) { return testing::typed(number); }
CardFields with_name(std::string_view name) {
  auto fields = testing::typed();
  fields.name = base::SecretBytes::copy_of(name);
  return fields;
}
CardFields with_expiry(int month, int year) {
  auto fields = testing::typed();
  fields.expiry_month = month;
  fields.expiry_year = year;
  return fields;
}

TEST(Card, a_good_card_is_taken_and_its_number_cleaned_of_separators) {
  const auto card = parse_card(with_number("4111 1111-1111 1111"), kNow).value();
  EXPECT_EQ(card.card.number.expose_text(), testing::kVisa);
  EXPECT_EQ(card.code.expose_text(), "123");
  EXPECT_EQ(expiry_text(card.card.expiry), "12/30");
}

TEST(Card, wrong_numbers_are_refused) {
  for (const std::string& number :
       {std::string(), std::string("4111111111111112"), std::string("411111111111111"), std::string("4"),
        std::string(" 4111111111111111"), std::string("4111  111111111111"), std::string("4111111111111111 "),
        std::string("4111x11111111111"), std::string("0000000000000000"), std::string(5000, '4'),
        std::string(1'000'000, '4'), std::string("4111111111111111\0", 17), std::string("\0", 1),
        std::string("4111111111111111\n"), std::string("41111111+1111111")})
    EXPECT_EQ(refusals(with_number(number)), "number:INVALID_CARD_NUMBER") << number.size();
}

// The same digits in other scripts would pass the check digit if they were turned into ASCII.
TEST(Card, digits_of_other_scripts_are_refused_and_not_turned_into_ours) {
  for (const char32_t zero : {U'٠', U'۰', U'０', U'०'}) {
    std::string number;
    for (const char c : testing::kVisa) {
      const char32_t digit = zero + static_cast<char32_t>(c - '0');
      number += static_cast<char>(digit < 0x800 ? 0xc0 | digit >> 6 : 0xe0 | digit >> 12);
      if (digit >= 0x800) number += static_cast<char>(0x80 | (digit >> 6 & 0x3f));
      number += static_cast<char>(0x80 | (digit & 0x3f));
    }
    EXPECT_EQ(refusals(with_number(number.substr(0, 30))), "number:INVALID_CARD_NUMBER");
    EXPECT_EQ(refusals(with_number(number)), "number:INVALID_CARD_NUMBER");
    EXPECT_EQ(refusals(with_name(number)), "name:INVALID_NAME");
  }
}

TEST(Card, a_number_has_a_length_of_its_brand) {
  for (const auto& [leading, good, bad] :
       std::vector<std::tuple<std::string_view, std::vector<std::size_t>, std::vector<std::size_t>>>{
           {"4", {13, 16, 19}, {12, 14, 15, 17, 18, 20}},
           {"51", {16}, {15, 17, 19}},
           {"2720", {16}, {15, 17}},
           {"6011", {16, 19}, {15, 20}},
           {"3528", {16, 19}, {15, 20}},
           {"36", {14, 16, 19}, {13, 20}},
           {"62", {16, 17, 18, 19}, {15, 20}},
           {"50", {12, 16, 19}, {11, 20}},
           {"5019", {16}, {15, 17}}}) {
    for (const auto size : good) EXPECT_EQ(refusals(with_number(number_from(leading, size))), "") << leading << size;
    for (const auto size : bad)
      EXPECT_EQ(refusals(with_number(number_from(leading, size))), "number:INVALID_CARD_NUMBER") << leading << size;
  }
  EXPECT_EQ(refusals(testing::typed(number_from("34", 15), "1234")), "");
  EXPECT_EQ(refusals(testing::typed(number_from("37", 16), "1234")), "number:INVALID_CARD_NUMBER");
}

TEST(Card, a_number_of_no_known_range_is_refused) {
  for (const auto* leading : {"1", "2", "31", "5910", "60", "68", "7", "82", "9"})
    EXPECT_EQ(refusals(with_number(number_from(leading, 16))), "number:INVALID_CARD_NUMBER") << leading;
}

TEST(Card, an_expiry_is_a_month_that_is_not_over_and_not_far_away) {
  for (const auto& [month, year] : {std::pair{11, 2026}, {12, 2026}, {1, 2027}, {12, 2046}})
    EXPECT_EQ(refusals(with_expiry(month, year)), "") << month << "/" << year;
  for (const auto& [month, year] : {std::pair{10, 2026},
                                    {12, 2025},
                                    {0, 2027},
                                    {13, 2027},
                                    {-1, 2027},
                                    {1, 27},
                                    {1, 0},
                                    {1, 2047},
                                    {1, 9999},
                                    {1, 2147483647},
                                    {2147483647, -2147483647}})
    EXPECT_EQ(refusals(with_expiry(month, year)), "expiry:INVALID_EXPIRY") << month << "/" << year;
}

TEST(Card, a_code_has_the_brands_length) {
  for (const auto& code : {std::string(), std::string("12"), std::string("1234"), std::string("12a"),
                           std::string("１２３"), std::string("12\0", 3), std::string(100'000, '1')})
    EXPECT_EQ(refusals(testing::typed(testing::kVisa, code)), "code:INVALID_CODE") << code.size();
  EXPECT_EQ(refusals(testing::typed(number_from("34", 15), "123")), "code:INVALID_CODE");
}

TEST(Card, a_name_is_there_and_is_no_number) {
  for (const auto* name : {"Åsa Öberg-Nyström", "O'Neil Jr. 3", "李小龙", "محمد", "\u200cنام"})
    EXPECT_EQ(refusals(with_name(name)), "") << name;
  for (const auto& name :
       {std::string(), std::string("   "), std::string("\u00a0"), std::string("A\nB"), std::string("A\0B", 3),
        std::string("A\x7f"), std::string("A\u0085"), std::string("A\u202eB"), std::string("A\u2028B"),
        std::string("\ufeff"), std::string("\xff\xfe"), std::string("A\xc3"), std::string(testing::kVisa),
        std::string("4111 1111 1111 1111"), std::string(61, 'a'), std::string(1'000'000, 'a')})
    EXPECT_EQ(refusals(with_name(name)), "name:INVALID_NAME") << name.substr(0, 20);
}

TEST(Card, all_wrong_fields_are_told_in_the_order_of_the_form) {
  auto fields = testing::typed("4111111111111112", "1");
  fields.expiry_month = 13;
  fields.name = {};
  EXPECT_EQ(refusals(std::move(fields)),
            "number:INVALID_CARD_NUMBER expiry:INVALID_EXPIRY code:INVALID_CODE name:INVALID_NAME");
  EXPECT_EQ(refusals({}), "number:INVALID_CARD_NUMBER expiry:INVALID_EXPIRY code:INVALID_CODE name:INVALID_NAME");
  // The number is wrong, so its brand is not known: a code of either length may be right.
  EXPECT_EQ(refusals(testing::typed("x", "1234")), "number:INVALID_CARD_NUMBER");
}

TEST(Card, who_speaks_of_one_error_speaks_of_the_first) {
  const auto error = parse_card({}, kNow).error().first();
  EXPECT_EQ(error.code(), base::ErrorCode::bad_value);
  EXPECT_EQ(error.reason(), "INVALID_CARD_NUMBER");
  EXPECT_EQ(error.public_text(), "Enter the card number.");
  EXPECT_EQ(error.internal_text(), "");
}

// PCI DSS 4.0.1 requirement 3.4.1, FAQ 1091.
TEST(Card, no_more_is_shown_than_the_rules_allow) {
  const auto shown = [](std::string_view number) {
    const auto masked = mask_card_number(number);
    return masked.bin + "+" + masked.last4;
  };
  EXPECT_EQ(shown(testing::kVisa), "41111111+1111");
  EXPECT_EQ(shown(number_from("34", 15)), "340000+" + number_from("34", 15).substr(11));
  EXPECT_EQ(shown(number_from("36", 14)).size(), 11U);
  for (std::size_t size = 12; size <= 19; ++size) {
    const auto masked = mask_card_number(number_from("50", size));
    EXPECT_LE(masked.bin.size(), size >= 16 ? 8U : 6U);
    EXPECT_EQ(masked.last4.size(), 4U);
    EXPECT_GE(size - masked.bin.size() - masked.last4.size(), 4U) << size;
  }
}

// Leading digits as the brands publish them; the rest is never a whole number.
TEST(Card, brands_are_told_by_their_ranges) {
  const std::vector<std::pair<std::string_view, std::vector<std::string_view>>> published = {
      {"visa", {testing::kVisa, "4"}},
      {"mastercard", {testing::kMastercard, "51", "55", "2221", "2720"}},
      {"amex", {"34", "37"}},
      {"discover", {"6011", "644", "649", "65", "622126", "622925"}},
      {"jcb", {"3528", "3589"}},
      {"diners", {"300", "305", "3095", "36", "38", "39"}},
      {"unionpay", {"62", "622125", "622926", "8100", "8171"}},
      {"maestro", {"50", "5018", "5020", "56", "58", "63", "67"}},
      {"dankort", {"5019"}},
      {"elo", {"506699", "506778", "5090"}},
      {"mir", {"2200", "2204"}},
      {"card",
       {"", "1", "2220", "2721", "2199", "2205", "306", "3094", "3527", "3590", "59", "60", "643", "8172", "9"}}};
  for (const auto& [brand, leadings] : published)
    for (const auto leading : leadings) EXPECT_EQ(brand_of(leading), brand) << leading;
}

}  // namespace
}  // namespace karv::vault
