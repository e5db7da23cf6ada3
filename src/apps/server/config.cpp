#include "apps/server/config.h"

#include "apps/common/section.h"

namespace karv::apps::server {
namespace {

constexpr std::int64_t kSandboxRate = 100'000;  // load tests are what a sandbox is for

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
  KARV_TRY_VOID(Section(root, "secrets")
                    .text("server_key", c.secrets.server_key)
                    .text("epoch_key", c.secrets.epoch_key)
                    .text("outbox_key", c.secrets.outbox_key)
                    .end());
  KARV_TRY_VOID(Section(root, "vault")
                    .text("address", c.vault.address)
                    .text("server_name", c.vault.server_name)
                    .text("ca", c.vault.ca)
                    .text("cert", c.vault.cert)
                    .text("key", c.vault.key)
                    .end());
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
