// What a vault does in a second, against the cryptography and the rows that it cannot avoid.
//
//   vault_bench [--seconds 2] [--rounds 5] [--callers 48] [--json file] [--only use]...
//               [--postgres postgresql://karv@/bench?host=/tmp/karv-postgres-x] [--engine sqlite]
//
// In one process, below the doors: the vault's own classes over a real store (each answer is durable), a SoftHSM2
// token, and a card network that approves at once. Rounds are in turn: ours, the limit (sides.h). Afterwards every row
// is counted and every token read; what is not as it was answered ends the program.
#include <algorithm>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/log.h"
#include "cards/line.h"
#include "cards/token.h"

namespace karv::bench {
namespace {

constexpr int kLists = 16;  // of 100 cards each, whose tokens are used in turn: a multiple of the limit's writers

struct Arguments {
  CardSettings settings;
  int callers = 48;  // as many as shoppers in the closed loops of ./dev bench; the private door has 160 workers
  std::string postgres;
  std::string engine;
  std::string json;
  std::vector<std::string> only;
};

std::vector<CardEngine> engines(const Arguments& arguments) {
  std::vector<CardEngine> wanted;
  if (arguments.engine != "postgres") wanted.push_back(cards_on_sqlite());
  if (!arguments.postgres.empty() && arguments.engine != "sqlite")
    wanted.push_back(cards_on_postgres(arguments.postgres));
  return wanted;
}

std::vector<Task> wanted_tasks(const Arguments& arguments) {
  auto wanted = tasks(arguments.callers);
  if (!arguments.only.empty())
    std::erase_if(
        wanted, [&](const Task& task) { return std::ranges::find(arguments.only, task.name) == arguments.only.end(); });
  return wanted;
}

int run(const Arguments& arguments) {
  base::log::set_level(base::log::Level::warn);
  const Token token;
  std::vector<CardLine> lines;
  print_head();
  for (const auto& engine : engines(arguments)) {
    Ours ours(engine, token.hsm(), kLists);
    Limit limit(engine, token.hsm(), kLists);
    for (const auto& task : wanted_tasks(arguments)) {
      lines.push_back(measure(task, engine.name, ours, limit, arguments.settings));
      print(lines.back());
    }
    ours.check();
    limit.check();
  }
  fmt::print(
      "by: callers at once; on: the limit's connections. shared: transactions in a commit of ours, as many in one of\n"
      "the limit. CPU: of this process alone, not of a database server. x: the median of the rounds' ratios; goal "
      "0.5.\n"
      "All rows were counted, all tokens read.\n");
  if (!arguments.json.empty()) write_json(arguments.json, lines);
  return lines.empty() ? 2 : 0;
}

void declare(CLI::App& app, Arguments& arguments) {
  app.add_option("--seconds", arguments.settings.seconds, "of each side of a round")->check(CLI::Range(0.01, 3600.0));
  app.add_option("--rounds", arguments.settings.rounds, "ours, limit: in turn")->check(CLI::Range(1, 1000));
  app.add_option("--callers", arguments.callers, "of the private door, at once")->check(CLI::Range(1, 160));
  app.add_option("--postgres", arguments.postgres, "address of a database in which the user may make schemas");
  app.add_option("--engine", arguments.engine, "one alone")->check(CLI::IsMember({"sqlite", "postgres"}));
  app.add_option("--only", arguments.only, "a task; may be given several times");
  app.add_option("--json", arguments.json, "every round");
}

}  // namespace
}  // namespace karv::bench

int main(int argc, char** argv) {
  CLI::App app("Measures the vault against the cryptography and the rows that it cannot avoid");
  karv::bench::Arguments arguments;
  karv::bench::declare(app, arguments);
  CLI11_PARSE(app, argc, argv);
  return karv::bench::run(arguments);
}
