// The outbox: what must leave the house (webhooks, mail, bank files) is written down in the same transaction as the
// reason for it, and sent afterwards by jobs. At least once: receivers recognize repeats by the entry's id.
//
// An entry is ready, claimed (by one worker, until its lease ends), done or failed. A claim carries a fencing number:
// a worker that lost its lease cannot settle the entry any more. Payloads may hold personal data only sealed.
// Not a queue between modules of one process; those call each other.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "store/database.h"

namespace karv::store::outbox {

struct EntryTag;
using EntryId = base::Id<EntryTag>;

enum class State : std::uint8_t { ready, claimed, done, failed };
std::string_view word(State state);

struct NewEntry {
  EntryId id;
  std::string topic;  // which job sends it: "mail", "webhook"
  std::string key;    // what it is about, for looking it up: an order's or a merchant's id
  Bytes payload;
  base::Instant created_at;
  base::Instant available_at;
};

struct Entry {
  EntryId id;
  std::string topic;
  std::string key;
  Bytes payload;
  base::Instant created_at;
  base::Instant available_at;
  std::int64_t attempts = 0;  // including this one; also the fencing number of the claim
  State state = State::ready;
  std::string last_error;              // a code of our own, never what the other side said
  std::optional<std::int64_t> number;  // order of commit; given within a second
};

// Effects: one row with the commit. Cost: none of its own.
void put(Tx& tx, const NewEntry& entry);

// Takes up to `limit` entries of a topic that are due, oldest first, for `lease`. An expired claim counts as ready.
// Cost: 2 round trips.
Result<std::vector<Entry>> claim(Tx& tx, std::string_view topic, base::Instant now, base::Duration lease,
                                 std::int64_t limit);

// Settle a claimed entry. Errors (at commit): conflict when the claim is no longer ours.
void complete(Tx& tx, const Entry& claimed);
void retry_later(Tx& tx, const Entry& claimed, base::Instant available_at, std::string_view error_code);
void fail(Tx& tx, const Entry& claimed, std::string_view error_code);

Result<std::optional<Entry>> find(ReadTx& tx, EntryId id);
// Cost: 1 round trip. Ordered by creation.
Result<std::vector<Entry>> list_by_key(ReadTx& tx, std::string_view topic, std::string_view key);

// Gives numbers, in order of commit, to up to `limit` entries that have none yet; answers how many. For the sequencer:
// run by one thread, after the commits (a counter inside the payments' transactions would make them wait for each
// other).
Result<std::int64_t> assign_numbers(Tx& tx, std::int64_t limit);
// Entries of a topic after a number, in order: the cursor of feeds.
Result<std::vector<Entry>> list_after(ReadTx& tx, std::string_view topic, std::int64_t number, std::int64_t limit);

}  // namespace karv::store::outbox
