#include "cards/line.h"

#include <algorithm>
#include <fstream>
#include <optional>

#include <fmt/format.h>
#include <fmt/ostream.h>

#include "cards/serving.h"

namespace karv::bench {
namespace {

constexpr double kWarmUpSeconds = 0.5;

// Ours and the limit once, with the same beside them.
void measure_round(const Task& task, Ours& ours, Limit& limit, double seconds, CardLine& line) {
  std::optional<Serving> serving;
  const bool rewraps = task.kind == Kind::rewrap;
  if (rewraps) {
    ours.vault().begin_rewrap();
    serving.emplace(ours.vault());
  }
  const auto played = ours.play(task, seconds);
  const double shared = rewraps ? 1 : ours.writes_per_commit();
  if (rewraps) {
    ours.vault().end_rewrap();
    const auto took = serving->stop();
    line.beside_ms.insert(line.beside_ms.end(), took.begin(), took.end());
    serving.emplace(ours.vault());
  }
  line.limit.push_back(limit.play(task, seconds, shared).round);
  if (rewraps) serving->stop();
  line.ours.push_back(played.round);
  line.writes_per_commit.push_back(shared);
  line.calls_ms.insert(line.calls_ms.end(), played.calls_ms.begin(), played.calls_ms.end());
}

double median_of(const std::vector<Round>& rounds, double Round::* figure) {
  std::vector<double> values;
  values.reserve(rounds.size());
  for (const auto& round : rounds) values.push_back(round.*figure);
  return median(std::move(values));
}

std::string json_of(CardLine& line) {
  const auto ratio = ratios(line.ours, line.limit);
  return fmt::format(
      "{{\"engine\":\"{}\",\"task\":\"{}\",\"callers\":{},\"limit_writers\":{},\"p50_ms\":{:.4f},\"p95_ms\":{:.4f},"
      "\"p99_ms\":{:.4f},\"beside_p99_ms\":{},\"writes_per_commit\":{:.2f},\"cpu_ratio\":{:.3f},\"ours\":{},"
      "\"limit\":{}}}",
      line.engine, line.task, line.callers, line.limit_writers, percentile(line.calls_ms, 0.5),
      percentile(line.calls_ms, 0.95), percentile(line.calls_ms, 0.99),
      line.beside_ms.empty() ? "null" : fmt::format("{:.4f}", percentile(line.beside_ms, 0.99)),
      median(line.writes_per_commit), ratio.cpu, json_of(line.ours), json_of(line.limit));
}

}  // namespace

CardLine measure(const Task& task, const std::string& engine, Ours& ours, Limit& limit, const CardSettings& settings) {
  CardLine line{.engine = engine, .task = task.name, .callers = task.callers, .limit_writers = limit.writers(task)};
  measure_round(task, ours, limit, std::min(kWarmUpSeconds, settings.seconds), line);
  line = {.engine = engine, .task = task.name, .callers = task.callers, .limit_writers = limit.writers(task)};
  for (int round = 0; round < settings.rounds; ++round) measure_round(task, ours, limit, settings.seconds, line);
  return line;
}

void print_head() {
  fmt::print("{:8} {:23} {:>3} {:>3} {:>9} {:>8} {:>8} {:>8} {:>8} {:>7} {:>9} {:>8} {:>6} {:>6}\n", "engine", "what",
             "by", "on", "items/s", "CPU us", "p50 ms", "p95 ms", "p99 ms", "shared", "limit/s", "CPU us", "x time",
             "x CPU");
}

void print(CardLine& line) {
  const auto ratio = ratios(line.ours, line.limit);
  fmt::print("{:8} {:23} {:3} {:3} {:9.0f} {:8.1f} {:8.2f} {:8.2f} {:8.2f} {:7.1f} {:9.0f} {:8.1f} {:6.2f} {:6.2f}\n",
             line.engine, line.task, line.callers, line.limit_writers, median_of(line.ours, &Round::per_second),
             median_of(line.ours, &Round::cpu_us), percentile(line.calls_ms, 0.5), percentile(line.calls_ms, 0.95),
             percentile(line.calls_ms, 0.99), median(line.writes_per_commit), median_of(line.limit, &Round::per_second),
             median_of(line.limit, &Round::cpu_us), ratio.time, ratio.cpu);
  std::fflush(stdout);
}

void write_json(const std::string& path, std::vector<CardLine>& lines) {
  std::ofstream out(path);
  fmt::print(out, "{{\"lines\":[");
  const char* comma = "";
  for (auto& line : lines) {
    fmt::print(out, "{}\n{}", comma, json_of(line));
    comma = ",";
  }
  fmt::print(out, "\n]}}\n");
  out.close();
  KARV_CHECK(out.good());
}

}  // namespace karv::bench
