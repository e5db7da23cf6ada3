// The load generator: one script over a number of TLS connections that are kept open; prints one line of JSON.
//
//   load --address 127.0.0.1:8443 --ca ca.pem --connections 32 --warm-up 500 --rounds 5000 read --path /payments/...
//   load ... post --path /private/... --bodies file --answer '"outcome":"approved"' --cert c.pem --key k.pem
//   load ... purchase --category pay_later
//   load ... hang
//   load --address ... --connections 256 --rate 150 --seconds 10 --warm-up-seconds 1 purchase --category pay_later
//
// Without --rate each connection begins its next round when the last has ended (closed_loop.h), with it rounds begin at
// random moments (open_loop.h). The value of the Authorization header comes in the environment variable
// KARV_BENCH_AUTHORIZATION.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "load/closed_loop.h"
#include "load/open_loop.h"
#include "load/report.h"
#include "net/client.h"

namespace karv::bench {
namespace {

struct Arguments {
  net::Destination target{.name = "target", .server_name = "pay.localhost"};
  int connections = 32;
  RoundOptions round;
  ClosedOptions closed;
  OpenOptions open;
  std::string path;
  std::string bodies;
  std::string answer;
  PurchaseKind purchase;
  std::string mode;
};

void declare(CLI::App& app, Arguments& a) {
  app.add_option("--address", a.target.address)->required();
  app.add_option("--ca", a.target.ca_file)->required();
  app.add_option("--server-name", a.target.server_name);
  auto* cert = app.add_option("--cert", a.target.cert_file, "of this client");
  app.add_option("--key", a.target.key_file)->needs(cert);
  app.add_option("--connections", a.connections)->check(CLI::Range(1, 1000));
  app.add_option("--tag", a.round.tag);
  auto* warm_up = app.add_option("--warm-up", a.closed.warm_up)->check(CLI::NonNegativeNumber);
  auto* rounds = app.add_option("--rounds", a.closed.rounds)->check(CLI::PositiveNumber);
  auto* rate = app.add_option("--rate", a.open.per_second, "rounds per second")->check(CLI::Range(0.01, 1e6));
  auto* seconds = app.add_option("--seconds", a.open.seconds)->check(CLI::Range(0.01, 86400.0));
  auto* warm_up_seconds = app.add_option("--warm-up-seconds", a.open.warm_up_seconds)->check(CLI::Range(0.0, 86400.0));
  rate->needs(seconds)->excludes(warm_up)->excludes(rounds);
  seconds->needs(rate);
  warm_up_seconds->needs(rate);

  app.require_subcommand(1);
  auto* read = app.add_subcommand("read", "one GET again and again");
  read->add_option("--path", a.path)->required();
  auto* post = app.add_subcommand("post", "the lines of a file, in turn");
  post->add_option("--path", a.path)->required();
  post->add_option("--bodies", a.bodies)->required()->check(CLI::ExistingFile);
  post->add_option("--answer", a.answer, "what stands in every answer");
  auto* purchase = app.add_subcommand("purchase", "create session, authorize, place order, capture");
  purchase->add_option("--category", a.purchase.category);
  auto* hang = app.add_subcommand("hang", "card authorizations that the network never answers");
  for (auto* command : {read, post, purchase, hang})
    command->callback([&a, command] { a.mode = command->get_name(); })->fallthrough();
}

std::vector<std::string> lines_of(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(std::move(line));
  KARV_CHECK(!lines.empty());
  return lines;
}

Script script_of(const Arguments& a) {
  if (a.mode == "read") return read_script(a.path);
  if (a.mode == "post") return post_script(a.path, lines_of(a.bodies), a.answer);
  if (a.mode == "purchase") return purchase_script(a.purchase);
  return hang_script();
}

struct Ended {
  std::int64_t failed;
  std::string first_failure;
  std::string report;
};

const Outcome* outcome_of(const Outcome& closed) { return &closed; }
const Outcome* outcome_of(const Offered& open) { return &open.outcome; }

template <class Loop, class Options>
Ended play(std::unique_ptr<net::Client> client, const Arguments& a, const Options& options) {
  Loop loop(*client, script_of(a), a.round, options);
  const auto begin = Clock::now();
  const double cpu = cpu_seconds();
  auto result = loop.run();
  const double share = (cpu_seconds() - cpu) / seconds_since(begin);
  client.reset();  // while the loop is there, into which a last call may still be returning
  Ended ended{.failed = outcome_of(result)->failed, .first_failure = outcome_of(result)->first_failure, .report = {}};
  ended.report = report_of(std::move(result), share);
  return ended;
}

int run(Arguments a) {
  if (const char* value = std::getenv("KARV_BENCH_AUTHORIZATION")) a.round.authorization = value;
  const bool open = a.open.per_second > 0;
  if (open && a.mode == "hang") {
    fmt::print(stderr, "load: hang sends everything at once and has no --rate\n");
    return 2;
  }
  if (a.mode == "hang")
    a.closed.all_sent = [] {
      fmt::print("{{\"event\":\"all_sent\"}}\n");
      std::fflush(stdout);
    };
  a.open.connections = a.closed.connections = a.connections;
  a.target.max_connections = static_cast<std::size_t>(a.connections);
  net::Loop loop;
  auto client = net::Client::create(loop, {a.target});
  if (!client.ok()) {
    fmt::print(stderr, "load: the address or the authority's file is not usable\n");
    return 2;
  }
  const Ended ended =
      open ? play<OpenLoop>(std::move(*client), a, a.open) : play<ClosedLoop>(std::move(*client), a, a.closed);
  fmt::print("{}\n", ended.report);
  if (ended.failed > 0) fmt::print(stderr, "{} failed, the first: {}\n", ended.failed, ended.first_failure);
  return ended.failed == 0 ? 0 : 1;
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
