// One thread that does, a moment after the commits, what the commits must not wait for: numbering the outbox, chaining
// the audit records. What a crash left undone is done at the next start.
//
//   Sequencer sequencer({{"audit_chain", [&] { return audit::chain_waiting(db); }}}, milliseconds(250));
//   sequencer.start();   ...   sequencer.stop();
//
// Each step does one bounded piece and answers how much; it is run again at once while there is more. A step that fails
// is logged and tried again at the next tick. Blocks on: the database's writer.
#pragma once

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"

namespace karv::store {

class Sequencer {
 public:
  struct Step {
    std::string name;
    std::function<base::Result<std::int64_t>()> run;
  };

  Sequencer(std::vector<Step> steps, base::Duration interval) : steps_(std::move(steps)), interval_(interval) {}
  ~Sequencer() { stop(); }
  Sequencer(const Sequencer&) = delete;
  Sequencer& operator=(const Sequencer&) = delete;

  void start();
  // Finishes what is waiting, then ends the thread. Idempotent.
  void stop();
  // Does everything that is waiting now, on the caller's thread. For the sandbox clock, tools and tests.
  void run_now();

 private:
  void loop();

  const std::vector<Step> steps_;
  const base::Duration interval_;
  base::Mutex running_;  // one at a time: the loop or run_now()
  base::Mutex mutex_;
  base::Condition woken_;
  bool stopping_ KARV_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace karv::store
