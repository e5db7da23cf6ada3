// The use cases of a payment session: open, change, read.
#pragma once

#include <string>

#include "orders/context.h"
#include "orders/requests.h"
#include "orders/types.h"

namespace karv::orders {

inline constexpr base::Duration kSessionTime = base::hours(48);

// A session with its details opened, as the shop that owns it may see it.
struct OpenedSession {
  PaymentSession session;
  Purchase purchase;
  std::optional<OrderId> order_id;  // once it is placed
};

// A session to be stored, sealed and serialised already: made outside the transaction.
struct NewSession {
  PaymentSession session;
  std::optional<identity::NewSubject> subject;  // absent when there are no personal details
  store::Query row;
};
// Errors: unavailable (no key in stock for the details).
base::Result<NewSession> make_session(const Context& context, identity::MerchantId merchant, const Purchase& purchase);
// Effects: one payment_sessions row (and one subject key). Cost: one round trip, the commit.
void store_session(store::Tx& tx, const Context& context, const NewSession& session);

// Lays `request` over the session. Voids an authorization that was given for the old contents.
// Errors: not_found (unknown or another merchant's: "Invalid session id"; SESSION_COMPLETED), bad_value.
// Cost: two round trips on a snapshot; then the commit, and three more when an authorization is voided.
base::Result<PaymentSession> change_session(store::Database& database, const Context& context,
                                            identity::MerchantId merchant, PaymentSessionId id,
                                            const PurchaseRequest& request);

// Errors: not_found. Cost: two round trips.
base::Result<OpenedSession> get_session(store::ReadTx& tx, const Context& context, identity::MerchantId merchant,
                                        PaymentSessionId id);

// Opens the sealed details. Cost: no round trip when the subject's key is cached.
base::Result<Details> open_details(store::ReadTx& tx, const Context& context, PaymentSessionId session,
                                   const base::Bytes& sealed);
base::Result<Purchase> open_purchase_of(store::ReadTx& tx, const Context& context, const PaymentSession& session);

bool has_anything(const Details& details);
// Seals the details into the session, under a key made for it when there is none yet; the caller stores the session,
// and the subject when one is answered. Writes nothing. Cost: no round trip when the key is new or cached.
base::Result<std::optional<identity::NewSubject>> seal_details(store::ReadTx& tx, const Context& context,
                                                               PaymentSession& session, const Details& details);

// The contract's answer for a session that is not there (for this merchant).
base::Error no_such_session();

}  // namespace karv::orders
