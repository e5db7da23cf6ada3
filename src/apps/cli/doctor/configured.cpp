#include "apps/cli/doctor/configured.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>

#include "apps/cli/doctor/certificates.h"
#include "apps/common/section.h"
#include "base/clock.h"
#include "store/open.h"

namespace karv::apps::cli::doctor {
namespace {

std::string text_at(const toml::table& root, std::string_view section, std::string_view key) {
  return section.empty() ? root[key].value_or(std::string()) : root[section][key].value_or(std::string());
}

void add(std::vector<std::string>& secrets, const std::string& path) {
  if (!path.empty()) secrets.push_back(path);
}

void add_store(std::vector<std::string>& secrets, const std::string& address) {
  if (!store::is_file(address)) return;
  for (const char* suffix : {"", "-wal", "-shm"})
    if (suffix[0] == '\0' || std::filesystem::exists(address + suffix)) secrets.push_back(address + suffix);
}

// The folder of SoftHSM's tokens, as its configuration names it.
void add_tokens(std::vector<std::string>& secrets) {
  const char* const named = std::getenv("SOFTHSM2_CONF");
  std::ifstream lines(named != nullptr ? named : "/etc/softhsm/softhsm2.conf");
  for (std::string line; std::getline(lines, line);) {
    const auto begin = line.find_first_not_of(" \t", line.find('=') + 1);
    if (line.starts_with("directories.tokendir") && begin != std::string::npos) secrets.push_back(line.substr(begin));
  }
}

// Says who else may read each; answers the one user they belong to.
std::optional<uid_t> look_at_secrets(Report& report, const std::string& whose,
                                     const std::vector<std::string>& secrets) {
  std::optional<uid_t> owner;
  bool one_owner = true;
  std::size_t kept = 0;
  for (const auto& path : secrets) {
    struct stat found{};
    if (::stat(path.c_str(), &found) != 0) {
      report.wrong(fmt::format("{} cannot be looked at", path), "correct the configuration, or run this as root");
      one_owner = false;
      continue;
    }
    if ((found.st_mode & 077) != 0)
      report.wrong(fmt::format("{} has mode {:o}: others than its user may come in", path, found.st_mode & 0777U),
                   fmt::format("chmod go= {}", path));
    else
      ++kept;
    if (owner && *owner != found.st_uid && one_owner) {
      report.wrong(fmt::format("{} belongs to user {}, the files before it to {}", path, found.st_uid, *owner),
                   fmt::format("chown all of the {}'s files to its user", whose));
      one_owner = false;
    }
    owner = owner.value_or(found.st_uid);
  }
  if (kept > 0) report.good(fmt::format("{} files and folders are for the {}'s user alone", kept, whose));
  if (!owner || !one_owner) return std::nullopt;
  if (*owner == 0) {
    report.wrong(
        fmt::format("the {}'s files belong to root, so it runs as root", whose),
        fmt::format("adduser --system --group karv-{0}, and chown the files to it; deploy/systemd has the unit",
                    whose));
    return std::nullopt;
  }
  report.good(fmt::format("the {} is user {}", whose, *owner));
  return owner;
}

// What keeps a restored store from knowing who was erased must not be lost, or copied, together with the store.
void look_at_journal(Report& report, const VaultFacts& vault) {
  constexpr const char* kCure = "[erasure] journal names a file in a folder of its own, best on another disk";
  if (vault.erasure_journal.empty()) return report.wrong("no erasure journal is named: nobody can be erased", kCure);
  if (!store::is_file(vault.database)) return report.good("the erasure journal is apart from the store");
  const auto folder = [](const std::string& file) {
    return std::filesystem::absolute(file).lexically_normal().parent_path();
  };
  if (folder(vault.erasure_journal) == folder(vault.database))
    return report.wrong("the erasure journal lies in the store's folder: whatever copies the one copies the other",
                        kCure);
  struct stat journal{}, store{};
  const bool one_disk = ::stat(folder(vault.erasure_journal).c_str(), &journal) == 0 &&
                        ::stat(folder(vault.database).c_str(), &store) == 0 && journal.st_dev == store.st_dev;
  if (one_disk) return report.note("the erasure journal is on the store's disk: a snapshot of it has both");
  report.good("the erasure journal is apart from the store");
}

}  // namespace

base::Result<VaultFacts> read_vault_facts(const std::string& configuration) {
  const auto from = +[](const toml::table& root) -> base::Result<VaultFacts> {
    if (!root.contains("hsm")) return configuration_error("this is no vault.toml: it has no [hsm] section");
    VaultFacts facts;
    facts.production = text_at(root, "", "mode") == "production";
    facts.private_listen = text_at(root, "private", "listen");
    if (const auto* list = root["private"]["peer_uids"].as_array())
      for (const auto& uid : *list) facts.peer_uids.push_back(uid.value_or(std::int64_t{-1}));
    for (const char* name : {"files", "system_calls", "memory"})
      if (text_at(root, "hardening", name) == "off") facts.switched_off.emplace_back(name);
    facts.database = text_at(root, "", "database");
    facts.erasure_journal = text_at(root, "erasure", "journal");
    add_store(facts.secrets, facts.database);
    if (std::filesystem::exists(facts.erasure_journal)) add(facts.secrets, facts.erasure_journal);
    for (const char* section : {"public", "private", "network"}) add(facts.secrets, text_at(root, section, "key"));
    for (const char* section : {"public", "private", "network", "admin"})
      for (const char* key : {"cert", "ca", "client_ca"}) add(facts.certificates, text_at(root, section, key));
    facts.pin_in_a_file = !text_at(root, "hsm", "pin_file").empty();
    add(facts.secrets, text_at(root, "hsm", "pin_file"));
    if (text_at(root, "hsm", "module").contains("softhsm")) add_tokens(facts.secrets);
    return facts;
  };
  return read_toml<VaultFacts>(configuration, from);
}

base::Result<ServerFacts> read_server_facts(const std::string& configuration) {
  const auto from = +[](const toml::table& root) -> base::Result<ServerFacts> {
    if (!root.contains("secrets")) return configuration_error("this is no server.toml: it has no [secrets] section");
    ServerFacts facts;
    facts.vault_address = text_at(root, "vault", "address");
    add_store(facts.secrets, text_at(root, "", "database"));
    for (const char* key : {"server_key", "outbox_key"}) add(facts.secrets, text_at(root, "secrets", key));
    for (const char* section : {"listen", "vault"}) {
      add(facts.secrets, text_at(root, section, "key"));
      for (const char* key : {"cert", "ca"}) add(facts.certificates, text_at(root, section, key));
    }
    add(facts.certificates, text_at(root, "mail", "ca"));
    return facts;
  };
  return read_toml<ServerFacts>(configuration, from);
}

std::optional<uid_t> look_at_vault(Report& report, const VaultFacts& vault) {
  report.section("Vault");
  if (vault.production)
    report.good("mode is production: it does not start unprotected");
  else
    report.wrong("mode is not production: what this machine cannot do is only logged", "mode = \"production\"");
  if (vault.pin_in_a_file)
    report.wrong("[hsm] pin_file: one person could open the vault",
                 "give the PIN to custodians (`karv vault init`) and remove the line");
  for (const auto& name : vault.switched_off)
    report.wrong(fmt::format("[hardening] {} is off", name), "remove the line");
  look_at_journal(report, vault);
  look_at_certificates(report, vault.certificates, base::SystemClock().now());
  return look_at_secrets(report, "vault", vault.secrets);
}

std::optional<uid_t> look_at_server(Report& report, const ServerFacts& server) {
  report.section("Server");
  look_at_certificates(report, server.certificates, base::SystemClock().now());
  return look_at_secrets(report, "server", server.secrets);
}

void look_at_separation(Report& report, const VaultFacts& vault, std::optional<uid_t> vault_user,
                        const ServerFacts& server, std::optional<uid_t> server_user) {
  report.section("Between them");
  if (vault_user && server_user) {
    if (*vault_user == *server_user)
      report.wrong(fmt::format("vault and server are one user, {}: the server can open the vault's store", *vault_user),
                   "a user for each; deploy/systemd has the units");
    else
      report.good("vault and server are different users: the server can open nothing of the vault's");
  }
  if (!vault.private_listen.starts_with("unix:")) {
    report.note(
        "the private door listens on TCP: its client certificate alone says who asks (a Unix socket adds the user)");
    return;
  }
  if (!server.vault_address.empty() && vault.private_listen != server.vault_address)
    report.wrong(fmt::format("the server looks for the vault at {}, which listens on {}", server.vault_address,
                             vault.private_listen),
                 "[vault] address of server.toml and [private] listen of vault.toml name the same socket");
  if (!server_user) return;
  if (vault.peer_uids == std::vector<std::int64_t>{static_cast<std::int64_t>(*server_user)})
    report.good(fmt::format("the private door takes user {} alone", *server_user));
  else
    report.wrong(fmt::format("peer_uids of the private door is [{}], the server is user {}",
                             fmt::join(vault.peer_uids, ", "), *server_user),
                 fmt::format("[private] peer_uids = [{}] in vault.toml", *server_user));
}

}  // namespace karv::apps::cli::doctor
