#include "orders/account_service.h"

#include <algorithm>
#include <map>

#include "base/check.h"
#include "orders/order_service.h"
#include "orders/repository.h"
#include "rails/card_endings.h"
#include "rails/repository.h"

namespace karv::orders {
namespace {

using base::Result;

std::optional<rails::CardFace> face_of(const std::optional<rails::PurchaseCard>& card) {
  return card ? std::optional(card->face) : std::nullopt;
}

// Refunds of several orders in one round trip, in the orders' order.
Result<std::vector<std::vector<Refund>>> refunds_of_all(store::ReadTx& tx, const std::vector<Order>& orders) {
  std::vector<store::Query> batch;
  batch.reserve(orders.size());
  for (const auto& order : orders) batch.push_back(refunds_of(order.order_id));
  std::vector<std::vector<Refund>> out;
  if (batch.empty()) return out;
  KARV_TRY(auto rows, tx.read(std::move(batch)));
  for (const auto& part : rows) out.push_back(read_refunds(part));
  return out;
}

Result<std::map<identity::MerchantId, std::string>> merchant_names(store::ReadTx& tx,
                                                                   const std::vector<Order>& orders) {
  std::vector<identity::MerchantId> ids;
  for (const auto& order : orders)
    if (std::ranges::find(ids, order.merchant_id) == ids.end()) ids.push_back(order.merchant_id);
  std::map<identity::MerchantId, std::string> names;
  if (ids.empty()) return names;
  KARV_TRY(auto merchants, identity::find_merchants(tx, ids));
  for (auto& merchant : merchants) names.emplace(merchant.merchant_id, std::move(merchant.name));
  return names;
}

}  // namespace

Result<std::vector<PurchaseView>> list_purchases(store::ReadTx& tx, identity::CustomerId customer, std::int64_t limit) {
  KARV_TRY(auto rows, tx.read({orders_of_customer(customer, limit), rails::purchase_cards_of(customer)}));
  auto orders = read_orders(rows[0]);
  const auto cards = rails::read_purchase_cards(rows[1]);
  KARV_TRY(auto agreements, credit::list_agreements(tx, customer, 2 * limit));
  KARV_TRY(auto refunds, refunds_of_all(tx, orders));
  KARV_TRY(auto names, merchant_names(tx, orders));
  std::vector<PurchaseView> views;
  for (std::size_t i = 0; i < orders.size(); ++i) {
    auto& order = orders[i];
    const auto agreement = std::ranges::find_if(agreements, [&](const credit::AgreementView& view) {
      return view.agreement.agreement_id == order.agreement_id;
    });
    if (agreement == agreements.end()) continue;  // beyond the limit of the list
    const auto card = std::ranges::find(cards, order.authorization_id.uuid(), &rails::PurchaseCard::purchase);
    const auto face = card == cards.end() ? std::nullopt : std::optional(card->face);
    auto name = names[order.merchant_id];
    views.push_back({std::move(order), std::move(name), std::move(*agreement), std::move(refunds[i]), face});
  }
  return views;
}

Result<PurchaseView> get_purchase(store::ReadTx& tx, identity::CustomerId customer, OrderId id) {
  KARV_TRY(auto rows, tx.read({find_order(id), refunds_of(id)}));
  auto order = read_order(rows[0]);
  if (!order || order->customer_id != customer) return no_such_order();
  KARV_TRY(auto agreement, credit::get_agreement(tx, order->agreement_id));
  KARV_TRY(auto merchant, identity::get_merchant(tx, order->merchant_id));
  KARV_TRY(auto cards, tx.read({rails::find_purchase_card(order->authorization_id.uuid())}));
  return PurchaseView{*std::move(order), merchant.name, std::move(agreement), read_refunds(rows[1]),
                      face_of(rails::read_purchase_card(cards[0]))};
}

Result<std::vector<rails::CustomerCard>> list_cards(store::ReadTx& tx, identity::CustomerId customer) {
  KARV_TRY(auto rows, tx.read({rails::customer_cards_of(customer)}));
  return rails::read_customer_cards(rows[0]);
}

Result<rails::CustomerCard> keep_card(store::Tx& tx, const Context& context, identity::CustomerId customer,
                                      const std::string& saved_token, const rails::CardFace& face,
                                      const std::string& fingerprint) {
  KARV_TRY(auto cards, list_cards(tx, customer));
  const auto same = std::ranges::find(cards, fingerprint, &rails::CustomerCard::fingerprint);
  if (same != cards.end() && same->face.expiry == face.expiry) return std::move(*same);
  rails::CustomerCard card{base::make_id<rails::CustomerCardTag>(context.wall, context.random),
                           customer,
                           saved_token,
                           face,
                           fingerprint,
                           true,
                           context.business.now()};
  rails::insert_customer_card(tx, card);
  return card;
}

Result<std::vector<OpenPurchase>> open_purchases(store::ReadTx& tx, identity::CustomerId customer) {
  KARV_TRY(auto agreements, credit::list_agreements(tx, customer, 200));
  std::vector<OpenPurchase> open;
  for (const auto& view : agreements) {
    const auto& agreement = view.agreement;
    const bool ended =
        agreement.state == credit::AgreementState::canceled || agreement.state == credit::AgreementState::settled;
    if (!ended) open.push_back({agreement.authorization, agreement.merchant_id, agreement.amount});
  }
  return open;
}

Result<void> put_card_under(store::Tx& tx, const Context&, identity::CustomerId customer, const base::Uuid& purchase,
                            const std::string& vault_token, const rails::CardFace& face) {
  KARV_TRY(auto rows, tx.read_for_update({rails::find_purchase_card(purchase)}));
  auto card = rails::read_purchase_card(rows[0]);
  if (!card) {
    rails::insert_purchase_card(tx, {purchase, customer, vault_token, face, 1});
    return {};
  }
  KARV_REQUIRE(card->customer_id == customer);
  card->vault_token = vault_token;
  card->face = face;
  card->version += 1;
  rails::update_purchase_card(tx, *card);
  return {};
}

Result<rails::CardEnding> retire_card(store::Tx& tx, const Context& context, identity::CustomerId customer,
                                      rails::CustomerCardId id) {
  KARV_TRY(auto cards, list_cards(tx, customer));
  const auto card = std::ranges::find(cards, id, &rails::CustomerCard::card_id);
  if (card == cards.end())
    return base::public_error(base::ErrorCode::not_found, "There is no card with this id.", "NOT_FOUND");
  for (const auto& other : cards)
    if (other.fingerprint == card->fingerprint && other.card_id <= id) rails::retire_customer_card(tx, other.card_id);
  return rails::end_card(tx, context.rails(), *card);
}

}  // namespace karv::orders
