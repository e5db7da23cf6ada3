// The banks of the configuration: who files may go to and come from, and the parts that write, sign, send and read
// them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "apps/vault/config.h"
#include "net/client.h"
#include "vault/bank/file_delivery.h"
#include "vault/bank/file_door.h"

namespace karv::apps::vault {

struct BankParts {
  store::Database& database;
  karv::vault::KeyHolder& keys;
  karv::vault::BankStore& accounts;
  const base::Clock& wall;
  base::Random& random;
};

class Banks {
 public:
  // Errors: unavailable (files unreadable), bad_value (an address malformed).
  static base::Result<std::unique_ptr<Banks>> create(net::Loop& loop, const BankParts& parts,
                                                     const std::vector<Config::Bank>& configured);

  void add_routes(net::Router& private_router, const karv::vault::KeyHolder& keys);
  // Takes up what a former process left, and begins to send. `alone`: no other process serves the database.
  base::Result<void> start(bool alone);
  void stop();
  // Of one of the configured banks, by its name: new connections use what is in its files now.
  base::Result<void> reload_certificates(const std::string& bank) { return client_->reload_certificates(bank); }

 private:
  Banks(const BankParts& parts, std::vector<std::string> names, std::unique_ptr<net::Client> client);

  std::vector<std::string> names_;
  std::unique_ptr<net::Client> client_;
  karv::vault::BankFiles files_;
  karv::vault::BankSigning signing_;
  karv::vault::BankFileRendering rendering_;
  karv::vault::BankFileDelivery delivery_;
  karv::vault::BankStatements statements_;
};

}  // namespace karv::apps::vault
