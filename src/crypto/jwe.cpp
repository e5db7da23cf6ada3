#include "crypto/jwe.h"

#include <array>
#include <vector>

#include "base/check.h"
#include "crypto/aead.h"
#include "crypto/openssl.h"

namespace karv::crypto {
namespace {

constexpr std::string_view kAlgorithm = "A256GCM";
constexpr std::string_view kHeadBegin = R"({"alg":"ECDH-ES","enc":"A256GCM","epk":{"crv":"X25519","kty":"OKP","x":")";
constexpr std::string_view kHeadEnd = R"("}})";

void append_number(base::Bytes& out, std::size_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(number >> shift));
}
void append_with_size(base::Bytes& out, base::ByteView bytes) {
  append_number(out, bytes.size());
  out.insert(out.end(), bytes.begin(), bytes.end());
}

openssl::Key private_key_of(const base::SecretBytes& bytes) {
  KARV_REQUIRE(bytes.size() == kX25519KeySize);
  openssl::Key key(EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nullptr, bytes.expose().data(), bytes.size()));
  KARV_CHECK(key != nullptr);
  return key;
}

// Errors: bad_value: no key, or one of the few points with which nothing is agreed.
base::Result<base::SecretBytes> agree(const base::SecretBytes& own, base::ByteView peer) {
  const auto refused = [] {
    (void)openssl::failure("agreeing on a key");
    return base::internal_error(base::ErrorCode::bad_value, "not a public key");
  };
  if (peer.size() != kX25519KeySize) return refused();
  const openssl::Key theirs(EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nullptr, peer.data(), peer.size()));
  if (theirs == nullptr) return refused();
  const auto mine = private_key_of(own);
  const openssl::KeyContext context(EVP_PKEY_CTX_new(mine.get(), nullptr));
  base::SecretBytes out(kX25519KeySize);
  std::size_t size = out.size();
  if (context == nullptr || EVP_PKEY_derive_init(context.get()) != 1 ||
      EVP_PKEY_derive_set_peer(context.get(), theirs.get()) != 1 ||
      EVP_PKEY_derive(context.get(), out.expose_mutable().data(), &size) != 1)
    return refused();
  return out;
}

std::vector<std::string_view> parts_of(std::string_view compact) {
  std::vector<std::string_view> parts;
  while (parts.size() < 6) {
    const auto dot = compact.find('.');
    parts.push_back(compact.substr(0, dot));
    if (dot == std::string_view::npos) break;
    compact.remove_prefix(dot + 1);
  }
  return parts;
}

}  // namespace

base::SecretBytes concat_kdf(const base::SecretBytes& agreed, std::string_view algorithm, base::ByteView party_u,
                             base::ByteView party_v, std::size_t size) {
  KARV_REQUIRE(size <= 32);
  base::Bytes other;
  append_with_size(other, base::as_bytes(algorithm));
  append_with_size(other, party_u);
  append_with_size(other, party_v);
  append_number(other, size * 8);
  constexpr std::array<std::uint8_t, 4> kRound{0, 0, 0, 1};
  base::SecretBytes digest(32);
  const openssl::DigestContext context(EVP_MD_CTX_new());
  unsigned written = 0;
  KARV_CHECK(context != nullptr && EVP_DigestInit_ex2(context.get(), openssl::sha256(), nullptr) == 1 &&
             EVP_DigestUpdate(context.get(), kRound.data(), kRound.size()) == 1 &&
             EVP_DigestUpdate(context.get(), agreed.expose().data(), agreed.size()) == 1 &&
             EVP_DigestUpdate(context.get(), other.data(), other.size()) == 1 &&
             EVP_DigestFinal_ex(context.get(), digest.expose_mutable().data(), &written) == 1);
  return base::SecretBytes::copy_of(digest.expose().first(size));
}

base::Bytes x25519_public_key(const base::SecretBytes& private_key) {
  const auto key = private_key_of(private_key);
  base::Bytes out(kX25519KeySize);
  std::size_t size = out.size();
  KARV_CHECK(EVP_PKEY_get_raw_public_key(key.get(), out.data(), &size) == 1 && size == out.size());
  return out;
}

X25519Pair make_x25519_pair(base::Random& random) {
  X25519Pair pair{.private_key = base::SecretBytes(kX25519KeySize), .public_key = {}};
  random.fill(pair.private_key.expose_mutable());
  pair.public_key = x25519_public_key(pair.private_key);
  return pair;
}

base::Result<std::string> encrypt_jwe(base::ByteView recipient, base::ByteView plaintext, base::Random& random) {
  const auto once = make_x25519_pair(random);
  KARV_TRY(const auto agreed, agree(once.private_key, recipient));
  const auto key = concat_kdf(agreed, kAlgorithm, {}, {}, kAeadKeySize);
  const std::string head = base::to_base64url(
      base::as_bytes(std::string(kHeadBegin) + base::to_base64url(once.public_key) + std::string(kHeadEnd)));
  const auto sealed = seal(key, plaintext, base::as_bytes(head), random);
  const base::ByteView all(sealed);
  const auto ciphertext = all.subspan(kAeadNonceSize, all.size() - kAeadNonceSize - kAeadTagSize);
  return head + ".." + base::to_base64url(all.first(kAeadNonceSize)) + "." + base::to_base64url(ciphertext) + "." +
         base::to_base64url(all.last(kAeadTagSize));
}

base::Result<base::SecretBytes> decrypt_jwe(const base::SecretBytes& private_key, std::string_view compact) {
  const auto malformed = [] { return base::internal_error(base::ErrorCode::bad_value, "not an encrypted message"); };
  const auto parts = parts_of(compact);
  if (parts.size() != 5 || !parts[1].empty()) return malformed();
  const auto head = base::from_base64url(parts[0]);
  const auto nonce = base::from_base64url(parts[2]);
  const auto ciphertext = base::from_base64url(parts[3]);
  const auto tag = base::from_base64url(parts[4]);
  if (!head || !nonce || !ciphertext || !tag || nonce->size() != kAeadNonceSize || tag->size() != kAeadTagSize)
    return malformed();
  std::string_view text = base::as_text(*head);
  if (!text.starts_with(kHeadBegin) || !text.ends_with(kHeadEnd)) return malformed();
  text.remove_prefix(kHeadBegin.size());
  text.remove_suffix(kHeadEnd.size());
  const auto sender = base::from_base64url(text);
  if (!sender) return malformed();
  KARV_TRY(const auto agreed, agree(private_key, *sender));
  const auto key = concat_kdf(agreed, kAlgorithm, {}, {}, kAeadKeySize);
  base::Bytes sealed = *nonce;
  sealed.insert(sealed.end(), ciphertext->begin(), ciphertext->end());
  sealed.insert(sealed.end(), tag->begin(), tag->end());
  auto opened = open(key, sealed, base::as_bytes(parts[0]));
  if (!opened.ok())
    return base::internal_error(base::ErrorCode::forbidden, "the message is for somebody else, or was changed");
  return opened;
}

}  // namespace karv::crypto
