#include "vault/input/number_scrub.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "vault/bank/bank_account.h"
#include "vault/bank/iban_examples.h"
#include "vault/test_support.h"

namespace karv::vault {
namespace {

using testing::kIbanExamples;

std::string scrubbed(std::string_view text) { return scrub_numbers(text).text; }

TEST(NumberScrub, card_numbers_and_ibans_are_masked_and_counted) {
  const auto out = scrub_numbers("Pay 4111 1111 1111 1111 or SE45 5000 0000 0583 9825 7466, thanks");
  EXPECT_EQ(out.text, "Pay **** **** **** 1111 or SE** **** **** **** **** 7466, thanks");
  EXPECT_EQ(out.masked, 2);
}

TEST(NumberScrub, an_iban_is_found_however_and_wherever_it_is_written) {
  EXPECT_EQ(scrubbed("se4550000000058398257466"), "se******************7466");
  EXPECT_EQ(scrubbed("IBAN:SE45-5000-0000-0583-9825-7466."), "IBAN:SE**-****-****-****-****-7466.");
  EXPECT_EQ(scrubbed("myibanse4550000000058398257466x"), "myibanse******************7466x");
  EXPECT_EQ(scrubbed("BE68 5390 0754 7034 1"), "BE** **** **** 7034 1");
  EXPECT_EQ(scrubbed("S E 4 5 5000  0000 0583 9825 7466"), "S E * * ****  **** **** **** 7466");
}

// What the last four leave, with what follows, may be an IBAN too.
TEST(NumberScrub, ibans_that_overlap_are_both_masked) {
  for (int number = 1000; number < 9000; ++number) {
    const std::string inner = testing::with_check_digits("NO00" + std::to_string(number) + "1117947");
    auto outer = testing::with_check_digits("MT00MALT011000012345MTLCAST00" + inner.substr(0, 2));
    outer += inner.substr(2);
    if (!is_iban(outer.substr(0, 31))) continue;
    EXPECT_EQ(scrub_numbers(outer).masked, 2) << outer;
    EXPECT_EQ(scrub_numbers(scrubbed(outer)).masked, 0);
    return;
  }
  FAIL() << "no such pair";
}

TEST(NumberScrub, other_text_is_left_alone) {
  for (const auto* text : {"", "SE", "SE45", "SE45 5000 0000 0583 9825 7467", "NL91 ABNA 0417 1643 0",
                           "order 4111111111111112", "XX45 5000 0000 0583 9825 7466", "SE45_50000000058398257466",
                           "0b5e8a54-2a01-7c3d-9f11-2233445566aa", "+46 70 123 45 67", "\xff\xfe\0"}) {
    const auto out = scrub_numbers(text);
    EXPECT_EQ(out.text, text);
    EXPECT_EQ(out.masked, 0);
  }
}

TEST(NumberScrub, a_long_text_takes_time_in_proportion) {
  const std::string spaces = "SE" + std::string(2'000'000, ' ') + "45";
  EXPECT_EQ(scrub_numbers(spaces).masked, 0);
  std::string many;
  while (many.size() < 1'000'000) many += "SE45 5000 0000 0583 9825 7466 ";
  EXPECT_GT(scrub_numbers(many).masked, 30'000);
}

std::string any_text() {
  return *rc::gen::container<std::string>(rc::gen::element<char>('S', 'E', '4', ' ', '-', 'x', '.'));
}

RC_GTEST_PROP(NumberScrubProperty, a_number_in_any_text_never_stays, ()) {
  std::string number;
  if (*rc::gen::arbitrary<bool>()) {
    number = kIbanExamples[*rc::gen::inRange<std::size_t>(0, kIbanExamples.size())];
    for (std::size_t at = 4; at < number.size(); at += 5) number.insert(at, " ");
  } else {
    number = *rc::gen::container<std::string>(15, rc::gen::inRange('0', '9'));
    number = testing::number_from("4" + number.substr(1), 16);
  }
  const auto text = any_text() + "," + number + "," + any_text();
  const auto out = scrub_numbers(text);
  RC_ASSERT(out.text.size() == text.size());
  RC_ASSERT(out.masked >= 1);
  RC_ASSERT(out.text.find(number) == std::string::npos);
  RC_ASSERT(scrub_numbers(out.text).masked == 0);
}

}  // namespace
}  // namespace karv::vault
