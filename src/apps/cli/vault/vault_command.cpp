// karv vault: custody, seal and keys of the vault, for operators and custodians at its machine.
#include <cstdio>
#include <memory>

#include <fmt/format.h>

#include "apps/cli/commands.h"
#include "apps/cli/vault/acting.h"
#include "apps/cli/vault/admin_line.h"
#include "apps/cli/vault/erasure_commands.h"
#include "apps/cli/vault/exchange_command.h"
#include "apps/cli/vault/import_command.h"
#include "apps/cli/vault/staff_command.h"
#include "apps/cli/vault_program.h"
#include "base/clock.h"
#include "crypto/hash.h"
#include "crypto/jwe.h"
#include "json/writer.h"
#include "net/certificate_watch.h"
#include "vault_api/admin_messages.h"

namespace karv::apps::cli {
namespace {

using base::Result;
using vault::AdminLine;
using vault::sign;

constexpr const char* kHelp =
    R"(A sealed vault has no key in memory and serves nothing. Custodians open it together, each with a share of his own;
one operator closes it.

Once, at the vault's machine, with the vault stopped:
  karv vault custodian create --name 'Anna Berg' --out /media/anna       each custodian, on a medium of his own
  karv vault init --config vault.toml --pin-file hsm.pin --needed 2 --out shares \
      --custodian anna-berg.pub --custodian bela-cohn.pub --custodian cleo-dahl.pub
Then start the vault, and each custodian:
  karv vault custodian accept --operator operator.toml --key anna-berg.key --share ID.share
After every start of the vault, as many custodians as are needed:
  karv vault unseal --operator operator.toml --key anna-berg.key --share ID.share
Any operator:
  karv vault status --operator operator.toml
  karv vault seal --operator operator.toml --reason 'case 12: an intruder'
  karv vault keys list --operator operator.toml
  karv vault keys rotate KEY --operator operator.toml
Who may see stored cards: karv vault staff --help
Two custodians, within an hour:
  karv vault keys destroy KEY --operator operator.toml --key anna-berg.key --share ID.share
Other custodians take over: as many of those of now as are needed, each with the .pub files of the others:
  karv vault custodian exchange --operator operator.toml --key anna-berg.key --share ID.share --needed 2 \
      --custodian dora-ek.pub --custodian emil-falk.pub
Each who takes over fetches his share, accepts, and at the sealed vault as many as are needed unseal it:
  karv vault custodian share --operator operator.toml --key dora-ek.key --out /media/dora
A proof that a customer was erased, checked without the vault:
  karv vault proof keys --operator operator.toml > keys.json
  karv vault proof verify proof.jws --keys keys.json --customer ID

A card file that moves in (`karv vault import --help`), approved by two custodians:
  karv vault import approve cards.karv --operator operator.toml --key anna-berg.key --share ID.share
  karv vault import run cards.karv --operator operator.toml --out moved

`karv dev` writes var/dev/operator.toml. docs/vault.md explains keys, states and rotation.)";

struct Options {
  std::string operator_file, config, pin_file, out, name, key, share, passphrase_file, reason, vault_key;
  int needed = 2;
  bool replace = false;
  std::vector<std::string> custodians;
};

std::string day(std::int64_t ms) { return ms == 0 ? "-" : base::to_rfc3339(base::Instant{ms}).substr(0, 16); }

Result<int> init(const Options& options) {
  std::vector<std::string> words = {
      "init",  "--config", options.config, "--pin-file", options.pin_file, "--needed", std::to_string(options.needed),
      "--out", options.out};
  for (const auto& custodian : options.custodians) words.insert(words.end(), {"--custodian", custodian});
  if (options.replace) words.insert(words.end(), {"--replace", "yes"});
  KARV_TRY(const auto ended, run_vault_program(words, Printing::here));
  return ended.code;
}

Result<int> create(const Options& options) {
  KARV_TRY(const auto passphrase, vault::read_passphrase(options.passphrase_file));
  base::SystemRandom random;
  KARV_TRY(const auto path, vault::make_custodian_key(options.name, options.out, passphrase, random));
  fmt::print("{0}.key  keep it, apart from the share: nobody else ever has it\n{0}.pub  give it to the ceremony\n",
             path);
  return 0;
}

Result<int> accept(const Options& options) {
  KARV_TRY(const auto acting, vault::acting_of({options.key, options.share, options.passphrase_file}));
  KARV_TRY(const auto line, AdminLine::open(options.operator_file));
  fmt::print("{}\n\n", vault_api::kCustodianDuty);
  vault_api::AcceptRequest request;
  vault::sign(request, acting, "accept", base::as_bytes(vault_api::kCustodianDuty));
  KARV_TRY(const auto done, line->ask(request));
  fmt::print("{}\n", done.done);
  return 0;
}

Result<int> unseal(const Options& options) {
  KARV_TRY(const auto acting, vault::acting_of({options.key, options.share, options.passphrase_file}));
  KARV_TRY(const auto line, AdminLine::open(options.operator_file));
  KARV_TRY(const auto share, crypto::decrypt_jwe(acting.key.opens, acting.share.share));
  vault_api::UnsealRequest request;
  vault::sign(request, acting, "unseal", crypto::sha256(share.expose()));
  std::string text = base::to_base64url(share.expose());
  json::SecretWriter out;
  out.begin_object()
      .member("custodian", request.custodian.text())
      .member("at", request.at)
      .member("nonce", request.nonce)
      .member("signature", request.signature)
      .secret_member("share", base::SecretBytes::copy_of(text))
      .end_object();
  base::wipe(text.data(), text.size());
  const auto body = std::move(out).take();
  KARV_TRY(const auto answer,
           line->ask<vault_api::Unsealing>(net::Method::post, std::string(vault_api::UnsealRequest::kPath),
                                           std::string(body.expose_text())));
  if (!answer.sealed) {
    fmt::print("The vault is open.\n");
  } else {
    fmt::print("{} of {} shares; it stays sealed until the others come, within 15 minutes.\n", answer.given,
               answer.needed);
  }
  return 0;
}

Result<int> exchange(const Options& options) {
  return vault::run_exchange(options.operator_file,
                             {.key = options.key, .share = options.share, .passphrase_file = options.passphrase_file},
                             options.needed, options.custodians);
}

Result<int> fetch_share(const Options& options) {
  return vault::run_fetch_share(options.operator_file, options.key, options.passphrase_file, options.out);
}

Result<int> seal(const Options& options) {
  KARV_TRY(const auto line, AdminLine::open(options.operator_file));
  KARV_TRY(const auto done, line->ask(vault_api::SealRequest{.reason = options.reason}));
  fmt::print("{}\n", done.done);
  return 0;
}

Result<int> status(const Options& options) {
  KARV_TRY(const auto line, AdminLine::open(options.operator_file));
  KARV_TRY(const auto status, line->ask<vault_api::VaultStatus>(net::Method::get, "/admin/v1/status", ""));
  fmt::print("{}\n", status.sealed ? "sealed: " + status.because : "open");
  fmt::print("HSM {}, {} keys found altered since the start\n",
             status.hsm ? "answers" : "is not used or does not answer", status.key_alarms);
  if (status.needed == 0) fmt::print("no custodians: it is unsealed from a PIN file\n");
  if (status.needed != 0) fmt::print("{} of {} shares given\n", status.given, status.needed);
  for (const auto& one : status.processes)
    fmt::print("{} process {}  {}{}{}\n", one.name == status.process ? "*" : " ", one.name,
               one.because.empty() ? "open" : "sealed: " + one.because, one.network ? "" : ", no card network",
               one.here ? "" : ", silent since " + day(one.seen_at));
  const std::int64_t soon = (base::SystemClock().now() + net::kCertificateWarning).ms;
  for (const auto& one : status.certificates)
    fmt::print("certificate of the {}  {}  until {}{}{}\n", one.name, one.serial, day(one.not_after),
               one.not_after <= soon ? "  ENDS SOON" : "",
               one.refused == 0 ? "" : fmt::format("  {} exchanges refused, see the log", one.refused));
  for (const auto& custodian : status.custodians)
    fmt::print("  {}  {}{}\n", custodian.custodian.text(), custodian.name,
               custodian.accepted ? "" : "  has not accepted the duty");
  for (const auto& custodian : status.next_custodians)
    fmt::print("  {}  {}  takes over{}\n", custodian.custodian.text(), custodian.name,
               custodian.accepted ? "" : "; has not accepted the duty");
  return status.sealed ? 1 : 0;
}

Result<int> list_keys(const Options& options) {
  KARV_TRY(const auto line, AdminLine::open(options.operator_file));
  KARV_TRY(const auto list, line->ask<vault_api::KeyList>(net::Method::get, "/admin/v1/keys", ""));
  fmt::print("{:36}  {:11}  {:>3}  {:12}  {:16}  {:>10}  {:16}  {}\n", "key", "class", "ver", "state", "since", "uses",
             "next", "tenant");
  for (const auto& key : list.keys)
    fmt::print("{:36}  {:11}  {:>3}  {:12}  {:16}  {:>10}  {:16}  {}\n", key.key, key.key_class, key.version, key.state,
               day(key.created_at), key.uses, day(key.next_at), key.tenant);
  for (const auto& rotation : list.rotations)
    fmt::print("{} {}  {}  {} of {}{}\n", rotation.key_class, rotation.key, rotation.state, rotation.done,
               rotation.total, rotation.destroy_at == 0 ? "" : "  destroyed on " + day(rotation.destroy_at));
  return 0;
}

Result<int> rotate(const Options& options) {
  KARV_TRY(const auto line, AdminLine::open(options.operator_file));
  KARV_TRY(const auto rotation, line->ask(vault_api::RotateRequest{.key = options.vault_key}));
  fmt::print("{} values move to its successor; `karv vault keys list` shows how far they are.\n", rotation.total);
  return 0;
}

Result<int> end_key(const Options& options, const char* command) {
  KARV_TRY(const auto acting, vault::acting_of({options.key, options.share, options.passphrase_file}));
  KARV_TRY(const auto line, AdminLine::open(options.operator_file));
  struct KeyTag;
  const auto key = base::Id<KeyTag>::parse(options.vault_key);
  if (!key) return base::internal_error(base::ErrorCode::bad_value, options.vault_key + " is no key's id");
  vault_api::EndKeyRequest request;
  request.key = options.vault_key;
  request.command = command;
  vault::sign(request, acting, command, key->view());
  KARV_TRY(const auto done, line->ask(request));
  fmt::print("{}\n", done.done);
  return 0;
}

// Adds commands that share one set of options.
class Commands {
 public:
  explicit Commands(int& exit_code) : exit_code_(exit_code) {}

