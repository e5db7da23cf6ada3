// The use cases around an authorization: the shopper confirms a plan, Karv decides, a card is held, the shop gets a
// token or gives it back.
//
// A plan that needs a card takes two steps with a call between them: start_authorization commits the intent and answers
// pending_card with the operation to ask for; finish_authorization records what the card network said. A plan without a
// card is decided in the first step. The agreement is concluded at approval, with the hash of the terms confirmed.
#pragma once

#include <optional>
#include <string>

#include "orders/context.h"
#include "orders/types.h"
#include "rails/types.h"

namespace karv::orders {

// How long a shop may place the order. Source: the contract, section on tokens.
inline constexpr base::Duration kAuthorizationTokenTime = base::minutes(60);

struct ChosenCard {
  std::string vault_token;  // made for this purchase or its installments
  rails::CardFace face;
};

struct Confirmation {
  AuthorizationId authorization_id;  // chosen by the caller: vault tokens are bound to it before this is stored
  PaymentSessionId session_id;
  identity::CustomerId customer_id;
  identity::Email email;
  const identity::Merchant& merchant;
  credit::Plan plan = credit::Plan::pay_now;
  std::string terms_hash;  // what the shopper was shown
  std::optional<ChosenCard> card;
};

struct Authorizing {
  Authorization authorization;               // approved, refused or pending_card
  std::optional<rails::CardOperation> hold;  // to be asked for when pending_card
};
// Effects: authorization and risk decision rows; a previous authorization of the session is voided; when approved, the
// agreement. Errors: not_found (session), not_matching (terms changed since they were shown), bad_value (card missing),
// refused (plan not offered). Cost: four round trips.
base::Result<Authorizing> start_authorization(store::Tx& tx, const Context& context, const Confirmation& confirmation);

// Effects: the authorization is approved (agreement concluded) or refused. A hold that arrives for an authorization
// which ended meanwhile is reversed. While the hold's outcome is not known it stays pending_card, and the answer (not
// the row) carries the refusal to show. Cost: three round trips.
base::Result<Authorization> finish_authorization(store::Tx& tx, const Context& context,
                                                 const rails::CardOperation& settled_hold);

// The shop gives the token back, or a new authorization replaces it: agreement canceled, hold reversed.
// Errors: not_found ("Authorization cannot be deleted"). Cost: three round trips.
base::Result<void> release_authorization(store::Tx& tx, const Context& context, identity::MerchantId merchant,
                                         AuthorizationId id);
// Ends an approved authorization whose order was never placed; its session no longer has it. Pre: approved.
// Cost: three round trips.
base::Result<void> withdraw_authorization(store::Tx& tx, const Context& context, Authorization authorization);
// The same without touching the session. Pre: approved.
base::Result<void> void_authorization(store::Tx& tx, const Context& context, Authorization authorization);

// The same, loading it, and nothing when it has ended already. The caller takes it from its session.
// Cost: three round trips.
base::Result<void> ensure_voided(store::Tx& tx, const Context& context, AuthorizationId id);

// Reverses what is left of the purchase's hold, if anything. Cost: one round trip.
base::Result<void> reverse_hold(store::Tx& tx, const Context& context, AuthorizationId purchase);

// The shopper's word for a card network's refusal: CARD_DECLINED, CARD_INSUFFICIENT_FUNDS, CARD_EXPIRED,
// CARD_UNREACHABLE.
std::string card_refusal(const rails::CardOperation& hold);

}  // namespace karv::orders
