#include "apps/cli/vault_program.h"

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <span>

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace karv::apps::cli {
namespace {

base::Error unavailable(std::string what) {
  return base::internal_error(base::ErrorCode::unavailable, std::move(what));
}

// A file in memory with the text, to be read from its beginning. -1 when there is no memory.
int memory_with(const std::string& text) {
  const int file = ::memfd_create("karv-input", MFD_CLOEXEC);
  std::size_t done = 0;
  while (file >= 0 && done < text.size()) {
    const ssize_t wrote = ::write(file, text.data() + done, text.size() - done);
    if (wrote <= 0) {
      ::close(file);
      return -1;
    }
    done += static_cast<std::size_t>(wrote);
  }
  if (file >= 0) ::lseek(file, 0, SEEK_SET);
  return file;
}

}  // namespace

base::Result<int> run_vault_program(const std::vector<std::string>& words, const std::string& input) {
  const auto program = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "karv-vault";
  if (!std::filesystem::exists(program))
    return unavailable(program.string() + " is missing: the vault's own program works on its store; install it here");
  std::vector<std::string> command{program.string()};
  command.insert(command.end(), words.begin(), words.end());
  std::vector<char*> arguments;
  for (auto& word : command) arguments.push_back(word.data());
  arguments.push_back(nullptr);

  const int file = memory_with(input);
  if (file < 0) return unavailable("there is no memory for what karv-vault is to read");
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, file, STDIN_FILENO);
  std::fflush(stdout);
  pid_t child = 0;
  const int failed = ::posix_spawn(&child, program.c_str(), &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(file);
  if (failed != 0) return unavailable(fmt::format("{} cannot be started: error {}", program.string(), failed));
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  if (!WIFEXITED(status)) return unavailable(fmt::format("karv-vault ended by signal {}", WTERMSIG(status)));
  return WEXITSTATUS(status);
}

}  // namespace karv::apps::cli