  CLI::App* add(CLI::App& group, const char* word, const char* sentence,
                std::function<Result<int>(const Options&)> run) {
    CLI::App* command = group.add_subcommand(word, sentence);
    command->callback([options = options_, run = std::move(run), &exit_code = exit_code_] {
      const auto done = run(*options);
      exit_code = done.ok() ? done.value() : fail(done.error());
    });
    return command;
  }
  void add_custody(CLI::App& group) {
    CLI::App* custodian = group.add_subcommand("custodian", "the people who hold shares");
    custodian->require_subcommand(1);
    CLI::App* command = add(*custodian, "create", "make a custodian's own key", create);
    command->add_option("--name", options_->name, "the person")->type_name("NAME")->required();
    command->add_option("--out", options_->out, "the folder for the two files")->type_name("FOLDER")->required();
    add_passphrase(*command);
    command = add(*custodian, "accept", "accept the duty, signed", accept);
    add_operator(*command);
    add_person(*command);
    command =
        add(*custodian, "exchange", "agree that others take over; takes as many custodians as unsealing", exchange);
    add_operator(*command);
    add_person(*command);
    add_plan(*command);
    command = add(*custodian, "share", "fetch the share of one who takes over", fetch_share);
    add_operator(*command);
    command->add_option("--key", options_->key, "his .key file")->type_name("FILE")->required();
    command->add_option("--out", options_->out, "the folder for the share")->type_name("FOLDER")->required();
    add_passphrase(*command);
    command = add(group, "init", "the ceremony: give the HSM's PIN to custodians", init);
    command->add_option("--config", options_->config, "vault.toml")->type_name("FILE")->required();
    command->add_option("--pin-file", options_->pin_file, "the HSM's PIN of now")->type_name("FILE")->required();
    add_plan(*command);
    command->add_option("--out", options_->out, "the folder for the shares")->type_name("FOLDER")->required();
    command->add_flag("--replace", options_->replace,
                      "in place of custodians whose PIN the HSM no longer has (a store from before they changed)");
    command = add(group, "unseal", "give one share", unseal);
    add_operator(*command);
    add_person(*command);
  }
  void add_operations(CLI::App& group) {
    add_operator(*add(group, "status", "sealed or open, custodians, alarms; exit 1 when sealed", status));
    CLI::App* command = add(group, "seal", "close the vault at once", seal);
    add_operator(*command);
    command->add_option("--reason", options_->reason, "why, for the record")->type_name("TEXT")->required();
    CLI::App* keys = group.add_subcommand("keys", "the hierarchy of keys");
    keys->require_subcommand(1);
    add_operator(*add(*keys, "list", "every key, its state, period and uses; rotations and their progress", list_keys));
    command = add(*keys, "rotate", "make a key's successor", rotate);
    add_operator(*command);
    add_key(*command);
    for (const char* word : {"destroy", "compromise"}) {
      command = add(*keys, word, "end a retired key; takes two custodians",
                    [word](const Options& options) { return end_key(options, word); });
      add_operator(*command);
      add_key(*command);
      add_person(*command);
    }
  }

