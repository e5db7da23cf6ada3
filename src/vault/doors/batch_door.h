// The lists of batch_messages.h on the private door. Describing and deleting are for the tenants' servers; sending card
// numbers is for the peers that the configuration names, which are never a tenant's server: for all others, and while
// it names none, there is no such path.
#pragma once

#include <string>
#include <vector>

#include "net/http.h"
#include "vault/cards/card_batch.h"

namespace karv::vault {

struct BatchDoor {
  CardBatch& batch;
  const KeyHolder& keys;
  std::vector<std::string> tokenize_peers;  // names of client certificates; they act for the first tenant
};

// `door` must outlive the router.
void add_batch_routes(net::Router& router, BatchDoor& door);

}  // namespace karv::vault
