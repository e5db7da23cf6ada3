// The ids that purchases brought into a database: the values in primary keys and unique indexes of the tables that
// every purchase writes. Wherever one of them stands, in whichever column, a copy of the rows needs another one in its
// place. Not among them: what all purchases share (merchants, accounts of the ledger with derived balances).
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/id.h"
#include "source.h"

namespace karv::bench {

class Identities {
 public:
  Identities(Source& source, const std::vector<Table>& tables, std::int64_t purchases);

  bool has_blob(std::string_view bytes) const { return blobs_.contains(std::string(bytes)); }
  bool has_text(std::string_view text) const { return texts_.contains(std::string(text)); }
  bool has(const base::Uuid& id) const;
  // When the first and the last of them were made. Units: milliseconds since 1970.
  std::int64_t first_ms() const { return first_ms_; }
  std::int64_t last_ms() const { return last_ms_; }

 private:
  void add_column(Source& source, const std::string& table, const std::string& column);
  void remove_shared(Source& source);
  void find_span();

  std::unordered_set<std::string> blobs_, texts_;
  std::int64_t first_ms_ = std::numeric_limits<std::int64_t>::max();
  std::int64_t last_ms_ = 0;
};

}  // namespace karv::bench
