// What people hold: signatures, messages for one recipient, passphrases.
#include <array>

#include <gtest/gtest.h>

#include "crypto/ed25519.h"
#include "crypto/jwe.h"
#include "crypto/passphrase.h"

namespace karv::crypto {
namespace {

base::Bytes hex(std::string_view text) { return base::from_hex(text).value(); }

// RFC 8032 section 7.1, TEST 2.
TEST(Ed25519, matches_rfc_8032) {
  const auto seed = base::SecretBytes::copy_of(hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"));
  const auto public_key = ed25519_public_key(seed);
  EXPECT_EQ(base::to_hex(public_key), "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
  const auto signature = sign_ed25519(seed, hex("72"));
  EXPECT_EQ(base::to_hex(signature),
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
  EXPECT_TRUE(verifies_ed25519(public_key, hex("72"), signature));
}

TEST(Ed25519, nothing_else_is_a_signature) {
  base::SystemRandom random;
  const auto mine = make_ed25519_pair(random);
  const auto theirs = make_ed25519_pair(random);
  const auto signature = sign_ed25519(mine.seed, base::as_bytes("unseal"));
  EXPECT_FALSE(verifies_ed25519(mine.public_key, base::as_bytes("destroy"), signature));
  EXPECT_FALSE(verifies_ed25519(theirs.public_key, base::as_bytes("unseal"), signature));
  for (std::size_t i = 0; i < signature.size(); ++i) {
    auto changed = signature;
    changed[i] ^= 0x10;
    EXPECT_FALSE(verifies_ed25519(mine.public_key, base::as_bytes("unseal"), changed));
  }
  EXPECT_FALSE(verifies_ed25519(mine.public_key, base::as_bytes("unseal"), {}));
  EXPECT_FALSE(verifies_ed25519({}, base::as_bytes("unseal"), signature));
  EXPECT_FALSE(verifies_ed25519(base::Bytes(32, 0xff), base::as_bytes("unseal"), signature));
}

// RFC 7518 appendix C.
TEST(Jwe, the_content_key_is_derived_as_in_rfc_7518) {
  constexpr std::array<std::uint8_t, 32> kAgreed{158, 86,  217, 29,  129, 113, 53,  211, 114, 131, 66,
                                                 131, 191, 132, 38,  156, 251, 49,  110, 163, 218, 128,
                                                 106, 72,  246, 218, 167, 121, 140, 254, 144, 196};
  const auto key =
      concat_kdf(base::SecretBytes::copy_of(kAgreed), "A128GCM", base::as_bytes("Alice"), base::as_bytes("Bob"), 16);
  EXPECT_EQ(base::to_base64url(key.expose()), "VqqN6vgjbSBcIijNcacQGg");
}

TEST(Jwe, control_25_a_message_opens_for_its_recipient_only) {
  base::SystemRandom random;
  const auto anna = make_x25519_pair(random);
  const auto bela = make_x25519_pair(random);
  const auto message = encrypt_jwe(anna.public_key, base::as_bytes("a share"), random).value();
  EXPECT_EQ(decrypt_jwe(anna.private_key, message)->expose_text(), "a share");
  EXPECT_EQ(decrypt_jwe(bela.private_key, message).error().code(), base::ErrorCode::forbidden);
  EXPECT_NE(encrypt_jwe(anna.public_key, base::as_bytes("a share"), random).value(), message);
}

TEST(Jwe, changed_cut_and_foreign_messages_are_refused) {
  base::SystemRandom random;
  const auto anna = make_x25519_pair(random);
  const auto message = encrypt_jwe(anna.public_key, base::as_bytes("a share"), random).value();
  for (std::size_t i = 0; i < message.size(); ++i) {
    auto changed = message;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    if (const auto opened = decrypt_jwe(anna.private_key, changed); opened.ok())
      ADD_FAILURE() << "changed at " << i;  // no bit of it is without meaning
    EXPECT_FALSE(decrypt_jwe(anna.private_key, message.substr(0, i)).ok());
  }
  for (const char* text : {"", ".", "....", "a.b.c.d.e", ".....", "eyJhbGciOiJub25lIn0...."})
    EXPECT_EQ(decrypt_jwe(anna.private_key, text).error().code(), base::ErrorCode::bad_value);
  EXPECT_FALSE(encrypt_jwe({}, base::as_bytes("a share"), random).ok());
  EXPECT_FALSE(encrypt_jwe(base::Bytes(32, 0), base::as_bytes("a share"), random).ok());  // agrees on nothing
}

// RFC 7914 section 12.
TEST(Passphrase, matches_rfc_7914) {
  const auto out = scrypt_for_test(base::SecretBytes::copy_of(std::string_view("password")), base::as_bytes("NaCl"),
                                   1024, 8, 16, 64);
  EXPECT_EQ(base::to_hex(out.expose()),
            "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
            "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640");
}

TEST(Passphrase, another_salt_or_passphrase_gives_another_key) {
  const auto key = [](std::string_view text, std::string_view salt) {
    return stretch_passphrase(base::SecretBytes::copy_of(text), base::as_bytes(salt));
  };
  const auto one = key("correct horse", "salt");
  EXPECT_TRUE(one == key("correct horse", "salt"));
  EXPECT_FALSE(one == key("correct horse", "tlas"));
  EXPECT_FALSE(one == key("correct house", "salt"));
}

}  // namespace
}  // namespace karv::crypto
