// For tests of whoever takes passkeys: an authenticator in memory, and the browser around it. Everything that it would
// say can be said wrongly.
#pragma once

#include <string>
#include <utility>

#include "base/random.h"
#include "crypto/ed25519.h"
#include "crypto/es256.h"
#include "crypto/hash.h"
#include "factors/passkeys.h"

namespace karv::factors::testing {

inline void append(base::Bytes& to, base::ByteView bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }

// A head of CBOR's: major type 0..7 and its number in the shortest form, below 65536.
inline base::Bytes head(std::uint8_t major, std::size_t number) {
  const auto first = static_cast<std::uint8_t>(major << 5);
  if (number < 24) return {static_cast<std::uint8_t>(first | number)};
  if (number < 256) return {static_cast<std::uint8_t>(first | 24), static_cast<std::uint8_t>(number)};
  return {static_cast<std::uint8_t>(first | 25), static_cast<std::uint8_t>(number >> 8),
          static_cast<std::uint8_t>(number)};
}
inline base::Bytes integer(std::int64_t value) {
  return value < 0 ? head(1, static_cast<std::size_t>(-1 - value)) : head(0, static_cast<std::size_t>(value));
}
inline base::Bytes bytes(base::ByteView value) {
  auto out = head(2, value.size());
  append(out, value);
  return out;
}
inline base::Bytes text(std::string_view value) {
  auto out = head(3, value.size());
  append(out, base::as_bytes(value));
  return out;
}
// A map of encoded keys and values, in this order.
inline base::Bytes map(const std::vector<std::pair<base::Bytes, base::Bytes>>& pairs) {
  auto out = head(5, pairs.size());
  for (const auto& [key, value] : pairs) {
    append(out, key);
    append(out, value);
  }
  return out;
}

// What is said in one ceremony. Flags: 0x01 present, 0x04 verified, 0x08 may be copied, 0x10 copied.
struct Moment {
  std::string rp_id;
  std::string origin;
  std::string type;
  std::string more;  // further members of the client data: ,"crossOrigin":true
  std::uint8_t flags = 0x05;
  std::uint32_t sign_count = 0;
};

class TestAuthenticator {
 public:
  enum class Makes : std::uint8_t { es256, eddsa };
  explicit TestAuthenticator(base::Random& random, Makes makes = Makes::es256) : makes_(makes) {
    id.resize(32);
    random.fill(id);
    ed25519_ = crypto::make_ed25519_pair(random);
  }

  Moment creating(const RelyingParty& party) const {
    return {.rp_id = party.id, .origin = party.origin, .type = "webauthn.create", .more = "", .sign_count = count};
  }
  Moment signing(const RelyingParty& party) {
    return {.rp_id = party.id, .origin = party.origin, .type = "webauthn.get", .more = "", .sign_count = ++count};
  }

  RegistrationResponse create(const Moment& moment, base::ByteView challenge) const {
    auto data = authenticator_data(moment);
    data[32] |= 0x40;
    append(data, base::Bytes(16, 0));
    append(data, {{static_cast<std::uint8_t>(id.size() >> 8), static_cast<std::uint8_t>(id.size())}});
    append(data, id);
    append(data, public_key());
    return {.client_data = client_data(moment, challenge), .attestation = attestation("none", map({}), data)};
  }
  AssertionResponse sign(const Moment& moment, base::ByteView challenge) const {
    AssertionResponse out{.credential_id = id,
                          .client_data = client_data(moment, challenge),
                          .authenticator_data = authenticator_data(moment),
                          .signature = {}};
    out.signature = signature_over(out.authenticator_data, out.client_data);
    return out;
  }

  static base::Bytes attestation(std::string_view format, const base::Bytes& statement, base::ByteView data) {
    return map({{text("fmt"), text(format)}, {text("attStmt"), statement}, {text("authData"), bytes(data)}});
  }
  base::Bytes signature_over(base::ByteView data, base::ByteView client_data) const {
    base::Bytes message(data.begin(), data.end());
    append(message, crypto::sha256(client_data));
    if (makes_ == Makes::eddsa) return crypto::sign_ed25519(ed25519_.seed, message);
    return es256_.sign(message).value();
  }
  base::Bytes public_key() const {
    if (makes_ == Makes::eddsa)
      return map({{integer(1), integer(1)},
                  {integer(3), integer(-8)},
                  {integer(-1), integer(6)},
                  {integer(-2), bytes(ed25519_.public_key)}});
    return map({{integer(1), integer(2)},
                {integer(3), integer(-7)},
                {integer(-1), integer(1)},
                {integer(-2), bytes(es256_.public_key().x)},
                {integer(-3), bytes(es256_.public_key().y)}});
  }
  static base::Bytes authenticator_data(const Moment& moment) {
    auto out = crypto::sha256(base::as_bytes(moment.rp_id));
    out.push_back(moment.flags);
    for (const int shift : {24, 16, 8, 0}) out.push_back(static_cast<std::uint8_t>(moment.sign_count >> shift));
    return out;
  }
  static base::Bytes client_data(const Moment& moment, base::ByteView challenge) {
    const auto json = R"({"type":")" + moment.type + R"(","challenge":")" + base::to_base64url(challenge) +
                      R"(","origin":")" + moment.origin + '"' + moment.more + '}';
    const auto view = base::as_bytes(json);
    return {view.begin(), view.end()};
  }

  base::Bytes id;
  std::uint32_t count = 0;

 private:
  Makes makes_;
  crypto::Es256Key es256_ = crypto::Es256Key::generate().value();
  crypto::Ed25519Pair ed25519_;
};

}  // namespace karv::factors::testing
