// karv dev: a whole Karv on one machine.
#include <filesystem>
#include <memory>

#include <fmt/format.h>

#include "apps/cli/commands.h"
#include "apps/cli/dev/certificates.h"
#include "apps/cli/dev/configuration.h"
#include "apps/cli/dev/console.h"
#include "apps/cli/dev/installation.h"
#include "apps/cli/dev/ports.h"
#include "apps/cli/dev/supervisor.h"
#include "crypto/files.h"
#include "json/writer.h"

namespace karv::apps::cli {
namespace {

namespace fs = std::filesystem;
using base::Result;

constexpr const char* kHelp =
    R"(Starts karv-vault, karv-server and karv-sandbox (card network, mail catcher, demo shop) on this machine, with a
certificate authority, an HSM token, a merchant and data of their own, and stays until Ctrl-C. When one of them dies it
says which and why, stops the others and exits 1; nothing is restarted. Data is kept: the next start goes on with it.

What it writes, under --data (default var/dev)
  merchant.json     base_url, username, password, ca_file for any HTTP client
  addresses.json    where everything listens, and the processes' ids; there while everything is up
  tls/ca.crt        import this into a browser once
  logs/*.log        everything the processes said
  server.toml, vault.toml, sandbox.toml     their configuration, for `karv ledger verify --config` and others

Examples
  karv dev                                     ports 8443 to 8446, 8583, 8025
  karv dev --base-port 9000                    9000 to 9006
  karv dev --fresh                             forget everything first
  karv dev --once                              play one purchase in headless Chromium, print its timeline, stop)";

struct DevOptions {
  bool once = false, fresh = false, verbose = false;
  std::string data, bin, root = ".", server_database, vault_database;
  dev::PortWish ports;
};

std::string own_folder() { return fs::read_symlink("/proc/self/exe").parent_path().string(); }

dev::Layout layout_of(const DevOptions& options) {
  dev::Layout layout;
  layout.root = fs::weakly_canonical(options.root).string();
  layout.bin = options.bin.empty() ? own_folder() : fs::weakly_canonical(options.bin).string();
  layout.data = options.data.empty() ? layout.root + "/var/dev" : fs::weakly_canonical(options.data).string();
  layout.server_database = options.server_database;
  layout.vault_database = options.vault_database;
  return layout;
}

// What must be there before anything is started, with the cure.
Result<void> check_parts(const dev::Layout& layout) {
  struct Part {
    std::string path;
    const char* cure;
  };
  for (const auto& [path, cure] : {Part{layout.bin + "/karv-server", "build first (./dev run does), or name --bin"},
                                   Part{layout.bin + "/karv-vault", "build first (./dev run does), or name --bin"},
                                   Part{layout.root + "/sandbox/main.ts", "start in the source tree, or name --root"},
                                   Part{layout.root + "/web/dist/card-frame/index.html", "node web/build.mjs"},
                                   Part{layout.root + "/web/dist/vault-staff/index.html", "node web/build.mjs"},
                                   Part{layout.node(), "npm ci"}, Part{dev::kHsmModule, "apt install softhsm2"}})
    if (!fs::exists(path))
      return base::internal_error(base::ErrorCode::unavailable, fmt::format("{} is missing: {}", path, cure));
  return {};
}

Result<void> write_addresses(const dev::Layout& layout, const dev::Ports& ports, const dev::Supervisor& supervisor) {
  json::Writer out;
  out.begin_object()
      .member("pay", ports.pay_url())
      .member("vault", ports.vault_url())
      .member("vault_staff", ports.staff_url())
      .member("shop", ports.shop_url())
      .member("account", ports.pay_url() + "/account")
      .member("mail", ports.shop_url() + "/sandbox/mail")
      .member("card_network", ports.shop_url() + "/sandbox/network")
      .member("base_url", ports.pay_address())
      .member("vault_private", dev::loopback(ports.vault_private))
      .member("iso8583", dev::loopback(ports.network))
      .member("smtp", dev::loopback(ports.smtp))
      .member("ca_file", layout.certificate("ca"))
      .member("merchant_file", layout.file("merchant.json"))
      .member("server_config", layout.file("server.toml"))
      .member("processes")
      .begin_object();
  for (const auto& [name, pid] : supervisor.pids()) out.member(name, std::int64_t{pid});
  out.end_object().end_object();
  return crypto::write_private_file(layout.file("addresses.json"), base::as_bytes(std::move(out).take()));
}

void tell_where(const dev::Console& console, const dev::Layout& layout, const dev::Ports& ports) {
  console.good("Everything is up.");
  console.say(fmt::format(R"(
  demo shop        {0}
  mail             {0}/sandbox/mail       what Karv mailed: sign-in codes, receipts
  card network     {0}/sandbox/network    ISO 8583 messages, holds, test cards
  account          {1}/account
  merchant API     {2}  with {3}
  authority        {4}  import it into a browser of yours
  logs             {5}/logs

  Test cards by name: approve, approve_mastercard, decline_05, decline_51, decline_54, timeout, late, duplicate,
  decline_on_charge, refuse_completion. Their numbers: {0}/sandbox/network. Any future expiry, any code.

  Ctrl-C stops everything.)",
                          ports.shop_url(), ports.pay_url(), ports.pay_address(), layout.file("merchant.json"),
                          layout.certificate("ca"), layout.data));
}

int play_purchase(const dev::Console& console, const dev::Layout& layout, dev::Supervisor& supervisor) {
  const std::string player = layout.root + "/tests/browser/play.ts";
  if (!fs::exists(player)) {
    console.problem("The player of the purchase is missing: " + player);
    return 1;
  }
  return supervisor.run({.name = "player",
                         .command = {layout.node(), player},
                         .environment = {{"KARV_DEV_DIR", layout.data}},
                         .folder = layout.root});
}

// The card network and the mail server first: the others look for them at once, and stop before them.
Result<void> start_all(const dev::Layout& layout, dev::Supervisor& supervisor) {
  KARV_TRY_VOID(supervisor.start(
      {.name = "karv-sandbox",
       .command = {layout.node(), layout.root + "/sandbox/main.ts", "--config", layout.file("sandbox.toml")},
       .folder = layout.root}));
  KARV_TRY_VOID(supervisor.start({.name = "karv-vault",
                                  .command = {layout.bin + "/karv-vault", "--config", layout.file("vault.toml")},
                                  .folder = layout.data}));
  return supervisor.start({.name = "karv-server",
                           .command = {layout.bin + "/karv-server", "--config", layout.file("server.toml")},
                           .folder = layout.data});
}

Result<dev::Ports> prepare(const DevOptions& options, const dev::Layout& layout, const dev::Console& console,
                           const dev::Installation& installation) {
  fs::remove(layout.file("addresses.json"));
  KARV_TRY(const auto ports, dev::choose_ports(options.ports, layout));
  KARV_TRY_VOID(dev::remember_ports(ports, layout));
  console.say(fmt::format("certificates, keys and HSM token in {}", layout.data));
  KARV_TRY_VOID(dev::make_certificates(layout));
  KARV_TRY_VOID(installation.ensure_secrets());
  KARV_TRY_VOID(dev::write_server_configuration(layout, ports));
  KARV_TRY_VOID(dev::write_vault_configuration(layout, ports));
  KARV_TRY_VOID(dev::write_operator_configuration(layout));
  console.say("database and merchant");
  KARV_TRY(const auto username, installation.ensure_merchant(ports));
  KARV_TRY_VOID(dev::write_sandbox_configuration(layout, ports, username));
  return ports;
}

int run_dev(const DevOptions& options) {
  const dev::Console console;
  const dev::Layout layout = layout_of(options);
  if (const auto parts = check_parts(layout); !parts.ok()) return fail(parts.error());
  const auto installation = dev::Installation::open(layout, options.fresh);
  if (!installation.ok()) return fail(installation.error());
  const auto ports = prepare(options, layout, console, *installation.value());
  if (!ports.ok()) return fail(ports.error());

  dev::Supervisor supervisor(console, {.logs = layout.file("logs"), .show_all = options.verbose});
  int code = 1;
  if (start_all(layout, supervisor).ok()) {
    if (const auto written = write_addresses(layout, ports.value(), supervisor); !written.ok())
      return fail(written.error());
    tell_where(console, layout, ports.value());
    code = options.once ? play_purchase(console, layout, supervisor) : supervisor.watch();
  }
  fs::remove(layout.file("addresses.json"));
  console.say("stopping");
  if (!supervisor.stop() && code == 0) code = 1;
  return code;
}

}  // namespace

void add_dev_command(CLI::App& app, int& exit_code) {
  const auto options = std::make_shared<DevOptions>();
  CLI::App* dev = app.add_subcommand("dev", "a whole Karv on this machine");
  dev->footer(kHelp);
  dev->add_flag("--once", options->once,
                "play one purchase in headless Chromium, print its timeline, exit with its status");
  dev->add_option("--data", options->data, "the folder for everything that is written (default var/dev)")
      ->type_name("FOLDER");
  auto* base = dev->add_option("--base-port", options->ports.base,
                               "six ports in a row from here (default: 8443 to 8446, 8583, 8025)")
                   ->type_name("PORT")
                   ->check(CLI::Range(1024, 65'530));
  dev->add_flag("--free-ports", options->ports.free, "ports that are free; the same again when the data is kept")
      ->excludes(base);
  dev->add_option("--bin", options->bin, "the folder of karv-server and karv-vault (default: beside karv)")
      ->type_name("FOLDER");
  dev->add_option("--root", options->root, "the source tree, for pages and sandbox (default: here)")
      ->type_name("FOLDER");
  dev->add_option("--server-database", options->server_database,
                  "address of karv-server's store (postgresql://...; default a file under --data)")
      ->type_name("ADDRESS");
  dev->add_option("--vault-database", options->vault_database, "address of karv-vault's store")->type_name("ADDRESS");
  dev->add_flag("--fresh", options->fresh, "forget the data of earlier starts");
  dev->add_flag("--verbose", options->verbose, "show every log line, not only warnings and errors");
  dev->callback([options, &exit_code] { exit_code = run_dev(*options); });
}

}  // namespace karv::apps::cli
