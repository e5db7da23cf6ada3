#include "apps/cli/dev/child.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace karv::apps::cli::dev {
namespace {

constexpr std::size_t kLongestLine = 65'536;

struct Pipe {
  int read = -1, write = -1;
};
base::Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return base::internal_error(base::ErrorCode::unavailable, "pipe");
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return Pipe{ends[0], ends[1]};
}

// In the new process, between fork and exec. This program has a single thread, so anything may be called here.
[[noreturn]] void become(const ChildSpec& spec, const Pipe& out, const Pipe& err, bool own_terminal, pid_t parent) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(125);  // the parent died before that was set
  if (!own_terminal) {
    ::setpgid(0, 0);  // Ctrl-C goes to the supervisor, which stops its children in order
    ::dup2(out.write, STDOUT_FILENO);
    ::dup2(err.write, STDERR_FILENO);
    const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    ::dup2(nothing, STDIN_FILENO);
  }
  for (const auto& [name, value] : spec.environment) ::setenv(name.c_str(), value.c_str(), 1);
  std::vector<char*> arguments;
  arguments.reserve(spec.command.size() + 1);
  for (const auto& argument : spec.command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  if (::chdir(spec.folder.c_str()) == 0) ::execv(arguments[0], arguments.data());
  const std::string line = fmt::format("cannot run {} in {}: {}\n", spec.command[0], spec.folder, std::strerror(errno));
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
  ::_exit(126);
}

}  // namespace

std::string ending_of(int wait_status) {
  if (WIFSIGNALED(wait_status))
    return fmt::format("signal {} ({})", WTERMSIG(wait_status), ::strsignal(WTERMSIG(wait_status)));
  return fmt::format("exit code {}", WEXITSTATUS(wait_status));
}

LinePipe::~LinePipe() {
  if (fd_ >= 0) ::close(fd_);
}

std::vector<std::string> LinePipe::read_lines() {
  std::vector<std::string> lines;
  std::array<char, 16'384> buffer{};
  while (fd_ >= 0) {
    const ssize_t got = ::read(fd_, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) break;
    if (got <= 0) {
      ::close(std::exchange(fd_, -1));
      break;
    }
    rest_.append(buffer.data(), static_cast<std::size_t>(got));
  }
  std::size_t start = 0;
  for (std::size_t end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n', start)) {
    lines.push_back(rest_.substr(start, end - start));
    start = end + 1;
  }
  rest_.erase(0, start);
  if ((fd_ < 0 && !rest_.empty()) || rest_.size() > kLongestLine) lines.push_back(std::exchange(rest_, {}));
  return lines;
}

base::Result<Child> Child::spawn(const ChildSpec& spec, bool own_terminal) {
  KARV_TRY(const auto out, make_pipe());
  KARV_TRY(const auto err, make_pipe());
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) become(spec, out, err, own_terminal, parent);
  ::close(out.write);
  ::close(err.write);
  Child child(spec.name, pid, out.read, err.read);
  if (pid < 0) return base::internal_error(base::ErrorCode::unavailable, "cannot start " + spec.name);
  return child;
}

std::optional<int> Child::poll_end() {
  int status = 0;
  if (!status_ && ::waitpid(pid_, &status, WNOHANG) == pid_) status_ = status;
  return status_;
}

void Child::signal(int number) const {
  if (running()) ::kill(pid_, number);
}

}  // namespace karv::apps::cli::dev
