// Which lanes of an open loop are free, and the arrivals that wait for one, first come first served. Pure; used by
// open_loop. The lane that became free last is taken first: its connection is the one that is surely open.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <numeric>
#include <optional>
#include <vector>

namespace karv::bench {

struct Arrival {
  std::int64_t number = 0;
  std::chrono::steady_clock::time_point due;
  bool measured = false;
};

class WaitingLine {
 public:
  explicit WaitingLine(std::size_t lanes) : lanes_(lanes), free_(lanes) {
    std::iota(free_.rbegin(), free_.rend(), std::size_t{0});
  }
  // The lane it can begin on; none when it has to wait.
  std::optional<std::size_t> arrive(const Arrival& arrival) {
    if (free_.empty()) {
      waiting_.push_back(arrival);
      return std::nullopt;
    }
    const auto lane = free_.back();
    free_.pop_back();
    return lane;
  }
  // A round has ended: who begins on its lane, if anybody waits.
  std::optional<Arrival> leave(std::size_t lane) {
    if (waiting_.empty()) {
      free_.push_back(lane);
      return std::nullopt;
    }
    const auto next = waiting_.front();
    waiting_.pop_front();
    return next;
  }
  std::size_t waiting() const { return waiting_.size(); }
  // Nothing is under way, so nobody waits either.
  bool idle() const { return free_.size() == lanes_; }
  void send_away() { waiting_.clear(); }

 private:
  std::size_t lanes_;
  std::vector<std::size_t> free_;
  std::deque<Arrival> waiting_;
};

}  // namespace karv::bench
