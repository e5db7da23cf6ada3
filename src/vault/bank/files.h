// Files of payments as a server hands them over: begun, filled batch by batch, committed. Tokens only; each is checked
// and counted in the transaction that stores its entry. What leaves the vault, and when, is file_delivery's.
#pragma once

#include <functional>
#include <set>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "store/database.h"
#include "vault/bank/file_types.h"
#include "vault/keys/subject_keys.h"

namespace karv::vault {

inline constexpr std::size_t kMostBatchEntries = 100;  // as many as fit into one message of the private channel

class BankFiles {
 public:
  // `destinations`: the names of the banks in the vault's configuration. There are no others.
  BankFiles(store::Database& database, KeyHolder& keys, const base::Clock& wall, base::Random& random,
            std::set<std::string, std::less<>> destinations)
      : database_(database),
        keys_(keys),
        wall_(wall),
        random_(random),
        destinations_(std::move(destinations)),
        subject_keys_(keys, wall, random) {}

  // Called after a file became due.
  void on_due(std::function<void()> action) { due_ = std::move(action); }

  // The errors of each are those of its message (vault_api/bank_file_messages.h), and unavailable VAULT_SEALED.
  // Effects: bank_files, bank_file_entries, bank_tokens, subject_keys.
  base::Result<vault_api::BankFileAnswer> begin(TenantId tenant, const vault_api::BankFileRequest& request);
  base::Result<vault_api::BankFileAnswer> add(TenantId tenant, const vault_api::BankEntriesRequest& request);
  base::Result<vault_api::BankFileAnswer> commit(TenantId tenant, const vault_api::BankCommitRequest& request);
  base::Result<vault_api::BankFileAnswer> cancel(TenantId tenant, const vault_api::BankCancelRequest& request);
  base::Result<vault_api::BankFileAnswer> send_again(TenantId tenant, const vault_api::BankSendAgainRequest& request);
  base::Result<vault_api::BankFileAnswer> find(TenantId tenant, const vault_api::BankFileQuery& request);
  base::Result<vault_api::BankOutcomesAnswer> outcomes(TenantId tenant, const vault_api::BankOutcomesQuery& request);

 private:
  struct Batch;
  base::Result<Batch> prepare(TenantId tenant, const vault_api::BankEntriesRequest& request);
  base::Result<StoredBankFile> store(store::Tx& tx, TenantId tenant, const vault_api::BankEntriesRequest& request,
                                     Batch batch);
  base::Result<vault_api::BankFileAnswer> step(std::string_view use_case, TenantId tenant, BankFileId id,
                                               BankFileCommand command);

  store::Database& database_;
  KeyHolder& keys_;
  const base::Clock& wall_;
  base::Random& random_;
  std::set<std::string, std::less<>> destinations_;
  SubjectKeys subject_keys_;
  std::function<void()> due_ = [] {};
};

}  // namespace karv::vault
