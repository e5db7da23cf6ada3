// The erasure journal: who was erased, in a file outside the database and its backups, so that a store that comes back
// from a backup forgets them again before it serves.
//
//   {"format":1,"journal":"0190...","store":"0190...","key":"...","first":1,"before":"00..."} MAC
//   {"erasure":"0190...","request":"...","tenant":"karv-server","subject":"5f...","keys":[...],...} MAC
//   ...one line for each erasure; each MAC covers its line and the MAC before it
// The MAC's key is random, wrapped in the first line by a key of the HSM, in memory only while a line is written. So
// nobody without the HSM writes, changes, moves or leaves out a line. Cutting lines off at the end, or bringing an
// older copy back, is noticed too: the HSM holds a key that bears the number of the last line (`anchor`) and is
// replaced by the next with each line. Old lines go when no backup from before them can be opened any more (prune); the
// first line then says how many went, and the last one's MAC. Holds no secret between calls. Thread-safe; one process
// has one journal.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/random.h"
#include "vault/erasure/journal_file.h"
#include "vault/erasure/types.h"
#include "vault/keys/wrapping.h"

namespace karv::vault {

class Journal {
 public:
  // Whether this HSM ever had a journal: then a store without one has lost it. Errors: the HSM's.
  static base::Result<bool> was_ever_begun(HsmTools tools);
  // A new journal that holds `records`. Pre: there is none at `path`. Errors: conflict (in use), storage_full,
  // unavailable, the HSM's.
  static base::Result<std::unique_ptr<Journal>> begin(const std::string& path, HsmTools tools, ErasureStoreId store,
                                                      const std::vector<ErasureRecord>& records,
                                                      const base::Clock& wall, base::Random& random);
  // Checks every line. An end that was cut by a crash, in the middle of a line that nobody was answered for, is taken
  // off. Errors: not_found; conflict (in use); not_matching ERASURE_JOURNAL_REFUSED (not what this vault wrote);
  // unavailable.
  static base::Result<std::unique_ptr<Journal>> open(const std::string& path, HsmTools tools);

  JournalHead head() const KARV_EXCLUDES(mutex_);
  // Those that were not pruned, in their order.
  std::vector<ErasureRecord> records() const KARV_EXCLUDES(mutex_);
  // Empty for a position that was pruned or is not there yet.
  std::optional<base::Bytes> mac_at(std::int64_t position) const KARV_EXCLUDES(mutex_);

  // Adds it, durably; when it is there already answers where. Errors: storage_full, unavailable, the HSM's.
  base::Result<std::int64_t> append(HsmTools tools, const ErasureRecord& record) KARV_EXCLUDES(mutex_);
  // Takes off what was erased before that moment. Answers how many. Errors: as above.
  base::Result<std::int64_t> prune(HsmTools tools, base::Instant before) KARV_EXCLUDES(mutex_);

  // The first line.
  struct Top {
    std::int64_t format = 1;
    ErasureJournalId journal;
    ErasureStoreId store;
    std::string key;         // the MAC's key, wrapped, as base64url
    std::int64_t first = 1;  // position of the line that follows
    std::string before;      // MAC of the line before that, in hexadecimal
  };

 private:
  struct Entry {
    ErasureRecord record;
    std::string text;
    base::Bytes mac;
  };
  Journal(std::string path, JournalLock lock) : path_(std::move(path)), lock_(std::move(lock)) {}
  base::Result<void> read(HsmTools tools, const std::string& text) KARV_REQUIRES(mutex_);
  base::Result<void> read_lines(std::string_view lines, const base::SecretBytes& key) KARV_REQUIRES(mutex_);
  base::Result<base::SecretBytes> unwrap(HsmTools tools) const KARV_REQUIRES(mutex_);
  void add(const ErasureRecord& record, std::string text, const base::SecretBytes& key) KARV_REQUIRES(mutex_);
  std::string whole_text(const base::SecretBytes& key) const KARV_REQUIRES(mutex_);
  std::int64_t position() const KARV_REQUIRES(mutex_);
  base::Bytes last_mac() const KARV_REQUIRES(mutex_);

  const std::string path_;
  JournalLock lock_;
  mutable base::Mutex mutex_;
  Top top_ KARV_GUARDED_BY(mutex_);
  std::vector<Entry> entries_ KARV_GUARDED_BY(mutex_);
  std::size_t size_ KARV_GUARDED_BY(mutex_) = 0;  // of the file
};

}  // namespace karv::vault
