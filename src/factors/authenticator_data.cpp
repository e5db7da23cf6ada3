#include "factors/authenticator_data.h"

#include "factors/cbor.h"

namespace karv::factors {
namespace {

constexpr std::size_t kHashSize = 32;
constexpr std::size_t kFixedSize = kHashSize + 1 + 4;
constexpr std::size_t kAaguidSize = 16;
enum Flag : std::uint8_t { kUp = 0x01, kUv = 0x04, kBe = 0x08, kBs = 0x10, kAt = 0x40, kEd = 0x80 };

base::Error wrong(const char* what) {
  return base::internal_error(base::ErrorCode::bad_value, std::string("authenticator data: ") + what);
}

// Takes the credential from the front of `rest`.
base::Result<AttestedCredential> take_credential(base::ByteView& rest) {
  if (rest.size() < kAaguidSize + 2) return wrong("cut off in the credential");
  const std::size_t id_size = (static_cast<std::size_t>(rest[kAaguidSize]) << 8) | rest[kAaguidSize + 1];
  rest = rest.subspan(kAaguidSize + 2);
  if (id_size == 0 || id_size > kLongestCredentialId) return wrong("a credential id that is too long or empty");
  if (rest.size() < id_size) return wrong("cut off in the credential id");
  const auto id = rest.first(id_size);
  rest = rest.subspan(id_size);
  KARV_TRY(auto read, read_cose_key(rest));
  const auto key = rest.first(read.size);
  rest = rest.subspan(read.size);
  return AttestedCredential{
      .id = {id.begin(), id.end()}, .public_key = {key.begin(), key.end()}, .key = std::move(read.key)};
}

}  // namespace

base::Result<AuthenticatorData> read_authenticator_data(base::ByteView bytes) {
  if (bytes.size() < kFixedSize) return wrong("cut off");
  const std::uint8_t flags = bytes[kHashSize];
  AuthenticatorData out{.rp_id_hash = {bytes.begin(), bytes.begin() + kHashSize},
                        .user_present = (flags & kUp) != 0,
                        .user_verified = (flags & kUv) != 0,
                        .backup_eligible = (flags & kBe) != 0,
                        .backed_up = (flags & kBs) != 0,
                        .sign_count = 0,
                        .credential = std::nullopt};
  for (std::size_t i = kHashSize + 1; i < kFixedSize; ++i) out.sign_count = (out.sign_count << 8) | bytes[i];
  auto rest = bytes.subspan(kFixedSize);
  if ((flags & kAt) != 0) {
    KARV_TRY(out.credential, take_credential(rest));
  }
  if ((flags & kEd) != 0) {
    CborReader extensions(rest);
    KARV_TRY_VOID(CborReader(rest).next(CborKind::map));
    KARV_TRY_VOID(extensions.skip());
    rest = extensions.rest();
  }
  if (!rest.empty()) return wrong("bytes left over");
  return out;
}

}  // namespace karv::factors
