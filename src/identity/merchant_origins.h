// The origins of a merchant's shop: the pages in which its checkout, and in it the card form, may stand. Registered by
// the operator; no request of a shop brings its own. The vault writes them into each card form's `frame-ancestors`.
// Used by `karv merchant`.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "identity/merchants.h"

namespace karv::identity {

// With the checkout's own origin as many as the vault takes for one form: twenty.
inline constexpr std::size_t kMaxOrigins = 19;

// "https://host[:port]", lower case, no path, at most 200 characters; empty when it is not an origin a checkout may be
// framed by. What the vault refuses in a ticket is refused here too.
std::optional<std::string> parse_origin(std::string_view text);

// An origin that is there already is left as it is.
// Effects: the merchant's row, an audit record. Errors: not_found, bad_value (not an origin, or one too many).
// Cost: one round trip.
base::Result<void> add_origin(store::Tx& tx, const Context& context, MerchantAuthenticator& authenticator,
                              MerchantId merchant_id, std::string_view origin);
// Effects: as above. Errors: not_found (no such merchant, or it has no such origin). Cost: one round trip.
base::Result<void> remove_origin(store::Tx& tx, const Context& context, MerchantAuthenticator& authenticator,
                                 MerchantId merchant_id, std::string_view origin);

}  // namespace karv::identity
