// One supervised process: started in a process group of its own, with both its outputs on pipes, and asked to end when
// its parent is gone.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "base/result.h"

namespace karv::apps::cli::dev {

struct ChildSpec {
  std::string name;
  std::vector<std::string> command;  // absolute path first
  std::vector<std::pair<std::string, std::string>> environment = {};
  std::string folder;  // where it works
};

// How a process ended, as people say it: "exit code 1", "signal 9 (Killed)".
std::string ending_of(int wait_status);

// A pipe's reading end, cut into lines.
class LinePipe {
 public:
  explicit LinePipe(int fd) : fd_(fd) {}
  ~LinePipe();
  LinePipe(LinePipe&& other) noexcept : fd_(std::exchange(other.fd_, -1)), rest_(std::move(other.rest_)) {}
  LinePipe& operator=(LinePipe&&) = delete;
  LinePipe(const LinePipe&) = delete;

  int fd() const { return fd_; }  // -1 when the writer is gone
  // The whole lines that are there now; at the end of the stream also what is left without a line end.
  std::vector<std::string> read_lines();

 private:
  int fd_;
  std::string rest_;
};

class Child {
 public:
  // With `own_terminal` its outputs and signals stay those of the caller (a program that talks to the user).
  static base::Result<Child> spawn(const ChildSpec& spec, bool own_terminal = false);

  const std::string& name() const { return name_; }
  pid_t pid() const { return pid_; }
  LinePipe& out() { return out_; }
  LinePipe& err() { return err_; }
  bool running() const { return !status_.has_value(); }
  // Looks whether it has ended. Never blocks.
  std::optional<int> poll_end();
  void signal(int number) const;

 private:
  Child(std::string name, pid_t pid, int out, int err) : name_(std::move(name)), pid_(pid), out_(out), err_(err) {}
  std::string name_;
  pid_t pid_;
  LinePipe out_, err_;
  std::optional<int> status_;
};

}  // namespace karv::apps::cli::dev
