// The threads that run requests: each takes one job at a time from a bounded queue and may wait on the database, never
// on a network. Shared by a process's servers.
#pragma once

#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "base/mutex.h"

namespace karv::net {

class WorkerPool {
 public:
  using Job = std::move_only_function<void()>;
  struct Options {
    int threads = 8;
    std::size_t max_queue = 1024;
    bool wipe_stack = false;  // after each job: of a process whose requests hold secrets
  };

  explicit WorkerPool(Options options);
  ~WorkerPool();  // stops
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // False when the queue is full or the pool has stopped. The job must not throw.
  bool submit(Job job);
  // For the rest of what was already begun: not bounded, because dropping it would lose its outcome.
  bool submit_continuation(Job job);
  // Runs what is queued, then ends the threads.
  void stop();

 private:
  void work();
  bool enqueue(Job&& job, std::size_t bound);

  const Options options_;
  base::Mutex mutex_;
  base::Condition wake_;
  std::deque<Job> queue_ KARV_GUARDED_BY(mutex_);
  bool stopping_ KARV_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace karv::net
