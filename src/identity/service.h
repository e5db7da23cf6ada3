// What the rest of Karv uses of identity, and what every use case is handed.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "identity/codes.h"
#include "identity/customers.h"
#include "identity/keys.h"
#include "identity/merchants.h"
#include "identity/schema.h"  // migrations(): 10001..
#include "identity/sealed_database.h"
#include "identity/sealing.h"
#include "identity/sessions.h"
#include "identity/types.h"
#include "store/database.h"

namespace karv::identity {

struct Context {
  const Keys& keys;
  Sealer& sealer;
  const base::Clock& wall;
  const base::Clock& business;
  base::Random& random;
  CodeLimits code_limits{};
  std::string correlation_id{};  // of the request, for the audit log
};

}  // namespace karv::identity
