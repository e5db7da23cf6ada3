// What a vault does by itself every few seconds, one after the other on a thread of its own. What fails is said in the
// log and done again in its time.
#pragma once

#include <functional>
#include <string_view>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"

namespace karv::apps::vault {

struct Chore {
  std::string_view name;  // "remove_old"
  int every_seconds = 1;  // and once at the start
  std::function<base::Result<void>()> work;
};

class Chores {
 public:
  explicit Chores(std::vector<Chore> chores) : chores_(std::move(chores)), thread_([this] { run(); }) {}
  ~Chores();  // waits for the one under way
  Chores(const Chores&) = delete;
  Chores& operator=(const Chores&) = delete;

 private:
  void run();
  bool wait_a_second() KARV_EXCLUDES(mutex_);

  const std::vector<Chore> chores_;
  base::Mutex mutex_;
  base::Condition wake_;
  bool stopping_ KARV_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace karv::apps::vault
