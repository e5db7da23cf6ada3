// The load generator: one script over a number of TLS connections that are kept open; prints one line of JSON.
//
//   load --address 127.0.0.1:8443 --ca ca.pem --connections 32 --warm-up 500 --rounds 5000 read --path /payments/...
//   load ... purchase --category pay_later
//   load ... hang
//
// The value of the Authorization header comes in the environment variable KARV_BENCH_AUTHORIZATION.
#include <cstdio>
#include <cstdlib>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "load/runner.h"
#include "net/client.h"

namespace karv::bench {
namespace {

struct Arguments {
  net::Destination target{.name = "target", .server_name = "pay.localhost"};
  RunnerOptions run;
  std::string path;
  PurchaseKind purchase;
  std::string mode;
};

void declare(CLI::App& app, Arguments& a) {
  app.add_option("--address", a.target.address)->required();
  app.add_option("--ca", a.target.ca_file)->required();
  app.add_option("--connections", a.run.connections)->check(CLI::Range(1, 1000));
  app.add_option("--warm-up", a.run.warm_up)->check(CLI::NonNegativeNumber);
  app.add_option("--rounds", a.run.rounds)->check(CLI::PositiveNumber);
  app.add_option("--tag", a.run.tag);
  app.require_subcommand(1);
  auto* read = app.add_subcommand("read", "one GET again and again");
  read->add_option("--path", a.path)->required();
  auto* purchase = app.add_subcommand("purchase", "create session, authorize, place order, capture");
  purchase->add_option("--category", a.purchase.category);
  auto* hang = app.add_subcommand("hang", "card authorizations that the network never answers");
  for (auto* command : {read, purchase, hang})
    command->callback([&a, command] { a.mode = command->get_name(); })->fallthrough();
}

Script script_of(const Arguments& a) {
  if (a.mode == "read") return read_script(a.path);
  if (a.mode == "purchase") return purchase_script(a.purchase);
  return hang_script();
}

// p50 and p99 of a list, in milliseconds, and its shortest.
std::string times(std::vector<double>& all) {
  return fmt::format(R"("p50_ms":{:.3f},"p99_ms":{:.3f},"min_ms":{:.3f})", percentile(all, 0.5), percentile(all, 0.99),
                     percentile(all, 0));
}

void print(Outcome outcome, double generator_share) {
  std::vector<double> all;
  std::string steps;
  for (auto& [name, list] : outcome.step_ms) {
    all.insert(all.end(), list.begin(), list.end());
    steps += fmt::format(R"({}"{}":{{{}}})", steps.empty() ? "" : ",", name, times(list));
  }
  const double per_second = outcome.seconds > 0 ? static_cast<double>(outcome.rounds) / outcome.seconds : 0;
  fmt::print(R"({{"rounds":{},"failed":{},"seconds":{:.4f},"per_second":{:.2f},{},"generator_share":{:.2f},)"
             R"("steps":{{{}}}}})"
             "\n",
             outcome.rounds, outcome.failed, outcome.seconds, per_second, times(all), generator_share, steps);
  if (outcome.failed > 0) fmt::print(stderr, "{} failed, the first: {}\n", outcome.failed, outcome.first_failure);
}

int run(Arguments arguments) {
  if (const char* value = std::getenv("KARV_BENCH_AUTHORIZATION")) arguments.run.authorization = value;
  if (arguments.mode == "hang")
    arguments.run.all_sent = [] {
      fmt::print("{{\"event\":\"all_sent\"}}\n");
      std::fflush(stdout);
    };
  arguments.target.max_connections = static_cast<std::size_t>(arguments.run.connections);
  net::Loop loop;
  auto client = net::Client::create(loop, {arguments.target});
  if (!client.ok()) {
    fmt::print(stderr, "load: the address or the authority's file is not usable\n");
    return 2;
  }
  Runner runner(**client, script_of(arguments), arguments.run);
  const auto begin = Clock::now();
  const double cpu = cpu_seconds();
  Outcome outcome = runner.run();
  const double share = (cpu_seconds() - cpu) / seconds_since(begin);
  client->reset();  // while the runner is there, into which a last call may still be returning; before the loop
  const bool good = outcome.failed == 0;
  print(std::move(outcome), share);
  return good ? 0 : 1;
}

}  // namespace
}  // namespace karv::bench

int main(int argc, char** argv) {
  CLI::App app("Sends requests to Karv, or to whatever it is measured against");
  karv::bench::Arguments arguments;
  karv::bench::declare(app, arguments);
  CLI11_PARSE(app, argc, argv);
  return karv::bench::run(std::move(arguments));
}
