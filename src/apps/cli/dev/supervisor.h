// Starts processes one after the other, keeps their logs, and ends them in the opposite order. One thread, one poll
// loop.
//
// Nothing is restarted: in development a crash is news. The log files hold everything; the terminal shows what is worth
// a look (warnings, errors, anything that is no log line), or everything when asked.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "apps/cli/dev/child.h"
#include "apps/cli/dev/console.h"
#include "base/clock.h"
#include "base/result.h"

namespace karv::apps::cli::dev {

class Supervisor {
 public:
  struct Options {
    std::string logs;  // the folder of the log files
    bool show_all = false;
    base::Duration start_limit = base::seconds(90);
    base::Duration stop_limit = base::seconds(20);
  };
  // Pre: no other thread exists. Effects: SIGINT, SIGTERM, SIGHUP and SIGCHLD are taken through a descriptor from now
  // on.
  Supervisor(const Console& console, Options options);
  ~Supervisor();  // stop()
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  // Returns once the process has said that it is ready. Errors: unavailable (it ended, or took too long), refused (the
  // user asked to stop meanwhile). The reason was said already.
  base::Result<void> start(const ChildSpec& spec);
  // Until a signal (0) or the death of a child (1).
  int watch();
  // Runs a program on our terminal while the others are watched; its exit code, or 1 when one of the others died.
  int run(const ChildSpec& spec);
  // Ends all, last started first; whether all of them ended by themselves and well.
  bool stop();

  // The pids by name, for those who want to look (or to kill) from outside.
  std::vector<std::pair<std::string, pid_t>> pids() const;

 private:
  struct Watched;
  // Waits at most `wait` for something to happen and takes it in.
  void pump(base::Duration wait);
  void take_lines(Watched& watched);
  void take_signals();
  Watched* find_dead();
  void tell_death(Watched& watched);
  bool stop_one(Watched& watched);

  const Console& console_;
  const Options options_;
  base::SystemClock clock_;
  int signals_;
  int asked_to_stop_ = 0;  // the signal's number
  std::vector<std::unique_ptr<Watched>> children_;
};

}  // namespace karv::apps::cli::dev
