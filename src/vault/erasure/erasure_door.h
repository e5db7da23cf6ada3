// Where erasing is asked for: the tenants' servers at the private door; the keys of proofs there and at the admin door.
#pragma once

#include "net/http.h"
#include "vault/erasure/eraser.h"

namespace karv::vault {

// POST /private/v1/erasures, GET /private/v1/erasures/keys. All outlive the router.
void add_erasure_routes(net::Router& router, Eraser& eraser, const KeyHolder& keys);
// GET /admin/v1/erasures/keys.
void add_proof_keys_route(net::Router& router, const Eraser& eraser);

}  // namespace karv::vault
