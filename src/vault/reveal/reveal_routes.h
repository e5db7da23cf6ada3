// What the other doors say about reveal: operators invite, confirm and remove staff at the admin door; a tenant's
// server asks for a card's reference and for the looks at a customer's cards at the private door.
#pragma once

#include "net/http.h"
#include "vault/reveal/reveal_desk.h"
#include "vault/reveal/staff_desk.h"

namespace karv::vault {

// All outlive the router.
void add_staff_routes(net::Router& admin_router, StaffDesk& staff);
void add_reveal_routes(net::Router& private_router, RevealDesk& reveal, KeyHolder& keys);

}  // namespace karv::vault
