// The vectors were computed with Python's hmac and hashlib alone, from the description in cryptogram.h:
//
//   f = lambda *p: b"".join(len(x).to_bytes(4, "big") + x for x in p)
//   mac = lambda k, d: hmac.new(k, d, "sha256").digest()
//   hkdf = lambda k, i: mac(mac(bytes(32), k), i + b"\x01")
//   key = bytes(range(32)); number = b"4111111111111111"
//   card = hkdf(key, f(b"karv network card key", number))
//   base64(mac(card, f(b"karv network cryptogram", b"1795348800000000042", b"010", number, b"000000", b"000000012900",
//     b"1122120000", b"000042", b"3012", b"400001", b"REF000000001", b"KARV0001", b"MERCHANT1      ", b"978", b"C",
//     b""))[:20])
#include "vault/network/cryptogram.h"

#include <gtest/gtest.h>

#include "vault/test_support.h"

namespace karv::vault {
namespace {

namespace iso = wire::iso8583;

struct Use {
  std::string mti = "0100", number{testing::kVisa}, code = "000000", amount = "000000012900", time = "1122120000",
              trace = "000042", expiry = "3012", acquirer = "400001", reference = "REF000000001", terminal = "KARV0001",
              merchant = "MERCHANT1", currency = "978", initiator = "C", original, use = "1795348800000000042";
};

base::SecretBytes key_from(int first) {
  base::SecretBytes key(32);
  for (auto& byte : key.expose_mutable()) byte = static_cast<std::uint8_t>(first++);
  return key;
}

std::string made(const Use& use, const base::SecretBytes& key) {
  iso::Message message(use.mti);
  message.set_secret(2, base::SecretBytes::copy_of(use.number));
  message.set_secret(14, base::SecretBytes::copy_of(use.expiry));
  const std::pair<int, std::string> fields[] = {{3, use.code},      {4, use.amount},    {7, use.time},
                                                {11, use.trace},    {32, use.acquirer}, {37, use.reference},
                                                {41, use.terminal}, {49, use.currency}};
  for (const auto& [element, value] : fields) message.set(element, value);
  message.set_padded(42, use.merchant);
  iso::PrivateData extra;
  extra.add("IN", use.initiator);
  if (!use.original.empty()) extra.add("OR", use.original);
  return cryptogram_of(key, message, extra, use.use);
}

TEST(Cryptogram, is_what_another_implementation_makes) {
  EXPECT_EQ(made({}, key_from(0)), "h3sJNFRZ4KteDlDcwkj9x0lIBy8=");
  EXPECT_EQ(made({.mti = "0200", .initiator = "M", .original = "REF000000000"}, key_from(0)),
            "U/ZAGeK7NEjKyEPILue7B4P+qK0=");
  EXPECT_EQ(network_key_name(key_from(0)), "2e62358d6d791264");
  EXPECT_EQ(network_key_voucher(key_from(0), key_from(1)), "7CCxE9/Bq+wnHfAWIGgwwkoOzDU=");
}

TEST(Cryptogram, differs_with_everything_that_it_covers) {
  const auto key = key_from(0);
  const std::string first = made({}, key);
  EXPECT_EQ(first.size(), 28U);
  EXPECT_NE(made({}, key_from(1)), first);
  const Use others[] = {{.mti = "0200"},
                        {.number = std::string(testing::kMastercard)},
                        {.code = "260000"},
                        {.amount = "000000012901"},
                        {.time = "1122120001"},
                        {.trace = "000043"},
                        {.expiry = "3101"},
                        {.acquirer = "400002"},
                        {.reference = "REF2"},
                        {.terminal = "KARV0002"},
                        {.merchant = "MERCHANT2"},
                        {.currency = "752"},
                        {.initiator = "M"},
                        {.original = "REF000000000"},
                        {.use = "1795348800000000043"}};
  for (const auto& other : others) EXPECT_NE(made(other, key), first);
}

TEST(Cryptogram, of_a_repeat_is_that_of_its_first_message) {
  EXPECT_EQ(made({.mti = "0201"}, key_from(0)), made({.mti = "0200"}, key_from(0)));
}

TEST(Cryptogram, use_numbers_rise_with_time_and_differ_within_a_moment) {
  Operation operation;
  operation.sent_at = {1'795'348'800'000};
  operation.stan = 999'000;
  const auto first = use_number(operation);
  EXPECT_EQ(first, "1795348800000999000");
  operation.stan = 1;
  EXPECT_NE(use_number(operation), first);
  operation.sent_at = {1'795'348'800'001};
  EXPECT_GT(use_number(operation), first);
}

}  // namespace
}  // namespace karv::vault
