#include "vault/rotation/key_rotation.h"

#include <algorithm>

#include "base/check.h"
#include "base/log.h"
#include "crypto/hash.h"
#include "json/words.h"
#include "vault/bank/repository.h"
#include "vault/cards/card_repository.h"
#include "vault/erasure/repository.h"
#include "vault/keys/hierarchy.h"
#include "vault/keys/repository.h"
#include "vault/operations/operation_repository.h"
#include "vault/rotation/subject_renewal.h"
#include "vault/server_keys/repository.h"

namespace karv::vault {
namespace {

constexpr base::Duration kStillInUse = base::minutes(5);  // more than a former network key is (find_in_use)
constexpr base::Duration kLeftoversFor = base::days(60);  // older ones were looked for at many a start

bool wraps_subjects(KeyClass key_class) { return key_class == KeyClass::epoch || key_class == KeyClass::tenant; }

// The card network holds two keys: a third must not come before the first has made its last message.
bool is_predecessor_in_use(const KeyRing& ring, const StoredKey& key, base::Instant now) {
  return key.key_class == KeyClass::network && std::ranges::any_of(ring.rows(), [&](const StoredKey& row) {
           return row.key_class == KeyClass::network && row.retired_at && *row.retired_at + kStillInUse > now;
         });
}

base::Error no_such_key() { return base::public_error(base::ErrorCode::not_found, "There is no such active key."); }

}  // namespace

base::Result<Rotation> KeyRotation::rotate(KeyId old_id) {
  KARV_TRY(const auto ring, holder_.refresh());
  KARV_TRY(const auto hsm, holder_.hsm());
  const HsmTools tools{.hsm = *hsm, .prefix = holder_.settings().hsm_prefix};
  const OpenKey* const old_key = ring->find_key(old_id);
  if (old_key == nullptr || old_key->row.state != KeyState::active) return no_such_key();
  if (is_predecessor_in_use(*ring, old_key->row, wall_.now()))
    return base::public_error(base::ErrorCode::conflict, "Its predecessor is still in use: rotate it in five minutes.",
                              "KEY_IN_USE");
  KARV_TRY(const auto next, make_successor(tools, *ring, old_key->row, wall_, random_));
  const auto to = next_state(old_key->row.state, KeyCommand::retire);
  KARV_REQUIRE(to.has_value());
  KARV_TRY(auto retired, in_state(tools, *ring, *old_key, *to, random_));
  retired.retired_at = wall_.now();
  Rotation rotation{.id = base::make_id<RotationTag>(wall_, random_),
                    .key_class = old_key->row.key_class,
                    .old_key = old_id,
                    .state = RotationState::rewrapping,
                    .total = 0,
                    .done = 0,
                    .started_at = wall_.now(),
                    .destroy_at = wall_.now(),
                    .finished_at = {}};
  KARV_TRY(rotation.total, database_.read<std::int64_t>("vault_count_to_rewrap", [&](store::ReadTx& tx) {
    return count_left(tx, old_key->row);
  }));
  const auto stored = database_.write<void>("vault_rotate_key", [&](store::Tx& tx) -> base::Result<void> {
    update_key(tx, old_key->row, retired);
    insert_key(tx, next.row);
    insert_rotation(tx, rotation);
    return {};
  });
  if (!stored.ok() && stored.error().code() == base::ErrorCode::conflict) forget_in_hsm(tools, next.row);
  if (!stored.ok()) return stored.error();
  base::log::info("vault_key_rotated", {{"class", json::word(rotation.key_class)},
                                        {"old_key", old_id.text()},
                                        {"new_key", next.row.id.text()},
                                        {"values", rotation.total}});
  KARV_TRY_VOID(holder_.refresh());
  return rotation;
}

base::Result<std::int64_t> KeyRotation::count_left(store::ReadTx& tx, const StoredKey& old_key) {
  switch (old_key.key_class) {
    case KeyClass::epoch:
    case KeyClass::tenant: {
      KARV_TRY(const auto children, count_keys_under(tx, old_key.id));
      KARV_TRY(const auto subjects, count_subject_keys_under(tx, old_key.key_class, old_key.id));
      KARV_TRY(const auto generations, count_generations_in_use(tx, old_key.key_class, old_key.id, wall_.now()));
      return children + subjects + generations;
    }
    case KeyClass::root:
      return count_keys_under(tx, old_key.id);
    case KeyClass::fingerprint: {
      KARV_TRY(const auto cards, count_cards_by_fingerprint_key(tx, old_key.id));
      KARV_TRY(const auto accounts, count_bank_accounts_by_fingerprint_key(tx, old_key.id));
      return cards + accounts;
    }
    case KeyClass::token: {
      KARV_TRY(const auto of_cards, count_tokens_by_key(tx, old_key.id));
      KARV_TRY(const auto of_accounts, count_bank_tokens_by_key(tx, old_key.id));
      return of_cards + of_accounts;
    }
    case KeyClass::proof:
      return count_proofs_by_key(tx, old_key.id);
    case KeyClass::network: {  // what is repeated under the same numbers has the same cryptogram
      KARV_TRY(const auto payouts, count_open_payouts(tx, old_key.retired_at.value_or(wall_.now()) + kStillInUse));
      KARV_TRY(const bool vouches, is_last_taken(tx, old_key));
      return payouts + (vouches ? 1 : 0);
    }
    case KeyClass::ticket:
    case KeyClass::subject:
      break;
  }
  return std::int64_t{0};
}

base::Result<std::size_t> KeyRotation::move_children(const StoredKey& old_key) {
  KARV_TRY(const auto ring, holder_.refresh());  // one may just have been made by somebody with an older ring
  KARV_TRY(const auto hsm, holder_.hsm());
  const OpenKey* const old_open = ring->find_key(old_key.id);
  const OpenKey* const next = ring->find_active(old_key.key_class, old_key.tenant);
  if (old_open == nullptr || next == nullptr) return std::size_t{0};
  KARV_TRY(const auto children,
           rewrap_children({.hsm = *hsm, .prefix = holder_.settings().hsm_prefix}, *ring, *old_open, *next, random_));
  if (children.empty()) return std::size_t{0};
  KARV_TRY_VOID(database_.write<void>("vault_rewrap_keys", [&](store::Tx& tx) -> base::Result<void> {
    for (const auto& child : children) update_key(tx, ring->find_key(child.id)->row, child);
    return {};
  }));
  return children.size();
}

base::Result<std::size_t> KeyRotation::move_subject_keys(const StoredKey& old_key) {
  KARV_TRY(const auto rows,
           database_.read<std::vector<StoredSubjectKey>>("vault_find_to_rewrap", [&](store::ReadTx& tx) {
             return find_subject_keys_under(tx, old_key.key_class, old_key.id, settings_.batch);
           }));
  std::vector<StoredSubjectKey> again;
  again.reserve(rows.size());
  for (const auto& row : rows) {
    KARV_TRY(auto rewrapped, subject_keys_.rewrap(row));
    again.push_back(std::move(rewrapped));
  }
  if (rows.empty()) return std::size_t{0};
  KARV_TRY_VOID(database_.write<void>("vault_rewrap_subject_keys", [&](store::Tx& tx) -> base::Result<void> {
    for (std::size_t i = 0; i < rows.size(); ++i) rewrap_subject_key(tx, rows[i], again[i]);
    return {};
  }));
  return rows.size();
}

base::Result<StoredCard> KeyRotation::fingerprinted(const SealedCard& sealed, bool again) {
  KARV_TRY(const auto ring, holder_.get_fresh());
  KARV_TRY(const auto card, cards_.open(sealed));
  StoredCard out = sealed.card;
  const OpenKey* const key = ring->find_active(KeyClass::fingerprint, out.tenant);
  KARV_REQUIRE(key != nullptr);
  out.fingerprint = crypto::hmac_sha256(key->clear, card.number.expose());
  // A second row of one card, which only a race makes: it keeps its tokens and is not found by its number again.
  if (again) out.fingerprint = crypto::hmac_sha256(key->clear, crypto::framed({out.fingerprint, out.id.view()}));
  out.fingerprint_key = key->row.id;
  return out;
}

base::Result<void> KeyRotation::store_fingerprints(const std::vector<SealedCard>& before,
                                                   const std::vector<StoredCard>& after) {
  return database_.write<void>("vault_fingerprint_again", [&](store::Tx& tx) -> base::Result<void> {
    for (std::size_t i = 0; i < before.size(); ++i) update_fingerprint(tx, before[i].card, after[i]);
    return {};
  });
}

base::Result<std::size_t> KeyRotation::move_fingerprints(const StoredKey& old_key) {
  KARV_TRY(const auto rows,
           database_.read<std::vector<SealedCard>>("vault_find_to_fingerprint", [&](store::ReadTx& tx) {
             return find_cards_by_fingerprint_key(tx, old_key.id, settings_.batch);
           }));
  if (rows.empty()) return std::size_t{0};
  std::vector<StoredCard> after;
  for (const auto& row : rows) {
    KARV_TRY(auto card, fingerprinted(row, false));
    after.push_back(std::move(card));
  }
  const auto all = store_fingerprints(rows, after);
  if (all.ok()) return rows.size();
  if (all.error().code() != base::ErrorCode::conflict) return all.error();
  std::size_t moved = 0;  // one by one: whose row has changed is met again, whose number is there already is set apart
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!store_fingerprints({rows[i]}, {after[i]}).ok()) {
      KARV_TRY(const auto apart, fingerprinted(rows[i], true));
      if (!store_fingerprints({rows[i]}, {apart}).ok()) continue;
    }
    ++moved;
  }
  return moved;
}

