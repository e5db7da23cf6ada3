// The erasure journal: who was erased, in a file outside the database and its backups, so that a store that comes back
// from a backup forgets them again before it serves.
//
//   {"format":1,"journal":"0190...","store":"0190...","key":"...","first":1,"before":"00..."} MAC
//   {"erasure":"0190...","request":"...","tenant":"karv-server","subject":"5f...","keys":[...],...} MAC
//   ...one line for each erasure; each MAC covers its line and the MAC before it
// The MAC's key is random, wrapped in the first line by a key of the HSM, in memory only while a line is written. So
// nobody without the HSM writes, changes, moves or leaves out a line. Cutting lines off at the end, or bringing an
// older copy back, is noticed too: the HSM holds a key that bears the number of the last line (`anchor`); those of the
// lines before go when the store knows of the last one (drop_anchors). Old lines go when no backup from before them can
// be opened any more (prune); the first line then says how many went, and the last one's MAC. Holds no secret between
// calls. Thread-safe; one process has one journal. While the HSM or the disk hangs, reading goes on, and whoever wants
// to write is told so after two seconds.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/random.h"
#include "base/timed_mutex.h"
#include "vault/erasure/journal_file.h"
#include "vault/erasure/types.h"
#include "vault/keys/wrapping.h"

namespace karv::vault {

class Journal {
 public:
  // Whether this HSM ever had a journal: then a store without one has lost it. Errors: the HSM's.
  static base::Result<bool> was_ever_begun(HsmTools tools);
  // Whether it ends there, for all that the HSM knows. Errors: the HSM's.
  static base::Result<bool> is_anchored(HsmTools tools, const JournalHead& head);
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

  // Adds it, durably; when it is there already answers where. Errors: storage_full, unavailable (also: another call
  // hangs), the HSM's.
  base::Result<std::int64_t> append(HsmTools tools, const ErasureRecord& record) KARV_EXCLUDES(mutex_);
  // Copies of the file that end before that position open no more. Errors: unavailable, the HSM's; then say it again.
  base::Result<void> drop_anchors(HsmTools tools, std::int64_t before) KARV_EXCLUDES(mutex_);
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
  // What a writer starts from; only he changes it.
  struct End {
    Top top;
    std::int64_t position = 0;
    base::Bytes mac;
    std::size_t size = 0;  // of the file
    std::int64_t oldest_anchor = 0;
  };
  Journal(std::string path, JournalLock lock) : path_(std::move(path)), lock_(std::move(lock)) {}
  static std::string text_of(const Top& top, const std::vector<Entry>& entries, const base::SecretBytes& key);
  base::Result<void> read(HsmTools tools, const std::string& text) KARV_REQUIRES(mutex_);
  base::Result<void> read_lines(std::string_view lines, const base::SecretBytes& key) KARV_REQUIRES(mutex_);
  base::Result<base::SecretBytes> unwrap(HsmTools tools, const Top& top) const;
  void add(const ErasureRecord& record, std::string text, const base::SecretBytes& key) KARV_REQUIRES(mutex_);
  std::int64_t position() const KARV_REQUIRES(mutex_);
  base::Bytes last_mac() const KARV_REQUIRES(mutex_);
  std::optional<std::int64_t> position_of(vault_api::ErasureId id) const KARV_EXCLUDES(mutex_);
  End end() const KARV_EXCLUDES(mutex_);

  const std::string path_;
  JournalLock lock_;
  base::TimedMutex writing_;   // over calls of the HSM and the disk
  mutable base::Mutex mutex_;  // over none
  Top top_ KARV_GUARDED_BY(mutex_);
  std::vector<Entry> entries_ KARV_GUARDED_BY(mutex_);
  std::size_t size_ KARV_GUARDED_BY(mutex_) = 0;
  std::int64_t oldest_anchor_ KARV_GUARDED_BY(mutex_) = 0;
};

}  // namespace karv::vault
