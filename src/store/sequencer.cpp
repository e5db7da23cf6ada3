#include "store/sequencer.h"

#include <chrono>

#include "base/log.h"

namespace karv::store {

void Sequencer::start() {
  thread_ = std::thread([this] { loop(); });
}

void Sequencer::stop() {
  {
    const base::Lock lock(mutex_);
    stopping_ = true;
    woken_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void Sequencer::run_now() {
  const base::Lock lock(running_);
  for (const auto& step : steps_) {
    while (true) {
      base::Result<std::int64_t> done = base::Error(base::ErrorCode::internal);
      try {
        done = step.run();
      } catch (const std::exception& e) {
        done = base::internal_error(base::ErrorCode::internal, e.what());
      }
      if (!done.ok())
        base::log::warn("sequencer_step_failed", {{"step", step.name}, {"detail", done.error().internal_text()}});
      if (!done.ok() || *done == 0) break;
    }
  }
}

void Sequencer::loop() {
  bool stopping = false;
  while (!stopping) {
    run_now();
    const base::Lock lock(mutex_);
    if (!stopping_) woken_.wait_for(mutex_, std::chrono::milliseconds(interval_.ms));
    stopping = stopping_;
  }
  run_now();
}

}  // namespace karv::store
