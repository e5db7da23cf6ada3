// Transfers per second through the ledger's batch call, against bare inserts of the same rows with the same batching.
//
//   ledger_bench [--seconds 2] [--rounds 5] [--writers 4] [--json file] [--only hot:256]...
//                [--postgres postgresql://karv@/bench?host=/tmp/karv-postgres-x] [--engine sqlite]
//
// A line is an engine, a shape and how many transfers a call has. Its rounds are in turn: ours, the inserts alone, the
// inserts and the updates of kept balances. "hot" (one merchant) and "spread" (ten thousand) are measured in turn too,
// and the roll-ups run beside both. Calls are made up before the clock runs; what is measured is the call and its
// commit. Each side keeps its rows over its rounds.
#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/log.h"
#include "transfers/contender.h"

namespace karv::bench {
namespace {

struct Arguments {
  Settings settings;
  std::string postgres;
  std::string engine;
  std::string json;
  std::vector<std::string> only;
};

// Those of one group are measured in turn.
std::vector<std::vector<Shape>> groups() {
  return {{{.name = "hot", .kept = 10'000, .derived = 1}, {.name = "spread", .kept = 10'000, .derived = 10'000}},
          {{.name = "uniform", .kept = 100'000, .derived = 0}}};
}

std::vector<Engine> engines(const Arguments& arguments) {
  std::vector<Engine> wanted;
  if (arguments.engine != "postgres") wanted.push_back(sqlite_engine());
  if (!arguments.postgres.empty() && arguments.engine != "sqlite")
    wanted.push_back(postgres_engine(arguments.postgres));
  return wanted;
}

bool is_wanted(const Arguments& arguments, const Shape& shape, int batch) {
  return arguments.only.empty() ||
         std::ranges::find(arguments.only, fmt::format("{}:{}", shape.name, batch)) != arguments.only.end();
}

std::vector<Line> measure_in_turn(std::span<const std::unique_ptr<Contender>> contenders, int rounds, Books& books) {
  for (int round = 0; round < rounds; ++round) {
    for (const auto& contender : contenders) contender->measure_ours();
    for (const auto& contender : contenders) contender->measure_limits();
  }
  std::vector<Line> lines;
  for (const auto& contender : contenders) lines.push_back(contender->finish(books));
  const auto hot = std::ranges::find(lines, "hot", &Line::shape);
  const auto spread = std::ranges::find(lines, "spread", &Line::shape);
  if (hot != lines.end() && spread != lines.end()) hot->hot_to_spread = ratios(hot->ours, spread->ours).time;
  return lines;
}

std::vector<Line> measure_engine(const Engine& engine, const Arguments& arguments) {
  std::vector<Line> all;
  Books books;
  for (const auto& group : groups())
    for (const int batch : {1, 100, 256, 1000}) {
      std::vector<std::unique_ptr<Contender>> contenders;
      for (const auto& shape : group)
        if (is_wanted(arguments, shape, batch))
          contenders.push_back(std::make_unique<Contender>(engine, shape, batch, arguments.settings));
      for (auto& line : measure_in_turn(contenders, arguments.settings.rounds, books)) {
        print(line);
        all.push_back(std::move(line));
      }
    }
  return all;
}

int run(const Arguments& arguments) {
  base::log::set_level(base::log::Level::warn);
  std::vector<Line> lines;
  print_head();
  for (const auto& engine : engines(arguments))
    for (auto& line : measure_engine(engine, arguments)) lines.push_back(std::move(line));
  print_legend(lines);
  if (!arguments.json.empty()) write_json(arguments.json, lines);
  return lines.empty() ? 2 : 0;
}

void declare(CLI::App& app, Arguments& arguments) {
  app.add_option("--seconds", arguments.settings.seconds, "of each side of a round")->check(CLI::Range(0.01, 3600.0));
  app.add_option("--rounds", arguments.settings.rounds, "ours, inserts, writes: in turn")->check(CLI::Range(1, 1000));
  app.add_option("--writers", arguments.settings.writers,
                 "at once; default: 16 for calls of one transfer, else 1 on SQLite and 4 on PostgreSQL")
      ->check(CLI::Range(1, 64));
  app.add_option("--json", arguments.json, "where to write every round");
  app.add_option("--only", arguments.only, "shape:batch; may be given again");
  auto* postgres = app.add_option("--postgres", arguments.postgres, "postgresql://...: an empty database");
  app.add_option("--engine", arguments.engine, "only this one; PostgreSQL needs --postgres")
      ->check(
          [](const std::string& name) { return name == "sqlite" || name == "postgres" ? "" : "sqlite or postgres"; })
      ->each([postgres](const std::string& name) { postgres->required(name == "postgres"); });
}

}  // namespace
}  // namespace karv::bench

int main(int argc, char** argv) {
  CLI::App app{"Transfers through the ledger, against bare inserts of the same rows."};
  karv::bench::Arguments arguments;
  karv::bench::declare(app, arguments);
  CLI11_PARSE(app, argc, argv);
  return karv::bench::run(arguments);
}
