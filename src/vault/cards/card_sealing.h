// A card's clear data as sealed bytes under its customer's key, bound to the card's row.
#pragma once

#include "base/random.h"
#include "base/result.h"
#include "vault/cards/card.h"
#include "vault/keys/types.h"
#include "vault/types.h"

namespace karv::vault {

inline SubjectId subject_of(CustomerRef customer) { return SubjectId(customer.uuid()); }

// Fills `sealed` and `subject_key` of the row: its id, customer and key are part of what is sealed.
void seal_card(const SubjectKey& key, const Card& card, StoredCard& row, base::Random& random);
// Errors: internal, when the row is not where and what it was.
base::Result<Card> open_card(const SubjectKey& key, const StoredCard& row);

}  // namespace karv::vault
