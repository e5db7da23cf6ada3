#include "vault/key_ring.h"

#include <array>

#include "base/check.h"
#include "crypto/aead.h"
#include "crypto/hash.h"
#include "json/secret_buffer.h"
#include "vault/card_repository.h"

namespace karv::vault {
namespace {

constexpr std::string_view kSeal = "seal";
constexpr std::string_view kFingerprint = "fingerprint";
constexpr std::string_view kToken = "token";

base::Bytes number_bytes(std::int64_t number) {
  base::Bytes out;
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(number >> shift));
  return out;
}

base::Bytes key_place(std::string_view purpose, std::int64_t version) {
  return crypto::framed({base::as_bytes("data_keys"), base::as_bytes(purpose), number_bytes(version)});
}

base::Bytes card_place(const StoredCard& row) {
  return crypto::framed({base::as_bytes("cards"), row.id.view(), row.customer.view(), number_bytes(row.key_version)});
}

base::Result<WrappedKey> make_key(crypto::Hsm& hsm, std::string_view purpose, std::int64_t version) {
  KARV_TRY(const auto key, hsm.make_data_key());
  KARV_TRY(auto wrapped, hsm.wrap(key, key_place(purpose, version)));
  return WrappedKey{.purpose = std::string(purpose), .version = version, .wrapped = std::move(wrapped)};
}

base::Result<std::vector<WrappedKey>> load(store::Database& database) {
  return database.read<std::vector<WrappedKey>>("vault_load_keys", [](store::ReadTx& tx) { return load_keys(tx); });
}

base::Result<void> insert(store::Database& database, const std::vector<WrappedKey>& keys, base::Instant now) {
  return database.write<void>("vault_insert_keys", [&](store::Tx& tx) -> base::Result<void> {
    for (const auto& key : keys) insert_key(tx, key, now);
    return {};
  });
}

// number | expiry as YYYYMM | name, with a zero byte between; none of them holds one.
base::SecretBytes clear_text(const Card& card) {
  json::SecretBuffer out;
  out.append(card.number.expose_text());
  out.push_back('\0');
  std::int32_t month = card.expiry.year * 100 + card.expiry.month;
  std::array<char, 6> digits{};
  for (std::size_t i = digits.size(); i-- > 0; month /= 10) digits[i] = static_cast<char>('0' + month % 10);
  out.append({digits.data(), digits.size()});
  out.push_back('\0');
  out.append(card.name.expose_text());
  return out.take();
}

base::Result<Card> card_from(const base::SecretBytes& clear) {
  const auto text = clear.expose_text();
  const auto first = text.find('\0');
  const auto second = first == std::string_view::npos ? first : text.find('\0', first + 1);
  if (second == std::string_view::npos || second - first != 7)
    return base::internal_error(base::ErrorCode::internal, "a sealed card has another form");
  std::int32_t month = 0;
  for (const char c : text.substr(first + 1, 6)) month = month * 10 + (c - '0');
  return Card{.number = base::SecretBytes::copy_of(text.substr(0, first)),
              .expiry = {.month = month % 100, .year = month / 100},
              .name = base::SecretBytes::copy_of(text.substr(second + 1))};
}

}  // namespace

base::Result<KeyRing> KeyRing::open(store::Database& database, crypto::Hsm& hsm, base::Instant now) {
  KARV_TRY(auto stored, load(database));
  std::vector<WrappedKey> made;
  for (const auto purpose : {kSeal, kFingerprint, kToken}) {
    if (std::ranges::any_of(stored, [&](const WrappedKey& key) { return key.purpose == purpose; })) continue;
    KARV_TRY(auto key, make_key(hsm, purpose, 1));
    made.push_back(std::move(key));
  }
  if (!made.empty()) {
    KARV_TRY_VOID(insert(database, made, now));
    KARV_TRY(stored, load(database));
  }
  KeyRing ring;
  for (const auto& key : stored) {
    KARV_TRY(auto clear, hsm.unwrap(key.wrapped, key_place(key.purpose, key.version)));
    if (clear.size() != crypto::kAeadKeySize)
      return base::internal_error(base::ErrorCode::internal, "a data key has another size");
    if (key.purpose == kSeal) ring.sealing_.insert_or_assign(key.version, std::move(clear));
    if (key.purpose == kFingerprint) ring.fingerprint_ = std::move(clear);
    if (key.purpose == kToken) ring.token_ = std::move(clear);
  }
  return ring;
}

base::Result<void> KeyRing::rotate_sealing_key(store::Database& database, crypto::Hsm& hsm, base::Instant now) {
  KARV_TRY(const auto stored, load(database));
  std::int64_t newest = 0;
  for (const auto& key : stored)
    if (key.purpose == kSeal) newest = std::max(newest, key.version);
  KARV_TRY(auto key, make_key(hsm, kSeal, newest + 1));
  return insert(database, {key}, now);
}

void KeyRing::seal(const Card& card, StoredCard& row, base::Random& random) const {
  KARV_REQUIRE(!sealing_.empty());
  const auto& [version, key] = *sealing_.rbegin();
  row.key_version = version;
  row.sealed = crypto::seal(key, clear_text(card).expose(), card_place(row), random);
}

base::Result<Card> KeyRing::open_card(const StoredCard& row) const {
  const auto key = sealing_.find(row.key_version);
  if (key == sealing_.end())
    return base::internal_error(base::ErrorCode::internal, "a card is sealed under an unknown key version");
  KARV_TRY(const auto clear, crypto::open(key->second, row.sealed, card_place(row)));
  return card_from(clear);
}

base::Bytes KeyRing::fingerprint(CustomerRef customer, const base::SecretBytes& number) const {
  const auto inner = crypto::hmac_sha256(fingerprint_, number.expose());  // framed() would copy the number
  return crypto::hmac_sha256(fingerprint_, crypto::framed({base::as_bytes("card"), customer.view(), inner}));
}

base::Bytes KeyRing::token_mac(std::string_view text) const {
  return crypto::hmac_sha256(token_, crypto::framed({base::as_bytes("token"), base::as_bytes(text)}));
}
base::Bytes KeyRing::ticket_mac(std::string_view text) const {
  return crypto::hmac_sha256(token_, crypto::framed({base::as_bytes("ticket"), base::as_bytes(text)}));
}

std::string random_text(base::Random& random) {
  std::array<std::uint8_t, 32> bytes{};
  random.fill(bytes);
  return base::to_base64url(bytes);
}

}  // namespace karv::vault
