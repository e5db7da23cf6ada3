// Forgetting a customer in the vault, and the proof of it: the messages of the private channel, and what anybody with
// the vault's public keys can check afterwards, without the vault.
//
// A proof is a JWS in compact form (RFC 7515) by an Ed25519 key (RFC 8037) over ErasureProof as JSON. It names the
// customer by a digest that whoever knows the customer's id can make again, and nobody else.
// Used by the vault (making), karv-server and `karv vault proof verify` (checking). Units: times in milliseconds since
// 1970.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "base/bytes.h"
#include "base/id.h"
#include "base/result.h"
#include "base/secret.h"
#include "vault_api/messages.h"
#include "vault_api/server_keys.h"

namespace karv::vault_api {

struct ErasureTag;
struct ErasureRequestTag;
struct ErasureJournalTag;
struct ProofKeyTag;
struct ErasedKeyTag;
using ErasureId = base::Id<ErasureTag>;
using ErasureRequestId = base::Id<ErasureRequestTag>;  // the caller's
using ErasureJournalId = base::Id<ErasureJournalTag>;
using ProofKeyId = base::Id<ProofKeyTag>;
using ErasedKeyId = base::Id<ErasedKeyTag>;

//   data_subject_request  GDPR article 17
//   retention_ended       nothing obliges or allows us to keep it any longer
//   legal_order           a court or an authority
//   security_incident     the data is in danger
BOOST_DEFINE_ENUM_CLASS(ErasureReason, data_subject_request, retention_ended, legal_order, security_incident)

struct ErasureAnswer {
  ErasureId erasure;
  std::int64_t erased_at = 0;
  std::string proof;
};
BOOST_DESCRIBE_STRUCT(ErasureAnswer, (), (erasure, erased_at, proof))

// Erases a customer of the caller's. Saying it again answers the same proof; a customer of whom there is nothing is
// erased all the same. `force`: why it cannot wait, in 1 to 200 bytes, for the audit log; then only refunds,
// payouts and questions that are under way are waited for. `server_keys`: those of the server's own keys that seal what
// it has of the customer, at most kMostServerKeys (more of them: another request); none of them opens ever again.
// Errors: 400 BAD_VALUE (also: the id is a merchant's; too many keys), 409 OPERATIONS_OPEN (later), 409 REFUND_WINDOW
// (later, or by force), 409 IDEMPOTENCY_CONFLICT (also: a key that the first request did not name), 503
// ERASURE_NOT_JOURNALED (the same again: it may have been erased, but is not proven yet).
struct ErasureRequest {
  using Answer = ErasureAnswer;
  static constexpr std::string_view kPath = "/private/v1/erasures";
  ErasureRequestId request;
  CustomerRef customer;
  ErasureReason reason = ErasureReason::data_subject_request;
  std::optional<std::string> force = {};
  std::optional<std::vector<ServerKeyId>> server_keys = {};
};
BOOST_DESCRIBE_STRUCT(ErasureRequest, (), (request, customer, reason, force, server_keys))

struct ErasedKey {
  ErasedKeyId key;
  std::int64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(ErasedKey, (), (key, version))

struct RemovedRows {
  std::string what;  // "cards", "vault_tokens", ...
  std::int64_t rows = 0;
};
BOOST_DESCRIBE_STRUCT(RemovedRows, (), (what, rows))

// One erasure as the vault's store, its journal and the proof hold it. No personal data, no customer's id.
struct ErasureRecord {
  ErasureId erasure;
  ErasureRequestId request;
  std::string tenant;   // the server's certificate name
  std::string subject;  // erased_subject()
  ErasureReason reason = ErasureReason::data_subject_request;
  bool forced = false;
  std::int64_t erased_at = 0;
  std::vector<ErasedKey> keys;                               // destroyed, with everything that they sealed in any copy
  std::vector<RemovedRows> removed;                          // from the live store
  std::optional<std::vector<ServerKeyId>> server_keys = {};  // in order, each once; none when no key was named
};
BOOST_DESCRIBE_STRUCT(ErasureRecord, (),
                      (erasure, request, tenant, subject, reason, forced, erased_at, keys, removed, server_keys))

// `position`: in the journal that keeps a restored store from knowing the customer again.
struct ErasureProof {
  ErasureRecord record;
  ErasureJournalId journal;
  std::int64_t position = 0;
};
BOOST_DESCRIBE_STRUCT(ErasureProof, (), (record, journal, position))

// A public key of proofs, as a JWK. Source: RFC 7517, RFC 8037.
struct ProofKey {
  std::string kty = "OKP";
  std::string crv = "Ed25519";
  std::string kid;
  std::string x;
};
BOOST_DESCRIBE_STRUCT(ProofKey, (), (kty, crv, kid, x))
struct ProofKeys {
  std::vector<ProofKey> keys;
};
BOOST_DESCRIBE_STRUCT(ProofKeys, (), (keys))

inline constexpr std::string_view kProofKeysPath = "/private/v1/erasures/keys";
inline constexpr std::string_view kAdminProofKeysPath = "/admin/v1/erasures/keys";

// How a proof names a customer: SHA-256 over tenant and id, in hexadecimal.
std::string erased_subject(std::string_view tenant, CustomerRef customer);

ProofKey proof_key_of(ProofKeyId id, base::ByteView public_key);
// Pre: `seed` is an Ed25519 key.
std::string sign_erasure_proof(const ErasureProof& proof, ProofKeyId id, const base::SecretBytes& seed);
// Errors: bad_value (no proof of this kind), not_found (by a key that is not among `keys`), forbidden (changed, or
// never signed).
base::Result<ErasureProof> verify_erasure_proof(std::string_view jws, const ProofKeys& keys);

}  // namespace karv::vault_api