// One transaction each: accounts are few beside cards. Whose row has changed meanwhile is met again.
base::Result<std::size_t> KeyRotation::move_account_fingerprints(const StoredKey& old_key) {
  KARV_TRY(const auto rows,
           database_.read<std::vector<SealedBankAccount>>("vault_find_to_fingerprint", [&](store::ReadTx& tx) {
             return find_bank_accounts_by_fingerprint_key(tx, old_key.id, settings_.batch);
           }));
  std::size_t moved = 0;
  for (const auto& row : rows) {
    for (const bool again : {false, true}) {
      KARV_TRY(const auto after, accounts_.fingerprinted(row, again));
      const auto stored = database_.write<void>("vault_fingerprint_again", [&](store::Tx& tx) -> base::Result<void> {
        update_bank_account(tx, row.account, after);
        return {};
      });
      if (!stored.ok() && stored.error().code() != base::ErrorCode::conflict) return stored.error();
      if (!stored.ok()) continue;
      ++moved;
      break;
    }
  }
  return moved;
}

base::Result<int> KeyRotation::renew_old_subject_keys() {
  const auto before = wall_.now() - policy_of(holder_.settings().policies, KeyClass::subject).cryptoperiod;
  KARV_TRY(const auto old, database_.read<std::vector<StoredSubjectKey>>("vault_find_old_keys", [&](store::ReadTx& tx) {
    return find_old_subject_keys(tx, before, settings_.batch);
  }));
  int renewed = 0;
  for (const auto& key : old) {
    const auto done = renew_subject_key(database_, subject_keys_, random_, key);
    if (done.ok()) ++renewed;
    if (done.ok() || done.error().code() == base::ErrorCode::conflict) continue;
    if (done.error().reason() == "VAULT_SEALED") return done.error();
    base::log::error("vault_subject_key_not_renewed",
                     {{"key", key.id.text()}, {"detail", done.error().internal_text()}});
  }
  return renewed;
}

