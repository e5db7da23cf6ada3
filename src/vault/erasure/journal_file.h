// The erasure journal's file as bytes: read whole, added to at its end, replaced; durable before any of these return.
// What the bytes mean is in journal.h.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace karv::vault {

// Held by the one process that uses the journal, in a file beside it.
class JournalLock {
 public:
  // Errors: conflict (another process has it), unavailable.
  static base::Result<JournalLock> take(const std::string& path);
  JournalLock(JournalLock&& other) noexcept;
  JournalLock& operator=(JournalLock&&) = delete;
  ~JournalLock();

 private:
  explicit JournalLock(int fd) : fd_(fd) {}
  int fd_;
};

// Errors: not_found (there is none), unavailable (no regular file that is closed to others, too large, cannot be read).
base::Result<std::string> read_journal(const std::string& path);
// Behind its first `size` bytes; what is there already is what an append that failed has left. Errors: storage_full,
// unavailable (also when it has fewer).
base::Result<void> append_to_journal(const std::string& path, std::size_t size, std::string_view text);
// After its first `size` bytes, if it has more.
base::Result<void> cut_journal(const std::string& path, std::size_t size);
// Gives it another name, with `ending` added, when it is there.
base::Result<void> set_journal_aside(const std::string& path, std::string_view ending);

}  // namespace karv::vault
