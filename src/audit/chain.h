// The chain over the audit records: each link holds the hash of the one before it, so that a record that is changed,
// removed, inserted or moved afterwards no longer fits.
//
// Links are made after commit by one sequencer (store/sequencer.h), never inside a payment: payments would wait for
// each other. What a crash left unchained is chained at the next start. Cutting off the newest links is only visible to
// those who remember a head; publish it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "audit/record.h"

namespace karv::audit {

struct Head {
  std::int64_t sequence = 0;  // 0: nothing is chained yet
  base::Bytes hash;
  friend bool operator==(const Head&, const Head&) = default;
};

// Chains up to `limit` waiting records, oldest first; answers how many. Errors: conflict when another process chained.
base::Result<std::int64_t> chain_waiting(store::Database& database, std::int64_t limit = 1000);

base::Result<Head> read_head(store::ReadTx& tx);

struct Finding {
  std::int64_t sequence = 0;  // 0 when the record has no link
  std::string record_id;      // UUID text; empty when unknown
  std::string what;
};
struct Verification {
  std::int64_t records = 0;
  std::int64_t waiting = 0;  // committed within the last moments, not chained yet
  Head head;
  std::vector<Finding> findings;  // empty: the chain holds
};

// Recomputes every digest and link on one snapshot. `remembered`: a head from outside, to find a cut-off end.
base::Result<Verification> verify_chain(store::Database& database, const std::optional<Head>& remembered = {});

}  // namespace karv::audit