base::Result<int> KeyRotation::start_due() {
  KARV_TRY(const auto ring, holder_.refresh());
  int started = 0;
  for (const auto& row : ring->rows()) {
    const auto& policy = policy_of(holder_.settings().policies, row.key_class);
    if (row.state != KeyState::active || !is_due(policy, row.created_at, row.uses, wall_.now())) continue;
    base::log::warn("vault_key_due",
                    {{"class", json::word(row.key_class)}, {"key", row.id.text()}, {"uses", row.uses}});
    const auto rotation = rotate(row.id);
    if (rotation.ok()) ++started;
    if (rotation.ok() || rotation.error().code() == base::ErrorCode::conflict ||
        rotation.error().code() == base::ErrorCode::not_found)
      continue;  // done, or somebody was faster
    if (rotation.error().reason() == "VAULT_SEALED") return rotation.error();
    base::log::error("vault_key_not_rotated", {{"key", row.id.text()}, {"detail", rotation.error().internal_text()}});
  }
  KARV_TRY(const int renewed, renew_old_subject_keys());
  return started + renewed;
}

base::Result<void> KeyRotation::destroy_in_hsm(const StoredKey& key) {
  if (!is_in_hsm(key.key_class)) return {};
  const auto hsm = holder_.hsm();
  auto gone = hsm.ok() ? hsm.value()->destroy_key(hsm_label(holder_.settings().hsm_prefix, key.key_class, key.id))
                       : base::Result<void>(hsm.error());
  if (!gone.ok()) leftovers_ = true;
  return gone;
}

