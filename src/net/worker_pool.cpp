#include "net/worker_pool.h"

#include <limits>

#include "base/check.h"
#include "base/wipe_stack.h"

namespace karv::net {

WorkerPool::WorkerPool(Options options) : options_(options) {
  KARV_CHECK(options.threads > 0);
  for (int i = 0; i < options.threads; ++i) threads_.emplace_back([this] { work(); });
}

WorkerPool::~WorkerPool() { stop(); }

bool WorkerPool::submit(Job job) { return enqueue(std::move(job), options_.max_queue); }

bool WorkerPool::submit_continuation(Job job) {
  return enqueue(std::move(job), std::numeric_limits<std::size_t>::max());
}

bool WorkerPool::enqueue(Job&& job, std::size_t bound) {
  {
    const base::Lock lock(mutex_);
    if (stopping_ || queue_.size() >= bound) return false;
    queue_.push_back(std::move(job));
  }
  wake_.notify_one();  // a thread that is woken to a mutex that is held goes to sleep again
  return true;
}

void WorkerPool::work() {
  for (;;) {
    Job job;
    {
      const base::Lock lock(mutex_);
      while (queue_.empty() && !stopping_) wake_.wait(mutex_);
      if (queue_.empty()) return;
      job = std::move(queue_.front());
      queue_.pop_front();
    }
    job();
    job = nullptr;
    if (options_.wipe_stack) base::wipe_stack();
  }
}

void WorkerPool::stop() {
  {
    const base::Lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (auto& thread : threads_)
    if (thread.joinable()) thread.join();
  threads_.clear();
}

}  // namespace karv::net
