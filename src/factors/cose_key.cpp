#include "factors/cose_key.h"

#include <optional>

#include "crypto/ed25519.h"
#include "crypto/es256.h"
#include "crypto/signature.h"
#include "factors/cbor.h"

namespace karv::factors {
namespace {

constexpr std::size_t kLongestModulus = 512;
constexpr std::size_t kLongestExponent = 4;

base::Error wrong_key(const char* what) {
  return base::internal_error(base::ErrorCode::bad_value, std::string("COSE key: ") + what);
}

// The five labels that the three kinds of key have between them.
struct Members {
  std::optional<std::int64_t> type, algorithm, curve;  // 1, 3, -1
  std::optional<base::ByteView> n, x, y;               // -1 of RSA, -2, -3
};

// False when the label is none of a key's, is there already, or has a value of another kind.
bool take(Members& members, std::int64_t label, const CborItem& value) {
  const auto once = [](auto& member, const auto& content) {
    const bool first = !member;
    member = content;
    return first;
  };
  const bool number = value.kind == CborKind::integer;
  const bool bytes = value.kind == CborKind::bytes;
  if (label == 1 && number) return once(members.type, value.integer);
  if (label == 3 && number) return once(members.algorithm, value.integer);
  if (label == -1 && number) return !members.n && once(members.curve, value.integer);
  if (label == -1 && bytes) return !members.curve && once(members.n, value.bytes);
  if (label == -2 && bytes) return once(members.x, value.bytes);
  if (label == -3 && bytes) return once(members.y, value.bytes);
  return false;
}

base::Bytes copy_of(base::ByteView bytes) { return {bytes.begin(), bytes.end()}; }

base::Result<CoseKey> key_of(const Members& m) {
  const auto is = [&](std::int64_t type, CoseAlgorithm algorithm, std::optional<std::int64_t> curve) {
    return m.type == type && m.algorithm == static_cast<std::int64_t>(algorithm) && m.curve == curve;
  };
  if (is(2, CoseAlgorithm::es256, 1) && m.x && m.y && m.x->size() == crypto::kP256CoordinateSize &&
      m.y->size() == crypto::kP256CoordinateSize)
    return CoseKey{.algorithm = CoseAlgorithm::es256, .first = copy_of(*m.x), .second = copy_of(*m.y)};
  if (is(1, CoseAlgorithm::eddsa, 6) && m.x && !m.y && m.x->size() == crypto::kEd25519KeySize)
    return CoseKey{.algorithm = CoseAlgorithm::eddsa, .first = copy_of(*m.x), .second = {}};
  if (is(3, CoseAlgorithm::rs256, std::nullopt) && m.n && m.x && !m.y && m.n->size() <= kLongestModulus &&
      !m.x->empty() && m.x->size() <= kLongestExponent && crypto::RsaPublicKey::from_numbers(*m.n, *m.x).ok())
    return CoseKey{.algorithm = CoseAlgorithm::rs256, .first = copy_of(*m.n), .second = copy_of(*m.x)};
  return wrong_key("not one of ES256, EdDSA, RS256 with what it needs");
}

}  // namespace

base::Result<ReadKey> read_cose_key(base::ByteView bytes) {
  CborReader reader(bytes);
  KARV_TRY(const auto map, reader.next(CborKind::map));
  if (map.count > 5) return wrong_key("members that no key needs");
  Members members;
  for (std::uint64_t i = 0; i < map.count; ++i) {
    KARV_TRY(const auto label, reader.next(CborKind::integer));
    KARV_TRY(const auto value, reader.next());
    if (!take(members, label.integer, value)) return wrong_key("a member that no key needs, or twice");
  }
  KARV_TRY(auto key, key_of(members));
  return ReadKey{.key = std::move(key), .size = bytes.size() - reader.rest().size()};
}

bool verifies(const CoseKey& key, base::ByteView message, base::ByteView signature) {
  switch (key.algorithm) {
    case CoseAlgorithm::es256:
      return crypto::verifies_es256({.x = key.first, .y = key.second}, message, signature);
    case CoseAlgorithm::eddsa:
      return crypto::verifies_ed25519(key.first, message, signature);
    case CoseAlgorithm::rs256: {
      const auto rsa = crypto::RsaPublicKey::from_numbers(key.first, key.second);
      return rsa.ok() && rsa->verifies(message, signature);
    }
  }
  return false;
}

}  // namespace karv::factors
