// Merchants and their API credentials.
//
// A credential's secret is 256 bits that a machine chose, shown once and stored as an HMAC under a server key, so that
// a stolen table opens nothing and no slow hash is needed. MerchantAuthenticator remembers good credentials for
// seconds, which makes an authenticated read cost no extra round trip; disabling one therefore takes effect at once in
// this process and within kCredentialCacheTime elsewhere.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "identity/bounded_cache.h"
#include "identity/keys.h"
#include "identity/types.h"
#include "store/database.h"

namespace karv::identity {

struct Context;

inline constexpr base::Duration kCredentialCacheTime = base::seconds(5);

class MerchantAuthenticator {
 public:
  MerchantAuthenticator(const Keys& keys, const base::Clock& wall);

  // The principal, when these credentials were good within the last seconds. Cost: no round trip.
  std::optional<MerchantPrincipal> find_cached(std::string_view username, std::string_view secret) const;
  // Errors: unauthorized (unknown, wrong, disabled or suspended; the same answer for all).
  // Cost: one round trip, none when cached.
  base::Result<MerchantPrincipal> authenticate(store::ReadTx& tx, std::string_view username, std::string_view secret);
  // After a credential or merchant changed.
  void forget_all() { cache_.clear(); }

 private:
  const Keys& keys_;
  BoundedCache<std::string, MerchantPrincipal> cache_;
};

struct NewMerchant {
  std::string name;                  // 1..128 characters
  std::string country;               // ISO 3166-1 alpha-2
  std::vector<std::string> origins;  // "https://shop.example[:port]" (merchant_origins.h)
};
// Effects: one merchants row. Errors: bad_value. Cost: with the commit.
base::Result<MerchantId> create_merchant(store::Tx& tx, const Context& context, const NewMerchant& merchant);

struct NewCredential {
  CredentialId credential_id;
  std::string username;
  base::SecretBytes secret;  // text; this is the only time it is seen
};
// Effects: one merchant_credentials row. Errors: not_found. Cost: one round trip.
base::Result<NewCredential> create_credential(store::Tx& tx, const Context& context, MerchantId merchant_id);

// Effects: the credential is disabled for good. Errors: not_found. Cost: one round trip.
base::Result<void> disable_credential(store::Tx& tx, const Context& context, MerchantAuthenticator& authenticator,
                                      std::string_view username);
// Effects: no credential of the merchant works until it is active again. Errors: not_found. Cost: one round trip.
base::Result<void> set_merchant_status(store::Tx& tx, const Context& context, MerchantAuthenticator& authenticator,
                                       MerchantId merchant_id, MerchantStatus status);

// Errors: not_found. Cost: one round trip.
base::Result<Merchant> get_merchant(store::ReadTx& tx, MerchantId merchant_id);
// The names of several merchants for a customer's list; unknown ids are left out. Cost: one round trip.
base::Result<std::vector<Merchant>> find_merchants(store::ReadTx& tx, std::span<const MerchantId> merchant_ids);

// All of them, oldest first: for the operator's command line. Cost: one round trip.
base::Result<std::vector<Merchant>> list_merchants(store::ReadTx& tx);

}  // namespace karv::identity