// First the row, then the HSM's key: what a crash leaves there is for destroy_leftovers().
base::Result<void> KeyRotation::finish(Rotation rotation, const StoredKey& old_key) {
  const auto to = next_state(old_key.state, KeyCommand::destroy);
  if (!to) return base::Error(base::ErrorCode::conflict);  // ended by hand meanwhile
  StoredKey destroyed = old_key;
  destroyed.state = *to;
  destroyed.wrapped.clear();
  rotation.state = RotationState::finished;
  rotation.finished_at = wall_.now();
  KARV_TRY_VOID(database_.write<void>("vault_destroy_key", [&](store::Tx& tx) -> base::Result<void> {
    KARV_TRY(const auto generations, lock_generations_under(tx, old_key.key_class, old_key.id));
    KARV_TRY(const auto left, count_left(tx, old_key));
    if (left > 0) return base::Error(base::ErrorCode::conflict);
    delete_generations_under(tx, old_key.key_class, old_key.id, generations);
    update_key(tx, old_key, destroyed);
    update_rotation(tx, rotation);
    return {};
  }));
  KARV_TRY_VOID(destroy_in_hsm(destroyed));
  base::log::info("vault_key_destroyed",
                  {{"class", json::word(old_key.key_class)}, {"key", old_key.id.text()}, {"version", old_key.version}});
  KARV_TRY_VOID(holder_.refresh());
  return {};
}

base::Result<std::size_t> KeyRotation::move(const StoredKey& old_key) {
  std::size_t moved = 0;
  if (old_key.key_class == KeyClass::root || old_key.key_class == KeyClass::tenant) {
    KARV_TRY(moved, move_children(old_key));
  }
  if (wraps_subjects(old_key.key_class)) {
    KARV_TRY(const auto subjects, move_subject_keys(old_key));
    moved += subjects;
  }
  if (old_key.key_class == KeyClass::fingerprint) {
    KARV_TRY(moved, move_fingerprints(old_key));
    KARV_TRY(const auto accounts, move_account_fingerprints(old_key));
    moved += accounts;
  }
  return moved;
}

// The old key as it is now; none when it was ended by hand.
base::Result<std::optional<StoredKey>> KeyRotation::find_retired(const Rotation& rotation) {
  KARV_TRY(auto ring, holder_.get_fresh());
  const auto find = [&] { return std::ranges::find(ring->rows(), rotation.old_key, &StoredKey::id); };
  if (find() == ring->rows().end() || find()->state == KeyState::active) {
    KARV_TRY(ring, holder_.refresh());  // it is from before the rotation
  }
  if (find() == ring->rows().end() || find()->state != KeyState::decrypt_only) return std::optional<StoredKey>();
  return std::optional<StoredKey>(*find());
}

base::Result<bool> KeyRotation::step(Rotation rotation) {
  const base::Instant now = wall_.now();
  if (rotation.state == RotationState::waiting && now < rotation.destroy_at) return false;
  // Tokens and payouts go one by one, when they are over, and proofs stay: looked at now and then. Fingerprints wait
  // until every process finds both.
  const bool tokens = rotation.key_class == KeyClass::token || rotation.key_class == KeyClass::proof ||
                      rotation.key_class == KeyClass::network;
  if (tokens && rotation.done > 0 && now < rotation.destroy_at) return false;
  if (rotation.key_class == KeyClass::fingerprint && now < rotation.started_at + kHandover) return false;
  KARV_TRY(const auto old_key, find_retired(rotation));
  if (!old_key) return false;
  std::size_t moved = 0;
  if (rotation.state == RotationState::rewrapping) {
    KARV_TRY(moved, move(*old_key));
  }
  std::int64_t left = std::max<std::int64_t>(1, rotation.total - rotation.done - static_cast<std::int64_t>(moved));
  std::int64_t at_servers = 0;                              // of those: what only a tenant's server moves
  if (moved < static_cast<std::size_t>(settings_.batch)) {  // only then it is worth counting
    KARV_TRY(
        left,
        database_.read<std::int64_t>("vault_count_to_rewrap", [&](store::ReadTx& tx) -> base::Result<std::int64_t> {
          KARV_TRY(at_servers, count_generations_in_use(tx, old_key->key_class, old_key->id, wall_.now()));
          return count_left(tx, *old_key);
        }));
  }
  if (rotation.state == RotationState::waiting && left == 0) {
    KARV_TRY_VOID(finish(rotation, *old_key));
    return false;
  }
  const std::int64_t done = std::max<std::int64_t>(0, rotation.total - left);
  const bool waits_for_servers = rotation.state == RotationState::rewrapping && left > 0 && left == at_servers;
  if (waits_for_servers && rotation.done == done) return false;
  rotation.done = done;
  rotation.state = left == 0 ? RotationState::waiting : RotationState::rewrapping;
  const bool in_backups = is_in_hsm(old_key->key_class) || wraps_subjects(old_key->key_class);
  rotation.destroy_at = now + (in_backups ? settings_.keep_in_backups : settings_.keep_others);
  KARV_TRY_VOID(database_.write<void>("vault_rotation_progress", [&](store::Tx& tx) -> base::Result<void> {
    update_rotation(tx, rotation);
    return {};
  }));
  return left > at_servers && !tokens;
}

