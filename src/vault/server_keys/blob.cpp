#include "vault/server_keys/blob.h"

#include <span>

#include "base/check.h"
#include "crypto/aead.h"
#include "crypto/hash.h"

namespace karv::vault {
namespace {

constexpr std::uint8_t kFormat = 1;
constexpr std::size_t kIdSize = 16;
constexpr std::size_t kHeadSize = 1 + 2 * kIdSize;
constexpr std::size_t kSealedSize = crypto::kAeadNonceSize + crypto::kAeadKeySize + crypto::kAeadTagSize;
constexpr std::size_t kTextSize = (kHeadSize + kSealedSize) / 3 * 4;
static_assert((kHeadSize + kSealedSize) % 3 == 0);  // no character carries bits that nothing checks

base::SecretBytes wrapping_key(ServerKeyParents parents) {
  const auto info =
      crypto::framed({base::as_bytes("karv vault: keys of a tenant's server"), parents.tenant.row.tenant.view(),
                      parents.tenant.row.id.view(), parents.epoch.row.id.view()});
  return crypto::hkdf_sha256(parents.tenant.clear, parents.epoch.clear.expose(), info, crypto::kAeadKeySize);
}

base::Bytes place_of(ServerKeyParents parents, ServerKeyId id) {
  return crypto::framed({base::as_bytes("server_keys 1"), id.view(), parents.tenant.row.tenant.view(),
                         parents.tenant.row.id.view(), parents.epoch.row.id.view()});
}

}  // namespace

std::optional<ServerKeyBlob> parse_server_key_blob(std::string_view text) {
  if (text.size() != kTextSize) return std::nullopt;
  const auto bytes = base::from_base64url(text);
  if (!bytes || bytes->size() != kHeadSize + kSealedSize || bytes->front() != kFormat) return std::nullopt;
  const base::ByteView all(*bytes);
  const auto sealed = all.subspan(kHeadSize);
  return ServerKeyBlob{.tenant_key = KeyId::from_bytes(all.subspan(1, kIdSize)).value(),
                       .epoch_key = KeyId::from_bytes(all.subspan(1 + kIdSize, kIdSize)).value(),
                       .sealed = {sealed.begin(), sealed.end()}};
}

std::string wrap_server_key(ServerKeyParents parents, ServerKeyId id, const base::SecretBytes& clear,
                            base::Random& random) {
  KARV_REQUIRE(clear.size() == crypto::kAeadKeySize);
  base::Bytes out{kFormat};
  const auto add = [&out](base::ByteView bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); };
  add(parents.tenant.row.id.view());
  add(parents.epoch.row.id.view());
  add(crypto::seal(wrapping_key(parents), clear.expose(), place_of(parents, id), random));
  return base::to_base64url(out);
}

base::Result<base::SecretBytes> unwrap_server_key(ServerKeyParents parents, ServerKeyId id, const ServerKeyBlob& blob) {
  return crypto::open(wrapping_key(parents), blob.sealed, place_of(parents, id));
}

base::SecretBytes server_key_text(const base::SecretBytes& clear) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const auto bytes = clear.expose();
  base::SecretBytes text((bytes.size() * 8 + 5) / 6);
  const auto out = text.expose_mutable();
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::size_t byte = i * 6 / 8;
    const unsigned both = (unsigned{bytes[byte]} << 8) | (byte + 1 < bytes.size() ? unsigned{bytes[byte + 1]} : 0U);
    out[i] = static_cast<std::uint8_t>(kDigits[(both >> (10 - i * 6 % 8)) & 63U]);
  }
  return text;
}

}  // namespace karv::vault
