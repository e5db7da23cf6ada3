#include "apps/cli/doctor/surroundings.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include "base/program.h"

namespace karv::apps::cli::doctor {
namespace {

// Every value that the unit and its drop-ins give a setting, in order.
using Settings = std::map<std::string, std::vector<std::string>>;

void read_into(Settings& settings, const std::string& file) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    const auto equals = line.find('=');
    if (equals == std::string::npos || line.starts_with('#') || line.starts_with(';')) continue;
    settings[line.substr(0, equals)].push_back(line.substr(equals + 1));
  }
}

Settings settings_of(const std::string& unit) {
  Settings settings;
  read_into(settings, unit);
  std::error_code ec;
  std::vector<std::string> more;
  for (const auto& entry : std::filesystem::directory_iterator(unit + ".d", ec))
    if (entry.path().extension() == ".conf") more.push_back(entry.path());
  std::ranges::sort(more);
  for (const auto& file : more) read_into(settings, file);
  return settings;
}

std::string last(const Settings& settings, const char* name) {
  const auto found = settings.find(name);
  return found == settings.end() ? std::string() : found->second.back();
}

struct Wanted {
  const char* name;
  const char* value;  // empty: any
  const char* why;
};
constexpr Wanted kWanted[] = {
    {"User", "", "a user of its own"},
    {"LimitMEMLOCK", "infinity", "keys are never swapped out"},
    {"LimitCORE", "0", "no core files"},
    {"NoNewPrivileges", "yes", "no program gains rights"},
    {"ProtectSystem", "strict", "the system is read-only"},
    {"MemoryDenyWriteExecute", "yes", "no code is made"},
    {"CapabilityBoundingSet", "", "no capabilities"},
    {"SystemCallFilter", "", "a list of system calls from outside too"},
    {"IPAddressDeny", "any", "no packet but from and to the list"},
    {"IPAddressAllow", "", "the list"},
};

}  // namespace

void look_at_unit(Report& report, const std::string& unit) {
  report.section("Around the vault");
  if (!std::filesystem::exists(unit)) {
    report.wrong(fmt::format("no unit {}", unit),
                 "install deploy/systemd/karv-vault.service, or name yours with --unit");
    return;
  }
  const Settings settings = settings_of(unit);
  int missing = 0;
  for (const auto& [name, value, why] : kWanted) {
    const bool is_there = settings.contains(name);
    const std::string now = last(settings, name);
    if (is_there && (*value == '\0' || now == value)) continue;
    ++missing;
    report.wrong(fmt::format("{} has {}={}: {}", unit, name, is_there ? now : "(nothing)", why),
                 fmt::format("{}={}, as in deploy/systemd/karv-vault.service", name, value));
  }
  if (const std::string user = last(settings, "User"); user == "root" || user == "0") {
    ++missing;
    report.wrong(fmt::format("{} runs it as root", unit), "User=karv-vault");
  }
  if (missing == 0) report.good(fmt::format("{} holds it to its user, files, calls and addresses", unit));
}

void look_at_rules(Report& report, std::optional<uid_t> vault_user) {
  if (::geteuid() != 0) {
    report.note("the rules for outgoing connections can be read by root only: run this as root");
    return;
  }
  const auto listed = base::run_program({.words = {"nft", "--numeric", "list", "table", "inet", "karv_vault"}});
  constexpr const char* kLoad = "nft -D vault_user=$(id -u karv-vault) -f deploy/nftables/karv-vault.nft";
  if (!listed.ok()) {
    report.wrong("there is no nft program, so nothing holds the vault's connections to a list",
                 "apt-get install nftables");
    return;
  }
  if (listed.value().code != 0) {
    report.wrong("no rules for the vault's outgoing connections are loaded", kLoad);
    return;
  }
  const std::string& rules = listed.value().out;
  if (vault_user && !rules.contains(fmt::format("meta skuid {} jump", *vault_user))) {
    report.wrong(fmt::format("the rules for outgoing connections are not for user {}", *vault_user), kLoad);
    return;
  }
  if (!rules.contains("reject")) {
    report.wrong("the rules for outgoing connections refuse nothing", kLoad);
    return;
  }
  report.good("the vault's outgoing connections are held to a list, refusals are counted");
  if (!rules.contains("elements"))
    report.wrong("the list of addresses is empty: it reaches neither the card network nor a database",
                 "nft add element inet karv_vault allowed4 '{ ADDRESS . PORT }'");
}

}  // namespace karv::apps::cli::doctor
