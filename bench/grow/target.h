// The server's database while it is filled. Nothing in it is safe from a crash before finish(): what was broken off is
// thrown away, and made again from the base. Used by grow/main.cpp.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "grow/books.h"
#include "grow/stencil.h"

namespace karv::bench {

// Of the migrations that a database has seen.
inline constexpr std::string_view kSchemaVersion =
    "select group_concat(number || ' ' || hex(digest)) from (select * from schema_migrations order by number)";

class Target {
 public:
  // Errors: unavailable when another process has it open.
  static base::Result<std::unique_ptr<Target>> open(const std::string& path);
  ~Target();
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;

  std::string schema();
  // Whether there is an order of this id, as stored.
  bool has_order(std::string_view order_id);
  std::int64_t count_orders();
  // All rows of one copy in one transaction. Errors: conflict when a key is taken, storage_full, internal; the
  // transaction is undone.
  base::Result<> add_copy(const std::vector<Stencil>& stencils, const std::vector<SharedAccount>& accounts,
                          const Mapping& mapping);
  // As the server wants it, and on the disk. Units: bytes of the file.
  base::Result<std::int64_t> finish();

 private:
  explicit Target(std::string path) : path_(std::move(path)) {}
  base::Result<> run(const char* text);
  base::Result<> insert(const Stencil& stencil, const Mapping& mapping);
  base::Result<> add_to_books(const SharedAccount& account);
  sqlite3_stmt* prepare(std::string_view text);
  base::Error error(std::string_view where) const;
  void close();

  std::string path_;
  sqlite3* db_ = nullptr;
  std::string bytes_;  // of the table that is being written
};

}  // namespace karv::bench
