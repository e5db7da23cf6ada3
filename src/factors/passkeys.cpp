#include "factors/passkeys.h"

#include "base/secret.h"
#include "crypto/hash.h"
#include "factors/authenticator_data.h"
#include "factors/cbor.h"
#include "factors/client_data.h"

namespace karv::factors {
namespace {

using base::Result;

base::Error refused(std::string step) {
  return base::Error(base::ErrorCode::forbidden, base::PublicText("The passkey was not accepted."),
                     base::InternalDetail(std::move(step)))
      .with_reason("PASSKEY_REFUSED");
}
base::Error wrong(const char* step) { return base::internal_error(base::ErrorCode::bad_value, step); }

base::Bytes signed_bytes(base::ByteView authenticator_data, base::ByteView client_data) {
  base::Bytes out(authenticator_data.begin(), authenticator_data.end());
  const auto digest = crypto::sha256(client_data);
  out.insert(out.end(), digest.begin(), digest.end());
  return out;
}

Result<void> check_sizes(std::initializer_list<base::ByteView> fields) {
  for (const auto field : fields)
    if (field.empty() || field.size() > kLongestResponse) return wrong("a field is empty or too long");
  return {};
}

// What both ceremonies demand of the authenticator.
Result<void> check_authenticator(const Ceremony& ceremony, const AuthenticatorData& data) {
  const auto hash = crypto::sha256(base::as_bytes(ceremony.party.id));
  if (!base::equal_constant_time(data.rp_id_hash, hash)) return wrong("for another relying party");
  if (!data.user_present) return wrong("nobody was present");
  if (!data.user_verified) return wrong("the user was not verified");
  if (data.backed_up && !data.backup_eligible) return wrong("backed up but not eligible for it");
  if (ceremony.binding == Binding::device && data.backup_eligible) return wrong("not bound to a device");
  return {};
}

struct Attestation {
  std::string_view format;
  base::ByteView statement;  // one CBOR item
  base::ByteView authenticator_data;
};

Result<Attestation> read_attestation(base::ByteView bytes) {
  CborReader reader(bytes);
  KARV_TRY(const auto map, reader.next(CborKind::map));
  if (map.count != 3) return wrong("an attestation object of other members");
  Attestation out;
  for (std::uint64_t i = 0; i < map.count; ++i) {
    KARV_TRY(const auto name, reader.next(CborKind::text));
    const auto word = base::as_text(name.bytes);
    if (word == "fmt" && out.format.empty()) {
      KARV_TRY(const auto format, reader.next(CborKind::text));
      out.format = base::as_text(format.bytes);
    } else if (word == "authData" && out.authenticator_data.empty()) {
      KARV_TRY(const auto data, reader.next(CborKind::bytes));
      out.authenticator_data = data.bytes;
    } else if (word == "attStmt" && out.statement.empty()) {
      const auto before = reader.rest();
      KARV_TRY_VOID(reader.skip());
      out.statement = before.first(before.size() - reader.rest().size());
    } else {
      return wrong("an attestation object of other members");
    }
  }
  if (!reader.at_end()) return wrong("bytes after the attestation object");
  return out;
}

// {alg, sig}, signed by the new key itself. Anything more (a certificate chain) was not asked for.
Result<void> check_packed(const Attestation& attestation, const CoseKey& key, base::ByteView client_data) {
  CborReader reader(attestation.statement);
  KARV_TRY(const auto map, reader.next(CborKind::map));
  if (map.count != 2) return wrong("packed attestation that is not by the key itself");
  std::optional<std::int64_t> algorithm;
  base::ByteView signature;
  for (std::uint64_t i = 0; i < map.count; ++i) {
    KARV_TRY(const auto name, reader.next(CborKind::text));
    KARV_TRY(const auto value, reader.next());
    if (base::as_text(name.bytes) == "alg" && value.kind == CborKind::integer) algorithm = value.integer;
    if (base::as_text(name.bytes) == "sig" && value.kind == CborKind::bytes) signature = value.bytes;
  }
  if (algorithm != static_cast<std::int64_t>(key.algorithm)) return wrong("attested under another algorithm");
  if (!verifies(key, signed_bytes(attestation.authenticator_data, client_data), signature))
    return wrong("the attestation's signature");
  return {};
}

Result<void> check_attestation(const Attestation& attestation, const CoseKey& key, base::ByteView client_data) {
  if (attestation.format == "packed") return check_packed(attestation, key, client_data);
  constexpr std::uint8_t kEmptyMap = 0xa0;
  if (attestation.format == "none" && attestation.statement.size() == 1 && attestation.statement.front() == kEmptyMap)
    return {};
  return wrong("attestation of a form that was not asked for");
}

Result<Passkey> registered(const Ceremony& ceremony, const RegistrationResponse& response) {
  KARV_TRY_VOID(check_sizes({response.client_data, response.attestation}));
  KARV_TRY_VOID(check_client_data(ceremony, "webauthn.create", response.client_data));
  KARV_TRY(const auto attestation, read_attestation(response.attestation));
  KARV_TRY(auto data, read_authenticator_data(attestation.authenticator_data));
  KARV_TRY_VOID(check_authenticator(ceremony, data));
  if (!data.credential) return wrong("no credential");
  KARV_TRY_VOID(check_attestation(attestation, data.credential->key, response.client_data));
  return Passkey{.id = std::move(data.credential->id),
                 .public_key = std::move(data.credential->public_key),
                 .sign_count = data.sign_count,
                 .backup_eligible = data.backup_eligible};
}

Result<Passkey> asserted(const Ceremony& ceremony, const Passkey& stored, base::ByteView user_handle,
                         const AssertionResponse& response) {
  KARV_TRY_VOID(
      check_sizes({response.credential_id, response.client_data, response.authenticator_data, response.signature}));
  if (!base::equal_constant_time(response.credential_id, stored.id)) return wrong("another passkey");
  if (response.user_handle && !base::equal_constant_time(*response.user_handle, user_handle))
    return wrong("somebody else's passkey");
  KARV_TRY_VOID(check_client_data(ceremony, "webauthn.get", response.client_data));
  KARV_TRY(const auto data, read_authenticator_data(response.authenticator_data));
  KARV_TRY_VOID(check_authenticator(ceremony, data));
  if (data.credential) return wrong("a new credential in a signature");
  if (data.backup_eligible != stored.backup_eligible) return wrong("its binding to a device changed");
  KARV_TRY(const auto read, read_cose_key(stored.public_key));
  if (!verifies(read.key, signed_bytes(response.authenticator_data, response.client_data), response.signature))
    return wrong("the signature");
  if ((data.sign_count != 0 || stored.sign_count != 0) && data.sign_count <= stored.sign_count)
    return wrong("the counter did not grow");
  auto after = stored;
  after.sign_count = data.sign_count;
  return after;
}

}  // namespace

Result<Passkey> verify_registration(const Ceremony& ceremony, const RegistrationResponse& response) {
  auto passkey = registered(ceremony, response);
  if (!passkey.ok()) return refused(passkey.error().internal_text());
  return passkey;
}

Result<Passkey> verify_assertion(const Ceremony& ceremony, const Passkey& stored, base::ByteView user_handle,
                                 const AssertionResponse& response) {
  auto passkey = asserted(ceremony, stored, user_handle, response);
  if (!passkey.ok()) return refused(passkey.error().internal_text());
  return passkey;
}

}  // namespace karv::factors
