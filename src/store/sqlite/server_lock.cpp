#include "store/sqlite/server_lock.h"

#include <array>
#include <cerrno>
#include <filesystem>
#include <tuple>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include "store/sqlite/start_check.h"

namespace karv::store::sqlite {
namespace {

using base::ErrorCode;
using base::internal_error;
using base::Result;

// The same file by another way is the same database. A file that does not exist yet is found by its folder.
std::string canonical(const std::string& path) {
  std::error_code failed;
  const auto known = std::filesystem::weakly_canonical(path, failed);
  return failed ? path : known.string();
}

// The process that holds the lock wrote its number into it.
std::string holder(int file) {
  std::array<char, 32> text{};
  const ssize_t size = ::pread(file, text.data(), text.size() - 1, 0);
  const std::string number(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  return number.empty() ? "another process" : "process " + number.substr(0, number.find('\n'));
}

}  // namespace

Result<ServerLock> ServerLock::take(const std::string& database) {
  const std::string path = canonical(database) + ".lock";
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0)
    return internal_error(ErrorCode::unavailable,
                          fmt::format("{} cannot be made or opened ({}): let the user that runs this own the folder",
                                      path, words_of(errno)));
  ServerLock lock(file);
  if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK)
      return internal_error(
          ErrorCode::unavailable,
          fmt::format("{} cannot be locked ({}): put the database on a local disk", path, words_of(errno)));
    return internal_error(ErrorCode::conflict,
                          fmt::format("{} is served by {}: stop that server first, or give this one a database of its "
                                      "own (`database` in its configuration)",
                                      database, holder(file)));
  }
  const std::string number = fmt::format("{}\n", ::getpid());
  if (::ftruncate(file, 0) == 0) std::ignore = ::pwrite(file, number.data(), number.size(), 0);  // only a courtesy
  return lock;
}

ServerLock::~ServerLock() {
  if (file_ >= 0) ::close(file_);
}

}  // namespace karv::store::sqlite
