#include "apps/cli/vault/staff_command.h"

#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "apps/cli/commands.h"
#include "apps/cli/vault/acting.h"
#include "apps/cli/vault/admin_line.h"
#include "json/words.h"
#include "vault_api/staff_messages.h"

namespace karv::apps::cli::vault {
namespace {

using base::Result;
using vault_api::StaffLine;

constexpr const char* kHelp =
    R"(Whoever sees stored card data has a passkey of his own at the vault, on one device.

  karv vault staff add --operator operator.toml --name 'Anna Berg' --clearance full_request
    prints a link, good once and for half an hour: give it to the person, and to nobody else
  karv vault staff list --operator operator.toml
  karv vault staff approve ID --operator operator.toml --key bela-cohn.key --share ID.share
    another person, a custodian, who has compared the passkey's letters with what the person's page shows
  karv vault staff review ID ...     the same every six months; without it the person is suspended
  karv vault staff remove ID --operator operator.toml    whoever left: at once

Clearance: masked (last four digits), partial (and the first six or eight), full_request (all, when another person
approves), approve (decides on what others ask for).)";

struct Options {
  std::string operator_file, name, clearance, staff;
  ActingFiles files;
};

Result<vault_api::StaffId> staff_of(const Options& options) {
  const auto id = vault_api::StaffId::parse(options.staff);
  if (!id) return base::internal_error(base::ErrorCode::bad_value, options.staff + " is no person's id");
  return *id;
}

Result<vault_api::StaffList> list_of(AdminLine& line) {
  return line.ask<vault_api::StaffList>(net::Method::get, std::string(vault_api::StaffAddRequest::kPath), "");
}

Result<int> add(const Options& options) {
  const auto clearance = json::parse_word<vault_api::Clearance>(options.clearance);
  if (!clearance)
    return base::internal_error(base::ErrorCode::bad_value,
                                "the clearance is one of " + json::all_words<vault_api::Clearance>());
  KARV_TRY(const auto line, AdminLine::open(options.operator_file));
  KARV_TRY(const auto made, line->ask(vault_api::StaffAddRequest{.name = options.name, .clearance = *clearance}));
  fmt::print("{}\n{}\nGood once, until {}. Then: karv vault staff approve {}\n", made.staff.text(), made.link,
             base::to_rfc3339(base::Instant{made.until}), made.staff.text());
  return 0;
}

Result<int> list(const Options& options) {
  KARV_TRY(const auto line, AdminLine::open(options.operator_file));
  KARV_TRY(const auto all, list_of(*line));
  fmt::print("{:36}  {:12}  {:9}  {:16}  {:20}  {}\n", "person", "clearance", "state", "passkey", "review due", "name");
  for (const auto& p : all.people)
    fmt::print("{:36}  {:12}  {:9}  {:16}  {:20}  {}{}\n", p.staff.text(), json::word(p.clearance), json::word(p.state),
               p.passkey.empty() ? "-" : p.passkey,
               p.review_due == 0 ? "-" : base::to_rfc3339(base::Instant{p.review_due}).substr(0, 10), p.name,
               p.suspended ? "  SUSPENDED: its review is overdue, or it was not used for 90 days" : "");
  return 0;
}

Result<int> grant(const Options& options, const char* command) {
  KARV_TRY(const auto id, staff_of(options));
  KARV_TRY(const auto line, AdminLine::open(options.operator_file));
  KARV_TRY(const auto all, list_of(*line));
  const auto person = std::ranges::find(all.people, id, &StaffLine::staff);
  if (person == all.people.end()) return base::internal_error(base::ErrorCode::not_found, "there is no such person");
  fmt::print("{}, {}, passkey {}\n", person->name, json::word(person->clearance), person->passkey);
  vault_api::StaffGrantRequest request{.command = command, .staff = id, .passkey = person->passkey};
  if (!options.files.key.empty()) {
    KARV_TRY(const auto acting, acting_of(options.files));
    sign(request, acting, fmt::format("staff_{}", command),
         vault_api::staff_grant(id, person->name, person->clearance, person->passkey));
  }
  KARV_TRY(const auto done, line->ask(request));
  fmt::print("{}\n", done.done);
  return 0;
}

Result<int> remove(const Options& options) {
  KARV_TRY(const auto id, staff_of(options));
  KARV_TRY(const auto line, AdminLine::open(options.operator_file));
  KARV_TRY(const auto done, line->ask(vault_api::StaffRemoveRequest{.staff = id}));
  fmt::print("{}\n", done.done);
  return 0;
}

}  // namespace

void add_staff_commands(CLI::App& vault, int& exit_code) {
  CLI::App* group = vault.add_subcommand("staff", "the people who may see stored cards");
  group->footer(kHelp);
  group->require_subcommand(1);
  const auto options = std::make_shared<Options>();
  const auto command = [&](const char* word, const char* sentence, std::function<Result<int>(const Options&)> run) {
    CLI::App* made = group->add_subcommand(word, sentence);
    made->add_option("--operator", options->operator_file, "operator.toml: how to reach the vault's admin door")
        ->type_name("FILE")
        ->required();
    made->callback([options, run = std::move(run), &exit_code] {
      const auto done = run(*options);
      exit_code = done.ok() ? done.value() : fail(done.error());
    });
    return made;
  };
  const auto person = [&](CLI::App* made) {
    made->add_option("person", options->staff, "the person's id")->required();
    return made;
  };
  CLI::App* made = command("add", "invite a person", add);
  made->add_option("--name", options->name, "the person")->type_name("NAME")->required();
  made->add_option("--clearance", options->clearance, "masked, partial, full_request or approve")
      ->type_name("WORD")
      ->required();
  command("list", "everybody, with clearance, state, passkey and when a review is due", list);
  for (const char* word : {"approve", "review"}) {
    made = person(command(word, "confirm a person's passkey and clearance, for six months",
                          [word](const Options& given) { return grant(given, word); }));
    made->add_option("--key", options->files.key, "a custodian's .key file; not in sandbox mode")->type_name("FILE");
    made->add_option("--share", options->files.share, "his .share file")->type_name("FILE");
    made->add_option("--passphrase-file", options->files.passphrase_file, "instead of being asked")->type_name("FILE");
  }
  person(command("remove", "shut a person out at once", remove));
}

}  // namespace karv::apps::cli::vault
