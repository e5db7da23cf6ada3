// The rows of one table, ready to be written again and again: which bytes of them are ids and which numbers are
// moments is found out once. Used by grow/main.cpp.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "grow/identities.h"
#include "grow/mapping.h"
#include "source.h"

namespace karv::bench {

struct Cell {
  enum class Kind : std::uint8_t { null, number, moment, text, blob };
  Kind kind = Kind::null;
  std::uint32_t size = 0;   // of a text or blob
  std::int64_t number = 0;  // of those: where it begins in the bytes
};

// The texts and blobs of all rows in one piece, in the order of the cells.
class Stencil {
 public:
  // `condition`: which rows, in SQL; empty: all.
  Stencil(Source& source, Table table, const std::string& condition, const Identities& identities);

  const Table& table() const { return table_; }
  // Row by row.
  const std::vector<Cell>& cells() const { return cells_; }
  std::int64_t rows() const { return static_cast<std::int64_t>(cells_.size() / table_.columns.size()); }
  // The bytes of a copy. `into` is used again, so that a copy costs no allocation.
  void print(const Mapping& mapping, std::string& into) const;

 private:
  enum class Form : std::uint8_t { id, id_text, blob, text };
  struct Patch {
    std::size_t at;
    std::uint32_t size;
    Form form;
  };

  void add(sqlite3_stmt* row, int column, const Identities& identities);
  void mark_blob(std::string_view bytes, std::size_t at, const Identities& identities);
  void mark_text(std::string_view text, std::size_t at, const Identities& identities);

  Table table_;
  std::vector<Cell> cells_;
  std::vector<Patch> patches_;
  std::string bytes_;
};

}  // namespace karv::bench
