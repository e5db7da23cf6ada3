#include "vault/card.h"

#include <gtest/gtest.h>

#include "vault/test_support.h"

namespace karv::vault {
namespace {

const base::Instant kNow = *base::from_rfc3339("2026-11-22T12:00:00Z");

std::string refusal(CardFields fields) {
  const auto parsed = parse_card(std::move(fields), kNow);
  return parsed.ok() ? "" : parsed.error().reason();
}
CardFields with_number(std::string_view number) { return testing::typed(number); }

TEST(Card, a_good_card_is_taken_and_its_number_cleaned_of_separators) {
  const auto card = parse_card(with_number("4111 1111-1111 1111"), kNow).value();
  EXPECT_EQ(card.card.number.expose_text(), testing::kVisa);
  EXPECT_EQ(card.code.expose_text(), "123");
  EXPECT_EQ(expiry_text(card.card.expiry), "12/30");
}

TEST(Card, wrong_numbers_are_refused) {
  for (const std::string& number : {std::string(), std::string("4111111111111112"), std::string("411111111111111"),
                                    std::string(" 4111111111111111"), std::string("4111  111111111111"),
                                    std::string("4111111111111111 "), std::string("4111x11111111111"),
                                    std::string("0000000000000000"), std::string(5000, '4'), std::string("４１１１")})
    EXPECT_EQ(refusal(with_number(number)), "INVALID_CARD_NUMBER") << number.size();
}

TEST(Card, an_expiry_must_be_a_month_that_is_not_over) {
  const auto with_expiry = [](int month, int year) {
    auto fields = testing::typed();
    fields.expiry_month = month;
    fields.expiry_year = year;
    return fields;
  };
  EXPECT_EQ(refusal(with_expiry(11, 2026)), "");
  for (const auto& [month, year] : {std::pair{10, 2026},
                                    {12, 2025},
                                    {0, 2027},
                                    {13, 2027},
                                    {-1, 2027},
                                    {1, 27},
                                    {1, 2052},
                                    {2147483647, -2147483647}})
    EXPECT_EQ(refusal(with_expiry(month, year)), "INVALID_EXPIRY") << month << "/" << year;
}

TEST(Card, a_code_has_the_brands_length) {
  for (const auto* code : {"", "12", "1234", "12a", "１２"})
    EXPECT_EQ(refusal(testing::typed(testing::kVisa, code)), "INVALID_CODE") << code;
}

TEST(Card, a_name_is_there_and_is_no_number) {
  const auto with_name = [](std::string_view name) {
    auto fields = testing::typed();
    fields.name = base::SecretBytes::copy_of(name);
    return fields;
  };
  EXPECT_EQ(refusal(with_name("Åsa Öberg-Nyström")), "");
  for (const auto& name :
       {std::string(), std::string("   "), std::string("A\nB"), std::string(testing::kVisa), std::string(61, 'a')})
    EXPECT_EQ(refusal(with_name(name)), "INVALID_NAME") << name;
}

// Leading digits as the brands publish them; the rest is never a whole number.
TEST(Card, brands_are_told_by_their_ranges) {
  EXPECT_EQ(brand_of(testing::kVisa), "visa");
  EXPECT_EQ(brand_of(testing::kMastercard), "mastercard");
  EXPECT_EQ(brand_of("2221"), "mastercard");
  EXPECT_EQ(brand_of("2720"), "mastercard");
  EXPECT_EQ(brand_of("2721"), "card");
  EXPECT_EQ(brand_of("34"), "amex");
  EXPECT_EQ(brand_of("3528"), "jcb");
  EXPECT_EQ(brand_of("36"), "diners");
  EXPECT_EQ(brand_of("6011"), "discover");
  EXPECT_EQ(brand_of("62"), "unionpay");
  EXPECT_EQ(brand_of("67"), "maestro");
  EXPECT_EQ(brand_of("9"), "card");
}

}  // namespace
}  // namespace karv::vault
