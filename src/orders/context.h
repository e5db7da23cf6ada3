// What every use case of this module is handed.
#pragma once

#include <memory>

#include "base/clock.h"
#include "base/random.h"
#include "credit/service.h"
#include "identity/service.h"
#include "orders/tokens.h"

namespace karv::orders {

struct Context {
  const base::Clock& wall;      // ids, deadlines
  const base::Clock& business;  // what shops and shoppers see
  base::Random& random;
  identity::Sealer& sealer;
  const identity::Context& identity;
  const Tokens& tokens;
  bool sandbox = false;  // sandbox e-mail conventions count

  credit::Context credit() const { return {wall, business, random}; }
};

}  // namespace karv::orders
