// karv doctor: what of the vault's protection holds on this machine. It looks and explains, and changes nothing.
#include <memory>

#include <fmt/format.h>

#include "apps/cli/commands.h"
#include "apps/cli/doctor/configured.h"
#include "apps/cli/doctor/machine.h"
#include "apps/cli/doctor/surroundings.h"

namespace karv::apps::cli {
namespace {

constexpr const char* kTeach =
    R"(Each line is ok, note (worth knowing, production works without) or wrong, with what to do.

  karv doctor --vault /etc/karv-vault/vault.toml
  karv doctor --vault /etc/karv-vault/vault.toml --server /etc/karv-server/server.toml

Machine        Landlock, seccomp, core files, tracing, swap
Vault, Server  how long their certificates live; who may read their stores, keys, PIN and HSM token; which user
               they are
Between them   different users; whom the private door takes
Around         the vault's systemd unit; the rules for its outgoing connections

Run it as root on the machine that will serve, with SOFTHSM2_CONF as the vault has it. It changes nothing.
Exit code 1: something that production needs is missing. docs/operations/hardening.md has the reasons.)";

struct Asked {
  std::string vault, server, unit = "/etc/systemd/system/karv-vault.service";
};

base::Result<int> examine(const Asked& asked) {
  doctor::Report report;
  KARV_TRY(const auto vault, doctor::read_vault_facts(asked.vault));
  doctor::look_at_machine(report);
  const auto vault_user = doctor::look_at_vault(report, vault);
  if (!asked.server.empty()) {
    KARV_TRY(const auto server, doctor::read_server_facts(asked.server));
    const auto server_user = doctor::look_at_server(report, server);
    doctor::look_at_separation(report, vault, vault_user, server, server_user);
  }
  doctor::look_at_unit(report, asked.unit);
  doctor::look_at_rules(report, vault_user);
  if (report.wrongs() == 0) {
    fmt::print("\nNothing is wrong.\n");
    return 0;
  }
  fmt::print("\n{} to put right before production.\n", report.wrongs());
  return 1;
}

}  // namespace

void add_doctor_command(CLI::App& app, int& exit_code) {
  const auto asked = std::make_shared<Asked>();
  CLI::App* command = app.add_subcommand("doctor", "what of the vault's protection holds on this machine");
  command->footer(kTeach);
  command->add_option("--vault", asked->vault, "karv-vault's configuration")->type_name("FILE")->required();
  command->add_option("--server", asked->server, "karv-server's configuration, on the same machine")->type_name("FILE");
  command->add_option("--unit", asked->unit, "the vault's systemd unit")->type_name("FILE")->capture_default_str();
  command->callback([asked, &exit_code] {
    const auto found = examine(*asked);
    exit_code = found.ok() ? found.value() : fail(found.error());
  });
}

}  // namespace karv::apps::cli
