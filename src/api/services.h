// What every endpoint is handed: the database, the use cases' contexts, and the few settings that appear in answers.
#pragma once

#include <string>

#include "identity/service.h"
#include "orders/context.h"
#include "store/database.h"

namespace karv::api {

struct Services {
  store::Database& database;
  const orders::Context& orders;
  identity::MerchantAuthenticator& merchants;
  std::string base_url;     // "https://pay.localhost:8443": in Location and client tokens
  std::string vault_url;    // "https://vault.localhost:8444": the card form's origin
  std::string environment;  // "sandbox", "live"
  bool sandbox = false;
};

}  // namespace karv::api
