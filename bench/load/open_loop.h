// Rounds that begin at random moments, so many per second, whether or not earlier ones were answered: as shoppers come,
// so this finds how long they wait at a given load. One that finds no free lane waits, and its time counts from when it
// was due: a server that stalls is charged for everybody who came meanwhile (no coordinated omission).
// Used by load/main.cpp. Source: Gil Tene, How NOT to Measure Latency (2013).
#pragma once

#include <cstdint>
#include <vector>

#include "base/mutex.h"
#include "load/rounds.h"
#include "load/waiting_line.h"

namespace karv::bench {

struct OpenOptions {
  int connections = 32;  // that many rounds at most are under way
  double per_second = 0;
  double seconds = 0;          // measured
  double warm_up_seconds = 0;  // before that
};

struct Offered {
  Outcome outcome;
  std::int64_t offered = 0;  // measured arrivals
  std::int64_t waited = 0;   // those of them that found no free lane
  double seconds = 0;        // in which they came
  // More came than could be answered: the run was broken off, and who still waited was sent away.
  bool overloaded = false;
};

class OpenLoop {
 public:
  OpenLoop(net::Client& client, Script script, RoundOptions round, const OpenOptions& options);
  // Returns when everything that began has ended.
  Offered run();

 private:
  void offer();
  // False when so many wait that more would say nothing new.
  bool arrive(const Arrival& arrival);
  void leave(Lane& lane);
  void drain();

  const OpenOptions options_;
  const std::uint64_t seed_;
  std::vector<Lane> lanes_;
  Rounds rounds_;

  base::Mutex mutex_;
  base::Condition idle_;
  WaitingLine line_ KARV_GUARDED_BY(mutex_);
  Offered result_ KARV_GUARDED_BY(mutex_);
};

}  // namespace karv::bench
