#include "apps/cli/dev/configuration.h"

#include "apps/cli/dev/toml_text.h"
#include "base/check.h"
#include "crypto/files.h"
#include "crypto/jwe.h"

namespace karv::apps::cli::dev {
namespace {

// The certificate and key of one role, in the table that is open.
TomlText& keys(TomlText& out, const Layout& layout, std::string_view leaf) {
  return out.text("cert", layout.certificate(leaf)).text("key", layout.key(leaf));
}

// A Unix socket's path has at most 107 bytes; a data folder deep down goes without the door.
bool has_admin_door(const Layout& layout) { return layout.admin_socket().size() <= 107; }

}  // namespace

base::Result<void> write_server_configuration(const Layout& layout, const Ports& ports) {
  const std::string ca = layout.certificate("ca");
  TomlText out;
  out.text("mode", "sandbox")
      .text("database", layout.server_store())
      .text("public_url", ports.pay_url())
      .text("vault_url", ports.vault_url())
      .text("pages", layout.root + "/web/dist");
  keys(out.table("listen").text("address", loopback(ports.pay)), layout, "pay.localhost");
  out.table("secrets").text("server_key", layout.secret("server.key")).text("outbox_key", layout.secret("outbox.key"));
  out.table("vault").text("address", loopback(ports.vault_private)).text("server_name", "vault-private").text("ca", ca);
  keys(out, layout, "karv-server");
  out.table("mail")
      .text("host", "127.0.0.1")
      .integer("port", ports.smtp)
      .text("server_name", "mail.localhost")
      .text("ca", ca)
      .text("sender", "karv@pay.localhost");
  return out.write_to(layout.file("server.toml"));
}

base::Result<void> write_vault_configuration(const Layout& layout, const Ports& ports) {
  const std::string ca = layout.certificate("ca");
  TomlText out;
  out.text("mode", "sandbox").text("database", layout.vault_store());
  out.table("public")
      .text("listen", loopback(ports.vault))
      .text("url", ports.vault_url())
      .text("pages", layout.root + "/web/dist/card-frame");
  keys(out, layout, "vault.localhost");
  out.table("private").text("listen", loopback(ports.vault_private)).text("client_ca", ca);
  keys(out, layout, "vault-private");
  KARV_TRY(const auto network_key, crypto::read_secret_file(layout.secret("card-network.key")));
  KARV_REQUIRE(network_key.size() == crypto::kX25519KeySize);
  out.table("network")
      .text("address", loopback(ports.network))
      .text("server_name", "card-network")
      .text("ca", ca)
      .text("cryptograms_for", base::to_base64url(crypto::x25519_public_key(network_key)));
  keys(out, layout, "karv-vault");
  out.table("banks.sandbox-bank").text("address", loopback(ports.bank)).text("server_name", "bank").text("ca", ca);
  keys(out, layout, "karv-vault");
  if (has_admin_door(layout)) {
    out.table("admin").text("listen", "unix:" + layout.admin_socket()).text("client_ca", ca);
    keys(out, layout, "vault-private");
  }
  out.table("staff")
      .text("listen", loopback(ports.vault_staff))
      .text("url", ports.staff_url())
      .text("pages", layout.root + "/web/dist/vault-staff");
  keys(out, layout, "vault.localhost");
  out.table("hsm")
      .text("module", kHsmModule)
      .text("token_label", kTokenLabel)
      .text("pin_file", layout.secret("hsm.pin"))
      .text("key_prefix", kKeyPrefix);
  out.table("erasure").text("journal", layout.erasure_journal());
  out.table("sandbox").text("test_cards", layout.root + "/tests/shared/test_cards.json");
  return out.write_to(layout.file("vault.toml"));
}

base::Result<void> write_operator_configuration(const Layout& layout) {
  if (!has_admin_door(layout)) return {};
  TomlText out;
  out.text("address", "unix:" + layout.admin_socket())
      .text("server_name", "vault-private")
      .text("ca", layout.certificate("ca"));
  keys(out, layout, "karv-operator");
  return out.write_to(layout.file("operator.toml"));
}

base::Result<void> write_sandbox_configuration(const Layout& layout, const Ports& ports, const std::string& username) {
  const std::string ca = layout.certificate("ca");
  TomlText out;
  out.table("shop").text("listen", loopback(ports.shop)).text("public_url", ports.shop_url());
  keys(out, layout, "shop.localhost");
  out.table("merchant")
      .text("base_url", ports.pay_address())
      .text("public_base_url", ports.pay_url())
      .text("username", username)
      .text("password_file", layout.secret("merchant.password"))
      .text("ca_file", ca);
  out.table("network")
      .text("listen", loopback(ports.network))
      .text("client_ca", ca)
      .text("cryptogram_key", layout.secret("card-network.key"));
  keys(out, layout, "card-network");
  keys(out.table("smtp").text("listen", loopback(ports.smtp)), layout, "mail.localhost");
  out.table("bank").text("listen", loopback(ports.bank)).text("client_ca", ca);
  keys(out, layout, "bank");
  return out.write_to(layout.file("sandbox.toml"));
}

}  // namespace karv::apps::cli::dev
