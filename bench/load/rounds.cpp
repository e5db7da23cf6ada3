#include "load/rounds.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace karv::bench {
namespace {

double milliseconds(Clock::duration time) { return std::chrono::duration<double, std::milli>(time).count(); }

}  // namespace

Rounds::Rounds(net::Client& client, Script script, RoundOptions options, Events events)
    : client_(client), script_(std::move(script)), options_(std::move(options)), events_(std::move(events)) {}

void Rounds::begin(Lane& lane, const Round& round) {
  lane.round = round;
  lane.shopper = {.number = round.number, .email = fmt::format("bench-{}-{}@example.com", options_.tag, round.number)};
  lane.step = 0;
  send(lane);
}

void Rounds::send(Lane& lane) {
  auto request = script_[lane.step].request(lane.shopper);
  if (!options_.authorization.empty()) request.headers.add("Authorization", options_.authorization);
  if (lane.step + 1 == script_.size() && events_.last_step) events_.last_step();
  lane.since = Clock::now();
  if (lane.step == 0) {
    lane.begun = lane.since = lane.round.due.value_or(lane.since);
    const base::Lock lock(mutex_);
    if (lane.round.measured && !start_) start_ = lane.begun;
  }
  client_.send(std::move(request), options_.limit,
               [this, &lane](const net::CallOutcome& outcome) { answered(lane, outcome); });
}

void Rounds::answered(Lane& lane, const net::CallOutcome& outcome) {
  const auto now = Clock::now();
  bool more = false;
  {
    const base::Lock lock(mutex_);
    more = judge(lane, outcome, now);
  }
  if (more) {
    send(lane);
  } else {
    events_.ended(lane);
  }
}

bool Rounds::judge(Lane& lane, const net::CallOutcome& outcome, Clock::time_point now) {
  const Step& step = script_[lane.step];
  if (lane.round.measured) outcome_.step_ms[step.name].push_back(milliseconds(now - lane.since));
  if (outcome.ok() && outcome->status == step.expected_status && step.learn(lane.shopper, *outcome)) {
    if (++lane.step < script_.size()) return true;
    count_end(lane, now, true);
    return false;
  }
  ++outcome_.failed;
  if (outcome_.first_failure.empty())
    outcome_.first_failure = outcome.ok()
                                 ? fmt::format("{}: {} {}", step.name, outcome->status, outcome->body.substr(0, 300))
                                 : fmt::format("{}: no answer", step.name);
  count_end(lane, now, false);
  return false;
}

void Rounds::count_end(const Lane& lane, Clock::time_point now, bool well) {
  if (!lane.round.measured) return;
  ++outcome_.rounds;
  outcome_.seconds = std::max(outcome_.seconds, milliseconds(now - *start_) / 1000);
  if (well) outcome_.round_ms.push_back(milliseconds(now - lane.begun));
}

Outcome Rounds::take() {
  const base::Lock lock(mutex_);
  return std::move(outcome_);
}

}  // namespace karv::bench
