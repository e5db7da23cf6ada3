// karv-server's configuration: one TOML file; secrets only as the paths of files.
//
//   mode = "sandbox"                       # or "production"
//   database = "var/dev/server.db"
//   public_url = "https://pay.localhost:8443"      # where shops and shoppers reach it; in Location and client tokens
//   vault_url = "https://vault.localhost:8444"     # the card form's origin, for Content-Security-Policy
//   pages = "web/dist"                             # the built pages
//   [listen]   address, cert, key, workers = 64
//   [secrets]  server_key, outbox_key              # files of 32 random bytes or more
//   [vault]    address, server_name, ca, cert, key # the private channel: address:port or unix:/path. Or, of several
//              processes                           # vaults on one database: a list of "name=address"
//   [mail]     host, port, server_name, ca, sender
//   [merchant_api]                                 # may be left out
//     session_creations_per_second, calls_per_second   # per merchant: 40 and 200; in sandbox mode 100000
//     location = "absolute"                            # or "path": what Location holds
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace karv::apps::server {

struct Config {
  bool sandbox = false;
  std::string database, public_url, vault_url, pages;
  struct Listen {
    std::string address, cert, key;
    std::int64_t workers = 64;
  } listen;
  struct Secrets {
    std::string server_key, outbox_key;
  } secrets;
  struct Vault {
    struct Place {
      std::string name, address;
    };
    std::vector<Place> places;  // at least one; the only one needs no name
    std::string server_name, ca, cert, key;
  } vault;
  struct Mail {
    std::string host, server_name, ca, sender;
    std::int64_t port = 25;
  } mail;
  struct MerchantApi {
    std::int64_t session_creations_per_second = 40, calls_per_second = 200;
    std::string location = "absolute";
  } merchant_api;
};

// Errors: bad_value, naming the key that is missing, unknown or wrong.
base::Result<Config> read_config(const std::string& path);

}  // namespace karv::apps::server
