#include "transfers/report.h"

#include <algorithm>
#include <fstream>

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <stdlib.h>

#include "bench_support.h"

namespace karv::bench {
namespace {

template <class Figure>
double middle_of(const std::vector<Round>& rounds, Figure figure) {
  std::vector<double> values;
  values.reserve(rounds.size());
  for (const auto& round : rounds) values.push_back(figure(round));
  return median(std::move(values));
}

double per_second(const std::vector<Round>& rounds) {
  return middle_of(rounds, [](const Round& round) { return round.per_second; });
}
double cpu_us(const std::vector<Round>& rounds) {
  return middle_of(rounds, [](const Round& round) { return round.cpu_us; });
}

double load() {
  double average = 0;
  return getloadavg(&average, 1) == 1 ? average : -1;
}

std::string two(const Ratios& ratios) { return fmt::format("{:.2f} / {:.2f}", ratios.time, ratios.cpu); }

std::string json_of(const Ratios& ratios) {
  return fmt::format("{{\"time\":{:.3f},\"cpu\":{:.3f}}}", ratios.time, ratios.cpu);
}

std::string json_of(Line& line) {
  return fmt::format(
      "{{\"engine\":\"{}\",\"shape\":\"{}\",\"batch\":{},\"writers\":{},\"limit_writers\":{},\"p50_ms\":{:.4f},"
      "\"p99_ms\":{:.4f},\"calls_per_commit\":{:.2f},\"rolled_up\":{},\"verified\":{},\"hot_to_spread\":{},"
      "\"to_inserts\":{},\"to_writes\":{},\"ours\":{},\"inserts\":{},\"writes\":{}}}",
      line.engine, line.shape, line.batch, line.writers, line.limit_writers, percentile(line.calls_ms, 0.5),
      percentile(line.calls_ms, 0.99), median(line.calls_per_commit), line.rolled_up, line.verified,
      line.hot_to_spread ? fmt::format("{:.3f}", *line.hot_to_spread) : "null",
      json_of(ratios(line.ours, line.inserts)), json_of(ratios(line.ours, line.writes)), json_of(line.ours),
      json_of(line.inserts), json_of(line.writes));
}

}  // namespace

void print_head() {
  fmt::print("{:8} {:7} {:>5} {:>3} {:>11} {:>6} {:>7} {:>7} {:>9} {:>12} {:>9} {:>12} {:>10}\n", "engine", "shape",
             "batch", "by", "transfers/s", "CPU us", "p50 ms", "p99 ms", "inserts/s", "x time / CPU", "writes/s",
             "x time / CPU", "hot/spread");
}

void print(Line& line) {
  fmt::print("{:8} {:7} {:5} {:3} {:11.0f} {:6.1f} {:7.2f} {:7.2f} {:9.0f} {:>12} {:9.0f} {:>12} {:>10}\n", line.engine,
             line.shape, line.batch, line.writers, per_second(line.ours), cpu_us(line.ours),
             percentile(line.calls_ms, 0.5), percentile(line.calls_ms, 0.99), per_second(line.inserts),
             two(ratios(line.ours, line.inserts)), per_second(line.writes), two(ratios(line.ours, line.writes)),
             line.hot_to_spread ? fmt::format("{:.2f}", *line.hot_to_spread) : "");
  std::fflush(stdout);
}

void print_legend(const std::vector<Line>& lines) {
  fmt::print(
      "by: writers at once. transfers/s by wall time, full fsync: means nothing on a busy machine. CPU: of this "
      "process\n"
      "alone, not of a database server. x: the median of the rounds' ratios to the limit. Goals: 0.5 to inserts;\n"
      "hot / spread 0.8; hot in calls of 256: 40,000/s on SQLite, 25,000/s on PostgreSQL, p99 < 10 ms.\n"
      "The books were verified for {} of {} lines.\n",
      std::ranges::count_if(lines, [](const Line& line) { return line.verified; }), lines.size());
}

void write_json(const std::string& path, std::vector<Line>& lines) {
  std::ofstream out(path);
  fmt::print(out, "{{\"load_average\":{:.2f},\"lines\":[", load());
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
