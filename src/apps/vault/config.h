// karv-vault's configuration: one TOML file; secrets only as the paths of files.
//
//   mode = "sandbox"                       # or "production"
//   database = "var/vault/vault.db"
//   process = "a"                          # may be left out: the name of this one among several on one PostgreSQL
//   [public]   listen, url, cert, key, pages       # pages: the built card form
//              posts_per_minute, pages_per_minute  # per client; may be left out: 30 and 120, in sandbox mode 100000
//   [private]  listen, cert, key, client_ca            # listen: address:port, or unix:/path with
//              socket_group, peer_uids                 # who may connect: a group's name, users' numbers; optional
//              tokenize_peers                          # certificates that may send lists of card numbers; optional
//              most_server_keys_hourly                 # that one server may open in an hour; may be left out: 200000
//   [network]  address, server_name, ca, cert, key, answer_limit_ms
//              cryptograms_for                         # the network's X25519 public key; empty: no cryptograms
//   [banks.NAME]  address, server_name, ca, cert, key    # who files may be sent to; as many as there are, or none
//              key_pins                                # its key's SHA-256 (RFC 7469), in base64; production demands it
//   [admin]    listen, cert, key, client_ca            # for operators and custodians: unix:/path alone;
//              socket_group, peer_uids                 # in sandbox mode the section may be left out
//   [staff]    listen, url, cert, key, pages           # for staff's browsers; may be left out: then nobody reveals
//              client_ca                               # whose certificates they show; sandbox mode only may do without
//   [hsm]      module, token_label, key_prefix
//              pin_file                                # sandbox mode only: unsealed at the start, without custodians
//   [erasure]  journal                                 # a file outside the store's folder and its backups; in sandbox
//              refund_window_days                      # mode the section may be left out; optional: 180
//   [hardening]                                    # may be left out; confinement.h
//              files, system_calls, memory            # "on" (what production demands) or "off"
//              readable, writable, connect_ports      # lists: what else it may open (an HSM module's own files)
//   [sandbox]  test_cards                          # sandbox mode only
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace karv::apps::vault {

enum class Mode : std::uint8_t { sandbox, production };

struct Config {
  Mode mode = Mode::production;
  std::string database, process;
  struct Public {
    std::string listen, url, cert, key, pages;
    std::int64_t posts_per_minute = 30, pages_per_minute = 120;
  } public_door;
  struct Private {
    std::string listen, cert, key, client_ca, socket_group;
    std::vector<std::int64_t> peer_uids;
    std::vector<std::string> tokenize_peers;
    std::int64_t most_server_keys_hourly = 200'000;
  } private_door;
  struct Admin {
    std::string listen, cert, key, client_ca, socket_group;  // listen empty: no such door
    std::vector<std::int64_t> peer_uids;
  } admin_door;
  struct Staff {
    std::string listen, url, cert, key, pages, client_ca;  // listen empty: no such door
  } staff_door;
  struct Network {
    std::string address, server_name, ca, cert, key;
    std::int64_t answer_limit_ms = 8000;
    std::int64_t most_payout_minor = 0;  // 0: no payouts to cards
    std::string cryptograms_for;         // its X25519 public key, base64url; empty: messages carry no cryptograms
  } network;
  struct Bank {
    std::string name, address, server_name, ca, cert, key;
    std::vector<std::string> key_pins;
  };
  std::vector<Bank> banks;
  struct Hsm {
    std::string module, token_label, pin_file, key_prefix;
  } hsm;
  struct Erasure {
    std::string journal;  // empty: nobody can be erased
    std::int64_t refund_window_days = 180;
  } erasure;
  struct Hardening {
    std::string files = "on", system_calls = "on", memory = "on";
    std::vector<std::string> readable, writable;
    std::vector<std::int64_t> connect_ports;
  } hardening;
  std::string test_cards;  // empty in production
};

// Errors: bad_value, naming the key that is missing, unknown or wrong.
base::Result<Config> read_config(const std::string& path);

}  // namespace karv::apps::vault
