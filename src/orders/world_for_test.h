// Everything a purchase needs, over a real database file: shops, shoppers, clocks, and short ways to say each step.
// The card network's word is given by hand. For the tests of this module and of those above it.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "credit/postings.h"
#include "identity/world_for_test.h"
#include "json/decode.h"
#include "ledger/service.h"
#include "ledger/verify.h"
#include "orders/authorization_service.h"
#include "orders/dates.h"
#include "orders/order_service.h"
#include "orders/payment_service.h"
#include "orders/placement_service.h"
#include "orders/repository.h"
#include "orders/schema.h"
#include "orders/session_service.h"
#include "rails/repository.h"
#include "rails/schema.h"
#include "store/outbox.h"

namespace karv::orders {

struct OrderIdOnly {
  std::string order_id;
};
BOOST_DESCRIBE_STRUCT(OrderIdOnly, (), (order_id))
// The order's id in an answer to place-order.
inline OrderId order_id_in(const std::string& reply) {
  return OrderId::parse(json::decode<OrderIdOnly>(reply).value().order_id).value();
}

struct WorldForTest {
  explicit WorldForTest(std::initializer_list<std::span<const store::Migration>> above = {})
      : world(with_own(above)), merchant(make_merchant("Shoe Shop")), other(make_merchant("Other Shop")) {}

  static std::vector<std::span<const store::Migration>> with_own(
      std::initializer_list<std::span<const store::Migration>> above) {
    std::vector<std::span<const store::Migration>> all{ledger::migrations(), credit::migrations(), notify::migrations(),
                                                       rails::migrations(),  risk::migrations(),   migrations()};
    all.insert(all.end(), above.begin(), above.end());
    return all;
  }
  identity::Merchant make_merchant(const std::string& name) {
    return write<identity::Merchant>([&](store::Tx& tx) -> base::Result<identity::Merchant> {
             KARV_TRY(auto id, identity::create_merchant(tx, identity_context, {name, "DE", {"https://shop.example"}}));
             return identity::get_merchant(tx, id);
           })
        .value();
  }

  template <class T, class Work>
  base::Result<T> write(Work&& work) {
    return world.write<T>(std::forward<Work>(work));
  }
  template <class T, class Work>
  base::Result<T> read(Work&& work) {
    return world.read<T>(std::forward<Work>(work));
  }

  // ---- the shop opens a session
  static PurchaseRequest request_of(std::int64_t amount) {
    PurchaseRequest request;
    request.purchase_country = "DE";
    request.purchase_currency = "EUR";
    request.locale = "de-DE";
    request.order_amount = amount;
    OrderLine line;
    line.name = "Boots";
    line.quantity = 1;
    line.unit_price = line.total_amount = amount;
    request.order_lines = {line};
    return request;
  }
  PaymentSession open(const PurchaseRequest& request) {
    const auto made = make_session(context, merchant.merchant_id, open_purchase(request).value()).value();
    KARV_CHECK(write<void>([&](store::Tx& tx) -> base::Result<void> {
                 store_session(tx, context, made);
                 return {};
               }).ok());
    return made.session;
  }
  PaymentSession open(std::int64_t amount) { return open(request_of(amount)); }

  // ---- the shopper confirms
  identity::CustomerId customer_of(const std::string& email) {
    return write<identity::EnsuredCustomer>([&](store::Tx& tx) {
             return identity::ensure_customer(tx, identity_context, identity::WorldForTest::email(email));
           })
        .value()
        .customer_id;
  }
  std::string terms_of(const PaymentSession& session, credit::Plan plan) {
    const auto quote = credit::quote(plan, session.purchase_country,
                                     {session.order_amount, money::Currency::parse(session.purchase_currency).value()},
                                     today_in(session.purchase_country, world.business));
    return quote.ok() ? quote->terms_hash : std::string("none");
  }
  base::Result<Authorizing> confirm(const PaymentSession& session, credit::Plan plan,
                                    const std::string& email = "customer@email.de") {
    const Confirmation confirmation{.authorization_id = base::make_id<AuthorizationTag>(world.wall, world.random),
                                    .session_id = session.session_id,
                                    .customer_id = customer_of(email),
                                    .email = identity::WorldForTest::email(email),
                                    .merchant = merchant,
                                    .plan = plan,
                                    .terms_hash = terms_of(session, plan),
                                    .card = credit::definition_of(plan).needs_card
                                                ? std::optional(ChosenCard{"vault-token", {"visa", "1111", "12/30"}})
                                                : std::nullopt};
    world.wall.advance(base::milliseconds(1));
    return write<Authorizing>([&](store::Tx& tx) { return start_authorization(tx, context, confirmation); });
  }
  // The card network's word on a hold or charge.
  rails::CardOperation settle(const rails::CardOperation& operation, rails::OperationEvent event,
                              const std::string& code = "00") {
    return write<rails::CardOperation>([&](store::Tx& tx) {
             return rails::settle(tx, context.rails(), operation.operation_id, {event, code, "A00001", "R00001"});
           })
        .value();
  }
  base::Result<Authorization> answer(const rails::CardOperation& hold, rails::OperationEvent event,
                                     const std::string& code = "00") {
    return write<Authorization>([&](store::Tx& tx) -> base::Result<Authorization> {
      KARV_TRY(auto settled, rails::settle(tx, context.rails(), hold.operation_id, {event, code, "A00001", "R00001"}));
      return finish_authorization(tx, context, settled);
    });
  }
  // Confirms and, with a card, has the hold approved.
  Authorization authorize(const PaymentSession& session, credit::Plan plan,
                          const std::string& email = "customer@email.de") {
    auto step = confirm(session, plan, email).value();
    return step.hold ? answer(*step.hold, rails::OperationEvent::approve).value() : step.authorization;
  }