base::Result<void> KeyRotation::close_rotation(store::Tx& tx, KeyId old_key) {
  KARV_TRY(const auto open, find_open_rotations(tx));
  for (auto rotation : open) {
    if (rotation.old_key != old_key) continue;
    rotation.state = RotationState::finished;
    rotation.finished_at = wall_.now();
    update_rotation(tx, rotation);
  }
  return {};
}

base::Result<void> KeyRotation::check_ending(store::ReadTx& tx, const StoredKey& row, KeyState to) {
  const auto in_use = [](const char* why) {
    return base::public_error(base::ErrorCode::not_matching, why, "KEY_IN_USE");
  };
  KARV_TRY(const auto children, count_keys_under(tx, row.id));
  if (children > 0) return in_use("Keys are still wrapped by this one: let its rotation move them first.");
  if (row.key_class == KeyClass::network && row.state != KeyState::compromised) {
    KARV_TRY(const bool vouches, is_last_taken(tx, row));
    if (vouches) return in_use("The card network has not taken its successor yet: without this key it never would.");
  }
  if (to != KeyState::destroyed || row.state == KeyState::compromised) return {};
  if (wall_.now() < *row.retired_at + settings_.keep_others)
    return in_use("It was retired less than an hour ago: a process may still be using it.");
  KARV_TRY(const auto left, count_left(tx, row));
  if (left > 0) return in_use("Values are still under this key: let its rotation finish first.");
  return {};
}

base::Result<void> KeyRotation::end_key(KeyId id, KeyCommand command) {
  KARV_TRY(const auto ring, holder_.refresh());
  const auto row = std::ranges::find(ring->rows(), id, &StoredKey::id);
  if (row == ring->rows().end()) return base::public_error(base::ErrorCode::not_found, "There is no such key.");
  const auto to = next_state(row->state, command);
  if (!to || row->state == KeyState::active)
    return base::public_error(base::ErrorCode::not_matching,
                              "Only a retired key can be ended, and only once: rotate an active one first.",
                              "KEY_IN_USE");
  StoredKey ended = *row;
  ended.state = *to;
  if (*to == KeyState::destroyed) ended.wrapped.clear();
  KARV_TRY_VOID(database_.write<void>("vault_end_key", [&](store::Tx& tx) -> base::Result<void> {
    KARV_TRY(const auto generations, lock_generations_under(tx, row->key_class, id));
    KARV_TRY_VOID(check_ending(tx, *row, *to));
    if (wraps_subjects(row->key_class)) {  // given up whole: its customers get new keys with their next card
      KARV_TRY(const auto under, count_subject_keys_under(tx, row->key_class, id));
      destroy_subject_keys_under(tx, row->key_class, id, under);
      delete_generations_under(tx, row->key_class, id, generations);
    }
    update_key(tx, *row, ended);
    return close_rotation(tx, id);
  }));
  if (*to == KeyState::destroyed) KARV_TRY_VOID(destroy_in_hsm(ended));
  base::log::warn("vault_key_ended", {{"key", id.text()}, {"state", json::word(*to)}});
  KARV_TRY_VOID(holder_.refresh());
  return {};
}

base::Result<bool> KeyRotation::work() {
  KARV_TRY(const auto open, database_.read<std::vector<Rotation>>(
                                "vault_open_rotations", [](store::ReadTx& tx) { return find_open_rotations(tx); }));
  bool more = false;
  for (const auto& rotation : open) {
    const auto left = step(rotation);
    if (left.ok()) {
      more = more || left.value();
    } else if (left.error().code() == base::ErrorCode::conflict) {
      more = true;  // somebody changed a row of the batch
    } else if (left.error().reason() == "VAULT_SEALED") {
      return left.error();
    } else {  // the others go on
      base::log::error("vault_rotation_stands_still",
                       {{"key", rotation.old_key.text()}, {"detail", left.error().internal_text()}});
    }
  }
  return more;
}

base::Result<void> KeyRotation::destroy_leftovers() {
  if (!leftovers_) return {};
  KARV_TRY(const auto ring, holder_.refresh());
  leftovers_ = false;
  for (const auto& row : ring->rows())
    if (row.state == KeyState::destroyed && row.retired_at && *row.retired_at + kLeftoversFor > wall_.now())
      KARV_TRY_VOID(destroy_in_hsm(row));
  return {};
}

}  // namespace karv::vault
