#include "load/report.h"

#include <utility>
#include <vector>

#include <fmt/format.h>

namespace karv::bench {
namespace {

std::string times(std::vector<double>& all) {
  return fmt::format(
      R"("p50_ms":{:.3f},"p95_ms":{:.3f},"p99_ms":{:.3f},"p999_ms":{:.3f},"max_ms":{:.3f},"min_ms":{:.3f})",
      percentile(all, 0.5), percentile(all, 0.95), percentile(all, 0.99), percentile(all, 0.999), percentile(all, 1),
      percentile(all, 0));
}

// Without the braces around it.
std::string members(Outcome outcome, double generator_share) {
  std::vector<double> all;
  std::string steps;
  for (auto& [name, list] : outcome.step_ms) {
    all.insert(all.end(), list.begin(), list.end());
    steps += fmt::format(R"({}"{}":{{{}}})", steps.empty() ? "" : ",", name, times(list));
  }
  const double per_second = outcome.seconds > 0 ? static_cast<double>(outcome.rounds) / outcome.seconds : 0;
  return fmt::format(R"("rounds":{},"failed":{},"seconds":{:.4f},"per_second":{:.2f},{},"generator_share":{:.2f},)"
                     R"("steps":{{{}}},"round":{{{}}})",
                     outcome.rounds, outcome.failed, outcome.seconds, per_second, times(all), generator_share, steps,
                     times(outcome.round_ms));
}

}  // namespace

std::string report_of(Outcome outcome, double generator_share) {
  return "{" + members(std::move(outcome), generator_share) + "}";
}

std::string report_of(Offered offered, double generator_share) {
  const auto completed = offered.outcome.round_ms.size();
  const double per_second = offered.seconds > 0 ? static_cast<double>(offered.offered) / offered.seconds : 0;
  return fmt::format(R"({{{},"offered_per_second":{:.2f},"completed":{},"waited":{},"overloaded":{}}})",
                     members(std::move(offered.outcome), generator_share), per_second, completed, offered.waited,
                     offered.overloaded);
}

}  // namespace karv::bench
