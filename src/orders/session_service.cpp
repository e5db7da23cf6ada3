#include "orders/session_service.h"

#include <utility>

#include "json/decode.h"
#include "json/encode.h"
#include "orders/authorization_service.h"
#include "orders/prepared.h"
#include "orders/repository.h"

namespace karv::orders {
namespace {

using base::ErrorCode;
using base::Result;

identity::SealedField details_field(const PaymentSessionId& session) {
  return {"payment_sessions", session.view(), "details"};
}

bool is_expired(const PaymentSession& session, base::Instant now) {
  return now >= session.expires_at && session.status == SessionStatus::incomplete;
}

void put_purchase(PaymentSession& session, const Purchase& purchase) {
  session.intent = purchase.intent;
  session.purchase_country = purchase.purchase_country;
  session.purchase_currency = purchase.purchase_currency;
  session.locale = purchase.locale;
  session.order_amount = purchase.order_amount;
  session.cart = purchase.cart;
}

// Whoever agreed to the old amount or lines has not agreed to the new ones.
bool only_details_differ(const Purchase& before, const Purchase& after) {
  Purchase same_details = after;
  same_details.details = before.details;
  return differing_fields(before, same_details).empty();
}

// What the write transaction does, made before it.
struct SessionChange {
  PaymentSession session;  // as it will be
  std::optional<identity::NewSubject> subject;
  std::optional<AuthorizationId> voided;
  store::Query row;
};

Result<SessionChange> prepare_change(store::ReadTx& tx, const Context& context, identity::MerchantId merchant,
                                     PaymentSessionId id, const PurchaseRequest& request) {
  KARV_TRY(auto rows, tx.read({find_session(id)}));
  auto found = read_session(rows[0]);
  if (!found || found->merchant_id != merchant || is_expired(*found, context.business.now())) return no_such_session();
  if (found->status == SessionStatus::complete)
    return base::public_error(ErrorCode::not_found, "The session's order was placed already; it cannot be changed.",
                              "SESSION_COMPLETED");
  KARV_TRY(auto before, open_purchase_of(tx, context, *found));
  KARV_TRY(auto purchase, change_purchase(before, request));
  PaymentSession session = *std::move(found);
  std::optional<AuthorizationId> voided;
  if (!only_details_differ(before, purchase)) voided = std::exchange(session.authorization_id, std::nullopt);
  put_purchase(session, purchase);
  KARV_TRY(auto subject, seal_details(tx, context, session, purchase.details));
  session.version += 1;
  auto row = update_of(session);
  return SessionChange{std::move(session), std::move(subject), voided, std::move(row)};
}

Result<PaymentSession> write_change(store::Tx& tx, const Context& context, const SessionChange& change) {
  if (change.voided) KARV_TRY_VOID(ensure_voided(tx, context, *change.voided));
  if (change.subject) context.sealer.insert(tx, *change.subject);
  tx.write(change.row, 1);
  return change.session;
}

}  // namespace

base::Error no_such_session() { return base::public_error(ErrorCode::not_found, "Invalid session id", "NOT_FOUND"); }

bool has_anything(const Details& details) {
  return details.billing_address || details.shipping_address || details.customer || details.attachment;
}

Result<NewSession> make_session(const Context& context, identity::MerchantId merchant, const Purchase& purchase) {
  PaymentSession session;
  session.session_id = base::make_id<identity::PaymentSessionTag>(context.wall, context.random);
  session.merchant_id = merchant;
  session.created_at = context.business.now();
  session.expires_at = session.created_at + kSessionTime;
  put_purchase(session, purchase);
  std::optional<identity::NewSubject> subject;
  if (has_anything(purchase.details)) {
    KARV_TRY(subject, context.sealer.make_subject(identity::subject_of(session.session_id)));
    session.sealed_details = context.sealer.seal(*subject->key, details_field(session.session_id),
                                                 base::as_bytes(json::encode(purchase.details)));
  }
  auto row = insertion_of(session);
  return NewSession{std::move(session), std::move(subject), std::move(row)};
}

void store_session(store::Tx& tx, const Context& context, const NewSession& made) {
  if (made.subject) context.sealer.insert(tx, *made.subject);
  tx.write(made.row, 1);
}

Result<Details> open_details(store::ReadTx& tx, const Context& context, PaymentSessionId session,
                             const base::Bytes& sealed) {
  if (sealed.empty()) return Details{};
  KARV_TRY(auto key, context.sealer.load(tx, identity::subject_of(session)));
  KARV_TRY(auto plain, identity::Sealer::open(*key, details_field(session), sealed));
  return json::decode<Details>(plain.expose_text());
}

Result<Purchase> open_purchase_of(store::ReadTx& tx, const Context& context, const PaymentSession& session) {
  KARV_TRY(auto details, open_details(tx, context, session.session_id, session.sealed_details));
  return Purchase{session.purchase_country, session.purchase_currency,
                  session.locale,           session.order_amount,
                  session.intent,           session.cart,
                  std::move(details)};
}

Result<std::optional<identity::NewSubject>> seal_details(store::ReadTx& tx, const Context& context,
                                                         PaymentSession& session, const Details& details) {
  std::optional<identity::NewSubject> made;
  if (!has_anything(details)) return made;
  const auto owner = identity::subject_of(session.session_id);
  identity::SubjectKeyPtr key;
  if (session.sealed_details.empty()) {
    KARV_TRY(made, context.sealer.make_subject(owner));
    key = made->key;
  } else {
    KARV_TRY(key, context.sealer.load(tx, owner));
  }
  session.sealed_details =
      context.sealer.seal(*key, details_field(session.session_id), base::as_bytes(json::encode(details)));
  return made;
}

Result<PaymentSession> change_session(store::Database& database, const Context& context, identity::MerchantId merchant,
                                      PaymentSessionId id, const PurchaseRequest& request) {
  return prepare_and_write<PaymentSession, SessionChange>(
      database, "change_session",
      [&](store::ReadTx& tx) -> Result<std::variant<PaymentSession, SessionChange>> {
        KARV_TRY(auto change, prepare_change(tx, context, merchant, id, request));
        return std::variant<PaymentSession, SessionChange>(std::move(change));
      },
      [&](store::Tx& tx, const SessionChange& change) { return write_change(tx, context, change); });
}

Result<OpenedSession> get_session(store::ReadTx& tx, const Context& context, identity::MerchantId merchant,
                                  PaymentSessionId id) {
  KARV_TRY(auto rows, tx.read({find_session(id), find_order_id_of(id)}));
  auto found = read_session(rows[0]);
  if (!found || found->merchant_id != merchant || is_expired(*found, context.business.now())) return no_such_session();
  KARV_TRY(auto purchase, open_purchase_of(tx, context, *found));
  return OpenedSession{*std::move(found), std::move(purchase), read_order_id(rows[1])};
}

}  // namespace karv::orders
