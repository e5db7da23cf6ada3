#include "vault_api/erasure.h"

#include <algorithm>

#include "crypto/ed25519.h"
#include "crypto/hash.h"
#include "json/decode.h"
#include "json/encode.h"

namespace karv::vault_api {
namespace {

constexpr std::string_view kAlgorithm = "EdDSA";
constexpr std::string_view kType = "karv-erasure-1+jws";
constexpr std::size_t kLargestProof = std::size_t{1} << 20;

struct Head {
  std::string alg;
  std::string kid;
  std::string typ;
};
BOOST_DESCRIBE_STRUCT(Head, (), (alg, kid, typ))

base::Error no_proof(const char* what) {
  return base::internal_error(base::ErrorCode::bad_value, std::string("this is no proof of an erasure: ") + what);
}

template <class T>
base::Result<T> part_of(std::string_view encoded, const char* what) {
  const auto bytes = base::from_base64url(encoded);
  if (!bytes) return no_proof(what);
  auto decoded = json::decode<T>(base::as_text(*bytes), json::kOwnChannel);
  if (!decoded.ok()) return no_proof(what);
  return decoded;
}

}  // namespace

std::string erased_subject(std::string_view tenant, CustomerRef customer) {
  return base::to_hex(crypto::sha256(
      crypto::framed({base::as_bytes("karv erased subject 1"), base::as_bytes(tenant), customer.view()})));
}

ProofKey proof_key_of(ProofKeyId id, base::ByteView public_key) {
  return {.kid = id.text(), .x = base::to_base64url(public_key)};
}

std::string sign_erasure_proof(const ErasureProof& proof, ProofKeyId id, const base::SecretBytes& seed) {
  const Head head{.alg = std::string(kAlgorithm), .kid = id.text(), .typ = std::string(kType)};
  std::string text = base::to_base64url(base::as_bytes(json::encode(head))) + "." +
                     base::to_base64url(base::as_bytes(json::encode(proof)));
  const auto signature = crypto::sign_ed25519(seed, base::as_bytes(text));
  return text + "." + base::to_base64url(signature);
}

base::Result<ErasureProof> verify_erasure_proof(std::string_view jws, const ProofKeys& keys) {
  const auto first = jws.find('.');
  const auto last = jws.rfind('.');
  if (jws.size() > kLargestProof || first == std::string_view::npos || first == last)
    return no_proof("it does not have three parts");
  KARV_TRY(const auto head, part_of<Head>(jws.substr(0, first), "its head cannot be read"));
  if (head.alg != kAlgorithm || head.typ != kType) return no_proof("its head names something else");
  const auto key = std::ranges::find(keys.keys, head.kid, &ProofKey::kid);
  if (key == keys.keys.end())
    return base::internal_error(base::ErrorCode::not_found,
                                "it is signed with a key that is not among those given: " + head.kid);
  const auto public_key = base::from_base64url(key->x);
  const auto signature = base::from_base64url(jws.substr(last + 1));
  if (key->kty != "OKP" || key->crv != "Ed25519" || !public_key || !signature ||
      !crypto::verifies_ed25519(*public_key, base::as_bytes(jws.substr(0, last)), *signature))
    return base::internal_error(base::ErrorCode::forbidden,
                                "the signature does not hold: it was changed, or the vault never signed it");
  return part_of<ErasureProof>(jws.substr(first + 1, last - first - 1), "its content cannot be read");
}

}  // namespace karv::vault_api
