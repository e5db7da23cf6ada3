// Statements: fetched from the listed banks by the vault alone, read, their account numbers turned into tokens, their
// texts scrubbed, the original kept sealed. The server reads what is left page by page.
//
// A file that cannot be read is kept all the same, and told: it does not stand in the way of the next one. The same
// file again is known by its digest. The tokens of a file can be made again from its id, so that reading it twice gives
// the same ones.
#pragma once

#include <functional>
#include <set>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "net/http.h"
#include "store/database.h"
#include "vault/bank/statement_types.h"
#include "vault/keys/subject_keys.h"

namespace karv::vault {

class BankStatements {
 public:
  // As BankFileDelivery's: to a destination of the configuration, by its name. May wait.
  using Call = std::function<net::CallOutcome(net::OutboundRequest, base::Duration)>;
  BankStatements(store::Database& database, KeyHolder& keys, Call call, const base::Clock& wall, base::Random& random,
                 std::set<std::string, std::less<>> destinations)
      : database_(database),
        keys_(keys),
        call_(std::move(call)),
        wall_(wall),
        random_(random),
        destinations_(std::move(destinations)),
        subject_keys_(keys, wall, random) {}

  // The errors of each are those of its message (vault_api/bank_statement_messages.h), and unavailable VAULT_SEALED.
  // Effects: bank_statement_files, bank_statement_lines, bank_accounts, bank_tokens, subject_keys.
  base::Result<vault_api::BankFetchAnswer> fetch(TenantId tenant, const vault_api::BankFetchRequest& request);
  base::Result<vault_api::BankStatementPage> read(TenantId tenant, const vault_api::BankStatementQuery& request);

 private:
  struct Taken;
  // One file, if there is a new one. Answers why there is none: empty, or a problem.
  base::Result<std::optional<std::string>> fetch_next(TenantId tenant, const std::string& destination);
  // `file`: whose, from where, which; the rest is filled in.
  base::Result<void> take(StoredStatementFile file, std::string original);
  base::Result<void> fill(Taken& taken, base::ByteView original);
  base::Result<std::optional<BankAccountId>> account_for(Taken& taken, const std::optional<BankAccount>& account);
  std::string token_text(const OpenKey& key, BankStatementId file, std::int64_t number) const;
  vault_api::BankStatementAccount facts_of(const FoundStatementLine& found) const;

  store::Database& database_;
  KeyHolder& keys_;
  Call call_;
  const base::Clock& wall_;
  base::Random& random_;
  std::set<std::string, std::less<>> destinations_;
  SubjectKeys subject_keys_;
};

}  // namespace karv::vault
