#include "vault/erasure/journal_file.h"

#include <cerrno>
#include <cstdio>
#include <tuple>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace karv::vault {
namespace {

constexpr off_t kLargest = off_t{1} << 28;

class File {
 public:
  File(const std::string& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, 0600)) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

base::Error failed(const char* what, const std::string& path) {
  const auto code = errno == ENOENT                      ? base::ErrorCode::not_found
                    : errno == ENOSPC || errno == EDQUOT ? base::ErrorCode::storage_full
                                                         : base::ErrorCode::unavailable;
  return base::internal_error(code, fmt::format("the erasure journal: {} {}: errno {}", what, path, errno));
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

}  // namespace

base::Result<JournalLock> JournalLock::take(const std::string& path) {
  const std::string name = path + ".lock";
  File file(name, O_RDWR | O_CREAT);
  if (file.fd() < 0) {
    const auto code = base::ErrorCode::unavailable;  // also when its folder is not there: that is no missing journal
    return base::internal_error(code, fmt::format("the erasure journal: opening {}: errno {}", name, errno));
  }
  if (::flock(file.fd(), LOCK_EX | LOCK_NB) != 0)
    return base::internal_error(base::ErrorCode::conflict,
                                fmt::format("the erasure journal {} is in use by another process: each has its own "
                                            "([erasure] journal)",
                                            path));
  return JournalLock(file.release());
}
JournalLock::JournalLock(JournalLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
JournalLock::~JournalLock() {
  if (fd_ >= 0) ::close(fd_);
}

base::Result<std::string> read_journal(const std::string& path) {
  const File file(path, O_RDONLY);
  struct stat facts{};
  if (file.fd() < 0 || ::fstat(file.fd(), &facts) != 0) return failed("opening", path);
  if (!S_ISREG(facts.st_mode) || facts.st_size > kLargest || (facts.st_mode & (S_IRWXO | S_IWGRP)) != 0)
    return base::internal_error(base::ErrorCode::unavailable,
                                "the erasure journal " + path + " is no file that is closed to others (chmod 600)");
  std::string text(static_cast<std::size_t>(facts.st_size), '\0');
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t got = ::read(file.fd(), text.data() + done, text.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return failed("reading", path);
    done += static_cast<std::size_t>(got);
  }
  return text;
}

base::Result<void> append_to_journal(const std::string& path, std::size_t size, std::string_view text) {
  const File file(path, O_WRONLY | O_APPEND);
  struct stat now{};
  if (file.fd() < 0 || ::fstat(file.fd(), &now) != 0) return failed("opening", path);
  const auto wanted = static_cast<off_t>(size);
  if (now.st_size < wanted)
    return base::internal_error(base::ErrorCode::unavailable,
                                "the erasure journal " + path + " was cut while it is in use");
  if (now.st_size > wanted && ::ftruncate(file.fd(), wanted) != 0) return failed("cutting", path);
  // The folder too: a file that has just taken another's place may not be there after a crash.
  const File folder(folder_of(path), O_RDONLY | O_DIRECTORY);
  if (write_all(file.fd(), text) && ::fsync(file.fd()) == 0 && folder.fd() >= 0 && ::fsync(folder.fd()) == 0) return {};
  auto error = failed("writing", path);
  std::ignore = ::ftruncate(file.fd(), wanted);  // else the next one does it
  return error;
}

base::Result<void> cut_journal(const std::string& path, std::size_t size) {
  const File file(path, O_WRONLY);
  if (file.fd() < 0 || ::ftruncate(file.fd(), static_cast<off_t>(size)) != 0 || ::fsync(file.fd()) != 0)
    return failed("cutting", path);
  return {};
}

base::Result<void> set_journal_aside(const std::string& path, std::string_view ending) {
  const std::string aside = fmt::format("{}.{}", path, ending);
  if (std::rename(path.c_str(), aside.c_str()) == 0 || errno == ENOENT) return {};
  return failed("renaming", path);
}

}  // namespace karv::vault