  // ---- the shop places, captures, refunds
  base::Result<PlacedOrder> place(const Authorization& authorization, const PurchaseRequest& request,
                                  const std::string& digest = {}) {
    KARV_TRY(auto order, read_order_request(request));
    if (!digest.empty()) order.digest = digest;
    return place_order(world.sealed, context, merchant, authorization.authorization_id, order);
  }
  // A whole purchase up to the placed order.
  Order buy(credit::Plan plan, std::int64_t amount, const std::string& email = "customer@email.de") {
    return buy(plan, request_of(amount), email);
  }
  Order buy(credit::Plan plan, const PurchaseRequest& request, const std::string& email = "customer@email.de") {
    const auto authorization = authorize(open(request), plan, email);
    const auto placed = place(authorization, request).value();
    return view(order_id_in(placed.reply)).order;
  }
  OrderTarget target(const Order& order) const { return {merchant, order.order_id}; }
  base::Result<Capture> capture(const Order& order, std::int64_t amount) {
    CaptureRequest request;
    request.captured_amount = amount;
    KARV_TRY(const auto good, check(request));
    return write<Capture>([&](store::Tx& tx) { return orders::capture(tx, context, target(order), good); });
  }
  base::Result<Refund> refund(const Order& order, std::int64_t amount) {
    RefundRequest request;
    request.refunded_amount = amount;
    KARV_TRY(const auto good, check(request));
    return write<Refund>([&](store::Tx& tx) { return orders::refund(tx, context, target(order), good); });
  }
  template <class UseCase>
  base::Result<void> change(const Order& order, UseCase use_case) {
    return write<void>([&](store::Tx& tx) { return use_case(tx, context, target(order)); });
  }

  // ---- what is there now
  OrderView view(OrderId id) {
    return read<OrderView>([&](store::ReadTx& tx) { return get_order(tx, context, merchant.merchant_id, id); }).value();
  }
  Order now(const Order& order) { return view(order.order_id).order; }
  credit::AgreementView agreement(const Order& order) {
    return read<credit::AgreementView>([&](store::ReadTx& tx) { return credit::get_agreement(tx, order.agreement_id); })
        .value();
  }
  std::vector<rails::CardOperation> operations(AuthorizationId purchase) {
    return read<std::vector<rails::CardOperation>>(
               [&](store::ReadTx& tx) -> base::Result<std::vector<rails::CardOperation>> {
                 KARV_TRY(auto rows, tx.read({rails::operations_of(purchase.uuid())}));
                 return rails::read_operations(rows[0]);
               })
        .value();
  }
  std::vector<rails::CardOperation> operations(AuthorizationId purchase, rails::OperationKind kind) {
    auto all = operations(purchase);
    std::erase_if(all, [&](const rails::CardOperation& operation) { return operation.kind != kind; });
    return all;
  }
  PaymentSession session(identity::PaymentSessionId id) {
    return read<PaymentSession>([&](store::ReadTx& tx) -> base::Result<PaymentSession> {
             KARV_TRY(auto rows, tx.read({find_session(id)}));
             return read_session(rows[0]).value();
           })
        .value();
  }
  Authorization authorization(AuthorizationId id) {
    return read<Authorization>([&](store::ReadTx& tx) -> base::Result<Authorization> {
             KARV_TRY(auto rows, tx.read({find_authorization(id)}));
             return read_authorization(rows[0]).value();
           })
        .value();
  }
  // How many mails of a template were queued so far.
  std::size_t mails(std::string_view template_name) {
    return read<std::size_t>([&](store::ReadTx& tx) -> base::Result<std::size_t> {
             KARV_TRY(const auto entries, store::outbox::list_by_key(tx, notify::kMailTopic, template_name));
             return entries.size();
           })
        .value();
  }
  // Whether the ledger adds up, and the receivable is what the agreement says is owed.
  bool books_are_right(const Order& order) {
    const auto verified = ledger::verify(*world.database);
    if (!verified.ok() || !verified->findings.empty()) return false;
    const auto owed = agreement(order).agreement;
    if (owed.captured.is_zero()) return true;  // no account yet
    return read<ledger::Balance>(
               [&](store::ReadTx& tx) { return ledger::balance(tx, credit::receivable_of(order.agreement_id)); })
               .value()
               .posted() == owed.outstanding();
  }

  identity::WorldForTest world;
  identity::Context identity_context = world.context();
  base::SecretBytes outbox_key = identity::key_for_test(9);
  notify::Context mail{outbox_key, world.wall, world.random};
  notify::LiveFeed feed;
  Tokens tokens{identity::key_for_test(3)};
  ledger::AccountCache known;
  Context context{world.wall,
                  world.business,
                  world.random,
                  world.sealer,
                  identity_context,
                  mail,
                  feed,
                  tokens,
                  "https://pay.localhost:8443",
                  true,
                  &known};
  identity::Merchant merchant, other;
};

}  // namespace karv::orders
