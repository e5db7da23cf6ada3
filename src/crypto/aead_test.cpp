#include "crypto/aead.h"

#include <gtest/gtest.h>

namespace karv::crypto {
namespace {

base::Bytes hex(std::string_view text) { return base::from_hex(text).value(); }
base::SecretBytes key_of(std::string_view text) { return base::SecretBytes::copy_of(hex(text)); }
std::string after_nonce(const base::Bytes& sealed) { return base::to_hex(base::ByteView(sealed).subspan(12)); }

// McGrew and Viega, "The Galois/Counter Mode of Operation", appendix B, test cases 13, 14 and 16.
TEST(Aead, sealing_matches_the_gcm_specification) {
  const auto zero_key = base::SecretBytes(kAeadKeySize);
  const base::Bytes zero_nonce(kAeadNonceSize);
  EXPECT_EQ(after_nonce(seal_with_nonce_for_test(zero_key, zero_nonce, {}, {})), "530f8afbc74536b9a963b4f1c4cb738b");
  EXPECT_EQ(after_nonce(seal_with_nonce_for_test(zero_key, zero_nonce, base::Bytes(16), {})),
            "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");

  const auto key = key_of("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
  const auto plaintext = hex(
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657"
      "ba637b39");
  const auto sealed = seal_with_nonce_for_test(key, hex("cafebabefacedbaddecaf888"), plaintext,
                                               hex("feedfacedeadbeeffeedfacedeadbeefabaddad2"));
  EXPECT_EQ(after_nonce(sealed),
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393"
            "ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b");
}

TEST(Aead, what_was_sealed_opens_in_its_place_only) {
  base::SeededRandom random(1);
  base::SecretBytes key(kAeadKeySize);
  random.fill(key.expose_mutable());
  const auto here = base::as_bytes("cards/1/customer a");
  const auto sealed = seal(key, base::as_bytes("number"), here, random);
  EXPECT_EQ(open(key, sealed, here).value().expose_text(), "number");
  EXPECT_FALSE(open(key, sealed, base::as_bytes("cards/1/customer b")).ok());
  EXPECT_NE(sealed, seal(key, base::as_bytes("number"), here, random));
  base::SecretBytes other(kAeadKeySize);
  EXPECT_FALSE(open(other, sealed, here).ok());
}

TEST(Aead, every_changed_byte_and_every_shorter_text_is_refused) {
  base::SeededRandom random(2);
  const base::SecretBytes key(kAeadKeySize);
  const auto sealed = seal(key, base::as_bytes("number"), {}, random);
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    auto changed = sealed;
    changed[i] ^= 1;
    EXPECT_FALSE(open(key, changed, {}).ok()) << i;
    EXPECT_FALSE(open(key, base::ByteView(sealed).first(i), {}).ok()) << i;
  }
}

}  // namespace
}  // namespace karv::crypto
