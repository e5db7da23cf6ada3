#include "apps/vault/confinement.h"

#include <array>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string_view>

#include "apps/common/confinement/sanitized.h"
#include "apps/common/confinement/system_calls.h"
#include "apps/vault/hardening.h"
#include "base/log.h"
#include "net/percent.h"
#include "store/open.h"

namespace karv::apps::vault {
namespace {

constexpr std::string_view kUnix = "unix:";
constexpr std::uint16_t kPostgresPort = 5432;
constexpr std::uint16_t kDnsPort = 53;

// What the C library, OpenSSL, libpq and modules of an HSM read on a Debian system.
constexpr std::array kSystemFiles = {
    "/usr/lib",
    "/usr/lib64",
    "/etc/ld.so.cache",
    "/etc/ssl/openssl.cnf",
    "/etc/nsswitch.conf",
    "/etc/passwd",
    "/etc/group",
    "/etc/hosts",
    "/etc/host.conf",
    "/etc/resolv.conf",
    "/etc/gai.conf",
    "/etc/services",
    "/etc/localtime",
    "/usr/share/zoneinfo",
    "/dev/urandom",
    "/dev/random",
    "/dev/zero",
    "/sys/devices/system/cpu",
    "/proc/sys/vm/overcommit_memory",
};

std::string folder_of(const std::string& file) {
  const auto folder = std::filesystem::absolute(file).parent_path();
  return folder.string();
}

std::optional<std::uint16_t> number(std::string_view digits) {
  std::uint16_t port = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (problem != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return port;
}

std::optional<std::uint16_t> port_of(std::string_view address) {
  const auto colon = address.rfind(':');
  if (address.starts_with(kUnix) || colon == std::string_view::npos) return std::nullopt;
  return number(address.substr(colon + 1));
}

void add_door(LandlockRules& rules, const std::string& listen) {
  if (listen.starts_with(kUnix)) rules.sockets.push_back(folder_of(listen.substr(kUnix.size())));
  if (const auto port = port_of(listen)) rules.bind_ports.push_back(*port);
}

template <class Take>
void for_each_piece(std::string_view text, char separator, Take take) {
  while (!text.empty()) {
    const auto end = text.find(separator);
    take(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
}

// postgresql://user@host:port,host:port/database?name=value&...
void add_postgres(LandlockRules& rules, std::string_view address) {
  const auto scheme = address.find("://");
  if (scheme == std::string_view::npos) return;
  address = address.substr(scheme + 3);
  const auto question = address.find('?');
  std::string_view hosts = address.substr(0, std::min(address.find('/'), question));
  if (const auto at = hosts.rfind('@'); at != std::string_view::npos) hosts = hosts.substr(at + 1);
  for_each_piece(hosts, ',', [&](std::string_view host) {
    const auto after_brackets = host.find(']');
    const auto colon = host.find(':', after_brackets == std::string_view::npos ? 0 : after_brackets);
    if (const auto port = colon == std::string_view::npos ? kPostgresPort : number(host.substr(colon + 1)))
      rules.connect_ports.push_back(*port);
  });
  if (question != std::string_view::npos) {
    for_each_piece(address.substr(question + 1), '&', [&](std::string_view pair) {
      const auto equals = pair.find('=');
      if (equals == std::string_view::npos) return;
      const std::string_view name = pair.substr(0, equals);
      const auto value = net::percent_decode(pair.substr(equals + 1), net::PlusMeans::plus);
      if (!value) return;
      if (name == "sslrootcert" || name == "sslcert" || name == "sslkey" || name == "sslcrl" || name == "passfile")
        rules.read.push_back(*value);
      if (name == "port")
        for_each_piece(*value, ',', [&](std::string_view port) {
          if (const auto one = number(port)) rules.connect_ports.push_back(*one);
        });
      if (name == "host" && !value->starts_with('/')) rules.connect_ports.push_back(kPostgresPort);
    });
  }
  if (!rules.connect_ports.empty()) rules.connect_ports.push_back(kDnsPort);  // a long answer about a host's name
}

// SoftHSM keeps its tokens in the folder that its configuration names.
void add_softhsm(LandlockRules& rules) {
  const char* const named = std::getenv("SOFTHSM2_CONF");
  const std::string file = named != nullptr ? named : "/etc/softhsm/softhsm2.conf";
  rules.read.push_back(file);
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    const auto equals = line.find('=');
    if (!line.starts_with("directories.tokendir") || equals == std::string::npos) continue;
    const auto begin = line.find_first_not_of(" \t", equals + 1);
    const auto end = line.find_last_not_of(" \t\r");
    if (begin != std::string::npos) rules.write.push_back(line.substr(begin, end - begin + 1));
  }
}

// In production a failure ends the start; elsewhere it is said.
base::Result<void> settle(const Config& config, base::Error error) {
  if (config.mode == Mode::production) return error;
  base::log::warn("vault_not_confined", {{"detail", error.internal_text()}});
  return {};
}

void say_off(const char* what) {
  base::log::warn("vault_not_confined", {{"detail", std::string("[hardening] ") + what + " = \"off\""}});
}

// A new certificate is a new file under the old name: their folders are open, and those that links in them lead to.
void add_identity(LandlockRules& rules, const std::string& path) {
  if (path.empty()) return;
  rules.read.push_back(folder_of(path));
  std::error_code ignored;
  if (const auto real = std::filesystem::canonical(path, ignored); !ignored)
    rules.read.push_back(real.parent_path().string());
}
void add_identities(LandlockRules& rules, const Config& c) {
  for (const auto* path :
       {&c.public_door.cert, &c.public_door.key, &c.private_door.cert, &c.private_door.key, &c.private_door.client_ca,
        &c.network.ca, &c.network.cert, &c.network.key, &c.admin_door.cert, &c.admin_door.key, &c.admin_door.client_ca,
        &c.staff_door.cert, &c.staff_door.key, &c.staff_door.client_ca})
    add_identity(rules, *path);
  for (const auto& bank : c.banks)
    for (const auto* path : {&bank.ca, &bank.cert, &bank.key}) add_identity(rules, *path);
}

}  // namespace

LandlockRules rules_of(const Config& config) {
  LandlockRules rules;
  rules.read.assign(kSystemFiles.begin(), kSystemFiles.end());
  for (const auto* path : {&config.public_door.pages, &config.hsm.module, &config.hsm.pin_file, &config.test_cards,
                           &config.staff_door.pages})
    if (!path->empty()) rules.read.push_back(*path);
  add_identities(rules, config);
  for (const auto& bank : config.banks)
    if (const auto port = port_of(bank.address)) rules.connect_ports.push_back(*port);
  rules.write.emplace_back("/dev/null");
  if (kSanitized) rules.read.emplace_back("/proc/self");
  if (!config.erasure.journal.empty()) rules.write.push_back(folder_of(config.erasure.journal));
  if (store::is_file(config.database)) {
    rules.write.push_back(folder_of(config.database));
  } else {
    add_postgres(rules, config.database);
  }
  if (config.hsm.module.find("softhsm") != std::string::npos) add_softhsm(rules);
  add_door(rules, config.public_door.listen);
  add_door(rules, config.private_door.listen);
  if (!config.admin_door.listen.empty()) add_door(rules, config.admin_door.listen);
  if (!config.staff_door.listen.empty()) add_door(rules, config.staff_door.listen);
  if (const auto port = port_of(config.network.address)) rules.connect_ports.push_back(*port);
  const auto& more = config.hardening;
  rules.read.insert(rules.read.end(), more.readable.begin(), more.readable.end());
  rules.write.insert(rules.write.end(), more.writable.begin(), more.writable.end());
  for (const auto port : more.connect_ports) rules.connect_ports.push_back(static_cast<std::uint16_t>(port));
  return rules;
}

base::Result<void> confine_process(const Config& config) {
  const auto& chosen = config.hardening;
  if (chosen.memory == "off") {
    say_off("memory");
  } else if (auto locked = lock_memory(); !locked.ok()) {
    KARV_TRY_VOID(settle(config, std::move(locked).error()));
  }
  if (chosen.files == "off") {
    say_off("files");
    return {};
  }
  const auto applied = apply_landlock(rules_of(config));
  if (!applied.ok()) return settle(config, applied.error());
  base::log::info("files_confined", {{"landlock_abi", applied.value().abi},
                                     {"tcp_ports", applied.value().network ? 1 : 0},
                                     {"signals", applied.value().isolated ? 1 : 0}});
  return {};
}

base::Result<void> limit_system_calls(const Config& config) {
  if (config.hardening.system_calls == "off") {
    say_off("system_calls");
    return {};
  }
  auto limited = restrict_system_calls();
  if (!limited.ok()) return settle(config, std::move(limited).error());
  base::log::info("system_calls_limited");
  return {};
}

void report_refused_calls() {
  for (const auto& call : take_refused_calls())
    base::log::error("system_call_refused", {{"name", call.name}, {"count", call.count}});
}

}  // namespace karv::apps::vault
