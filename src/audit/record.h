// The tamper-evident record of who did what, to what, when and why.
//
// A record is inserted in the transaction of the deed itself, with the digest of its content; after the commit one
// sequencer chains it (audit/chain.h). Records name people and things by id only: no personal data, no secrets, so that
// a person can be forgotten while the record stays provable.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "store/database.h"

namespace karv::audit {

struct RecordTag;
using RecordId = base::Id<RecordTag>;

enum class ActorKind : std::uint8_t { system, merchant, customer, staff, vault };
std::string_view word(ActorKind kind);

struct Actor {
  ActorKind kind = ActorKind::system;
  std::string id;  // an id of ours, or the name of a job; never a name or an address
};

// What was acted on: {"order", "0190..."}.
struct Subject {
  std::string kind;
  std::string id;
};

// Small facts that a reader of the log will want: codes, counts, amounts in minor units, ids.
using Detail = std::pair<std::string_view, std::variant<std::int64_t, std::string>>;

struct Record {
  RecordId id;
  Actor actor;
  std::string action;  // a stable word: "order_captured"
  Subject subject;
  std::string reason;  // why, in our words or a case number; may be empty
  base::Instant business_time;
  base::Instant wall_time;
  std::string correlation_id;
  std::string details = "{}";  // canonical JSON: see details_text()
};

// JSON with sorted keys and no blanks, so that the same facts always give the same digest. Pre: keys are unique.
std::string details_text(std::vector<Detail> details);

// Adds the record to the transaction. Digits that look like a card number are masked first.
// Effects: one record, one row in the line to be chained. Cost: no round trip of its own.
void append(store::Tx& tx, Record record);

// The digest over every field; what the chain is made of.
base::Bytes digest_of(const Record& record);

// Cost: one round trip. In order of their making.
base::Result<std::vector<Record>> list_by_subject(store::ReadTx& tx, const Subject& subject, std::int64_t limit);

std::span<const store::Migration> migrations();

}  // namespace karv::audit
