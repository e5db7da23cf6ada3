#include "base/program.h"

#include <array>
#include <cerrno>
#include <cstdio>

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace karv::base {
namespace {

// A file in memory: no pipe can run full, so nobody waits for anybody.
class MemoryFile {
 public:
  MemoryFile() : file_(::memfd_create("karv-program", MFD_CLOEXEC)) {}
  ~MemoryFile() {
    if (file_ >= 0) ::close(file_);
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  int fd() const { return file_; }

  bool write(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t wrote = ::write(file_, text.data(), text.size());
      if (wrote <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(wrote));
    }
    return ::lseek(file_, 0, SEEK_SET) == 0;
  }
  std::string read() const {
    std::string text;
    std::array<char, 65536> part{};
    for (off_t at = 0;;) {
      const ssize_t got = ::pread(file_, part.data(), part.size(), at);
      if (got <= 0) return text;
      text.append(part.data(), static_cast<std::size_t>(got));
      at += got;
    }
  }

 private:
  int file_;
};

Error unavailable(std::string what) { return internal_error(ErrorCode::unavailable, std::move(what)); }

}  // namespace

Result<ProgramEnd> run_program(const Program& program) {
  std::vector<std::string> words = program.words;
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);

  const MemoryFile in, out, err;
  if (in.fd() < 0 || out.fd() < 0 || err.fd() < 0 || !in.write(program.input))
    return unavailable(fmt::format("there is no memory to run {}", words.front()));
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, in.fd(), STDIN_FILENO);
  if (program.capture) {
    ::posix_spawn_file_actions_adddup2(&actions, out.fd(), STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, err.fd(), STDERR_FILENO);
  }
  std::fflush(stdout);  // what was said before stays in front
  pid_t child = 0;
  const int failed = ::posix_spawnp(&child, words.front().c_str(), &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed != 0)
    return unavailable(fmt::format("{} cannot be started (error {}): install it", words.front(), failed));
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return unavailable(fmt::format("{} cannot be waited for", words.front()));
  if (!WIFEXITED(status)) return unavailable(fmt::format("{} ended by signal {}", words.front(), WTERMSIG(status)));
  return ProgramEnd{.code = WEXITSTATUS(status), .out = out.read(), .err = err.read()};
}

}  // namespace karv::base
