#include "apps/vault/config.h"

#include <algorithm>
#include <limits>

#include "apps/common/section.h"
#include "base/bytes.h"
#include "vault_api/process_names.h"

namespace karv::apps::vault {
namespace {

constexpr std::int64_t kSandboxRate = 100'000;  // tests and demonstrations all come from one address

// The doors that browsers do not come to.
base::Result<void> read_own_doors(const toml::table& root, Config& c) {
  auto& i = c.private_door;
  KARV_TRY_VOID(Section(root, "private")
                    .text("listen", i.listen)
                    .text("cert", i.cert)
                    .text("key", i.key)
                    .text("client_ca", i.client_ca)
                    .optional_text("socket_group", i.socket_group)
                    .integers("peer_uids", i.peer_uids, 0, std::numeric_limits<std::uint32_t>::max() - 1)
                    .texts("tokenize_peers", i.tokenize_peers)
                    .integer("most_server_keys_hourly", i.most_server_keys_hourly, 1, 100'000'000)
                    .end());
  if (root.contains("admin") || c.mode == Mode::production) {
    auto& a = c.admin_door;
    KARV_TRY_VOID(Section(root, "admin")
                      .text("listen", a.listen)
                      .text("cert", a.cert)
                      .text("key", a.key)
                      .text("client_ca", a.client_ca)
                      .optional_text("socket_group", a.socket_group)
                      .integers("peer_uids", a.peer_uids, 0, std::numeric_limits<std::uint32_t>::max() - 1)
                      .end());
    if (!a.listen.starts_with("unix:")) return configuration_error("[admin] listen is not unix:/path");
  }
  if (root.contains("staff")) {
    auto& s = c.staff_door;
    KARV_TRY_VOID(Section(root, "staff")
                      .text("listen", s.listen)
                      .text("url", s.url)
                      .text("cert", s.cert)
                      .text("key", s.key)
                      .text("pages", s.pages)
                      .optional_text("client_ca", s.client_ca)
                      .end());
    if (s.listen.starts_with("unix:") || !s.url.starts_with("https://"))
      return configuration_error("[staff] listen is address:port, and url is an https origin: browsers come there");
  }
  return {};
}

bool is_bank_name(std::string_view name) {
  return name.size() <= 32 &&
         std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

base::Result<void> read_banks(const toml::table& root, Config& c) {
  const toml::table* const banks = root["banks"].as_table();
  if (banks == nullptr) return {};
  for (const auto& [key, value] : *banks) {
    Config::Bank bank{.name = std::string(key.str())};
    if (!is_bank_name(bank.name)) return configuration_error("[banks] has a name that is not a-z, 0-9 and -");
    KARV_TRY_VOID(Section(*banks, bank.name)
                      .text("address", bank.address)
                      .text("server_name", bank.server_name)
                      .text("ca", bank.ca)
                      .text("cert", bank.cert)
                      .text("key", bank.key)
                      .texts("key_pins", bank.key_pins)
                      .end());
    c.banks.push_back(std::move(bank));
  }
  return {};
}

base::Result<Config> from_table(const toml::table& root) {
  Config c;
  std::string mode;
  Section top(root, "");
  top.text("mode", mode).text("database", c.database).optional_text("process", c.process);
  for (const char* section : {"public", "private", "network", "hsm"}) top.table(section);
  top.table("hardening");
  if (mode == "sandbox") top.table("sandbox");  // in production its presence is a mistake
  for (const char* section : {"admin", "banks", "erasure", "staff"}) top.table(section);
  KARV_TRY_VOID(top.end());
  if (mode != "sandbox" && mode != "production") return configuration_error("mode is neither sandbox nor production");
  c.mode = mode == "sandbox" ? Mode::sandbox : Mode::production;
  if (!c.process.empty() && !vault_api::is_process_name(c.process))
    return configuration_error("process is not 1 to 16 lower-case letters, digits or '-'");

  auto& p = c.public_door;
  if (c.mode == Mode::sandbox) p.posts_per_minute = p.pages_per_minute = kSandboxRate;
  KARV_TRY_VOID(Section(root, "public")
                    .text("listen", p.listen)
                    .text("url", p.url)
                    .text("cert", p.cert)
                    .text("key", p.key)
                    .text("pages", p.pages)
                    .integer("posts_per_minute", p.posts_per_minute, 1, 1'000'000)
                    .integer("pages_per_minute", p.pages_per_minute, 1, 1'000'000)
                    .end());
  if (p.listen.starts_with("unix:"))  // its limits are per address, and all would come from one
    return configuration_error("public.listen is a Unix socket: browsers have addresses, name address:port");
  KARV_TRY_VOID(read_own_doors(root, c));
  auto& n = c.network;
  KARV_TRY_VOID(Section(root, "network")
                    .text("address", n.address)
                    .text("server_name", n.server_name)
                    .text("ca", n.ca)
                    .text("cert", n.cert)
                    .text("key", n.key)
                    .integer("answer_limit_ms", n.answer_limit_ms, 100, 30'000)
                    .optional_text("cryptograms_for", n.cryptograms_for)
                    .integer("most_payout_minor", n.most_payout_minor, 0, 999'999'999'999)
                    .end());
  if (const auto key = base::from_base64url(n.cryptograms_for);
      !n.cryptograms_for.empty() && (!key || key->size() != 32))
    return configuration_error("network.cryptograms_for is not 32 bytes in base64url: the network's X25519 public key");
  KARV_TRY_VOID(read_banks(root, c));
  auto& h = c.hsm;
  KARV_TRY_VOID(Section(root, "hsm")
                    .text("module", h.module)
                    .text("token_label", h.token_label)
                    .optional_text("pin_file", h.pin_file)
                    .text("key_prefix", h.key_prefix)
                    .end());
  if (root.contains("erasure") || c.mode == Mode::production)
    KARV_TRY_VOID(Section(root, "erasure")
                      .text("journal", c.erasure.journal)
                      .integer("refund_window_days", c.erasure.refund_window_days, 0, 3650)
                      .end());
  auto& g = c.hardening;
  KARV_TRY_VOID(Section(root, "hardening")
                    .word("files", g.files, {"on", "off"})
                    .word("system_calls", g.system_calls, {"on", "off"})
                    .word("memory", g.memory, {"on", "off"})
                    .texts("readable", g.readable)
                    .texts("writable", g.writable)
                    .integers("connect_ports", g.connect_ports, 1, 65'535)
                    .end());
  if (c.mode == Mode::sandbox) KARV_TRY_VOID(Section(root, "sandbox").text("test_cards", c.test_cards).end());
  return c;
}

}  // namespace

base::Result<Config> read_config(const std::string& path) { return read_toml<Config>(path, from_table); }

}  // namespace karv::apps::vault
