// Copying a whole database into another one, of the same or of the other engine: how an operator grows from a file to
// PostgreSQL, and back.
//
//   KARV_TRY(auto copy, store::Copy::open({.from = {"/var/lib/karv/server.db"}, .to = {"postgresql://..."}}));
//   if (!copy->complete()) {
//     KARV_TRY_VOID(copy->run());                    // goes on where a run that was killed ended
//     KARV_TRY(auto tables, copy->compare());        // counts and digests of both sides
//     ...what the rows mean: the ledger's verification...
//     KARV_TRY_VOID(copy->finish());                 // from here on a server takes the target
//   }
//
// Tables are found in the databases themselves. Their rows go over in key order, a page at a time, each page in one
// transaction of the target with the mark of how far it got (marker.h); memory holds one page. The source is not
// changed. Used by the command line only.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/copy/marker.h"
#include "store/copy/place.h"

namespace karv::store {

// An address without the `sqlite:` that may stand in front of a file's path.
std::string without_engine(const std::string& address);

struct CopyEnd {
  std::string address;      // as open.h takes it; `sqlite:` in front of a path is fine
  std::string schema = {};  // of PostgreSQL, for tests that share a database
};

struct CopyProgress {
  enum class Step : std::uint8_t { copying, comparing };
  Step step;
  std::string_view table;
  std::int64_t table_rows, table_total;
  std::int64_t rows, total;  // over all tables
};

struct CopyOptions {
  CopyEnd from;
  CopyEnd to;
  std::int64_t page_rows = 500;
  std::function<void(const CopyProgress&)> on_progress = {};  // after each page
};

struct CopiedTable {
  std::string name;
  std::int64_t rows = 0;
  Bytes digest;
};

class Copy {
 public:
  // Takes both databases for itself, holds their schemas against each other, and finds what an earlier run left.
  // Errors: bad_value (addresses), unavailable, conflict (in use), not_allowed (another schema, not empty, the copy of
  // something else, the source has changed since); each with a sentence that says what to do.
  static base::Result<std::unique_ptr<Copy>> open(CopyOptions options);

  // Whether an earlier run finished this very copy: there is nothing to do.
  bool complete() const { return marker_.complete; }
  bool resumes() const { return resumes_; }
  bool has_table(std::string_view name) const;

  // Errors: as the engines have them; what was copied so far stays and is gone on from.
  base::Result<void> run();
  // Pre: run() is done. Errors: not_allowed, naming the table that is not the same on both sides.
  base::Result<std::vector<CopiedTable>> compare();
  // Effects: the target may be served.
  base::Result<void> finish();

 private:
  explicit Copy(CopyOptions options) : options_(std::move(options)) {}
  base::Result<void> open_places();
  base::Result<void> find_tables();
  base::Result<void> find_progress();
  base::Result<void> copy_table(const copy::Table& table);
  base::Result<std::int64_t> copy_page(const copy::Table& table, std::vector<Value>& after);
  base::Result<CopiedTable> read_through(copy::Place& place, const copy::Table& table);
  void tell(CopyProgress::Step step, const copy::Table& table, std::int64_t table_rows) const;

  CopyOptions options_;
  std::unique_ptr<copy::Place> from_, to_;
  std::vector<copy::Table> tables_;  // what is referred to comes first
  copy::Marker marker_;
  bool resumes_ = false;
  std::int64_t rows_before_ = 0;  // of the tables that are done, for the progress
};

}  // namespace karv::store
