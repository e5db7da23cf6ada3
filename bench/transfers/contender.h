// One line being measured: its accounts, and the three places where they are (ours, and the two limits). The caller
// decides whose turn it is, so that lines that are compared share the machine's moods.
#pragma once

#include <atomic>
#include <memory>

#include "ledger/account_cache.h"
#include "transfers/books.h"
#include "transfers/place.h"
#include "transfers/report.h"
#include "transfers/round.h"

namespace karv::bench {

struct Settings {
  double seconds = 2;  // of each side of a round
  int rounds = 5;
  int writers = 0;  // 0: 16 for calls of one transfer, else the engine's
};

class Contender {
 public:
  Contender(const Engine& engine, const Shape& shape, int batch, const Settings& settings);

  void measure_ours();
  // Pre: ours was measured in this round; its calls per commit are the limits'.
  void measure_limits();
  Line finish(Books& books);

 private:
  // One of the three: what it writes to, and how fast it was, to know how many calls to make up for the next round.
  struct Side {
    int writers;
    std::unique_ptr<Place> place;
    std::unique_ptr<Limit> limit;  // none: ours
    double per_second;
    std::int64_t transfers = 0;
  };
  Side make_limit(const Engine& engine, Depth depth);
  void open_ours();
  void fill_ours();
  void warm_up();
  void count(const store::WriteReport& report);
  void post(std::span<const Call> calls);
  Hands deal(const Side& side, double seconds);
  PlayedCalls play_ours(double seconds);
  PlayedCalls play_limit(Side& side, double seconds);
  double calls_per_commit() const;

  const Settings settings_;
  Line line_;
  World world_;
  ledger::AccountCache known_{200'000};
  std::atomic<double> commits_ = 0;  // of ours, in this round
  std::int64_t calls_ = 0;
  Side ours_;
  std::unique_ptr<store::Database> database_;
  Side inserts_;
  Side writes_;
};

}  // namespace karv::bench
