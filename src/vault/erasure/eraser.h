// Forgetting a customer: its keys are destroyed and its rows deleted in one transaction, the erasure is written into
// the journal outside the database, and a proof is signed. Only then it is answered.
//
// A store that comes back from a backup knows the customer again, so the vault opens only with its journal (`open`, the
// gate of KeyHolder) and after everybody in it was erased once more. Each process has a journal of its own; those of
// several processes on one database follow each other through the table `erasures` within seconds.
// Used by the private door, the process and its sweeper. Not here: whether the customer may be erased by law (the
// server decides), and other processes' security codes in memory, which live for 25 seconds.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/random.h"
#include "store/database.h"
#include "vault/erasure/journal.h"
#include "vault/erasure/repository.h"
#include "vault/keys/key_holder.h"

namespace karv::vault {

struct EraserSettings {
  std::string journal;  // the file; empty: nobody can be erased (sandbox mode only)
  // For so long money that a card has moved may have to go back to it.
  base::Duration refund_window = base::days(180);
};

class Eraser {
 public:
  Eraser(store::Database& database, KeyHolder& keys, const base::Clock& wall, base::Random& random,
         EraserSettings settings)
      : database_(database), keys_(keys), wall_(wall), random_(random), settings_(std::move(settings)) {}

  // Opens the journal and erases again whom the store knows and the journal does not want known. The gate of the keys.
  // Errors: not_matching ERASURE_JOURNAL_MISSING or ERASURE_JOURNAL_REFUSED (the vault must stay shut); conflict (in
  // use), storage_full, unavailable.
  base::Result<void> open(crypto::Hsm& hsm, const KeyRing& ring);

  // `tenant`: whose server asks. Errors: those that vault_api/erasure.h names; unavailable VAULT_SEALED.
  // Effects: everything in kHoldings, erased_server_keys, erasures, erasure_journals, the audit log; the journal.
  base::Result<vault_api::ErasureAnswer> erase(const Tenant& tenant, const vault_api::ErasureRequest& request);

  // Erasures of other processes come into this one's journal; a store that went back under our feet is erased again;
  // old lines go. Called every few seconds; does nothing while the vault is sealed. Errors: as of open().
  base::Result<void> catch_up();

  // The public keys of all proofs whose key was not given up. Errors: unavailable VAULT_SEALED.
  base::Result<vault_api::ProofKeys> proof_keys() const;

 private:
  using JournalPtr = std::shared_ptr<Journal>;
  base::Result<StoredErasure> erase_now(store::Tx& tx, const Tenant& tenant, const vault_api::ErasureRequest& request);
  base::Result<StoredErasure> prove(Journal& journal, StoredErasure erasure);
  base::Result<void> record_head(store::Tx& tx, const JournalHead& head);

  // What the store knows of journals.
  struct Known {
    std::optional<ErasureStoreId> store;
    std::vector<JournalHead> journals;
    std::optional<JournalAcceptance> acceptance;  // one that still holds
  };
  base::Result<Known> load_known();
  // Journals of other processes that have gone on since this store was made.
  base::Result<std::vector<JournalHead>> find_ahead(HsmTools tools, ErasureJournalId own);
  // Ends the operator's word, and with it what it gives up.
  base::Result<void> end_acceptance(const std::vector<JournalHead>& lost, const std::string& reason);
  base::Result<JournalPtr> open_or_begin(HsmTools tools, const KeyRing& ring, const Known& known);
  base::Result<JournalPtr> begin_anew(HsmTools tools, const KeyRing& ring, const Known& known, std::string reason);
  base::Result<void> check_known(const Journal& journal, const Known& known) const;
  base::Result<void> erase_again(const Journal& journal);
  base::Result<void> erase_again(const ErasureRecord& record);
  base::Result<void> erase_server_keys_again(store::Tx& tx, const ErasureRecord& record);
  base::Result<void> forget_server_keys(base::Instant before);
  base::Result<void> follow(Journal& journal, HsmTools tools, base::Instant since);
  JournalPtr journal() const KARV_EXCLUDES(mutex_);
  void use(JournalPtr journal, std::int64_t recorded) KARV_EXCLUDES(mutex_);
  base::Instant followed() const KARV_EXCLUDES(mutex_);
  std::int64_t recorded() const KARV_EXCLUDES(mutex_);
  void note_recorded(std::int64_t position) KARV_EXCLUDES(mutex_);

  store::Database& database_;
  KeyHolder& keys_;
  const base::Clock& wall_;
  base::Random& random_;
  const EraserSettings settings_;
  mutable base::Mutex mutex_;
  JournalPtr journal_ KARV_GUARDED_BY(mutex_);
  base::Instant followed_ KARV_GUARDED_BY(mutex_);     // when the journal last had everything of the table
  std::int64_t recorded_ KARV_GUARDED_BY(mutex_) = 0;  // the store knew of this position: one that does not went back
};

// A store from before the oldest epoch that is not destroyed never opens again: what was erased before that moment (a
// day is left for clocks that differ) needs no line in a journal.
base::Instant needed_since(const KeyRing& ring);

// For an hour and once: lets a process begin a new journal at `path`, in place of one that is missing or refused, and
// open without those of other processes that have gone on: whom only a lost journal knew may come back out of a backup.
// Errors: bad_value (no reason, or more than 200 bytes). Effects: journal_acceptances, the audit log.
base::Result<void> accept_journal_loss(store::Database& database, const JournalAcceptance& acceptance,
                                       const std::string& actor, const base::Clock& wall, base::Random& random);

}  // namespace karv::vault
