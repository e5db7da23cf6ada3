// Seals personal fields with a key per subject, so that destroying one small row forgets a person everywhere.
//
// Subject keys sit in one table, wrapped under an epoch key. Here the server holds the epoch key itself; the next step
// moves it behind the vault, which will unwrap in batches: only this class changes then. Unwrapped keys are cached for
// minutes, bounded. A sealed value is bound to its place (table, record, field, key version): moved elsewhere, it does
// not open.
//
//   auto subject = sealer.make_subject(subject_of(customer_id));      // outside the transaction
//   Bytes sealed = sealer.seal(*subject.key, {"customers", customer_id.view(), "email"}, as_bytes(text));
//   db.write(... sealer.insert(tx, subject); ...);
//   KARV_TRY(auto key, sealer.load(tx, subject_of(customer_id)));     // no round trip when cached
//   KARV_TRY(auto text, Sealer::open(*key, {"customers", customer_id.view(), "email"}, sealed));
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "identity/bounded_cache.h"
#include "identity/types.h"
#include "store/database.h"

namespace karv::identity {

// One subject's unwrapped key. Wiped with its last holder.
struct SubjectKey {
  SubjectId subject;
  base::SecretBytes key;  // AES-256
};
using SubjectKeyPtr = std::shared_ptr<const SubjectKey>;

struct NewSubject {
  SubjectKeyPtr key;
  base::Bytes wrapped_key;
  std::int64_t epoch = 0;
};

// Where a sealed value lives; authenticated with it.
struct SealedField {
  std::string_view table;
  base::ByteView record;
  std::string_view field;
};

struct EpochKey {
  std::int64_t epoch = 0;
  base::SecretBytes key;  // AES-256
};

class Sealer {
 public:
  // `epochs`: the keys that still open rows, newest last; the newest wraps new ones.
  // Errors: bad_value (none, not rising, or not 32 bytes each).
  static base::Result<std::unique_ptr<Sealer>> create(std::vector<EpochKey> epochs, const base::Clock& wall,
                                                      base::Random& random);

  // Makes a key for a new subject. Stores nothing.
  NewSubject make_subject(SubjectId subject) const;
  // Effects: one subject_keys row, with the commit; cached after it.
  void insert(store::Tx& tx, const NewSubject& subject);

  // The subject's key. Errors: gone (erased). Cost: one round trip, none when cached.
  base::Result<SubjectKeyPtr> load(store::ReadTx& tx, SubjectId subject);
  // The keys of several subjects, in the order asked; nullptr where erased. Cost: at most one round trip.
  base::Result<std::vector<SubjectKeyPtr>> load_all(store::ReadTx& tx, std::span<const SubjectId> subjects);
  // For a caller that reads the key in a batch of its own: nothing when it is cached.
  SubjectKeyPtr find_cached(SubjectId subject) const;
  static store::Query key_query(SubjectId subject);
  // Errors: gone (no row), internal (the row does not open).
  base::Result<SubjectKeyPtr> unwrap(SubjectId subject, const store::Rows& rows);

  // Forgets the subject: what was sealed for it can never be opened again (other servers: once their cache ends).
  // Effects: deletes the subject_keys row. Errors: not_found. Cost: one round trip.
  base::Result<void> erase_subject(store::Tx& tx, SubjectId subject);

  base::Bytes seal(const SubjectKey& key, const SealedField& place, base::ByteView plain) const;
  // Errors: internal (another place, another key, or changed bytes).
  static base::Result<base::SecretBytes> open(const SubjectKey& key, const SealedField& place, base::ByteView sealed);

 private:
  Sealer(std::vector<EpochKey> epochs, const base::Clock& wall, base::Random& random);
  const EpochKey* find_epoch(std::int64_t epoch) const;

  const std::vector<EpochKey> epochs_;
  base::Random& random_;
  BoundedCache<SubjectId, SubjectKeyPtr> cache_;
};

}  // namespace karv::identity
