#include "vault/bank/bank_account.h"

#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "vault/bank/iban_examples.h"
#include "vault/bank/national_check_digits.h"

namespace karv::vault {
namespace {

using enum BankAccountKind;
using testing::kIbanExamples;

Checked<BankAccount> parse(BankAccountKind kind, std::string_view code, std::string_view number) {
  BankAccountFields fields;
  fields.kind = kind;
  fields.bank_code = base::SecretBytes::copy_of(code);
  fields.number = base::SecretBytes::copy_of(number);
  return parse_bank_account(std::move(fields));
}
std::string refusals(BankAccountKind kind, std::string_view code, std::string_view number) {
  const auto parsed = parse(kind, code, number);
  std::string out;
  if (parsed) return out;
  for (const auto& error : parsed.error().all()) {
    EXPECT_FALSE(error.text.empty());
    out += (out.empty() ? "" : " ") + std::string(error.field) + ":" + std::string(error.reason);
  }
  return out;
}
std::string refusals(std::string_view iban) { return refusals(BankAccountKind::iban, "", iban); }
std::string canonical_of(BankAccountKind kind, std::string_view code, std::string_view number) {
  const auto parsed = parse(kind, code, number);
  return parsed ? std::string(canonical(*parsed).expose_text()) : "";
}

TEST(BankAccount, an_iban_is_taken_as_people_write_it) {
  for (const auto* typed : {"SE4550000000058398257466", "SE45 5000 0000 0583 9825 7466",
                            "se45 5000 0000 0583 9825 7466", " SE45 5000 0000 0583  9825 7466 "}) {
    const auto account = parse(BankAccountKind::iban, "", typed).value();
    EXPECT_EQ(account.country, "SE");
    EXPECT_EQ(account.number.expose_text(), "SE4550000000058398257466");
    EXPECT_EQ(canonical(account).expose_text(), "iban::SE4550000000058398257466");
  }
}

TEST(BankAccount, what_is_no_iban_is_refused) {
  for (const auto& typed :
       {std::string(), std::string("   "), std::string("SE"), std::string("SE4550000000058398257467"),
        std::string("SE455000000005839825746"), std::string("SE45500000000583982574660"),
        std::string("SE45-5000-0000-0583-9825-7466"), std::string("SE45\u00a05000000005839825746"),
        std::string("SE4550000000058398257466\0", 25), std::string("SE4550000000058398257466\n"),
        std::string("XX4550000000058398257466"), std::string("4550000000058398257466"),
        std::string("SE45５０00000005839825746"), std::string("SЕ4550000000058398257466"), std::string(64, 'A'),
        std::string(1'000'000, '0'), std::string("\xff\xfe")})
    EXPECT_EQ(refusals(typed), "number:INVALID_IBAN") << typed.size();
}

TEST(BankAccount, an_iban_with_wrong_national_check_digits_is_refused) {
  EXPECT_EQ(refusals("BE68539007547034"), "");
  const auto wrong = testing::with_check_digits("BE68539007547134");
  EXPECT_TRUE(is_iban(wrong));
  EXPECT_EQ(refusals(wrong), "number:INVALID_IBAN");
}

TEST(BankAccount, an_iban_holds_its_bank_s_code) {
  EXPECT_EQ(refusals(BankAccountKind::iban, "5000", "SE4550000000058398257466"), "bank_code:UNEXPECTED_BANK_CODE");
  EXPECT_EQ(refusals(bankgiro, "1", "x"), "bank_code:UNEXPECTED_BANK_CODE number:INVALID_BANKGIRO");
}

// Routing numbers: Federal Reserve Bank of Boston, JPMorgan Chase, Bank of America (Texas), as they publish them.
TEST(BankAccount, a_routing_number_has_a_district_and_a_check_digit) {
  for (const auto* code : {"011000015", "021000021", "111000025"}) EXPECT_EQ(refusals(us, code, "000123456789"), "");
  for (const auto* code :
       {"", "021000022", "02100002", "0210000210", "130000007", "991000012", "02100002A", "０21000021"})
    EXPECT_EQ(refusals(us, code, "000123456789"), "bank_code:INVALID_ROUTING_NUMBER") << code;
  for (const auto& number : {std::string(), std::string("123"), std::string(18, '1'), std::string("0000"),
                             std::string("12 34  5"), std::string("1234\0", 5), std::string(1'000'000, '1')})
    EXPECT_EQ(refusals(us, "021000021", number), "number:INVALID_ACCOUNT_NUMBER") << number.size();
  EXPECT_EQ(refusals(us, "", ""), "bank_code:INVALID_ROUTING_NUMBER number:INVALID_ACCOUNT_NUMBER");
  EXPECT_EQ(canonical_of(us, "021000021", "0012-3456"), "us:021000021:00123456");
}

// Form only: the tables for the modulus check are licensed. The example is Pay.UK's own.
TEST(BankAccount, a_sort_code_has_six_digits_and_its_account_eight) {
  EXPECT_EQ(canonical_of(gb, "08-99-99", "66374958"), "gb:089999:66374958");
  EXPECT_EQ(canonical_of(gb, "08 99 99", "6637 4958"), "gb:089999:66374958");
  EXPECT_EQ(refusals(gb, "08999", "66374958"), "bank_code:INVALID_SORT_CODE");
  EXPECT_EQ(refusals(gb, "089999", "6637495"), "number:INVALID_ACCOUNT_NUMBER");
  EXPECT_EQ(refusals(gb, "08--99-99", "663749580"), "bank_code:INVALID_SORT_CODE number:INVALID_ACCOUNT_NUMBER");
}

TEST(BankAccount, a_bsb_has_six_digits_and_its_account_up_to_ten) {
  EXPECT_EQ(canonical_of(au, "062-000", "1234 5678"), "au:062000:12345678");
  EXPECT_EQ(refusals(au, "06200", "12345678"), "bank_code:INVALID_BSB");
  EXPECT_EQ(refusals(au, "062000", "123"), "number:INVALID_ACCOUNT_NUMBER");
  EXPECT_EQ(refusals(au, "062000", "12345678901"), "number:INVALID_ACCOUNT_NUMBER");
}

// 160-9908 is Bankgirot's own; 902-0033 is a published collection account.
TEST(BankAccount, a_bankgiro_number_has_seven_or_eight_digits_and_a_check_digit) {
  EXPECT_EQ(canonical_of(bankgiro, "", "160-9908"), "bankgiro::1609908");
  EXPECT_EQ(canonical_of(bankgiro, "", "902-0033"), "bankgiro::9020033");
  EXPECT_EQ(canonical_of(bankgiro, "", "5402-9681"), "bankgiro::54029681");
  for (const auto* number : {"160-9907", "16-0990", "160-99080", "0000000", "", "x"})
    EXPECT_EQ(refusals(bankgiro, "", number), "number:INVALID_BANKGIRO") << number;
}

// SEB: the Swedish example of the IBAN registry, and the one before it (SE35 5000 0000 0549 1000 0003), in their
// national form. The others: the examples of two open validators made from Bankgirot's document (kontonummer,
// banktools-se).
TEST(BankAccount, a_swedish_account_has_its_series_digits_and_check_digit) {
  EXPECT_EQ(canonical_of(se, "5839", "825 74 66"), "se:5839:8257466");
  EXPECT_EQ(canonical_of(se, "5491", "0000003"), "se:5491:0000003");
  EXPECT_EQ(canonical_of(se, "3300", "000620-5124"), "se:3300:0006205124");
  EXPECT_EQ(canonical_of(se, "6789", "123 456 789"), "se:6789:123456789");
  EXPECT_EQ(canonical_of(se, "9789", "111 11 13"), "se:9789:1111113");
  for (const auto& [code, number] : std::vector<std::pair<std::string, std::string>>{{"5839", "8257467"},
                                                                                     {"5839", "08257466"},
                                                                                     {"5839", "825746"},
                                                                                     {"3300", "0006205125"},
                                                                                     {"6789", "123456788"},
                                                                                     {"3300", "6205124"},
                                                                                     {"8424", "12345678901"},
                                                                                     {"9789", "1"},
                                                                                     {"9789", "1234567890123"},
                                                                                     {"5839", "0000000"}})
    EXPECT_EQ(refusals(se, code, number), "number:INVALID_ACCOUNT_NUMBER") << code << "-" << number;
  for (const auto* code : {"", "583", "0583", "58391", "84241", "583A", "840244"})
    EXPECT_EQ(refusals(se, code, "8257466"), "bank_code:INVALID_CLEARING_NUMBER") << code;
}

TEST(BankAccount, swedbank_s_fifth_clearing_digit_and_leading_zeros_change_nothing) {
  EXPECT_EQ(canonical_of(se, "8424-4", "983 189 224-6"), "se:8424:9831892246");
  EXPECT_EQ(canonical_of(se, "8424", "9831892246"), "se:8424:9831892246");
  EXPECT_EQ(canonical_of(se, "8129-9", "043 386 711-6"), "se:8129:0433867116");
  EXPECT_EQ(canonical_of(se, "8129", "433867116"), "se:8129:0433867116");
}

TEST(BankAccount, no_more_is_shown_than_the_country_and_the_last_four) {
  const auto shown = [](BankAccountKind kind, std::string_view code, std::string_view number) {
    const auto masked = mask_bank_account(parse(kind, code, number).value());
    return masked.country + " " + masked.last;
  };
  EXPECT_EQ(shown(BankAccountKind::iban, "", "SE4550000000058398257466"), "SE 7466");
  EXPECT_EQ(shown(gb, "089999", "66374958"), "GB 4958");
  EXPECT_EQ(shown(bankgiro, "", "160-9908"), "SE 908");
  EXPECT_EQ(shown(us, "021000021", "1234"), "US 34");
}

TEST(BankAccount, two_kinds_or_banks_never_have_the_same_canonical_bytes) {
  std::set<std::string> seen;
  for (const auto& [kind, code, number] :
       std::vector<std::tuple<BankAccountKind, std::string, std::string>>{{gb, "062000", "12345678"},
                                                                          {au, "062000", "12345678"},
                                                                          {au, "062001", "12345678"},
                                                                          {bankgiro, "", "1609908"},
                                                                          {us, "021000021", "12345678"},
                                                                          {us, "011000015", "12345678"}})
    EXPECT_TRUE(seen.insert(canonical_of(kind, code, number)).second);
}

TEST(BankAccount, canonical_bytes_of_nothing_are_refused) {
  for (const auto* bytes : {"", ":", "::", "iban", "iban:", "iban::", "iban::SE", "IBAN::SE4550000000058398257466",
                            "se:5839", "xx:1:2", "iban:5839:SE4550000000058398257466", "gb:089999:66374958:"})
    EXPECT_FALSE(parse_canonical(base::SecretBytes::copy_of(std::string_view(bytes)))) << bytes;
}

// An account of any country, made from its example with other digits and check digits that fit.
RC_GTEST_PROP(BankAccountProperty, what_parses_is_the_same_again_from_its_canonical_bytes, ()) {
  std::string iban(kIbanExamples[*rc::gen::inRange<std::size_t>(0, kIbanExamples.size())]);
  for (std::size_t i = 4; i < iban.size(); ++i)
    if (iban[i] <= '9' && *rc::gen::inRange(0, 4) == 0) iban[i] = *rc::gen::inRange('0', '9');
  iban = testing::with_check_digits(iban);
  const auto account = parse(BankAccountKind::iban, "", iban);
  RC_ASSERT(account.has_value() == has_national_check_digits(iban));
  if (!account) return;
  const auto bytes = canonical(*account);
  const auto again = parse_canonical(bytes);
  RC_ASSERT(again.has_value());
  RC_ASSERT(canonical(*again) == bytes);
  RC_ASSERT(again->country == iban.substr(0, 2));
}

}  // namespace
}  // namespace karv::vault
