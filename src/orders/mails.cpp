#include "orders/mails.h"

#include <fmt/format.h>

#include "base/check.h"
#include "base/log.h"
#include "orders/dates.h"

namespace karv::orders {
namespace {

using base::Result;
using Parameters = std::vector<std::pair<std::string, std::string>>;

std::string amount_text(const Order& order, std::int64_t minor) {
  const auto currency = money::Currency::parse(order.purchase_currency);
  KARV_REQUIRE(currency.has_value());
  return money::to_text(money::Money{minor, *currency});
}

Result<notify::PreparedMail> prepare(store::ReadTx& tx, const Context& context, const Order& order,
                                     std::string_view name, Parameters parameters) {
  KARV_TRY(auto email, identity::get_customer_email(tx, context.identity, order.customer_id));
  return notify::prepare_mail(
      context.mail, {std::move(email), name, identity::language_of_locale(order.locale), std::move(parameters)});
}

Result<void> queue(store::Tx& tx, const Context& context, const Order& order, std::string_view name,
                   Parameters parameters) {
  const auto mail = prepare(tx, context, order, name, std::move(parameters));
  if (!mail.ok() && mail.error().code() == base::ErrorCode::gone) {
    // Whoever was forgotten is written to no more; what was done with the money is recorded all the same.
    base::log::warn("mail_without_address", {{"order", order.order_id.text()}, {"mail", name}});
    return {};
  }
  if (!mail.ok()) return mail.error();
  notify::store_mail(tx, *mail);
  return {};
}

std::string schedule_text(const credit::Quote& quote) {
  std::string text;
  for (const auto& installment : quote.installments)
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", installment.due_date.text(),
                        money::to_text(installment.amount));
  return text;
}

}  // namespace

Result<notify::PreparedMail> prepare_order_mail(store::ReadTx& tx, const Context& context, const Order& order,
                                                const std::string& merchant_name) {
  Parameters parameters{{"merchant", merchant_name},
                        {"reference", order.reference},
                        {"amount", amount_text(order, order.order_amount)},
                        {"account_url", context.account_url()}};
  if (!credit::definition_of(order.plan).credit)
    return prepare(tx, context, order, notify::kOrderConfirmed, std::move(parameters));
  const auto currency = money::Currency::parse(order.purchase_currency);
  KARV_TRY(auto quote, credit::quote(order.plan, order.purchase_country, money::Money{order.order_amount, *currency},
                                     today_in(order.purchase_country, context.business)));
  const auto& terms = credit::terms_of(order.plan, identity::language_of_locale(order.locale));
  parameters.emplace_back("plan", std::string(terms.title));
  parameters.emplace_back("schedule", schedule_text(quote));
  parameters.emplace_back("terms_url", context.terms_url(order.plan));
  return prepare(tx, context, order, notify::kAgreementConcluded, std::move(parameters));
}

Result<void> mail_refund_made(store::Tx& tx, const Context& context, const Order& order, const Refund& refund,
                              const std::string& merchant_name) {
  return queue(tx, context, order, notify::kRefundMade,
               {{"merchant", merchant_name},
                {"reference", order.reference},
                {"amount", amount_text(order, refund.refunded_amount)},
                {"canceled", amount_text(order, refund.refunded_amount - refund.to_card_amount)},
                {"to_card", amount_text(order, refund.to_card_amount)},
                {"account_url", context.account_url()}});
}

Result<void> mail_installment(store::Tx& tx, const Context& context, const Order& order,
                              const rails::CardOperation& charge, const credit::Installment& installment,
                              const rails::CardFace& card) {
  Parameters parameters{{"merchant", charge.merchant_name},
                        {"reference", order.reference},
                        {"amount", money::to_text(charge.amount)},
                        {"account_url", context.account_url()}};
  if (charge.state != rails::OperationState::approved) {
    const auto next = installment.next_step_on;
    parameters.emplace_back("next_try", next ? next->text() : "-");
    return queue(tx, context, order, notify::kInstallmentFailed, std::move(parameters));
  }
  KARV_TRY(auto agreement, credit::get_agreement(tx, installment.agreement_id));
  parameters.emplace_back("card", fmt::format("{} {}", card.brand, card.last4));
  parameters.emplace_back("left", money::to_text(agreement.agreement.outstanding()));
  return queue(tx, context, order, notify::kInstallmentCharged, std::move(parameters));
}

Result<void> mail_payment_refused(store::Tx& tx, const Context& context, const Order& order,
                                  const RefusedPayment& refused) {
  const auto next = refused.installment.next_step_on;
  return queue(tx, context, order, notify::kPaymentRefused,
               {{"merchant", refused.merchant_name},
                {"reference", order.reference},
                {"amount", money::to_text(refused.amount)},
                {"open", money::to_text(refused.installment.owed())},
                {"next_try", next ? next->text() : "-"},
                {"account_url", context.account_url()}});
}

}  // namespace karv::orders
