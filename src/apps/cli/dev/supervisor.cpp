#include "apps/cli/dev/supervisor.h"

#include <algorithm>
#include <csignal>
#include <deque>
#include <fstream>
#include <ranges>

#include <fmt/format.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

namespace karv::apps::cli::dev {
namespace {

using base::Result;

constexpr std::size_t kLastLines = 15;  // shown when a process dies

bool worth_a_look(std::string_view line) {
  if (!line.starts_with('{')) return !line.empty();
  return line.find(R"("level":"warn")") != std::string_view::npos ||
         line.find(R"("level":"error")") != std::string_view::npos;
}

bool is_ready_line(std::string_view line) {
  return line.starts_with('{') && line.find(R"("event":"ready")") != std::string_view::npos;
}

}  // namespace

struct Supervisor::Watched {
  Child child;
  int index;
  std::ofstream log;
  std::deque<std::string> last_lines;
  bool ready = false;
  bool death_told = false;
};

Supervisor::Supervisor(const Console& console, Options options) : console_(console), options_(std::move(options)) {
  sigset_t taken;
  sigemptyset(&taken);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGCHLD}) sigaddset(&taken, number);
  sigprocmask(SIG_BLOCK, &taken, nullptr);
  signals_ = ::signalfd(-1, &taken, SFD_NONBLOCK | SFD_CLOEXEC);
}

Supervisor::~Supervisor() {
  stop();
  ::close(signals_);
}

void Supervisor::take_signals() {
  signalfd_siginfo info{};
  while (::read(signals_, &info, sizeof info) == static_cast<ssize_t>(sizeof info))
    if (info.ssi_signo != SIGCHLD) asked_to_stop_ = static_cast<int>(info.ssi_signo);
}

void Supervisor::take_lines(Watched& watched) {
  const auto keep = [&](const std::string& line, bool show) {
    watched.log << line << '\n';
    watched.last_lines.push_back(line);
    if (watched.last_lines.size() > kLastLines) watched.last_lines.pop_front();
    if (show) console_.child_line(watched.child.name(), watched.index, line);
  };
  for (const auto& line : watched.child.out().read_lines()) {
    const bool first_ready = !watched.ready && is_ready_line(line);
    watched.ready = watched.ready || first_ready;
    keep(line, options_.show_all || !first_ready);
  }
  for (const auto& line : watched.child.err().read_lines()) keep(line, options_.show_all || worth_a_look(line));
  watched.log.flush();
}

void Supervisor::pump(base::Duration wait) {
  std::vector<pollfd> fds{{signals_, POLLIN, 0}};
  for (const auto& watched : children_)
    for (const int fd : {watched->child.out().fd(), watched->child.err().fd()})
      if (fd >= 0) fds.push_back({fd, POLLIN, 0});
  ::poll(fds.data(), fds.size(), static_cast<int>(std::max<std::int64_t>(0, wait.ms)));
  take_signals();
  for (const auto& watched : children_) {
    watched->child.poll_end();
    take_lines(*watched);
  }
}

Supervisor::Watched* Supervisor::find_dead() {
  const auto dead = std::ranges::find_if(children_, [](const auto& watched) { return !watched->child.running(); });
  return dead == children_.end() ? nullptr : dead->get();
}

void Supervisor::tell_death(Watched& watched) {
  if (std::exchange(watched.death_told, true)) return;
  take_lines(watched);
  console_.problem(
      fmt::format("{} died: {}. The last it said:", watched.child.name(), ending_of(*watched.child.poll_end())));
  for (const auto& line : watched.last_lines) console_.problem("    " + line);
  console_.problem(fmt::format("Everything it said: {}/{}.log", options_.logs, watched.child.name()));
}

Result<void> Supervisor::start(const ChildSpec& spec) {
  const base::Instant begin = clock_.now();
  console_.say(fmt::format("starting {} ...", spec.name));
  KARV_TRY(auto child, Child::spawn(spec));
  children_.push_back(std::make_unique<Watched>(
      Watched{.child = std::move(child),
              .index = static_cast<int>(children_.size()),
              .log = std::ofstream(fmt::format("{}/{}.log", options_.logs, spec.name), std::ios::app),
              .last_lines = {}}));
  Watched& started = *children_.back();
  while (!started.ready) {
    const base::Instant deadline = begin + options_.start_limit;
    if (clock_.now() >= deadline) {
      console_.problem(fmt::format("{} was not ready within {} s", spec.name, options_.start_limit.ms / 1000));
      return base::Error(base::ErrorCode::unavailable);
    }
    pump(std::min(deadline - clock_.now(), base::milliseconds(500)));
    if (started.ready) break;
    if (asked_to_stop_ != 0) return base::Error(base::ErrorCode::refused);
    if (Watched* const dead = find_dead()) {
      tell_death(*dead);
      return base::Error(base::ErrorCode::unavailable);
    }
  }
  console_.good(
      fmt::format("  {} is ready after {} ms (pid {})", spec.name, (clock_.now() - begin).ms, started.child.pid()));
  return {};
}

int Supervisor::watch() {
  while (asked_to_stop_ == 0) {
    pump(base::seconds(60));
    if (Watched* const dead = find_dead()) {
      tell_death(*dead);
      return 1;
    }
  }
  return 0;
}

int Supervisor::run(const ChildSpec& spec) {
  auto program = Child::spawn(spec, true);
  if (!program.ok()) {
    console_.problem(program.error().internal_text());
    return 1;
  }
  Child& running = program.value();
  while (running.running()) {
    pump(base::milliseconds(500));
    running.poll_end();
    if (Watched* const dead = find_dead()) {
      tell_death(*dead);
      running.signal(SIGTERM);
      return 1;
    }
    if (asked_to_stop_ != 0) running.signal(asked_to_stop_);
  }
  const int status = *running.poll_end();
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

bool Supervisor::stop_one(Watched& watched) {
  if (watched.child.running()) {
    watched.child.signal(SIGTERM);
    const base::Instant deadline = clock_.now() + options_.stop_limit;
    while (watched.child.running() && clock_.now() < deadline) pump(base::milliseconds(100));
    if (watched.child.running()) {
      console_.problem(
          fmt::format("{} did not end within {} s and is killed", watched.child.name(), options_.stop_limit.ms / 1000));
      watched.child.signal(SIGKILL);
      while (watched.child.running()) pump(base::milliseconds(100));
    }
  }
  const bool well = *watched.child.poll_end() == 0;
  if (!well) tell_death(watched);
  return well;
}

bool Supervisor::stop() {
  bool well = true;
  for (const auto& watched : children_ | std::views::reverse) well = stop_one(*watched) && well;
  children_.clear();
  return well;
}

std::vector<std::pair<std::string, pid_t>> Supervisor::pids() const {
  std::vector<std::pair<std::string, pid_t>> out;
  out.reserve(children_.size());
  for (const auto& watched : children_) out.emplace_back(watched->child.name(), watched->child.pid());
  return out;
}

}  // namespace karv::apps::cli::dev
