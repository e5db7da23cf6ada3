// Rows <-> records and links. The SQL of this module.
#pragma once

#include <vector>

#include "audit/chain.h"
#include "audit/record.h"

namespace karv::audit::repository {

struct Link {
  std::int64_t sequence = 0;
  RecordId record_id;
  base::Bytes previous;
  base::Bytes hash;
};
struct StoredRecord {
  Record record;
  base::Bytes digest;
};
struct LinkAndRecord {
  Link link;
  std::optional<StoredRecord> stored;  // gone when somebody deleted it
};
struct Waiting {
  RecordId record_id;
  std::optional<base::Bytes> digest;  // gone when somebody deleted the record
};

void insert_record(store::Tx& tx, const Record& record, const base::Bytes& digest);
void insert_link(store::Tx& tx, const Link& link);
void delete_waiting(store::Tx& tx, const RecordId& id);

// The last link, and the oldest records that wait for one, in one round trip.
struct Line {
  Head head;
  std::vector<Waiting> waiting;
};
base::Result<Line> read_line(store::ReadTx& tx, std::int64_t limit);
base::Result<std::vector<LinkAndRecord>> read_links_after(store::ReadTx& tx, std::int64_t sequence, std::int64_t limit);
base::Result<std::vector<Record>> read_by_subject(store::ReadTx& tx, const Subject& subject, std::int64_t limit);
// Records that have neither a link nor a place in the line.
base::Result<std::vector<RecordId>> read_forgotten(store::ReadTx& tx, std::int64_t limit);
struct Counts {
  std::int64_t records = 0;
  std::int64_t waiting = 0;
};
base::Result<Counts> count(store::ReadTx& tx);

}  // namespace karv::audit::repository
