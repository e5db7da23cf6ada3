// What a customer sees of their purchases: orders with their installments, refunds, payments and card.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "orders/context.h"
#include "orders/types.h"
#include "rails/types.h"

namespace karv::orders {

struct PurchaseView {
  Order order;
  std::string merchant_name;
  credit::AgreementView agreement;
  std::vector<Refund> refunds;
  std::optional<rails::CardFace> card;
};

// Newest first, at most `limit`. Cost: five round trips.
base::Result<std::vector<PurchaseView>> list_purchases(store::ReadTx& tx, identity::CustomerId customer,
                                                       std::int64_t limit);
// Errors: not_found (also for another customer's). Cost: four round trips.
base::Result<PurchaseView> get_purchase(store::ReadTx& tx, identity::CustomerId customer, OrderId id);

// The customer's saved cards, oldest first. Cost: one round trip.
base::Result<std::vector<rails::CustomerCard>> list_cards(store::ReadTx& tx, identity::CustomerId customer);

// Keeps a card for later payments; one with the same fingerprint is kept once. Cost: one round trip.
base::Result<rails::CustomerCard> keep_card(store::Tx& tx, const Context& context, identity::CustomerId customer,
                                            const std::string& saved_token, const rails::CardFace& face,
                                            const std::string& fingerprint);

// The purchases of the customer that still have something to be charged, with what a new card's tokens are bound to.
struct OpenPurchase {
  base::Uuid purchase{};
  identity::MerchantId merchant_id;
  money::Money amount;
};
base::Result<std::vector<OpenPurchase>> open_purchases(store::ReadTx& tx, identity::CustomerId customer);

// Puts a new card under a purchase: the next charges go there. Effects: purchase card row, mail once per replacement is
// the caller's. Cost: one round trip.
base::Result<void> put_card_under(store::Tx& tx, const Context& context, identity::CustomerId customer,
                                  const base::Uuid& purchase, const std::string& vault_token,
                                  const rails::CardFace& face);
// The customer keeps this card no longer, nor what was kept of the same number before. Errors: not_found when the
// customer has no such card. Effects: customer cards, one card_endings row. Cost: one round trip.
base::Result<rails::CardEnding> retire_card(store::Tx& tx, const Context& context, identity::CustomerId customer,
                                            rails::CustomerCardId card);

}  // namespace karv::orders
