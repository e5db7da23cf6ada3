// The threads that serve sockets. One Loop is shared by a process's servers and clients; nothing that waits (a lock
// held for long, a database, a file, a person's handler) may run on them: that is the WorkerPool's work. Made first,
// destroyed last.
#pragma once

#include <memory>

namespace karv::net {

class Loop {
 public:
  explicit Loop(int threads = 1);
  ~Loop();  // stops
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Ends and joins the threads. Pre: servers and clients on it have been stopped.
  void stop();

  struct Impl;
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace karv::net
