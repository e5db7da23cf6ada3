#include "apps/server/config.h"

#include "apps/common/section.h"
#include "vault_api/process_names.h"

namespace karv::apps::server {
namespace {

constexpr std::int64_t kSandboxRate = 100'000;  // load tests are what a sandbox is for

base::Result<void> read_vault(const toml::table& root, Config::Vault& vault) {
  std::string address;
  std::vector<std::string> processes;
  KARV_TRY_VOID(Section(root, "vault")
                    .optional_text("address", address)
                    .texts("processes", processes)
                    .text("server_name", vault.server_name)
                    .text("ca", vault.ca)
                    .text("cert", vault.cert)
                    .text("key", vault.key)
                    .end());
  if (address.empty() == processes.empty())
    return configuration_error("[vault] names either its address or the processes of several");
  if (!address.empty()) vault.places.push_back({.name = "", .address = address});
  for (const auto& process : processes) {
    const auto equals = process.find('=');
    if (equals == std::string::npos || !vault_api::is_process_name(process.substr(0, equals)))
      return configuration_error("[vault] processes: \"" + process + "\" is not name=address");
    vault.places.push_back({.name = process.substr(0, equals), .address = process.substr(equals + 1)});
  }
  return {};
}

base::Result<Config> from_table(const toml::table& root) {
  Config c;
  std::string mode;
  Section top(root, "");
  top.text("mode", mode).text("database", c.database).text("public_url", c.public_url);
  top.text("vault_url", c.vault_url).text("pages", c.pages);
  for (const char* section : {"listen", "secrets", "vault", "mail", "merchant_api"}) top.table(section);
  KARV_TRY_VOID(top.end());
  if (mode != "sandbox" && mode != "production") return configuration_error("mode is neither sandbox nor production");
  c.sandbox = mode == "sandbox";
  KARV_TRY_VOID(Section(root, "listen")
                    .text("address", c.listen.address)
                    .text("cert", c.listen.cert)
                    .text("key", c.listen.key)
                    .integer("workers", c.listen.workers, 1, 512)
                    .end());
  KARV_TRY_VOID(
      Section(root, "secrets").text("server_key", c.secrets.server_key).text("outbox_key", c.secrets.outbox_key).end());
  KARV_TRY_VOID(read_vault(root, c.vault));
  KARV_TRY_VOID(Section(root, "mail")
                    .text("host", c.mail.host)
                    .text("server_name", c.mail.server_name)
                    .text("ca", c.mail.ca)
                    .text("sender", c.mail.sender)
                    .integer("port", c.mail.port, 1, 65'535)
                    .end());
  auto& api = c.merchant_api;
  if (c.sandbox) api.session_creations_per_second = api.calls_per_second = kSandboxRate;
  KARV_TRY_VOID(Section(root, "merchant_api")
                    .integer("session_creations_per_second", api.session_creations_per_second, 1, 1'000'000)
                    .integer("calls_per_second", api.calls_per_second, 1, 1'000'000)
                    .word("location", api.location, {"absolute", "path"})
                    .end());
  return c;
}

}  // namespace

base::Result<Config> read_config(const std::string& path) { return read_toml<Config>(path, from_table); }

}  // namespace karv::apps::server
