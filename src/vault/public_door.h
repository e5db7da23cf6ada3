// The vault's public door, on an origin of its own: the card form's page, its assets, and the post of the card.
//
//   GET  /frame/v1/card?ticket=T    the page; may be framed by the ticket's origins only
//   GET  /frame/v1/assets/...       its script and style
//   POST /frame/v1/card             {ticket, number, expiry_month, expiry_year, code, name}
// Nobody signs in here: the ticket is the permission. The connection ends after a post, so that nothing of it lingers.
#pragma once

#include <string>

#include "net/http.h"
#include "vault/card_desk.h"
#include "vault/frame_pages.h"

namespace karv::vault {

inline constexpr std::size_t kMaxCardPost = 4096;

// `origin`: the vault's own, for posts that browsers label with where they come from.
net::Router public_routes(CardDesk& desk, const FramePages& pages, std::string origin);

}  // namespace karv::vault
