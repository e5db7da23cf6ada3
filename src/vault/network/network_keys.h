// Cryptograms on this line: gives the card network the keys that they are made with, before they are used.
//
// A network key travels in 0800 with code 161, encrypted for the network's public key, once after each sign-on and
// again when the network has refused a message with 63. The network takes the first key from whoever it let sign on,
// each further one with the voucher of the newest that it holds, so nobody can bring it a key of his own later. It
// holds two: the one in use and its successor or predecessor. Handed over are all that are open, the oldest first: to a
// network that has forgotten them each vouches for the next. That it was taken is noted in the key's row: the last one
// that was is kept until its successor is. Which key a message is made with follows from its time alone
// (KeyRing::find_in_use). Repeats need none: they say what their first message said. Not here: the cryptogram itself
// (cryptogram.h). Used by operations.h. Thread-safe.
#pragma once

#include <map>
#include <optional>
#include <set>

#include "base/mutex.h"
#include "base/random.h"
#include "vault/keys/key_holder.h"
#include "vault/network/card_network.h"
#include "vault/network/trace_numbers.h"

namespace karv::vault {

class NetworkKeys {
 public:
  // `recipient`: the network's X25519 public key; empty: messages carry no cryptograms. All others outlive it.
  NetworkKeys(store::Database& database, CardNetwork& network, KeyHolder& keys, TraceNumbers& numbers,
              const base::Clock& wall, base::Random& random, base::Bytes recipient)
      : database_(database),
        network_(network),
        keys_(keys),
        numbers_(numbers),
        wall_(wall),
        random_(random),
        recipient_(std::move(recipient)) {}

  // The key for the operation's message, once the network has it; nothing when there are no cryptograms.
  // Not inside a transaction. Errors: unavailable (sealed; the network has not taken the key: for the next seconds at
  // once), gone KEY_DESTROYED. Cost: a message for each open key after a sign-on, a rotation or a 63, none otherwise.
  base::Result<std::optional<base::SecretBytes>> key_for(const Operation& operation);
  // All keys that the network may need, oldest first; nothing while sealed or signed off. Errors: as above.
  base::Result<void> hand_over();

 private:
  base::Result<void> ensure_handed(const KeyRing& ring, const OpenKey& key) KARV_EXCLUDES(asking_, mutex_);
  // All open keys up to this one, the oldest first. Errors: unavailable (this one was not taken, or no answer).
  base::Result<void> hand_up_to(const KeyRing& ring, const OpenKey& key) KARV_REQUIRES(asking_);
  // False: the network has refused it.
  base::Result<bool> hand(const OpenKey& key, const OpenKey* former) KARV_REQUIRES(asking_);
  bool is_handed(const std::string& name) KARV_EXCLUDES(mutex_);
  // What is known of the network's keys belongs to one of these.
  std::int64_t epoch() const { return network_.sign_ons() + network_.security_refusals(); }

  store::Database& database_;
  CardNetwork& network_;
  KeyHolder& keys_;
  TraceNumbers& numbers_;
  const base::Clock& wall_;
  base::Random& random_;
  const base::Bytes recipient_;
  base::Mutex asking_;  // held during a handover: one at a time, before mutex_
  base::Mutex mutex_;
  std::int64_t epoch_ KARV_GUARDED_BY(mutex_) = 0;  // to which the two below belong
  std::set<std::string> handed_ KARV_GUARDED_BY(mutex_);
  std::map<std::string, base::Instant> refused_ KARV_GUARDED_BY(mutex_);  // not asked again before then
};

}  // namespace karv::vault
