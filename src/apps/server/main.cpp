// karv-server: the merchant API, the checkout, the shopper's account, the books.
// Usage: karv-server --config FILE. One line of JSON on standard output when it listens; SIGTERM ends it, exit code 0.
#include <csignal>
#include <cstdio>
#include <string>
#include <string_view>

#include <pthread.h>

#include "apps/server/config.h"
#include "apps/server/process.h"
#include "base/log.h"
#include "json/writer.h"

namespace {

using namespace karv;

int fail(const base::Error& error) {
  base::log::error("server_cannot_start", {{"detail", error.internal_text()}, {"problem", error.public_text()}});
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  constexpr const char* kUsage =
      "usage: karv-server --config FILE\nThe file's keys: src/apps/server/config.h. `karv dev` writes one.\n";
  if (argc == 2 && std::string_view(argv[1]) == "--help") {
    std::fputs(kUsage, stdout);
    return 0;
  }
  if (argc != 3 || std::string_view(argv[1]) != "--config") {
    std::fputs(kUsage, stderr);
    return 2;
  }
  // Before any thread: all of them inherit it, and this one waits for the signal.
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  const auto config = apps::server::read_config(argv[2]);
  if (!config.ok()) return fail(config.error());
  auto process = apps::server::Process::start(config.value());
  if (!process.ok()) return fail(process.error());
  json::Writer line;
  line.begin_object().member("event", "ready").member("port", process.value()->port()).end_object();
  std::puts(std::move(line).take().c_str());
  std::fflush(stdout);

  int signal = 0;
  while (sigwait(&ends, &signal), signal == SIGHUP) process.value()->read_certificates_again();
  base::log::info("server_stopping", {{"signal", signal}});
  process.value()->stop();
  return 0;
}
