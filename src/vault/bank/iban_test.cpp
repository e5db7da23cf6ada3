#include "vault/bank/iban.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "vault/bank/iban_examples.h"
#include "vault/bank/national_check_digits.h"

namespace karv::vault {
namespace {

using testing::kIbanExamples;
using testing::with_check_digits;

TEST(Iban, the_registry_s_examples_are_ibans_with_their_national_check_digits) {
  for (const auto iban : kIbanExamples) {
    EXPECT_EQ(iban_length_of(iban.substr(0, 2)), iban.size()) << iban;
    EXPECT_TRUE(is_iban(iban)) << iban;
    EXPECT_TRUE(has_national_check_digits(iban)) << iban;
  }
}

// Source: EPC409-09, the countries of the geographical scope of SEPA.
TEST(Iban, every_sepa_country_is_known) {
  for (const auto* country : {"AD", "AL", "AT", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR",
                              "GB", "GI", "GR", "HR", "HU", "IE", "IS", "IT", "LI", "LT", "LU", "LV", "MC", "MD",
                              "ME", "MK", "MT", "NL", "NO", "PL", "PT", "RO", "RS", "SE", "SI", "SK", "SM", "VA"})
    EXPECT_GE(iban_length_of(country), kShortestIban) << country;
  for (const auto* country : {"US", "XX", "AA", "ZZ", "", "S", "SWE", "se"}) EXPECT_EQ(iban_length_of(country), 0U);
}

TEST(Iban, one_wrong_or_two_swapped_characters_are_noticed) {
  for (const auto example : kIbanExamples) {
    const std::string iban(example);
    for (std::size_t i = 2; i < iban.size(); ++i) {
      auto wrong = iban;
      wrong[i] = iban[i] == '9' ? '0' : iban[i] == 'Z' ? 'A' : static_cast<char>(iban[i] + 1);
      EXPECT_FALSE(is_iban(wrong)) << wrong;
      if (i + 1 == iban.size() || iban[i] == iban[i + 1] || i == 3) continue;
      if (iban.substr(i, 2) == "1B") continue;  // 1 and B (11) make 111 in either order: ISO 7064 cannot notice
      wrong = iban;
      std::swap(wrong[i], wrong[i + 1]);
      EXPECT_FALSE(is_iban(wrong)) << wrong;
    }
  }
}

TEST(Iban, a_wrong_length_or_class_of_character_is_refused) {
  const std::string iban = "SE4550000000058398257466";
  for (const auto& wrong :
       {std::string(), std::string("SE"), iban.substr(1), iban.substr(0, 23), iban + "0", "X" + iban.substr(1),
        with_check_digits("SE45A0000000058398257466"), with_check_digits("GB29NW1K60161331926819"),
        with_check_digits("DE8937040044053201300A"), std::string("se4550000000058398257466"), std::string(34, 'A')})
    EXPECT_FALSE(is_iban(wrong)) << wrong;
}

// 97 and 00, 98 and 01, 02 and 99 leave the same rest; the second of each is never given out.
TEST(Iban, check_digits_00_01_and_99_are_refused) {
  std::size_t found = 0;
  for (int number = 10'000; number < 11'000; ++number) {
    std::string iban = with_check_digits("SE00000000000000000" + std::to_string(number));
    for (const auto& [given, never] : {std::pair{"97", "00"}, {"98", "01"}, {"02", "99"}}) {
      if (iban.substr(2, 2) != given) continue;
      EXPECT_TRUE(is_iban(iban));
      EXPECT_FALSE(is_iban(iban.replace(2, 2, never))) << iban;
      ++found;
    }
  }
  EXPECT_GE(found, 20U);
}

// With the IBAN's own check digits made to fit, only the national ones can notice.
TEST(Iban, national_check_digits_notice_one_wrong_digit_of_what_they_cover) {
  struct Case {
    std::string iban;
    std::size_t from, to;  // places covered
  };
  for (const auto& [iban, from, to] : std::vector<Case>{{"BE68539007547034", 4, 16},
                                                        {"BA391290079401028494", 4, 20},
                                                        {"CZ6508000000192000145399", 8, 24},
                                                        {"EE382200221020145685", 6, 20},
                                                        {"ES9121000418450200051332", 4, 24},
                                                        {"FI2112345600000785", 4, 18},
                                                        {"FR1420041010050500013M02606", 4, 24},
                                                        {"HR1210010051863000160", 4, 21},
                                                        {"HU42117730161111101800000000", 4, 28},
                                                        {"IT60X0542811101000000123456", 5, 27},
                                                        {"MC5811222000010123456789030", 4, 27},
                                                        {"ME25505000012345678951", 4, 22},
                                                        {"MK07250120000058984", 4, 19},
                                                        {"NO9386011117947", 4, 15},
                                                        {"PL61109010140000071219812874", 4, 12},
                                                        {"PT50000201231234567890154", 4, 25},
                                                        {"RS35260005601001611379", 4, 22},
                                                        {"SI56191000000123438", 4, 19},
                                                        {"SK3112000000198742637541", 8, 24},
                                                        {"SM86U0322509800000000270100", 5, 27}}) {
    for (std::size_t i = from; i < to; ++i) {
      if (iban[i] > '9') continue;
      for (char c = '0'; c <= '9'; ++c) {
        auto wrong = iban;
        wrong[i] = c;
        wrong = with_check_digits(wrong);
        EXPECT_TRUE(is_iban(wrong));
        // Norway: zeros at the fifth and sixth place stand for another rule; Spain: 10 is written as 1.
        if (iban.starts_with("NO") && wrong.substr(8, 2) == "00") continue;
        if (iban.starts_with("ES")) continue;
        EXPECT_EQ(has_national_check_digits(wrong), c == iban[i]) << wrong;
      }
    }
  }
  EXPECT_FALSE(has_national_check_digits(with_check_digits("ES9121000418460200051332")));
  EXPECT_FALSE(has_national_check_digits(with_check_digits("ES9121000418550200051332")));
  EXPECT_FALSE(has_national_check_digits(with_check_digits("IT60Y0542811101000000123456")));
}

}  // namespace
}  // namespace karv::vault
