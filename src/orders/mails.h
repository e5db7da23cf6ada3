// The mails a purchase causes, stored with the transaction that causes them. Each costs one round trip (the address).
#pragma once

#include <string>

#include "orders/context.h"
#include "orders/types.h"
#include "rails/types.h"

namespace karv::orders {

// What the shopper agreed to: an order confirmation, or for a credit plan the agreement with its dates.
// Rendered and sealed before the order is written; the caller stores it with the order.
base::Result<notify::PreparedMail> prepare_order_mail(store::ReadTx& tx, const Context& context, const Order& order,
                                                      const std::string& merchant_name);
base::Result<void> mail_refund_made(store::Tx& tx, const Context& context, const Order& order, const Refund& refund,
                                    const std::string& merchant_name);

// A charge that went through, or one that did not and will be tried again.
base::Result<void> mail_installment(store::Tx& tx, const Context& context, const Order& order,
                                    const rails::CardOperation& charge, const credit::Installment& installment,
                                    const rails::CardFace& card);

// A payment that was counted and that the card network refused afterwards; `open` is what is owed of its installment.
struct RefusedPayment {
  std::string merchant_name;
  money::Money amount;
  const credit::Installment& installment;
};
base::Result<void> mail_payment_refused(store::Tx& tx, const Context& context, const Order& order,
                                        const RefusedPayment& refused);

}  // namespace karv::orders
