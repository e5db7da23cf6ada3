#include "factors/passkeys.h"

#include <gtest/gtest.h>

#include "crypto/signature.h"
#include "factors/authenticator_data.h"
#include "factors/test_support.h"

namespace karv::factors {
namespace {

using testing::append;
using testing::bytes;
using testing::integer;
using testing::map;
using testing::Moment;
using testing::TestAuthenticator;
using testing::text;

base::Bytes hex(std::string_view digits) { return *base::from_hex(digits); }

// What stands behind "authData" and its two bytes of length, at the end of an attestation object.
base::Bytes authenticator_data_in(const base::Bytes& attestation) {
  const auto text = base::as_text(attestation);
  return {attestation.begin() + static_cast<std::ptrdiff_t>(text.find("authData") + 8 + 2), attestation.end()};
}

class PasskeysTest : public ::testing::Test {
 protected:
  Ceremony ceremony(Binding binding = Binding::device) const { return {party, challenge, binding}; }
  Passkey registered() { return verify_registration(ceremony(), key.create(key.creating(party), challenge)).value(); }
  // Which step refused it; empty when it was accepted.
  template <class Result>
  std::string step(const Result& result) {
    if (result.ok()) return "";
    EXPECT_EQ(result.error().reason(), "PASSKEY_REFUSED");
    EXPECT_EQ(result.error().public_text(), "The passkey was not accepted.");
    return result.error().internal_text();
  }
  std::string creating(const Moment& moment) {
    return step(verify_registration(ceremony(), key.create(moment, challenge)));
  }
  std::string signing(const Passkey& stored, const Moment& moment) {
    return step(verify_assertion(ceremony(), stored, handle, key.sign(moment, challenge)));
  }

