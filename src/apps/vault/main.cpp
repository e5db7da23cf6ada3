// karv-vault: holds cards and keys, serves the card form on its own origin, speaks to the card network.
// Usage: karv-vault --config FILE (store_commands.h has the others). One line of JSON on standard output when it
// listens; SIGTERM ends it, exit code 0;
// SIGHUP reads the certificates again, which it also does by itself when their files change.
#include <csignal>
#include <cstdio>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include <pthread.h>

#include "apps/vault/config.h"
#include "apps/vault/confinement.h"
#include "apps/vault/hardening.h"
#include "apps/vault/process.h"
#include "apps/vault/production.h"
#include "apps/vault/store_commands.h"
#include "base/log.h"
#include "json/writer.h"

namespace {

using namespace karv;

int fail(const base::Error& error) {
  base::log::error("vault_cannot_start", {{"detail", error.internal_text()}});
  return 1;
}

void say_ready(const apps::vault::Ports& ports) {
  json::Writer line;
  line.begin_object()
      .member("event", "ready")
      .member("public_port", ports.public_port)
      .member("private_port", ports.private_port)
      .end_object();
  std::puts(std::move(line).take().c_str());
  std::fflush(stdout);
}

// For a person at a terminal, unlike what a serving vault logs.
int end_command(const base::Result<int>& done) {
  if (done.ok()) return done.value();
  const std::string& detail = done.error().internal_text();
  std::fprintf(stderr, "karv-vault: %s\n", detail.empty() ? done.error().public_text().c_str() : detail.c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  constexpr const char* kUsage =
      "usage: karv-vault --config FILE\n"
      "       karv-vault migrate status|plan|up --config FILE\n"
      "       (`karv vault init` calls `init`: src/apps/vault/init_command.h)\n"
      "       (`karv backup` calls `freeze` and `reconcile`: src/apps/vault/store_commands.h)\n"
      "The file's keys: src/apps/vault/config.h. `karv dev` writes one.\n";
  if (argc == 2 && std::string_view(argv[1]) == "--help") {
    std::fputs(kUsage, stdout);
    return 0;
  }
  if (argc > 3) {
    base::log::set_level(base::log::Level::error);
    if (auto hardened = apps::vault::harden_process(); !hardened.ok()) return fail(hardened.error());
    const std::vector<std::string_view> words(argv + 1, argv + argc);
    if (const auto done = apps::vault::run_store_command(words)) return end_command(*done);
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

  if (auto hardened = apps::vault::harden_process(); !hardened.ok()) return fail(hardened.error());
  const auto config = apps::vault::read_config(argv[2]);
  if (!config.ok()) return fail(config.error());
  if (auto safe = apps::vault::require_safe_settings(config.value()); !safe.ok()) return fail(safe.error());
  if (auto confined = apps::vault::confine_process(config.value()); !confined.ok()) return fail(confined.error());
  auto process = apps::vault::Process::start(config.value());
  if (!process.ok()) return fail(process.error());
  if (auto limited = apps::vault::limit_system_calls(config.value()); !limited.ok()) return fail(limited.error());
  base::log::info("vault_ready", {{"wipes_freed_memory", apps::vault::wipes_freed_memory() ? 1 : 0}});
  say_ready(process.value()->ports());

  constexpr timespec kSecond{.tv_sec = 1, .tv_nsec = 0};
  int signal = 0;
  for (;;) {
    signal = sigtimedwait(&ends, nullptr, &kSecond);
    if (signal == SIGHUP) {
      process.value()->read_certificates_again();
    } else if (signal > 0) {
      break;
    }
    apps::vault::report_refused_calls();
  }
  base::log::info("vault_stopping", {{"signal", signal}});
  process.value()->stop();
  return 0;
}
