// What is looked at before a database file is served, and the sentences for what is wrong with it.
//
// check_place asks the file system; check_header and check_log read the file and its log before SQLite does, because
// SQLite is silent where we must not be: it takes the log to end at its first bad frame, also when that frame lies in
// front of transactions that were durable and answered. check_pages asks SQLite for the structure of the pages.
// Not found by any of these: a flipped bit inside a stored value (the ledger's verification, the audit chain and the
// seals are for that). Source: sqlite.org/fileformat2.html (1.3 header, 4 the write-ahead log).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/sqlite/connection.h"

namespace karv::store::sqlite {

// The folder is there, the file is a private one of ours, both can be written. A missing file is fine.
// Errors: unavailable, with what to do.
base::Result<void> check_place(const std::string& path);
// The file is empty or begins as a database. Pre: nobody in this process has it open (POSIX locks end at a close).
base::Result<void> check_header(const std::string& path);
// No transaction that was made durable lies behind a damaged part of the log. Pre: as above. Cost: reads the log once.
base::Result<void> check_log(const std::string& path);

// Structure of the pages: all of them when the file is no larger than `whole_bytes`, else that every table can be
// entered. Answers whether it was all.
base::Result<bool> check_pages(Connection& connection, const std::string& path, std::int64_t whole_bytes);

// The tables, smallest effort first to check; one of them at a time is what a background check reads.
base::Result<std::vector<std::string>> tables_of(Connection& connection);
// Empty when the table and its indexes are whole, else SQLite's first finding.
base::Result<std::string> check_table(Connection& connection, const std::string& table);

// What the system says about an error number.
std::string words_of(int error_number);

// The sentence for a file that was found damaged.
base::Error damaged(const std::string& path, std::string what);

}  // namespace karv::store::sqlite
