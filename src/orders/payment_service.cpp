#include "orders/payment_service.h"

#include <fmt/format.h>

#include "base/check.h"
#include "ledger/service.h"
#include "orders/authorization_service.h"
#include "orders/mails.h"
#include "orders/repository.h"
#include "orders/trail.h"
#include "rails/repository.h"

namespace karv::orders {
namespace {

using base::ErrorCode;
using base::Result;

struct Purchase {
  Order order;
  std::vector<rails::CardOperation> operations;
  std::optional<rails::PurchaseCard> card;
};

// The order and card of an agreement's purchase.
Result<Purchase> load_purchase(store::Tx& tx, const base::Uuid& authorization) {
  KARV_TRY(auto rows, tx.read({find_order_of(AuthorizationId(authorization)), rails::operations_of(authorization),
                               rails::find_purchase_card(authorization)}));
  auto order = read_order(rows[0]);
  KARV_REQUIRE(order.has_value());  // an installment exists only after a capture
  return Purchase{*std::move(order), rails::read_operations(rows[1]), rails::read_purchase_card(rows[2])};
}

base::Error no_such_installment() {
  return base::public_error(ErrorCode::not_found, "There is no installment with this id.", "NOT_FOUND");
}

// What takes the money: the charge itself, or the completion of a hold.
rails::CardOperationId taken_by(store::Tx& tx, const Context& context, const rails::CardOperation& charge) {
  if (charge.kind == rails::OperationKind::charge) return charge.operation_id;
  return rails::intend(tx, context.rails(),
                       {.purchase = charge.purchase,
                        .customer_id = charge.customer_id,
                        .merchant_id = charge.merchant_id,
                        .subject = charge.subject,
                        .kind = rails::OperationKind::complete,
                        .vault_token = charge.vault_token,
                        .amount = charge.amount,
                        .merchant_name = charge.merchant_name,
                        .merchant_reference = charge.merchant_reference,
                        .by_cardholder = charge.by_cardholder,
                        .original = charge.operation_id})
      .operation_id;
}

// What the end of the charge means for the installment.
Result<credit::Installment> count_outcome(store::Tx& tx, const Context& context, const Purchase& purchase,
                                          const rails::CardOperation& charge) {
  const credit::InstallmentId id(charge.subject);
  const auto books = context.credit(purchase.order.purchase_country);
  switch (charge.state) {
    case rails::OperationState::approved: {
      const auto& face = purchase.card->face;
      return credit::apply_payment(tx, books, id, charge.amount,
                                   {taken_by(tx, context, charge).uuid(), face.brand, face.last4});
    }
    case rails::OperationState::not_sent:
      return credit::return_payment(tx, books, id);
    default:
      return credit::fail_payment(tx, books, id);
  }
}

// Refunds of a completion that took nothing must not go out. The vault would not take one either: before the
// completion is confirmed it asks to try again, and after its refusal there is nothing to give back.
Result<void> withdraw_refunds(store::Tx& tx, const Context& context,
                              const std::vector<rails::CardOperation>& operations, rails::CardOperationId completion) {
  for (const auto& refund : operations) {
    const bool waits = refund.kind == rails::OperationKind::refund && refund.state == rails::OperationState::queued;
    if (!waits || refund.original != completion) continue;
    KARV_TRY(const auto withdrawn,
             rails::settle(tx, context.rails(), refund.operation_id, {rails::OperationEvent::decline, {}, {}, {}}));
    KARV_REQUIRE(withdrawn.state == rails::OperationState::declined);
  }
  return {};
}

std::string action_for(rails::OperationState state) {
  if (state == rails::OperationState::approved) return "installment_paid";
  return state == rails::OperationState::not_sent ? "installment_not_charged" : "installment_not_paid";
}

}  // namespace

bool pays_installment(const rails::CardOperation& operation) {
  return operation.kind == rails::OperationKind::charge ||
         (operation.kind == rails::OperationKind::hold && operation.subject != operation.purchase);
}

Result<rails::CardOperation> start_installment_payment(store::Tx& tx, const Context& context,
                                                       const InstallmentPayment& payment) {
  KARV_TRY(auto agreement, credit::get_agreement_of_installment(tx, payment.installment_id));
  if (payment.customer && agreement.customer_id != *payment.customer) return no_such_installment();
  KARV_TRY(auto purchase, load_purchase(tx, agreement.authorization));
  if (!purchase.card)
    return base::public_error(ErrorCode::not_allowed, "There is no card for this purchase yet. Add one first.",
                              "CARD_MISSING");
  const auto not_before = rails::next_charge_after(purchase.operations, payment.installment_id.uuid());
  if (!payment.customer && not_before && context.wall.now() < *not_before)
    return base::internal_error(ErrorCode::unavailable, "earlier charges could not be sent").with_reason("NOT_YET");
  KARV_TRY(auto merchant, identity::get_merchant(tx, agreement.merchant_id));
  KARV_TRY(auto installment, credit::start_payment(tx, payment.installment_id));
  // A charge quotes an operation at which the shopper was present. Where there is none yet (a card given after a
  // purchase without one), the amount is held and completed instead.
  const auto original = rails::original_of(purchase.operations);
  return rails::intend(tx, context.rails(),
                       {.purchase = agreement.authorization,
                        .customer_id = agreement.customer_id,
                        .merchant_id = agreement.merchant_id,
                        .subject = installment.installment_id.uuid(),
                        .kind = original ? rails::OperationKind::charge : rails::OperationKind::hold,
                        .vault_token = purchase.card->vault_token,
                        .amount = installment.owed(),
                        .merchant_name = merchant.name,
                        .merchant_reference = purchase.order.reference,
                        .by_cardholder = !original && payment.customer.has_value(),
                        .original = original});
}

Result<credit::Installment> finish_installment_payment(store::Tx& tx, const Context& context,
                                                       const rails::CardOperation& charge) {
  KARV_REQUIRE(pays_installment(charge));
  const credit::InstallmentId id(charge.subject);
  if (charge.state == rails::OperationState::intended) return credit::get_installment(tx, id);
  KARV_TRY(auto purchase, load_purchase(tx, charge.purchase));
  KARV_REQUIRE(purchase.card.has_value());
  KARV_TRY(auto installment, count_outcome(tx, context, purchase, charge));
  record_deed(tx, context,
              {.actor = by_system("card_rail"),
               .action = action_for(charge.state),
               .subject = {"installment", id.text()},
               .details = {{"amount", charge.amount.minor()},
                           {"operation", charge.operation_id.text()},
                           {"response_code", charge.response_code}}});
  const bool network_spoke = charge.state == rails::OperationState::approved || !charge.response_code.empty();
  if (charge.state != rails::OperationState::not_sent && network_spoke)
    KARV_TRY_VOID(mail_installment(tx, context, purchase.order, charge, installment, purchase.card->face));
  publish_after_commit(tx, context, purchase.order.customer_id, purchase.order.order_id);
  return installment;
}

Result<rails::CardOperation> settle_installment_payment(store::Tx& tx, const Context& context,
                                                        const SettledCharge& settled) {
  return rails::settle_and_act(tx, context.rails(), settled.charge, settled.outcome,
                               [&](store::Tx& same_tx, const rails::CardOperation& charge) -> Result<void> {
                                 KARV_TRY(const auto installment, finish_installment_payment(same_tx, context, charge));
                                 static_cast<void>(installment);
                                 return {};
                               });
}

Result<std::vector<rails::CardOperation>> settle_installment_payments(store::Tx& tx, const Context& context,
                                                                      std::span<const SettledCharge> settled) {
  std::vector<ledger::TransferSpec> gathered;
  Context together = context;
  together.gathered = &gathered;
  std::vector<rails::CardOperation> charges;
  for (const auto& one : settled) {
    KARV_TRY(auto charge, settle_installment_payment(tx, together, one));
    charges.push_back(std::move(charge));
  }
  if (!gathered.empty()) KARV_TRY_VOID(ledger::post(tx, std::move(gathered), context.known_accounts));
  return charges;
}

Result<void> undo_refused_advice(store::Tx& tx, const Context& context, const rails::CardOperation& advice) {
  if (advice.kind != rails::OperationKind::complete) return {};
  KARV_REQUIRE(advice.state == rails::OperationState::declined || advice.state == rails::OperationState::rejected);
  KARV_TRY(const auto purchase, load_purchase(tx, advice.purchase));
  const Order& order = purchase.order;
  KARV_TRY(const auto undone, credit::undo_payment(tx, context.credit(order.purchase_country), order.agreement_id,
                                                   advice.operation_id.uuid()));
  if (!undone.news) return {};
  KARV_REQUIRE(undone.undone == advice.amount);
  KARV_TRY_VOID(withdraw_refunds(tx, context, purchase.operations, advice.operation_id));
  if (order.remaining_authorized_amount == 0) KARV_TRY_VOID(reverse_hold(tx, context, order.authorization_id));
  record_deed(tx, context,
              {.actor = by_system("card_rail"),
               .action = "payment_refused",
               .subject = {"installment", undone.installment.installment_id.text()},
               .details = {{"amount", undone.undone.minor()},
                           {"refund_withdrawn", undone.withdrawn.minor()},
                           {"operation", advice.operation_id.text()},
                           {"response_code", advice.response_code}}});
  KARV_TRY_VOID(mail_payment_refused(tx, context, order, {advice.merchant_name, undone.undone, undone.installment}));
  publish_after_commit(tx, context, order.customer_id, order.order_id);
  return {};
}

Result<credit::Installment> note_installment_unpaid(store::Tx& tx, const Context& context, credit::InstallmentId id) {
  KARV_TRY(const auto agreement, credit::get_agreement_of_installment(tx, id));
  KARV_TRY(const auto purchase, load_purchase(tx, agreement.authorization));
  return credit::note_unpaid(tx, context.credit(purchase.order.purchase_country), id);
}

}  // namespace karv::orders