 private:
  void add_operator(CLI::App& command) {
    command.add_option("--operator", options_->operator_file, "operator.toml: how to reach the vault's admin door")
        ->type_name("FILE")
        ->required();
  }
  void add_plan(CLI::App& command) {
    command.add_option("--needed", options_->needed, "how many open it together")->check(CLI::Range(2, 9));
    command.add_option("--custodian", options_->custodians, "a custodian's .pub file")->type_name("FILE")->required();
  }
  void add_key(CLI::App& command) { command.add_option("key-id", options_->vault_key, "the key's id")->required(); }
  void add_passphrase(CLI::App& command) {
    command.add_option("--passphrase-file", options_->passphrase_file, "instead of being asked")->type_name("FILE");
  }
  void add_person(CLI::App& command) {
    command.add_option("--key", options_->key, "the custodian's .key file")->type_name("FILE")->required();
    command.add_option("--share", options_->share, "the custodian's .share file")->type_name("FILE")->required();
    add_passphrase(command);
  }

  int& exit_code_;
  std::shared_ptr<Options> options_ = std::make_shared<Options>();
};

}  // namespace

void add_vault_commands(CLI::App& app, int& exit_code) {
  CLI::App* group = app.add_subcommand("vault", "the vault's seal, custodians and keys");
  group->footer(kHelp);
  group->require_subcommand(1);
  Commands commands(exit_code);
  commands.add_custody(*group);
  commands.add_operations(*group);
  vault::add_erasure_commands(*group, exit_code);
  vault::add_staff_commands(*group, exit_code);
  vault::add_import_commands(*group, exit_code);
}

}  // namespace karv::apps::cli
