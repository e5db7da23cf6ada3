// Rows of the card rail <-> types; the only place of its SQL.
#pragma once

#include <optional>
#include <vector>

#include "rails/types.h"
#include "store/database.h"

namespace karv::rails {

void insert_operation(store::Tx& tx, const CardOperation& operation);
void update_operation(store::Tx& tx, const CardOperation& operation);  // Pre: version was raised by one
store::Query find_operation(CardOperationId id);
store::Query operations_of(const base::Uuid& purchase);  // oldest first
// Advices waiting to be handed over (queued) or to be confirmed (accepted), or intents whose answer is overdue. Oldest
// first.
store::Query waiting_operations(OperationState state, base::Instant wall_now, std::int64_t limit);
store::Query operations_after(CardOperationId after, std::size_t limit);  // all of them, in order of their ids
std::vector<CardOperation> read_operations(const store::Rows& rows);
std::optional<CardOperation> read_operation(const store::Rows& rows);

void insert_purchase_card(store::Tx& tx, const PurchaseCard& card);
void update_purchase_card(store::Tx& tx, const PurchaseCard& card);
store::Query find_purchase_card(const base::Uuid& purchase);
store::Query purchase_cards_of(identity::CustomerId customer);
std::optional<PurchaseCard> read_purchase_card(const store::Rows& rows);
std::vector<PurchaseCard> read_purchase_cards(const store::Rows& rows);

void insert_customer_card(store::Tx& tx, const CustomerCard& card);
void retire_customer_card(store::Tx& tx, CustomerCardId card);
store::Query customer_cards_of(identity::CustomerId customer);  // active ones, oldest first
std::vector<CustomerCard> read_customer_cards(const store::Rows& rows);

void insert_card_ending(store::Tx& tx, const CardEnding& ending);
// Fails the transaction when it is no longer as `before`.
void update_card_ending(store::Tx& tx, const CardEnding& before, const CardEnding& ending);
void delete_card_ending(store::Tx& tx, CustomerCardId card);
store::Query find_card_ending(CustomerCardId card);
store::Query card_endings_of(identity::CustomerId customer);
store::Query due_card_endings(base::Instant wall_now, std::int64_t limit);
std::vector<CardEnding> read_card_endings(const store::Rows& rows);

}  // namespace karv::rails
