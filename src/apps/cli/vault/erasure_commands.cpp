#include "apps/cli/vault/erasure_commands.h"

#include <fstream>
#include <functional>
#include <iterator>
#include <memory>

#include <fmt/format.h>

#include "apps/cli/commands.h"
#include "apps/cli/vault/admin_line.h"
#include "apps/cli/vault_program.h"
#include "base/clock.h"
#include "json/decode.h"
#include "json/encode.h"
#include "json/words.h"
#include "vault_api/erasure.h"

namespace karv::apps::cli::vault {
namespace {

using base::Result;

struct Options {
  std::string operator_file, config, reason, proof, keys, customer;
};

base::Error wrong(std::string what) { return base::internal_error(base::ErrorCode::bad_value, std::move(what)); }

Result<std::string> text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return wrong(path + " cannot be read");
  std::string text{std::istreambuf_iterator<char>(file), {}};
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

Result<int> print_keys(const Options& options) {
  KARV_TRY(const auto line, AdminLine::open(options.operator_file));
  KARV_TRY(const auto keys,
           line->ask<vault_api::ProofKeys>(net::Method::get, std::string(vault_api::kAdminProofKeysPath), ""));
  fmt::print("{}\n", json::encode(keys));
  return 0;
}

Result<int> verify(const Options& options) {
  KARV_TRY(const auto keys_text, text_of(options.keys));
  const auto keys = json::decode<vault_api::ProofKeys>(keys_text, json::kOwnChannel);
  if (!keys.ok()) return wrong(options.keys + " is not what `karv vault proof keys` prints");
  KARV_TRY(const auto jws, text_of(options.proof));
  KARV_TRY(const auto proof, vault_api::verify_erasure_proof(jws, keys.value()));
  const auto& record = proof.record;
  if (!options.customer.empty()) {
    const auto customer = vault_api::CustomerRef::parse(options.customer);
    if (!customer) return wrong(options.customer + " is no customer's id");
    if (vault_api::erased_subject(record.tenant, *customer) != record.subject)
      return base::internal_error(base::ErrorCode::not_matching, "the proof is about another customer");
  }
  fmt::print("erased on   {}\nreason      {}{}\nserver      {}\nsubject     {}{}\nrequest     {}\nerasure     {}\n",
             base::to_rfc3339(base::Instant{record.erased_at}), json::word(record.reason),
             record.forced ? ", by force" : "", record.tenant, record.subject,
             options.customer.empty() ? "" : ", which is " + options.customer, record.request.text(),
             record.erasure.text());
  fmt::print("journal     {}, entry {}\n", proof.journal.text(), proof.position);
  for (const auto& key : record.keys) fmt::print("destroyed   key {}, version {}\n", key.key.text(), key.version);
  if (record.server_keys)
    for (const auto& key : *record.server_keys) fmt::print("destroyed   key {} of the server\n", key.text());
  for (const auto& rows : record.removed) fmt::print("removed     {} {}\n", rows.rows, rows.what);
  fmt::print("The signature holds.\n");
  return 0;
}

Result<int> accept_loss(const Options& options) {
  KARV_TRY(const auto ended,
           run_vault_program({"accept-journal-loss", "--config", options.config, "--reason", options.reason},
                             Printing::here));
  return ended.code;
}

}  // namespace

void add_erasure_commands(CLI::App& group, int& exit_code) {
  const auto options = std::make_shared<Options>();
  const auto add = [&](CLI::App& to, const char* word, const char* sentence, Result<int> (*run)(const Options&)) {
    CLI::App* command = to.add_subcommand(word, sentence);
    command->callback([options, run, &exit_code] {
      const auto done = run(*options);
      exit_code = done.ok() ? done.value() : fail(done.error());
    });
    return command;
  };
  CLI::App* proof = group.add_subcommand("proof", "signed proofs that a customer was erased");
  proof->require_subcommand(1);
  add(*proof, "keys", "print the public keys that proofs are checked with", print_keys)
      ->add_option("--operator", options->operator_file, "operator.toml: how to reach the vault's admin door")
      ->type_name("FILE")
      ->required();
  CLI::App* command = add(*proof, "verify", "check a proof, without the vault; exit 1 when it does not hold", verify);
  command->add_option("proof", options->proof, "the file with the proof")->type_name("FILE")->required();
  command->add_option("--keys", options->keys, "what `karv vault proof keys` has printed")
      ->type_name("FILE")
      ->required();
  command->add_option("--customer", options->customer, "whether it is about this customer")->type_name("ID");
  CLI::App* journal = group.add_subcommand("journal", "the erasure journal");
  journal->require_subcommand(1);
  command = add(*journal, "accept", "a vault process may begin a new one: it is lost for good, or the process is new",
                accept_loss);
  command->add_option("--config", options->config, "vault.toml")->type_name("FILE")->required();
  command->add_option("--reason", options->reason, "why, for the audit log")->type_name("TEXT")->required();
}

}  // namespace karv::apps::cli::vault
