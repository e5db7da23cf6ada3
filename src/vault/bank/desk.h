// Where bank accounts come in: a ticket says whose account may be typed and what its token will be good for, a
// browser's form posts the account, the server collects a token. As the card desk, and as careful: tickets and tokens
// are stored as keyed digests.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "store/database.h"
#include "vault/bank/store.h"
#include "vault/bank/types.h"

namespace karv::vault {

inline constexpr const char* kBankAccountPath = "/frame/v1/bank-account";

class BankDesk {
 public:
  // `public_url`: the vault's own, "https://vault.localhost:8444".
  BankDesk(store::Database& database, KeyHolder& keys, BankStore& accounts, const base::Clock& wall,
           base::Random& random, std::string public_url)
      : database_(database),
        keys_(keys),
        accounts_(accounts),
        wall_(wall),
        random_(random),
        public_url_(std::move(public_url)) {}

  // All of these also answer unavailable VAULT_SEALED. Errors: bad_value INVALID_SCOPE.
  base::Result<vault_api::BankTicketAnswer> create_ticket(TenantId tenant, const vault_api::BankTicketRequest& request);
  // Asked before anything is said of the account that came with the ticket. Errors: not_found TICKET_UNKNOWN, gone
  // TICKET_USED or TICKET_EXPIRED.
  base::Result<void> check_ticket(std::string_view ticket);
  // As above.
  base::Result<MaskedAccount> fill_ticket(std::string_view ticket, const BankAccount& account);
  // As above, and not_matching TICKET_NOT_FILLED. Somebody else's ticket is unknown.
  base::Result<vault_api::BankAccountAnswer> collect_ticket(TenantId tenant,
                                                            const vault_api::BankCollectRequest& request);
  // Errors: not_found TOKEN_UNKNOWN, of another owner's token too.
  base::Result<vault_api::BankAccountAnswer> describe(TenantId tenant, const vault_api::BankDescribeRequest& request);
  // As above, and not_matching ACCOUNT_IN_USE. Effects: bank_tokens, bank_accounts.
  base::Result<vault_api::BankDeleteAnswer> remove(TenantId tenant, const vault_api::BankDeleteRequest& request);

 private:
  base::Result<StoredBankTicket> find_open_ticket(store::ReadTx& tx, const std::vector<KeyedDigest>& digests) const;
  static base::Result<StoredBankToken> find_token_of(store::ReadTx& tx, const std::vector<KeyedDigest>& digests,
                                                     const BankOwner& owner);

  store::Database& database_;
  KeyHolder& keys_;
  BankStore& accounts_;
  const base::Clock& wall_;
  base::Random& random_;
  std::string public_url_;
};

}  // namespace karv::vault
