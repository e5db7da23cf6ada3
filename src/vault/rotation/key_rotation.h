// Rotating keys while the vault serves: a successor becomes active, what the old key protects moves over in small
// batches, then the old key is destroyed and everything that is still under it (backups, stolen copies) is dead.
//
//   epoch, tenant   subject keys are wrapped again; keys of tenants' servers by the servers, who say when none is left
//   root, tenant    the keys that they wrap directly are wrapped again
//   fingerprint     cards and bank accounts are opened and their fingerprints made again
//   token, ticket   nothing can be made again without the texts: the old key is kept until none of its rows is left
//   proof           the old key is kept for as long as there are proofs under it: it still says who signed them
//   subject         what one subject has is sealed again, in one transaction (subject_renewal.h)
// Each batch is one transaction that checks what it read; several processes may work on one rotation. A batch that was
// lost is done again: progress is what is left under the old key, not a position. Reads never wait: both keys open.
#pragma once

#include <atomic>
#include <optional>
#include <vector>

#include "vault/bank/store.h"
#include "vault/cards/card_store.h"
#include "vault/keys/rotation_types.h"

namespace karv::vault {

struct RotationSettings {
  std::int64_t batch = 200;
  // How long a retired key that wraps what lies in backups (root and epoch; tenant, for the servers' backups) is kept
  // when nothing is under it any more: backups that are younger can be restored, older ones are dead.
  base::Duration keep_in_backups = base::days(7);
  // All others: longer than any process works with an old ring, and than a ticket lives.
  base::Duration keep_others = base::hours(1);
};

class KeyRotation {
 public:
  KeyRotation(store::Database& database, KeyHolder& holder, CardStore& cards, BankStore& accounts,
              const base::Clock& wall, base::Random& random, RotationSettings settings = {})
      : database_(database),
        holder_(holder),
        cards_(cards),
        accounts_(accounts),
        wall_(wall),
        random_(random),
        settings_(settings),
        subject_keys_(holder, wall, random) {}

  // Makes the successor of an active key and retires it. Not for subject keys. Answers the rotation that goes on from
  // here. Errors: not_found (no such active key), conflict (somebody else has just rotated it; KEY_IN_USE: a
  // network key whose predecessor was retired within five minutes), unavailable VAULT_SEALED.
  base::Result<Rotation> rotate(KeyId old_key);
  // Ends a retired key before its rotation would: destroy (nothing may be under it, and nobody may be using it) or
  // compromise (what is still under it is given up). Errors: not_found; not_matching KEY_IN_USE (active: rotate it
  // first; keys or values are under it; retired within the hour; the card network has not taken its successor).
  base::Result<void> end_key(KeyId id, KeyCommand command);
  // Starts what is due by period or uses, and says so in the log. Answers how many keys that were.
  base::Result<int> start_due();
  // What a crash between the row and the HSM left behind, or an HSM that was away: until its key is gone there too, a
  // destroyed epoch's backups still open. Does nothing once it was done; called at every look.
  base::Result<void> destroy_leftovers();
  // One batch of each open rotation. Answers whether anything is left to be moved now.
  base::Result<bool> work();

 private:
  base::Result<std::int64_t> count_left(store::ReadTx& tx, const StoredKey& old_key);
  // One batch of what the key protects. Answers how many values moved.
  base::Result<std::size_t> move(const StoredKey& old_key);
  base::Result<std::size_t> move_children(const StoredKey& old_key);
  base::Result<std::size_t> move_subject_keys(const StoredKey& old_key);
  base::Result<std::size_t> move_fingerprints(const StoredKey& old_key);
  base::Result<StoredCard> fingerprinted(const SealedCard& sealed, bool again);
  base::Result<void> store_fingerprints(const std::vector<SealedCard>& before, const std::vector<StoredCard>& after);
  base::Result<std::size_t> move_account_fingerprints(const StoredKey& old_key);
  base::Result<int> renew_old_subject_keys();
  base::Result<bool> step(Rotation rotation);
  base::Result<std::optional<StoredKey>> find_retired(const Rotation& rotation);
  base::Result<void> finish(Rotation rotation, const StoredKey& old_key);
  base::Result<void> check_ending(store::ReadTx& tx, const StoredKey& row, KeyState to);
  base::Result<void> close_rotation(store::Tx& tx, KeyId old_key);
  base::Result<void> destroy_in_hsm(const StoredKey& key);

  store::Database& database_;
  KeyHolder& holder_;
  CardStore& cards_;
  BankStore& accounts_;
  const base::Clock& wall_;
  base::Random& random_;
  RotationSettings settings_;
  SubjectKeys subject_keys_;
  std::atomic<bool> leftovers_ = true;  // there may be some
};

}  // namespace karv::vault
