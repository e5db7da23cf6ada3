#include "crypto/hash.h"

#include <gtest/gtest.h>

namespace karv::crypto {
namespace {

base::Bytes hex(std::string_view text) { return base::from_hex(text).value(); }

TEST(Hash, sha256_and_sha384_match_fips_180_4_examples) {
  EXPECT_EQ(base::to_hex(sha256(base::as_bytes("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(base::to_hex(sha384(base::as_bytes("abc"))),
            "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7");
  EXPECT_EQ(base::to_hex(sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Hash, hmac_matches_rfc_4231) {
  const auto key = base::SecretBytes::copy_of(base::Bytes(20, 0x0b));
  EXPECT_EQ(base::to_hex(hmac_sha256(key, base::as_bytes("Hi There"))),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(base::to_hex(hmac_sha256(base::as_bytes("Jefe"), base::as_bytes("what do ya want for nothing?"))),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Hash, hkdf_matches_rfc_5869_cases_1_and_3) {
  const auto key = base::SecretBytes::copy_of(base::Bytes(22, 0x0b));
  EXPECT_EQ(base::to_hex(hkdf_sha256(key, hex("000102030405060708090a0b0c"), hex("f0f1f2f3f4f5f6f7f8f9"), 42).expose()),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
  EXPECT_EQ(base::to_hex(hkdf_sha256(key, {}, {}, 42).expose()),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

TEST(Hash, framing_keeps_different_lists_apart) {
  const auto a = base::as_bytes("a");
  const auto ab = base::as_bytes("ab");
  const auto b = base::as_bytes("b");
  EXPECT_NE(framed({ab, {}}), framed({a, b}));
  EXPECT_NE(framed({ab}), framed({a, b}));
  EXPECT_EQ(base::to_hex(framed({ab, {}})), "00000002616200000000");
}

}  // namespace
}  // namespace karv::crypto
