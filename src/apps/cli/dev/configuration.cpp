#include "apps/cli/dev/configuration.h"

#include <sstream>

#include <toml++/toml.h>

#include "crypto/files.h"

namespace karv::apps::cli::dev {
namespace {

using toml::table;

base::Result<void> write(const std::string& path, const table& root) {
  std::ostringstream text;
  text << "# Written by `karv dev` at each start.\n" << root << '\n';
  return crypto::write_private_file(path, base::as_bytes(text.str()));
}

table listen(const char* member, const std::string& address, const Layout& layout, std::string_view leaf) {
  return table{{member, address}, {"cert", layout.certificate(leaf)}, {"key", layout.key(leaf)}};
}

}  // namespace

base::Result<void> write_server_configuration(const Layout& layout, const Ports& ports) {
  const std::string ca = layout.certificate("ca");
  table root{{"mode", "sandbox"},
             {"database", layout.file("server.db")},
             {"public_url", ports.pay_url()},
             {"vault_url", ports.vault_url()},
             {"pages", layout.root + "/web/dist"}};
  root.insert("listen", listen("address", loopback(ports.pay), layout, "pay.localhost"));
  root.insert("secrets", table{{"server_key", layout.secret("server.key")},
                               {"epoch_key", layout.secret("epoch.key")},
                               {"outbox_key", layout.secret("outbox.key")}});
  table vault = listen("address", loopback(ports.vault_private), layout, "karv-server");
  vault.insert("server_name", "vault-private");
  vault.insert("ca", ca);
  root.insert("vault", vault);
  root.insert("mail", table{{"host", "127.0.0.1"},
                            {"port", std::int64_t{ports.smtp}},
                            {"server_name", "mail.localhost"},
                            {"ca", ca},
                            {"sender", "karv@pay.localhost"}});
  return write(layout.file("server.toml"), root);
}

base::Result<void> write_vault_configuration(const Layout& layout, const Ports& ports) {
  const std::string ca = layout.certificate("ca");
  table root{{"mode", "sandbox"}, {"database", layout.file("vault.db")}};
  table front = listen("listen", loopback(ports.vault), layout, "vault.localhost");
  front.insert("url", ports.vault_url());
  front.insert("pages", layout.root + "/web/dist/card-frame");
  root.insert("public", front);
  table back = listen("listen", loopback(ports.vault_private), layout, "vault-private");
  back.insert("client_ca", ca);
  root.insert("private", back);
  table network = listen("address", loopback(ports.network), layout, "karv-vault");
  network.insert("server_name", "card-network");
  network.insert("ca", ca);
  root.insert("network", network);
  root.insert("hsm", table{{"module", kHsmModule},
                           {"token_label", kTokenLabel},
                           {"pin_file", layout.secret("hsm.pin")},
                           {"key_label", kKeyLabel}});
  root.insert("sandbox", table{{"test_cards", layout.root + "/tests/shared/test_cards.json"}});
  return write(layout.file("vault.toml"), root);
}

base::Result<void> write_sandbox_configuration(const Layout& layout, const Ports& ports, const std::string& username) {
  table root;
  table shop = listen("listen", loopback(ports.shop), layout, "shop.localhost");
  shop.insert("public_url", ports.shop_url());
  root.insert("shop", shop);
  root.insert("merchant", table{{"base_url", ports.pay_address()},
                                {"public_base_url", ports.pay_url()},
                                {"username", username},
                                {"password_file", layout.secret("merchant.password")},
                                {"ca_file", layout.certificate("ca")}});
  table network = listen("listen", loopback(ports.network), layout, "card-network");
  network.insert("client_ca", layout.certificate("ca"));
  root.insert("network", network);
  root.insert("smtp", listen("listen", loopback(ports.smtp), layout, "mail.localhost"));
  return write(layout.file("sandbox.toml"), root);
}

}  // namespace karv::apps::cli::dev
