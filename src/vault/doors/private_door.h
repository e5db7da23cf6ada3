// The vault's private door: the messages of vault_api, for the tenants' servers alone. Net has verified the client
// certificate; its name says which tenant asks, and what belongs to another one is unknown here. Card operations may
// wait for the card network, so the door has worker threads of its own.
#pragma once

#include <functional>
#include <optional>

#include "net/http.h"
#include "vault/cards/card_desk.h"
#include "vault/cards/card_endings.h"
#include "vault/cards/test_cards.h"
#include "vault/operations/operations.h"

namespace karv::vault {

struct PrivateDoor {
  CardDesk& desk;
  Operations& operations;
  Refusals& refusals;
  CardEndings& endings;
  CardNetwork& network;
  KeyHolder& keys;
  store::Database& database;
  const base::Clock& wall;
  std::optional<TestCards> test_cards;  // sandbox mode only
};

// `door` must outlive the router.
net::Router private_routes(PrivateDoor& door);

}  // namespace karv::vault
