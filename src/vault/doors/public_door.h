// The vault's public door, on an origin of its own: the card form's page, its assets, and the post of the card.
//
//   GET  /frame/v1/card?ticket=T    the page; may be framed by the ticket's origins only
//   GET  /frame/v1/assets/...       its script and style
//   GET  /health                    200, or 503 while it is sealed: for the balancer in front of several
//   POST /frame/v1/card             {ticket, number, expiry_month, expiry_year, code, name}
// Nobody signs in here: the ticket is the permission. The connection ends after a post, so that nothing of it lingers.
// How often one client may look at a form or post a card is limited before the ticket is looked up, so that nobody can
// try tickets or fill the vault.
#pragma once

#include <string>

#include "base/clock.h"
#include "net/http.h"
#include "vault/cards/card_desk.h"
#include "vault/pages/frame_pages.h"

namespace karv::vault {

inline constexpr std::size_t kMaxCardPost = 4096;

// Per client (net::address_block) on the wall clock. A shopper posts once or a few times; an office behind one address
// has many shoppers.
struct CardDoorLimits {
  int posts_per_minute = 30;
  int pages_per_minute = 120;
};

// `origin`: the vault's own, for posts that browsers label with where they come from. All but `origin` outlive it.
struct PublicDoor {
  CardDesk& desk;
  const FramePages& pages;
  const base::Clock& wall;
  std::string origin;
  CardDoorLimits limits = {};
};
net::Router public_routes(PublicDoor door);

}  // namespace karv::vault
