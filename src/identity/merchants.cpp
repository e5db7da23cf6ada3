#include "identity/merchants.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "identity/deeds.h"
#include "identity/merchant_origins.h"
#include "identity/repository.h"
#include "identity/service.h"

namespace karv::identity {
namespace {

constexpr std::size_t kCachedCredentials = 10'000;
constexpr std::size_t kMaxUsername = 64;
constexpr std::size_t kMaxSecret = 256;
constexpr std::size_t kMaxName = 128;
constexpr std::size_t kSecretBytes = 32;
constexpr std::string_view kSecretPrefix = "karv_sk_";  // lets secret scanners find a leaked one

base::Error wrong_credentials() { return base::Error(base::ErrorCode::unauthorized); }
base::Error bad_value(std::string text) { return base::public_error(base::ErrorCode::bad_value, std::move(text)); }

bool has_control_character(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}
bool is_printable_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}
bool is_country(std::string_view text) {
  return text.size() == 2 && std::ranges::all_of(text, [](char c) { return c >= 'A' && c <= 'Z'; });
}
std::string make_username(base::Random& random) {
  std::array<std::uint8_t, 6> tail{};
  random.fill(tail);
  return "PK" + std::to_string(10'000'000 + random.below(90'000'000)) + "_" + base::to_hex(tail);
}

// Written once into wiped memory; the base64 text in between is wiped too.
base::SecretBytes make_secret(base::Random& random) {
  base::SecretBytes raw(kSecretBytes);
  random.fill(raw.expose_mutable());
  std::string text = std::string(kSecretPrefix) + base::to_base64url(raw.expose());
  base::SecretBytes secret = base::SecretBytes::copy_of(text);
  base::wipe(text.data(), text.size());
  return secret;
}

}  // namespace

MerchantAuthenticator::MerchantAuthenticator(const Keys& keys, const base::Clock& wall)
    : keys_(keys), cache_(wall, kCachedCredentials, kCredentialCacheTime) {}

std::optional<MerchantPrincipal> MerchantAuthenticator::find_cached(std::string_view username,
                                                                    std::string_view secret) const {
  if (username.size() > kMaxUsername || secret.size() > kMaxSecret) return std::nullopt;
  return cache_.find(std::string(base::as_text(keys_.credential_cache_key(username, secret))));
}

base::Result<MerchantPrincipal> MerchantAuthenticator::authenticate(store::ReadTx& tx, std::string_view username,
                                                                    std::string_view secret) {
  if (username.empty() || username.size() > kMaxUsername || secret.empty() || secret.size() > kMaxSecret)
    return wrong_credentials();
  if (!is_printable_ascii(username)) return wrong_credentials();  // ours all are; a store may refuse other bytes
  const std::string cache_key(base::as_text(keys_.credential_cache_key(username, secret)));
  if (auto cached = cache_.find(cache_key)) return *std::move(cached);

  const base::Bytes mac = keys_.credential_mac(username, secret);
  KARV_TRY(const store::Rows rows, tx.read_one(find_credential(username)));
  const std::optional<CredentialRow> row = read_credential(rows);
  if (!row || !base::equal_constant_time(row->secret_mac, mac)) return wrong_credentials();
  if (row->disabled || row->merchant.status != MerchantStatus::active) return wrong_credentials();

  MerchantPrincipal principal{std::make_shared<const Merchant>(row->merchant), row->credential_id,
                              std::string(username)};
  cache_.put(cache_key, principal);
  return principal;
}

base::Result<MerchantId> create_merchant(store::Tx& tx, const Context& context, const NewMerchant& merchant) {
  if (merchant.name.empty() || merchant.name.size() > kMaxName || has_control_character(merchant.name))
    return bad_value("name must have 1 to 128 characters");
  if (!is_country(merchant.country)) return bad_value("country must be two upper-case letters");
  if (merchant.origins.size() > kMaxOrigins) return bad_value("at most " + std::to_string(kMaxOrigins) + " origins");
  for (const std::string& origin : merchant.origins)
    if (!parse_origin(origin)) return bad_value("an origin must be https://host or https://host:port");

  const Merchant made{base::make_id<MerchantTag>(context.wall, context.random), merchant.name, merchant.country,
                      merchant.origins, MerchantStatus::active};
  insert_merchant(tx, made, context.business.now());
  record_deed(tx, context, {{}, "merchant_created", {"merchant", made.merchant_id.text()}});
  return made.merchant_id;
}

base::Result<NewCredential> create_credential(store::Tx& tx, const Context& context, MerchantId merchant_id) {
  KARV_TRY_VOID(get_merchant(tx, merchant_id));
  NewCredential credential{base::make_id<CredentialTag>(context.wall, context.random), make_username(context.random),
                           make_secret(context.random)};
  insert_credential(tx, credential.username, credential.credential_id, merchant_id,
                    context.keys.credential_mac(credential.username, credential.secret.expose_text()),
                    context.business.now());
  record_deed(tx, context,
              {{}, "merchant_credential_created", {"merchant_credential", credential.credential_id.text()}});
  return credential;
}

base::Result<void> disable_credential(store::Tx& tx, const Context& context, MerchantAuthenticator& authenticator,
                                      std::string_view username) {
  KARV_TRY(const store::Rows rows, tx.read_one(find_credential(username)));
  const std::optional<CredentialRow> row = read_credential(rows);
  if (!row) return base::Error(base::ErrorCode::not_found);
  if (row->disabled) return {};
  disable_credential_row(tx, username, context.business.now());
  record_deed(tx, context, {{}, "merchant_credential_disabled", {"merchant_credential", row->credential_id.text()}});
  tx.after_commit([&authenticator] { authenticator.forget_all(); });
  return {};
}

base::Result<void> set_merchant_status(store::Tx& tx, const Context& context, MerchantAuthenticator& authenticator,
                                       MerchantId merchant_id, MerchantStatus status) {
  KARV_TRY_VOID(get_merchant(tx, merchant_id));
  update_merchant_status(tx, merchant_id, status);
  record_deed(tx, context,
              {{},
               status == MerchantStatus::active ? "merchant_activated" : "merchant_suspended",
               {"merchant", merchant_id.text()}});
  tx.after_commit([&authenticator] { authenticator.forget_all(); });
  return {};
}

base::Result<Merchant> get_merchant(store::ReadTx& tx, MerchantId merchant_id) {
  KARV_TRY(const store::Rows rows, tx.read_one(find_merchant(merchant_id)));
  std::optional<Merchant> merchant = read_merchant(rows);
  if (!merchant) return base::Error(base::ErrorCode::not_found);
  return *std::move(merchant);
}

base::Result<std::vector<Merchant>> find_merchants(store::ReadTx& tx, std::span<const MerchantId> merchant_ids) {
  std::vector<store::Query> batch;
  for (const MerchantId& merchant_id : merchant_ids) batch.push_back(find_merchant(merchant_id));
  std::vector<Merchant> merchants;
  if (batch.empty()) return merchants;
  KARV_TRY(const std::vector<store::Rows> answers, tx.read(std::move(batch)));
  for (const store::Rows& rows : answers)
    if (auto merchant = read_merchant(rows)) merchants.push_back(*std::move(merchant));
  return merchants;
}

base::Result<std::vector<Merchant>> list_merchants(store::ReadTx& tx) {
  KARV_TRY(const store::Rows rows, tx.read_one(all_merchants()));
  return read_merchants(rows);
}

}  // namespace karv::identity
