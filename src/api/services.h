// What every endpoint is handed: the database, the use cases' contexts, and the few settings that appear in answers.
#pragma once

#include <string>

#include "api/merchant/rates.h"
#include "identity/service.h"
#include "orders/context.h"
#include "store/database.h"

namespace karv::api {

struct Services {
  store::Database& database;
  const orders::Context& orders;
  identity::MerchantAuthenticator& merchants;
  merchant::Rates& rates;
  std::string base_url;     // "https://pay.localhost:8443": in client tokens
  std::string vault_url;    // "https://vault.localhost:8444": the card form's origin
  std::string environment;  // "sandbox", "live"
  bool sandbox = false;
  bool location_is_a_path = false;  // some clients put Location behind their base URL; most follow it as it is
};

}  // namespace karv::api
