// karv merchant: who may call the merchant API. Answers are one JSON object a line, for people and for scripts.
#include <cstdio>
#include <memory>

#include <fmt/format.h>

#include "apps/cli/commands.h"
#include "apps/cli/server_store.h"
#include "identity/merchant_origins.h"
#include "json/writer.h"

namespace karv::apps::cli {
namespace {

using base::Result;

struct Options {
  std::string configuration, name, country, merchant, username, origin;
  std::vector<std::string> origins;
};

// What a deed needs: the database, open and of the right schema, and identity's tools.
struct Opened {
  std::unique_ptr<store::Database> database;
  std::unique_ptr<IdentityTools> tools;
};
Result<Opened> open(const Options& options) {
  KARV_TRY(const auto files, read_server_files(options.configuration));
  Opened opened;
  KARV_TRY(opened.database, open_existing(files.database));
  KARV_TRY(opened.tools, IdentityTools::create(files));
  return opened;
}

void print_line(const std::string& line) { fmt::print("{}\n", line); }

Result<void> create(const Options& options) {
  KARV_TRY(const auto opened, open(options));
  KARV_TRY(const auto id, opened.database->write<identity::MerchantId>("create_merchant", [&](store::Tx& tx) {
    return identity::create_merchant(tx, opened.tools->context(), {options.name, options.country, options.origins});
  }));
  print_line(std::move(json::Writer().begin_object().member("merchant_id", id.text()).end_object()).take());
  return {};
}

Result<identity::MerchantId> merchant_of(const Options& options) {
  const auto id = identity::MerchantId::parse(options.merchant);
  if (!id)
    return base::internal_error(base::ErrorCode::bad_value, "--merchant is not an id: `karv merchant list` shows them");
  return *id;
}

Result<void> add_credential(const Options& options) {
  KARV_TRY(const auto id, merchant_of(options));
  KARV_TRY(const auto opened, open(options));
  KARV_TRY(const auto made, opened.database->write<identity::NewCredential>("create_credential", [&](store::Tx& tx) {
    return identity::create_credential(tx, opened.tools->context(), id);
  }));
  json::SecretWriter out;
  out.begin_object().member("username", made.username).secret_member("password", made.secret).end_object();
  const auto line = std::move(out).take();
  const auto text = line.expose_text();
  std::fwrite(text.data(), 1, text.size(), stdout);  // not through a formatter that keeps a copy
  std::fputc('\n', stdout);
  fmt::print(stderr, "This password is shown once; Karv keeps only its MAC.\n");
  return {};
}

using OriginDeed = Result<void>(store::Tx&, const identity::Context&, identity::MerchantAuthenticator&,
                                identity::MerchantId, std::string_view);
Result<void> change_origins(const Options& options, std::string_view use_case, OriginDeed* deed) {
  KARV_TRY(const auto id, merchant_of(options));
  KARV_TRY(const auto opened, open(options));
  return opened.database->write<void>(use_case, [&](store::Tx& tx) {
    return deed(tx, opened.tools->context(), opened.tools->authenticator(), id, options.origin);
  });
}
Result<void> add_origin(const Options& options) { return change_origins(options, "add_origin", identity::add_origin); }
Result<void> remove_origin(const Options& options) {
  return change_origins(options, "remove_origin", identity::remove_origin);
}

Result<void> list_origins(const Options& options) {
  KARV_TRY(const auto id, merchant_of(options));
  KARV_TRY(const auto opened, open(options));
  KARV_TRY(const auto merchant, opened.database->read<identity::Merchant>(
                                    "list_origins", [&](store::ReadTx& tx) { return identity::get_merchant(tx, id); }));
  for (const auto& origin : merchant.origins)
    print_line(std::move(json::Writer().begin_object().member("origin", origin).end_object()).take());
  return {};
}

Result<void> disable(const Options& options) {
  KARV_TRY(const auto opened, open(options));
  KARV_TRY_VOID(opened.database->write<void>("disable_credential", [&](store::Tx& tx) {
    return identity::disable_credential(tx, opened.tools->context(), opened.tools->authenticator(), options.username);
  }));
  fmt::print(stderr, "{} is disabled; a running server notices within {} s.\n", options.username,
             identity::kCredentialCacheTime.ms / 1000);
  return {};
}

Result<void> list(const Options& options) {
  KARV_TRY(const auto opened, open(options));
  KARV_TRY(const auto merchants, opened.database->read<std::vector<identity::Merchant>>(
                                     "list_merchants", [](store::ReadTx& tx) { return identity::list_merchants(tx); }));
  for (const auto& merchant : merchants) {
    json::Writer out;
    out.begin_object()
        .member("merchant_id", merchant.merchant_id.text())
        .member("name", merchant.name)
        .member("country", merchant.country)
        .member("status", identity::name_of(merchant.status))
        .member("origins")
        .begin_array();
    for (const auto& origin : merchant.origins) out.text(origin);
    out.end_array().end_object();
    print_line(std::move(out).take());
  }
  return {};
}

}  // namespace

void add_merchant_commands(CLI::App& app, int& exit_code) {
  const auto options = std::make_shared<Options>();
  CLI::App* group = app.add_subcommand("merchant", "merchants and their API credentials");
  group->require_subcommand(1);
  const auto add_to = [&](CLI::App& where, const char* name, const char* sentence,
                          Result<void> (*deed)(const Options&)) {
    CLI::App* command = where.add_subcommand(name, sentence);
    command->add_option("--config", options->configuration, kConfigHelp)->type_name("FILE")->required();
    command->callback([options, deed, &exit_code] {
      if (const auto done = deed(*options); !done.ok()) exit_code = fail(done.error());
    });
    return command;
  };
  const auto add = [&](const char* name, const char* sentence, Result<void> (*deed)(const Options&)) {
    return add_to(*group, name, sentence, deed);
  };
  CLI::App* made = add("create", "a new merchant; prints its id", create);
  made->add_option("--name", options->name, "as shoppers read it")->type_name("NAME")->required();
  made->add_option("--country", options->country, "two upper-case letters, as in SE")->type_name("CODE")->required();
  made->add_option("--origin", options->origins, "https://host[:port] whose pages may hold the checkout; repeatable")
      ->type_name("ORIGIN");
  add("credential", "a new user name and password; the password is printed once", add_credential)
      ->add_option("--merchant", options->merchant, "the merchant's id, as `karv merchant list` shows it")
      ->type_name("ID")
      ->required();
  add("list", "all merchants, one JSON object a line", list);
  add("disable", "a credential stops working, for good", disable)
      ->add_option("--username", options->username, "the credential's user name")
      ->type_name("NAME")
      ->required();

  CLI::App* origins = group->add_subcommand("origin", "the pages in which a merchant's checkout may stand");
  origins->require_subcommand(1);
  const auto add_origin_command = [&](const char* name, const char* sentence, Result<void> (*deed)(const Options&)) {
    CLI::App* command = add_to(*origins, name, sentence, deed);
    command->add_option("--merchant", options->merchant, "the merchant's id, as `karv merchant list` shows it")
        ->type_name("ID")
        ->required();
    return command;
  };
  for (CLI::App* command : {add_origin_command("add", "one more; card forms made from now on have it", add_origin),
                            add_origin_command("remove", "one less; open card forms keep it", remove_origin)})
    command->add_option("--origin", options->origin, "https://host[:port]")->type_name("ORIGIN")->required();
  add_origin_command("list", "the origins of a merchant, one JSON object a line", list_origins);
}

}  // namespace karv::apps::cli
