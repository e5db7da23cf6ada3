// Seals personal fields with a key per subject, so that destroying one small row forgets a person everywhere.
//
// The vault makes the keys and wraps them; rows of subject_keys hold them wrapped, and nothing on this server opens
// them. New keys come from a stock (key_stock.h); what the vault opened is kept for minutes (opened_keys.h). A sealed
// value is bound to its place (table, record, field, key version): moved elsewhere, it does not open.
//
// A transaction never waits for the vault. One that meets a key which is not open ends with an error and has noted the
// row; SealedDatabase, which stands before the database wherever sealed data is read, then has it opened and runs the
// transaction again.
//
//   KARV_TRY(auto subject, sealer.make_subject(subject_of(customer_id)));   // outside the transaction, or in it
//   Bytes sealed = sealer.seal(*subject.key, {"customers", customer_id.view(), "email"}, as_bytes(text));
//   db.write(... sealer.insert(tx, subject); ...);
//   KARV_TRY(auto key, sealer.load(tx, subject_of(customer_id)));           // no round trip when it is open
//   KARV_TRY(auto text, Sealer::open(*key, {"customers", customer_id.view(), "email"}, sealed));
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "identity/key_stock.h"
#include "identity/key_vault.h"
#include "identity/opened_keys.h"
#include "identity/subject_key.h"
#include "store/database.h"

namespace karv::identity {

struct NewSubject {
  SubjectKeyPtr key;
  vault_api::WrappedServerKey stored;
};

// Where a sealed value lives; authenticated with it.
struct SealedField {
  std::string_view table;
  base::ByteView record;
  std::string_view field;
};

struct SealerOptions {
  std::size_t stock = kStockSize;
  std::size_t most_waiting = 16;  // requests that wait for the vault at a time
};

class Sealer {
 public:
  // The reason() of what load() answers when the vault must open the key first.
  static constexpr std::string_view kNotOpen = "SUBJECT_KEY_NOT_OPEN";

  Sealer(KeyVault& vault, const base::Clock& wall, base::Random& random, SealerOptions options = {})
      : vault_(vault),
        random_(random),
        stock_(vault, wall, options.stock),
        opened_(vault, wall, options.most_waiting) {}

  KeyVault& vault() { return vault_; }
  KeyStock& stock() { return stock_; }

  // A key for a new subject. Stores nothing. Errors: unavailable (none in stock).
  base::Result<NewSubject> make_subject(SubjectId subject);
  // Effects: one subject_keys row, with the commit; open after it.
  void insert(store::Tx& tx, const NewSubject& subject);

  // The subject's key. Errors: gone (erased), unavailable (not open: see above), internal (the row does not open).
  // Cost: one round trip, none when it is open.
  base::Result<SubjectKeyPtr> load(store::ReadTx& tx, SubjectId subject);
  // For a caller that reads the key in a batch of its own: nothing when it is not open.
  SubjectKeyPtr find_open(SubjectId subject) const;
  static store::Query key_query(SubjectId subject);
  // Errors: as of load.
  base::Result<SubjectKeyPtr> load_from(SubjectId subject, const store::Rows& rows);

  // Has the vault open what a transaction noted. Blocks; outside of every transaction. Errors: unavailable.
  base::Result<void> open_keys(std::span<const SubjectKeyRow> rows) { return opened_.open(rows); }

  // Forgets the subject: what was sealed for it can never be opened again (other servers: once they let go of the open
  // key). A copy of the row is dead only when the vault has erased the key too: key_ids().
  // Effects: deletes the subject_keys row. Errors: not_found. Cost: one round trip.
  base::Result<void> erase_subject(store::Tx& tx, SubjectId subject);
  // How the vault names the keys of these subjects, for its ErasureRequest; of those only that have one.
  // Cost: one round trip.
  static base::Result<std::vector<vault_api::ServerKeyId>> key_ids(store::ReadTx& tx,
                                                                   std::span<const SubjectId> subjects);

  base::Bytes seal(const SubjectKey& key, const SealedField& place, base::ByteView plain) const;
  // Errors: internal (another place, another key, or changed bytes).
  static base::Result<base::SecretBytes> open(const SubjectKey& key, const SealedField& place, base::ByteView sealed);

  // While it lives, transactions of this thread note in `missing` what is not open. A work that another worker runs
  // notes in its own.
  class Noting {
   public:
    explicit Noting(std::vector<SubjectKeyRow>& missing) : outer_(noted_) { noted_ = &missing; }
    ~Noting() { noted_ = outer_; }
    Noting(const Noting&) = delete;
    Noting& operator=(const Noting&) = delete;

   private:
    friend class Sealer;
    static inline thread_local std::vector<SubjectKeyRow>* noted_ = nullptr;
    std::vector<SubjectKeyRow>* outer_;
  };

 private:
  KeyVault& vault_;
  base::Random& random_;
  KeyStock stock_;
  OpenedKeys opened_;
};

}  // namespace karv::identity
