#include "vault_api/erasure.h"

#include <gtest/gtest.h>

#include "crypto/ed25519.h"

namespace karv::vault_api {
namespace {

class ErasureProofTest : public ::testing::Test {
 protected:
  static ErasureProof example() {
    ErasureProof proof;
    proof.record.erasure = *ErasureId::parse("0190a1b2-c3d4-7000-8000-000000000001");
    proof.record.request = *ErasureRequestId::parse("0190a1b2-c3d4-7000-8000-000000000002");
    proof.record.tenant = "karv-server";
    proof.record.subject = erased_subject("karv-server", *CustomerRef::parse("0190a1b2-c3d4-7000-8000-00000000000a"));
    proof.record.erased_at = 1'764'385'200'000;
    proof.record.keys = {{.key = *ErasedKeyId::parse("0190a1b2-c3d4-7000-8000-000000000003"), .version = 1}};
    proof.record.removed = {{.what = "cards", .rows = 2}};
    proof.journal = *ErasureJournalId::parse("0190a1b2-c3d4-7000-8000-000000000004");
    proof.position = 7;
    return proof;
  }
  base::SystemRandom random;
  crypto::Ed25519Pair pair = crypto::make_ed25519_pair(random);
  ProofKeyId id = *ProofKeyId::parse("0190a1b2-c3d4-7000-8000-000000000005");
  ProofKeys keys{.keys = {proof_key_of(id, pair.public_key)}};
  std::string jws = sign_erasure_proof(example(), id, pair.seed);
};

TEST_F(ErasureProofTest, a_signed_proof_verifies_and_says_what_was_signed) {
  const auto proof = verify_erasure_proof(jws, keys);
  ASSERT_TRUE(proof.ok()) << proof.error().internal_text();
  EXPECT_EQ(proof->record.keys.front().key, example().record.keys.front().key);
  EXPECT_EQ(proof->record.removed.front().rows, 2);
  EXPECT_EQ(proof->position, 7);
  EXPECT_EQ(proof->record.subject, example().record.subject);
  EXPECT_EQ(sign_erasure_proof(example(), id, pair.seed), jws);
}

TEST_F(ErasureProofTest, a_proof_with_any_byte_changed_does_not_verify) {
  for (std::size_t i = 0; i < jws.size(); ++i)
    for (const char other : {'A', 'z', '.', '\0'}) {
      if (jws[i] == other) continue;
      auto changed = jws;
      changed[i] = other;
      EXPECT_FALSE(verify_erasure_proof(changed, keys).ok()) << "byte " << i;
    }
}

TEST_F(ErasureProofTest, a_proof_that_is_cut_doubled_or_none_does_not_verify) {
  for (std::size_t size = 0; size < jws.size(); ++size)
    EXPECT_FALSE(verify_erasure_proof(jws.substr(0, size), keys).ok());
  for (const auto& text : {jws + jws, jws + ".", "." + jws, jws + "\n", std::string("..."), std::string(2 << 20, '.')})
    EXPECT_FALSE(verify_erasure_proof(text, keys).ok());
}

TEST_F(ErasureProofTest, a_proof_by_another_key_or_without_an_algorithm_does_not_verify) {
  const auto other = crypto::make_ed25519_pair(random);
  EXPECT_EQ(verify_erasure_proof(sign_erasure_proof(example(), id, other.seed), keys).error().code(),
            base::ErrorCode::forbidden);
  EXPECT_EQ(verify_erasure_proof(jws, {}).error().code(), base::ErrorCode::not_found);
  const auto head = [&](std::string_view text) {
    return base::to_base64url(base::as_bytes(text)) + jws.substr(jws.find('.'));
  };
  EXPECT_FALSE(
      verify_erasure_proof(head(R"({"alg":"none","kid":")" + id.text() + R"(","typ":"karv-erasure-1+jws"})"), keys)
          .ok());
  EXPECT_FALSE(verify_erasure_proof(head(R"({"alg":"EdDSA","kid":")" + id.text() + R"(","typ":"JWT"})"), keys).ok());
  auto wrong_kind = keys;
  wrong_kind.keys.front().crv = "X25519";
  EXPECT_FALSE(verify_erasure_proof(jws, wrong_kind).ok());
}

TEST_F(ErasureProofTest, a_customer_is_named_by_tenant_and_id_together) {
  const auto customer = *CustomerRef::parse("0190a1b2-c3d4-7000-8000-00000000000a");
  const auto another = *CustomerRef::parse("0190a1b2-c3d4-7000-8000-00000000000b");
  EXPECT_NE(erased_subject("a", customer), erased_subject("b", customer));
  EXPECT_NE(erased_subject("a", customer), erased_subject("a", another));
  EXPECT_EQ(erased_subject("a", customer).find(customer.text()), std::string::npos);
}

}  // namespace
}  // namespace karv::vault_api
