// Cryptograms on this line: gives the card network the keys that they are made with, before they are used.
//
// A network key travels in 0800 with code 161, encrypted for the network's public key, once after each sign-on. The
// network takes the first key from whoever it let sign on, each further one with the voucher of one that it holds, so
// nobody can bring it a key of his own later. Both sides hold two at most: the one in use and its successor or
// predecessor. Which key a message is made with follows from its time alone (KeyRing::find_in_use), so a repeat has the
// cryptogram of its first message.
// Not here: the cryptogram itself (cryptogram.h). Used by operations.h and settlement.h. Thread-safe.
#pragma once

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
  NetworkKeys(CardNetwork& network, KeyHolder& keys, TraceNumbers& numbers, const base::Clock& wall,
              base::Random& random, base::Bytes recipient)
      : network_(network),
        keys_(keys),
        numbers_(numbers),
        wall_(wall),
        random_(random),
        recipient_(std::move(recipient)) {}

  // The key for the operation's message, once the network has it; nothing when there are no cryptograms.
  // Not inside a transaction. Errors: unavailable (sealed, or the network has not taken the key), gone KEY_DESTROYED.
  // Cost: a message to the network after a sign-on or a rotation, none otherwise.
  base::Result<std::optional<base::SecretBytes>> key_for(const Operation& operation);
  // All keys that the network may need, oldest first; nothing while sealed or signed off. Errors: as above.
  base::Result<void> hand_over();

 private:
  base::Result<void> ensure_handed(const KeyRing& ring, const OpenKey& key);
  bool is_handed(const std::string& name, std::int64_t sign_on) KARV_EXCLUDES(mutex_);

  CardNetwork& network_;
  KeyHolder& keys_;
  TraceNumbers& numbers_;
  const base::Clock& wall_;
  base::Random& random_;
  const base::Bytes recipient_;
  base::Mutex mutex_;
  std::int64_t sign_on_ KARV_GUARDED_BY(mutex_) = 0;  // to which `handed_` belongs
  std::set<std::string> handed_ KARV_GUARDED_BY(mutex_);
};

}  // namespace karv::vault