  base::SystemRandom random;
  RelyingParty party{.id = "vault.example", .origin = "https://vault.example:8445"};
  base::Bytes challenge = crypto::sha256(base::as_bytes("a challenge"));
  base::Bytes handle = base::Bytes(16, 7);
  TestAuthenticator key{random};
};

TEST_F(PasskeysTest, a_passkey_registers_and_signs_with_each_algorithm) {
  for (const auto makes : {TestAuthenticator::Makes::es256, TestAuthenticator::Makes::eddsa}) {
    TestAuthenticator authenticator(random, makes);
    auto stored =
        verify_registration(ceremony(), authenticator.create(authenticator.creating(party), challenge)).value();
    EXPECT_EQ(stored.id, authenticator.id);
    EXPECT_EQ(stored.public_key, authenticator.public_key());
    for (std::uint32_t i = 1; i <= 3; ++i) {
      auto response = authenticator.sign(authenticator.signing(party), challenge);
      response.user_handle = handle;
      stored = verify_assertion(ceremony(), stored, handle, response).value();
      EXPECT_EQ(stored.sign_count, i);
    }
  }
}

TEST_F(PasskeysTest, every_wrong_word_of_the_browser_is_refused) {
  const auto stored = registered();
  const auto with = [&](auto change) {
    auto moment = key.signing(party);
    change(moment);
    return signing(stored, moment);
  };
  EXPECT_EQ(with([](Moment&) {}), "");
  EXPECT_EQ(with([](Moment& m) { m.type = "webauthn.create"; }), "client data: another type of ceremony");
  EXPECT_EQ(with([](Moment& m) { m.type = "payment.get"; }), "client data: another type of ceremony");
  for (const char* origin : {"https://vault.example", "https://vault.example:8445/", "http://vault.example:8445",
                             "https://evil.example", "https://vault.example:8445.evil.example", "null", ""})
    EXPECT_EQ(with([&](Moment& m) { m.origin = origin; }), "client data: another origin") << origin;
  for (const char* framed : {R"(,"crossOrigin":true)", R"(,"topOrigin":"https://shop.example")",
                             R"(,"crossOrigin":true,"topOrigin":"https://shop.example")"})
    EXPECT_EQ(with([&](Moment& m) { m.more = framed; }), "client data: in a frame of another origin") << framed;
  EXPECT_EQ(with([](Moment& m) { m.more = R"(,"crossOrigin":false,"extraData":{"a":[1.5]})"; }), "");
  // The same member twice, and what is no JSON at all.
  EXPECT_EQ(with([](Moment& m) { m.more = R"(,"origin":"https://vault.example:8445")"; }),
            "client data: not what a browser says");
  EXPECT_EQ(with([](Moment& m) { m.more = R"(,"crossOrigin":"true")"; }), "client data: not what a browser says");
  EXPECT_EQ(with([](Moment& m) { m.more = "}{"; }), "client data: not what a browser says");
  EXPECT_NE(with([](Moment& m) { m.more = ",\"x\":\"" + std::string(kLongestResponse, 'x') + '"'; }), "");
}

TEST_F(PasskeysTest, a_frame_is_allowed_in_the_pages_that_are_named_and_in_no_other) {
  party.top_origins = {"https://console.example"};
  const auto stored = registered();
  auto moment = key.signing(party);
  moment.more = R"(,"crossOrigin":true,"topOrigin":"https://console.example")";
  EXPECT_EQ(signing(stored, moment), "");
  moment = key.signing(party);
  moment.more = R"(,"crossOrigin":true,"topOrigin":"https://shop.example")";
  EXPECT_EQ(signing(stored, moment), "client data: in a frame of another origin");
  moment = key.signing(party);
  moment.more = R"(,"crossOrigin":true)";
  EXPECT_EQ(signing(stored, moment), "client data: in a frame of another origin");
}

TEST_F(PasskeysTest, another_challenge_is_refused_and_so_is_none) {
  const auto stored = registered();
  auto other = challenge;
  other.back() ^= 1;
  for (const auto& signed_one : {other, base::Bytes(challenge.begin(), challenge.end() - 1), base::Bytes()})
    EXPECT_EQ(step(verify_assertion(ceremony(), stored, handle, key.sign(key.signing(party), signed_one))),
              "client data: another challenge");
  challenge.clear();
  EXPECT_EQ(signing(stored, key.signing(party)), "client data: another challenge");
}

TEST_F(PasskeysTest, control_61_every_wrong_word_of_the_authenticator_is_refused_in_both_ceremonies) {
  const auto stored = registered();
  struct Case {
    std::uint8_t flags;
    const char* step;
  };
  for (const auto& [flags, expected] :
       {Case{0x04, "nobody was present"}, Case{0x01, "the user was not verified"}, Case{0x00, "nobody was present"},
        Case{0x0d, "not bound to a device"}, Case{0x1d, "not bound to a device"},
        Case{0x15, "backed up but not eligible for it"}}) {
    auto moment = key.signing(party);
    moment.flags = flags;
    EXPECT_EQ(signing(stored, moment), expected);
    moment = key.creating(party);
    moment.flags = flags;
    EXPECT_EQ(creating(moment), expected);
  }
  for (const char* rp_id : {"example", "evil.example", "vault.example:8445", ""}) {
    auto moment = key.signing(party);
    moment.rp_id = rp_id;
    EXPECT_EQ(signing(stored, moment), "for another relying party") << rp_id;
    moment = key.creating(party);
    moment.rp_id = rp_id;
    EXPECT_EQ(creating(moment), "for another relying party") << rp_id;
  }
}

TEST_F(PasskeysTest, a_synced_passkey_is_accepted_where_devices_do_not_matter_and_stays_what_it_is) {
  auto moment = key.creating(party);
  moment.flags = 0x1d;
  const auto stored = verify_registration(ceremony(Binding::any), key.create(moment, challenge)).value();
  EXPECT_TRUE(stored.backup_eligible);
  moment = key.signing(party);
  moment.flags = 0x0d;
  EXPECT_TRUE(verify_assertion(ceremony(Binding::any), stored, handle, key.sign(moment, challenge)).ok());
  EXPECT_EQ(step(verify_assertion(ceremony(Binding::any), stored, handle, key.sign(key.signing(party), challenge))),
            "its binding to a device changed");
}

TEST_F(PasskeysTest, a_counter_that_does_not_grow_is_refused_and_a_key_that_never_counts_is_not) {
  auto stored = registered();
  auto moment = key.signing(party);
  moment.sign_count = 5;
  const auto five = key.sign(moment, challenge);
  stored = verify_assertion(ceremony(), stored, handle, five).value();
  EXPECT_EQ(step(verify_assertion(ceremony(), stored, handle, five)), "the counter did not grow");
  for (const std::uint32_t count : {0U, 4U, 5U}) {
    moment.sign_count = count;
    EXPECT_EQ(signing(stored, moment), "the counter did not grow") << count;
  }
  moment.sign_count = 0xffffffffU;
  EXPECT_EQ(signing(stored, moment), "");
  key.count = 0;
  stored = registered();
  moment.sign_count = 0;
  EXPECT_EQ(signing(stored, moment), "");
  EXPECT_EQ(signing(stored, moment), "");
}

TEST_F(PasskeysTest, anothers_passkey_handle_signature_or_message_is_refused) {
  const auto stored = registered();
  TestAuthenticator other(random);
  EXPECT_EQ(step(verify_assertion(ceremony(), stored, handle, other.sign(other.signing(party), challenge))),
            "another passkey");
  other.id = key.id;
  EXPECT_EQ(step(verify_assertion(ceremony(), stored, handle, other.sign(other.signing(party), challenge))),
            "the signature");
  const auto good = key.sign(key.signing(party), challenge);
  auto changed = good;
  changed.user_handle = base::Bytes(16, 8);
  EXPECT_EQ(step(verify_assertion(ceremony(), stored, handle, changed)), "somebody else's passkey");
  for (std::size_t i = 0; i < good.signature.size(); ++i) {
    changed = good;
    changed.signature[i] ^= 0x01;
    EXPECT_EQ(step(verify_assertion(ceremony(), stored, handle, changed)), "the signature") << i;
  }
  changed = good;
  changed.authenticator_data[36] ^= 0x40;  // the counter alone
  EXPECT_EQ(step(verify_assertion(ceremony(), stored, handle, changed)), "the signature");
  changed = good;
  changed.client_data.insert(changed.client_data.begin() + 1, ' ');
  EXPECT_EQ(step(verify_assertion(ceremony(), stored, handle, changed)), "the signature");
  for (const std::size_t size : {std::size_t{0}, kLongestResponse + 1}) {
    changed = good;
    changed.signature.assign(size, 0);
    EXPECT_EQ(step(verify_assertion(ceremony(), stored, handle, changed)), "a field is empty or too long");
  }
}

TEST_F(PasskeysTest, an_assertion_that_was_accepted_is_never_a_registration_and_the_other_way_round) {
  const auto stored = registered();
  auto creation = key.create(key.creating(party), challenge);
  const auto data = authenticator_data_in(creation.attestation);
  AssertionResponse response{.credential_id = key.id,
                             .client_data = key.client_data(key.signing(party), challenge),
                             .authenticator_data = data,
                             .signature = {}};
  response.signature = key.signature_over(response.authenticator_data, response.client_data);
  EXPECT_EQ(step(verify_assertion(ceremony(), stored, handle, response)), "a new credential in a signature");
  creation.attestation =
      TestAuthenticator::attestation("none", map({}), TestAuthenticator::authenticator_data(key.creating(party)));
  EXPECT_EQ(step(verify_registration(ceremony(), creation)), "no credential");
}

// --- attestation ---

class AttestationTest : public PasskeysTest {
 protected:
  AttestationTest() { data = authenticator_data_in(good.attestation); }
  std::string with(std::string_view format, const base::Bytes& statement) {
    return with(TestAuthenticator::attestation(format, statement, data));
  }
  std::string with(base::Bytes attestation) {
    return step(
        verify_registration(ceremony(), {.client_data = good.client_data, .attestation = std::move(attestation)}));
  }
  RegistrationResponse good = key.create(key.creating(party), challenge);
  base::Bytes data;
};

TEST_F(AttestationTest, none_and_the_keys_own_are_accepted_and_nothing_else) {
  const auto signature = key.signature_over(data, good.client_data);
  EXPECT_EQ(with("none", map({})), "");
  EXPECT_EQ(with("packed", map({{text("alg"), integer(-7)}, {text("sig"), bytes(signature)}})), "");
  EXPECT_EQ(with("packed", map({{text("alg"), integer(-8)}, {text("sig"), bytes(signature)}})),
            "attested under another algorithm");
  auto other = signature;
  other.back() ^= 1;
  EXPECT_EQ(with("packed", map({{text("alg"), integer(-7)}, {text("sig"), bytes(other)}})),
            "the attestation's signature");
  EXPECT_EQ(with("packed", map({{text("alg"), integer(-7)}, {text("sig"), text("x")}})), "the attestation's signature");
  EXPECT_EQ(with("packed", map({{text("alg"), integer(-7)}, {text("sig"), bytes(signature)}, {text("x5c"), map({})}})),
            "packed attestation that is not by the key itself");
  EXPECT_EQ(with("packed", map({})), "packed attestation that is not by the key itself");
  EXPECT_EQ(with("none", map({{text("alg"), integer(-7)}})), "attestation of a form that was not asked for");
  for (const char* format : {"fido-u2f", "tpm", "android-key", "apple", "", "NONE"})
    EXPECT_EQ(with(format, map({})), "attestation of a form that was not asked for") << format;
}

TEST_F(AttestationTest, an_object_that_is_cut_off_anywhere_or_longer_is_refused) {
  for (std::size_t size = 0; size < good.attestation.size(); ++size)
    EXPECT_NE(with(base::Bytes(good.attestation.begin(), good.attestation.begin() + static_cast<std::ptrdiff_t>(size))),
              "");
  auto longer = good.attestation;
  longer.push_back(0);
  EXPECT_EQ(with(longer), "bytes after the attestation object");
  EXPECT_EQ(with(base::Bytes(kLongestResponse + 1, 0xa0)), "a field is empty or too long");
}

TEST_F(AttestationTest, members_twice_missing_or_unknown_are_refused) {
  using Pair = std::pair<base::Bytes, base::Bytes>;
  const Pair fmt{text("fmt"), text("none")};
  const Pair statement{text("attStmt"), map({})};
  const Pair auth{text("authData"), bytes(data)};
  EXPECT_EQ(with(map({auth, statement, fmt})), "");  // browsers do not all sort them
  for (const auto& wrong : {map({fmt, statement}), map({fmt, statement, auth, auth}), map({fmt, fmt, auth}),
                            map({fmt, statement, {text("authdata"), bytes(data)}}), map({auth, auth, fmt})})
    EXPECT_EQ(with(wrong), "an attestation object of other members");
  EXPECT_EQ(with(map({fmt, statement, {text("authData"), text("x")}})), "CBOR: an item of another kind");
}

TEST_F(AttestationTest, lengths_that_are_open_too_large_or_not_the_shortest_are_refused) {
  const auto after = [&](base::Bytes head) {
    head.insert(head.end(), good.attestation.begin() + 1, good.attestation.end());
    return with(head);
  };
  EXPECT_EQ(after({0xa3}), "");
  EXPECT_NE(after({0xbf}), "");                                                         // open
  EXPECT_NE(after({0xb8, 0x03}), "");                                                   // 3 in two bytes
  EXPECT_NE(after({0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}), "");         // 2^64-1 pairs
  EXPECT_NE(after({0xc1, 0xa3}), "");                                                   // a tag
  EXPECT_NE(with("none", {0xbf, 0xff}), "");                                            // an open map
  EXPECT_NE(with("none", {0x5b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}), "");  // more bytes than there are
  EXPECT_NE(with("none", {0x9a, 0x00, 0x10, 0x00, 0x00}), "");                          // a million items
  EXPECT_NE(with("none", {0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0xa0}), "");              // deep
  EXPECT_NE(with("none", {0xf9, 0x3c, 0x00}), "");                                      // a float
}

// --- authenticator data and keys ---

TEST_F(AttestationTest, authenticator_data_is_refused_when_it_is_cut_off_or_longer) {
  for (std::size_t size = 0; size < data.size(); ++size)
    EXPECT_FALSE(read_authenticator_data(base::ByteView(data).first(size)).ok()) << size;
  EXPECT_TRUE(read_authenticator_data(data).ok());
  auto longer = data;
  longer.push_back(0xa0);
  EXPECT_EQ(read_authenticator_data(longer).error().internal_text(), "authenticator data: bytes left over");
  longer[32] |= 0x80;  // announced: an empty map of extensions
  EXPECT_TRUE(read_authenticator_data(longer).ok());
  longer.back() = 0x80;  // a list
  EXPECT_FALSE(read_authenticator_data(longer).ok());
  data[53] = 0x04;  // a credential id of 1,056 bytes
  EXPECT_FALSE(read_authenticator_data(data).ok());
}

TEST_F(AttestationTest, keys_with_other_members_or_numbers_are_refused) {
  using Pairs = std::vector<std::pair<base::Bytes, base::Bytes>>;
  const auto x = base::Bytes(32, 1);
  const Pairs good_key{{integer(1), integer(2)},
                       {integer(3), integer(-7)},
                       {integer(-1), integer(1)},
                       {integer(-2), bytes(x)},
                       {integer(-3), bytes(x)}};
  EXPECT_TRUE(read_cose_key(map(good_key)).ok());
  for (std::size_t i = 0; i < good_key.size(); ++i) {
    Pairs less = good_key;
    less.erase(less.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_FALSE(read_cose_key(map(less)).ok()) << "without " << i;
    less.push_back(less.front());
    EXPECT_FALSE(read_cose_key(map(less)).ok()) << "one twice, without " << i;
    Pairs other = good_key;
    other[i].second = integer(99);
    EXPECT_FALSE(read_cose_key(map(other)).ok()) << "another " << i;
  }
  Pairs more = good_key;
  more.emplace_back(integer(4), integer(1));
  EXPECT_FALSE(read_cose_key(map(more)).ok());
  Pairs lengths = good_key;
  lengths[4].second = bytes(base::Bytes(33, 1));
  EXPECT_FALSE(read_cose_key(map(lengths)).ok());
  Pairs mixed = good_key;  // ES256's numbers under EdDSA's name
  mixed[1].second = integer(-8);
  EXPECT_FALSE(read_cose_key(map(mixed)).ok());
  // The right form, but no point of the curve: it verifies nothing.
  EXPECT_FALSE(verifies(read_cose_key(map(good_key))->key, x, key.signature_over(x, x)));
}

TEST_F(AttestationTest, rs256_verifies_and_short_or_odd_rsa_keys_are_refused) {
  const auto rsa = crypto::RsaKey::generate().value();
  auto pem = rsa.public_key().pem();
  std::erase(pem, '\n');
  const auto begin = pem.find("-----", 5) + 5;
  const auto der = *base::from_base64(std::string_view(pem).substr(begin, pem.rfind("-----END") - begin));
  const base::ByteView modulus = base::ByteView(der).subspan(33, 256);  // of a SubjectPublicKeyInfo with 2048 bits
  const auto encoded = [](base::ByteView n, base::ByteView e) {
    return map(
        {{integer(1), integer(3)}, {integer(3), integer(-257)}, {integer(-1), bytes(n)}, {integer(-2), bytes(e)}});
  };
  const base::Bytes exponent{1, 0, 1};
  const auto read = read_cose_key(encoded(modulus, exponent)).value();
  const auto message = base::as_bytes("a message");
  EXPECT_TRUE(verifies(read.key, message, rsa.sign(message).value()));
  EXPECT_FALSE(verifies(read.key, base::as_bytes("another"), rsa.sign(message).value()));
  EXPECT_FALSE(read_cose_key(encoded(modulus.first(128), exponent)).ok());
  EXPECT_FALSE(read_cose_key(encoded(base::Bytes(513, 0xff), exponent)).ok());
  EXPECT_FALSE(read_cose_key(encoded(base::Bytes(256, 0), exponent)).ok());
  for (const base::Bytes& e : {base::Bytes{}, base::Bytes{1}, base::Bytes{2}, base::Bytes(5, 1)})
    EXPECT_FALSE(read_cose_key(encoded(modulus, e)).ok());
}

// --- published vectors: WebAuthn Level 3, section 16 ---

TEST(PasskeyVectors, section_16_3_registers_by_its_own_signature) {
  const RelyingParty party{.id = "example.org", .origin = "https://example.org"};
  const auto challenge = hex("7869c2b772d4b58eba9378cf8f29e26cf935aa77df0da89fa99c0bdc0a76f7e5");
  RegistrationResponse response{
      .client_data = hex("7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a2265476e4374334c5"
                         "5745936366b336a50"
                         "6a796e6962506b31716e666644616966715a774c33417032392d55222c226f726967696e223a2268747470733a2f2"
                         "f6578616d706c652e"
                         "6f7267222c2263726f73734f726967696e223a66616c73652c22657874726144617461223a22636c69656e7444617"
                         "4614a534f4e206d61"
                         "7920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e207468652066757"
                         "47572652c20737563"
                         "6820617320746869733a205539685458764b453255526b4d6e625f307859485667227d"),
      .attestation = hex("a363666d74667061636b65646761747453746d74a263616c672663736967584630440220067a20754ab925005dbf3"
                         "78097c92120031581"
                         "c73228d1fb4f5b881bcd7da98302207fc7b147558c7c0eba3af18bd9d121fa3d3a26d17fe3f220272178f473b6006"
                         "d6861757468446174"
                         "6158a4bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b55d00000000df850e09db6af"
                         "bdfab51697791506c"
                         "fc0020455ef34e2043a87db3d4afeb39bbcb6cc32df9347c789a865ecdca129cbef58ca5010203262001215820eb1"
                         "51c8176b225cc6515"
                         "59fecf07af450fd85802046656b34c18f6cf193843c5225820927b8aa427a2be1b8834d233a2d34f61f13bfd44119"
                         "c325d5896e183fee4"
                         "84f2")};
  const auto passkey =
      verify_registration({.party = party, .challenge = challenge, .binding = Binding::any}, response).value();
  EXPECT_EQ(passkey.id, hex("455ef34e2043a87db3d4afeb39bbcb6cc32df9347c789a865ecdca129cbef58c"));
  EXPECT_EQ(verify_registration({.party = party, .challenge = challenge}, response).error().internal_text(),
            "not bound to a device");
  // Its assertion is by a user who was not verified, which we refuse; the signature is good all the same.
  AssertionResponse assertion{
      .credential_id = passkey.id,
      .client_data = hex("7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a225248696843784e534e493"
                         "352594d45314f7731"
                         "476d3132786e726b634a5f6666707637546e2d4a71386773222c226f726967696e223a2268747470733a2f2f65786"
                         "16d706c652e6f7267"
                         "222c2263726f73734f726967696e223a66616c73652c22657874726144617461223a22636c69656e74446174614a5"
                         "34f4e206d61792062"
                         "6520657874656e6465642077697468206164646974696f6e616c206669656c647320696e207468652066757475726"
                         "52c20737563682061"
                         "7320746869733a206754623533727a36456853576f6d58477a696d433151227d"),
      .authenticator_data = hex("bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b50900000000"),
      .signature = hex("304402203310b9431903c401f1be2bdc8d23a4007682dbbddcf846994947b7f465daf84002204e94dd00047b316061b"
                       "3b99772b7efd959"
                       "94a83ef584b3b6b825ea3550251b66")};
  const auto asked = hex("4478a10b1352348dd160c1353b0d469b5db19eb91c27f7dfa6fed39fe26af20b");
  EXPECT_EQ(verify_assertion({.party = party, .challenge = asked, .binding = Binding::any}, passkey, {}, assertion)
                .error()
                .internal_text(),
            "the user was not verified");
  auto message = assertion.authenticator_data;
  append(message, crypto::sha256(assertion.client_data));
  EXPECT_TRUE(verifies(read_cose_key(passkey.public_key)->key, message, assertion.signature));
}

}  // namespace
}  // namespace karv::factors
