// Taking in a file of cards that were kept elsewhere: encrypted to a key of the vault's, approved by two custodians who
// each sign for its digest, then taken chunk by chunk.
//
// A chunk's cards, their tokens and the file's position are durable before it is answered, and a token's text follows
// from file and row, so a chunk may come again after any crash on either side: it changes nothing and is answered as
// before. In no answer, record or log is anything of a line that was refused. Used by the admin door.
// Source: PCI DSS v4.0.1 3.7.6 (dual control), 3.5.1.
#pragma once

#include "vault/cards/card_batch.h"
#include "vault/custody/unsealing.h"
#include "vault/import/import_repository.h"
#include "vault_api/import_messages.h"

namespace karv::vault {

class CardImport {
 public:
  CardImport(store::Database& database, KeyHolder& keys, CardBatch& batch, CustodyDesk& custody,
             const base::Clock& wall, base::Random& random)
      : database_(database),
        keys_(keys),
        batch_(batch),
        custody_(custody),
        wall_(wall),
        random_(random),
        subject_keys_(keys, wall, random) {}

  // Errors of each: those that import_messages.h names. `who`: the operator, as the door knows him.
  base::Result<vault_api::ImportKeyAnswer> key();  // Effects: import_keys, subject_keys
  base::Result<vault_api::ImportStatus> approve(const vault_api::ApproveImportRequest& request);
  base::Result<vault_api::ImportStatus> find(const vault_api::FindImportRequest& request);
  base::Result<vault_api::ImportChunkAnswer> take_chunk(const vault_api::ImportChunkRequest& request,
                                                        const std::string& who);
  base::Result<vault_api::ImportStatus> finish(const vault_api::FinishImportRequest& request, const std::string& who);

 private:
  struct Known {
    StoredImport import;
    std::int64_t approvals = 0;
  };
  base::Result<Known> get_import(store::ReadTx& tx, const std::string& file) const;
  base::Result<void> check_chunk(const Known& known, const vault_api::ImportChunkRequest& request) const;
  base::Result<base::SecretBytes> open_chunk(std::string_view jwe);
  base::Result<base::SecretBytes> open_key(TenantId tenant, const StoredImportKey& stored);
  base::Result<TenantId> tenant() const;
  vault_api::ImportStatus status_of(const Known& known) const;

  store::Database& database_;
  KeyHolder& keys_;
  CardBatch& batch_;
  CustodyDesk& custody_;
  const base::Clock& wall_;
  base::Random& random_;
  SubjectKeys subject_keys_;
};

}  // namespace karv::vault
