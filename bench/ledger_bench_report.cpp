#include <fstream>

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <stdlib.h>

#include "bench_support.h"
#include "ledger_bench.h"

namespace karv::bench {
namespace {

double middle(std::vector<double> values) { return percentile(values, 0.5); }

template <class Figure>
double middle_of(const std::vector<Round>& rounds, Figure figure) {
  std::vector<double> values;
  for (const auto& round : rounds) values.push_back(figure(round));
  return middle(std::move(values));
}

double load() {
  double average = 0;
  return getloadavg(&average, 1) == 1 ? average : -1;
}

std::string rounds_json(const std::vector<Round>& rounds) {
  std::string out;
  for (const auto& round : rounds)
    out += fmt::format("{}{{\"per_second\":{:.0f},\"cpu_us\":{:.3f}}}", out.empty() ? "" : ",", round.per_second,
                       round.cpu_us);
  return "[" + out + "]";
}

}  // namespace

Round median(const std::vector<Round>& rounds) {
  return {.per_second = middle_of(rounds, [](const Round& round) { return round.per_second; }),
          .cpu_us = middle_of(rounds, [](const Round& round) { return round.cpu_us; })};
}

Ratios ratios(const std::vector<Round>& ours, const std::vector<Round>& limit) {
  std::vector<double> time;
  std::vector<double> cpu;
  for (std::size_t i = 0; i < ours.size(); ++i) {
    time.push_back(ours[i].per_second / limit[i].per_second);
    cpu.push_back(limit[i].cpu_us / ours[i].cpu_us);
  }
  return {.time = middle(std::move(time)), .cpu = middle(std::move(cpu))};
}

void print_head() {
  fmt::print("{:8} {:8} {:>5} {:>11} {:>8} {:>8} {:>8} {:>11} {:>15} {:>11} {:>15}\n", "engine", "shape", "batch",
             "transfers/s", "CPU us", "p50 ms", "p99 ms", "inserts/s", "x time / CPU", "writes/s", "x time / CPU");
}

void print(Line& line) {
  const Round ours = median(line.ours);
  const auto to_inserts = ratios(line.ours, line.inserts);
  const auto to_writes = ratios(line.ours, line.writes);
  fmt::print("{:8} {:8} {:5} {:11.0f} {:8.2f} {:8.2f} {:8.2f} {:11.0f} {:7.2f} / {:5.2f} {:11.0f} {:7.2f} / {:5.2f}\n",
             line.engine, line.shape, line.batch, ours.per_second, ours.cpu_us, percentile(line.batches_ms, 0.5),
             percentile(line.batches_ms, 0.99), median(line.inserts).per_second, to_inserts.time, to_inserts.cpu,
             median(line.writes).per_second, to_writes.time, to_writes.cpu);
  std::fflush(stdout);
}

void write_json(const std::string& path, std::vector<Line>& lines) {
  std::ofstream out(path);
  fmt::print(out, "{{\"load_average\":{:.2f},\"lines\":[", load());
  const char* comma = "";
  for (auto& line : lines) {
    const auto to_inserts = ratios(line.ours, line.inserts);
    const auto to_writes = ratios(line.ours, line.writes);
    fmt::print(out,
               "{}\n{{\"engine\":\"{}\",\"shape\":\"{}\",\"batch\":{},\"p50_ms\":{:.4f},\"p99_ms\":{:.4f},"
               "\"to_inserts\":{{\"time\":{:.3f},\"cpu\":{:.3f}}},\"to_writes\":{{\"time\":{:.3f},\"cpu\":{:.3f}}},"
               "\"ours\":{},\"inserts\":{},\"writes\":{}}}",
               comma, line.engine, line.shape, line.batch, percentile(line.batches_ms, 0.5),
               percentile(line.batches_ms, 0.99), to_inserts.time, to_inserts.cpu, to_writes.time, to_writes.cpu,
               rounds_json(line.ours), rounds_json(line.inserts), rounds_json(line.writes));
    comma = ",";
  }
  fmt::print(out, "\n]}}\n");
  KARV_CHECK(out.good());
}

}  // namespace karv::bench
