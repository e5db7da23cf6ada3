// Bank accounts at both doors: the post of a typed account at the public one, tickets and tokens at the private one.
//
//   POST /frame/v1/bank-account   {ticket, kind, bank_code, number}   answers country and last four, or all wrong
//   fields
// As with the card form: the ticket is the permission, the post comes from the vault's own origin, posts per client are
// counted before the ticket is looked up, and the connection ends after one.
#pragma once

#include <string>

#include "base/clock.h"
#include "net/http.h"
#include "vault/bank/desk.h"

namespace karv::vault {

// All but `origin` outlive the router.
struct BankAccountDoor {
  BankDesk& desk;
  const base::Clock& wall;
  std::string origin;
  int posts_per_minute = 30;  // per client (net::address_block)
};
void add_bank_account_routes(net::Router& public_router, BankAccountDoor door);

void add_bank_desk_routes(net::Router& private_router, BankDesk& desk, const KeyHolder& keys);

}  // namespace karv::vault
