#include "vault/keys/wrapping.h"

#include "base/check.h"
#include "crypto/aead.h"
#include "crypto/hash.h"
#include "json/words.h"

namespace karv::vault {
namespace {

constexpr std::size_t kCheckValueSize = 8;

base::Bytes number_bytes(std::int64_t number) {
  base::Bytes out;
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(number >> shift));
  return out;
}

base::Bytes place_of(const StoredKey& row) {
  return crypto::framed({base::as_bytes("vault_keys"), row.id.view(), base::as_bytes(json::word(row.key_class)),
                         row.tenant.view(), number_bytes(row.version), row.parent.view(),
                         base::as_bytes(json::word(row.state)), row.check_value});
}

base::Bytes place_of(const StoredSubjectKey& row) {
  return crypto::framed({base::as_bytes("subject_keys"), row.id.view(), row.subject.view(), row.tenant.view(),
                         number_bytes(row.version), row.tenant_key.view(), row.epoch_key.view()});
}

base::Error altered(std::string what) {
  return base::internal_error(base::ErrorCode::internal, std::move(what)).with_reason("KEY_ALTERED");
}

// Wraps a tenant key's own children; subject keys have another one.
base::SecretBytes child_wrapping_key(const OpenKey& parent) {
  return crypto::hkdf_sha256(parent.clear, parent.row.id.view(), base::as_bytes("karv vault: keys of a tenant"),
                             crypto::kAeadKeySize);
}

}  // namespace

std::string hsm_label(const std::string& prefix, KeyClass key_class, KeyId id) {
  return prefix + "-" + std::string(json::word(key_class)) + "-" + id.text();
}

base::Bytes check_value_of(const base::SecretBytes& key) {
  auto digest = crypto::hmac_sha256(key, base::as_bytes("karv vault: key check value"));
  digest.resize(kCheckValueSize);
  return digest;
}

base::Result<void> wrap_key(HsmTools tools, const OpenKey* parent, OpenKey& key, base::Random& random) {
  const auto place = place_of(key.row);
  if (is_in_hsm(key.row.key_class)) {
    KARV_TRY(key.row.wrapped, tools.hsm.wrap(hsm_label(tools.prefix, key.row.key_class, key.row.id), key.clear, place));
    return {};
  }
  KARV_REQUIRE(parent != nullptr && parent->row.id == key.row.parent);
  if (parent->row.key_class == KeyClass::root) {
    KARV_TRY(key.row.wrapped,
             tools.hsm.wrap(hsm_label(tools.prefix, KeyClass::root, parent->row.id), key.clear, place));
  } else {
    key.row.wrapped = crypto::seal(child_wrapping_key(*parent), key.clear.expose(), place, random);
  }
  return {};
}

base::Result<OpenKey> unwrap_key(HsmTools tools, const OpenKey* parent, StoredKey row) {
  const auto place = place_of(row);
  const auto name = std::string(json::word(row.key_class)) + " key " + row.id.text();
  base::Result<base::SecretBytes> clear = base::SecretBytes();
  if (is_in_hsm(row.key_class)) {
    clear = tools.hsm.unwrap(hsm_label(tools.prefix, row.key_class, row.id), row.wrapped, place);
  } else if (parent == nullptr || parent->row.id != row.parent) {
    return altered(name + ": its parent is not there");
  } else if (parent->row.key_class == KeyClass::root) {
    clear = tools.hsm.unwrap(hsm_label(tools.prefix, KeyClass::root, parent->row.id), row.wrapped, place);
  } else {
    clear = crypto::open(child_wrapping_key(*parent), row.wrapped, place);
  }
  if (!clear.ok() && clear.error().code() == base::ErrorCode::unavailable) return std::move(clear).error();
  if (!clear.ok() && clear.error().code() == base::ErrorCode::not_found && row.key_class == KeyClass::epoch)
    return base::internal_error(base::ErrorCode::gone,
                                "the key epoch " + std::to_string(row.version) +
                                    " was destroyed: a store from before that can never be opened again")
        .with_reason("KEY_DESTROYED");
  if (!clear.ok()) return altered(name + ": " + clear.error().internal_text());
  if (clear->size() != crypto::kAeadKeySize || check_value_of(*clear) != row.check_value)
    return altered(name + ": it is another key");
  return OpenKey{.row = std::move(row), .clear = std::move(clear).value()};
}

base::SecretBytes subject_wrapping_key(const OpenKey& tenant, const OpenKey& epoch) {
  const auto info =
      crypto::framed({base::as_bytes("karv vault: subject keys"), tenant.row.id.view(), epoch.row.id.view()});
  return crypto::hkdf_sha256(tenant.clear, epoch.clear.expose(), info, crypto::kAeadKeySize);
}

base::Bytes wrap_subject_key(const base::SecretBytes& wrapping, const StoredSubjectKey& row,
                             const base::SecretBytes& clear, base::Random& random) {
  return crypto::seal(wrapping, clear.expose(), place_of(row), random);
}

base::Result<SubjectKey> unwrap_subject_key(const base::SecretBytes& wrapping, const StoredSubjectKey& row) {
  auto clear = crypto::open(wrapping, row.wrapped, place_of(row));
  if (!clear.ok() || clear->size() != crypto::kAeadKeySize)
    return altered("subject key " + row.id.text() + " does not unwrap");
  return SubjectKey{.id = row.id, .clear = std::move(clear).value()};
}

}  // namespace karv::vault
