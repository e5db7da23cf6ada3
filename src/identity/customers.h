// Customers: a mailbox somebody proved to read, or typed at a checkout. The address is sealed under the customer's own
// key and found by a keyed blind index. Nothing else about the person is kept here.
#pragma once

#include <optional>

#include "base/result.h"
#include "identity/types.h"
#include "store/database.h"

namespace karv::identity {

struct Context;

struct EnsuredCustomer {
  CustomerId customer_id;
  bool created = false;
};
// The customer with this address, made when there is none.
// Effects: one customers row and one subject key when new. Errors: conflict (made at the same moment: run again);
// unavailable (new, and no key in stock).
// Cost: one round trip.
base::Result<EnsuredCustomer> ensure_customer(store::Tx& tx, const Context& context, const Email& email);

// Cost: one round trip.
base::Result<std::optional<CustomerId>> find_customer(store::ReadTx& tx, const Context& context, const Email& email);

// Errors: not_found, gone (erased), those of Sealer::load. Cost: one round trip.
base::Result<Email> get_customer_email(store::ReadTx& tx, const Context& context, CustomerId customer_id);

// Nobody else decides about this customer until the end of the transaction: for decisions on sums over their rows,
// which a second server could otherwise make at the same moment. For a batch of the caller's own; first in it.
store::Query lock_customer(CustomerId customer_id);

// Forgets the person: key, index and sealed address go; the row and its id stay for the books. Before it the vault is
// asked to erase the ids of the person's keys (Sealer::key_ids), or a copy of the row would still open.
// Errors: not_found. Cost: two round trips.
base::Result<void> erase_customer(store::Tx& tx, const Context& context, CustomerId customer_id);

}  // namespace karv::identity
