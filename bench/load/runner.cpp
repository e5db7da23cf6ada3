#include "load/runner.h"

#include <utility>

#include <fmt/format.h>

namespace karv::bench {

Runner::Runner(net::Client& client, Script script, RunnerOptions options)
    : client_(client),
      script_(std::move(script)),
      options_(std::move(options)),
      lanes_(static_cast<std::size_t>(options_.connections)) {}

Outcome Runner::run() {
  {
    const base::Lock lock(mutex_);
    running_ = options_.connections;
  }
  for (auto& lane : lanes_) begin_round(lane);
  const base::Lock lock(mutex_);
  while (running_ > 0) ended_.wait(mutex_);
  return std::move(outcome_);
}

void Runner::begin_round(Lane& lane) {
  {
    const base::Lock lock(mutex_);
    const auto round = next_round_++;
    if (round >= options_.warm_up + options_.rounds) {
      if (--running_ == 0) ended_.notify_all();
      return;
    }
    lane.measured = round >= options_.warm_up;
    if (round == options_.warm_up) start_ = Clock::now();
    lane.shopper = {.email = fmt::format("bench-{}-{}@example.com", options_.tag, round)};
    lane.step = 0;
  }
  send(lane);
}

void Runner::send(Lane& lane) {
  auto request = script_[lane.step].request(lane.shopper);
  request.headers.add("Authorization", options_.authorization);
  if (lane.step + 1 == script_.size()) {
    bool all = false;
    {
      const base::Lock lock(mutex_);
      all = ++last_steps_ == options_.connections;
    }
    if (all && options_.all_sent) options_.all_sent();
  }
  lane.sent = Clock::now();
  client_.send(std::move(request), options_.limit,
               [this, &lane](net::CallOutcome outcome) { answered(lane, std::move(outcome)); });
}

void Runner::answered(Lane& lane, net::CallOutcome outcome) {
  const double took_ms = seconds_since(lane.sent) * 1000;
  bool more = false;
  {
    const base::Lock lock(mutex_);
    more = judge(lane, outcome, took_ms);
  }
  if (more) {
    send(lane);
  } else {
    end_round(lane);
  }
}

bool Runner::judge(Lane& lane, const net::CallOutcome& outcome, double took_ms) {
  const Step& step = script_[lane.step];
  if (lane.measured) outcome_.step_ms[step.name].push_back(took_ms);
  if (outcome.ok() && outcome->status == step.expected_status && step.learn(lane.shopper, *outcome))
    return ++lane.step < script_.size();
  ++outcome_.failed;
  if (outcome_.first_failure.empty())
    outcome_.first_failure = outcome.ok()
                                 ? fmt::format("{}: {} {}", step.name, outcome->status, outcome->body.substr(0, 300))
                                 : fmt::format("{}: no answer", step.name);
  return false;
}

void Runner::end_round(Lane& lane) {
  if (lane.measured) {
    const base::Lock lock(mutex_);
    ++outcome_.rounds;
    outcome_.seconds = seconds_since(start_);
  }
  begin_round(lane);
}

}  // namespace karv::bench
