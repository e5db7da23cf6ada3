// What the target of a copy says about itself: whose copy it is, how far it got, and whether it is whole.
//
// Two tables, store_copy and store_copy_tables, made when a copy begins and kept as its record. Until the copy is
// whole, a row in schema_migrations whose number no program knows (store/migrate.h) keeps every program off, older ones
// too. How far a table got changes in the transaction that brings its rows. The last key is not written down: rows come
// in key order, so it is that of the target's last row.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "store/copy/place.h"

namespace karv::store::copy {

struct TableProgress {
  std::int64_t source_rows = 0;
  std::int64_t copied_rows = 0;
};

struct Marker {
  std::string source;
  bool complete = false;
  std::map<std::string, TableProgress> tables;
};

// Whether a table is the store's own bookkeeping and is not copied: each database has its own migrations (and when
// they were applied), attempts and marker.
bool is_internal(const std::string& table);

// Errors: not_allowed when the tables are there but say nothing.
base::Result<std::optional<Marker>> find_marker(Place& target, const std::vector<Table>& tables);
base::Result<void> begin_marker(Place& target, const Marker& marker);
// To be written together with the rows. Fails when the table is not as far as `from`: another copy is at work.
Statement progress(const std::string& table, std::int64_t from, std::int64_t to);
base::Result<void> finish_marker(Place& target);

}  // namespace karv::store::copy
