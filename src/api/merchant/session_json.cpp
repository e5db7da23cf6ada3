#include "api/merchant/session_json.h"

#include "json/encode.h"
#include "orders/merchant_urls.h"
#include "orders/row_codec.h"

namespace karv::api::merchant {
namespace {

using identity::Language;

struct Category {
  credit::Plan plan;
  std::string_view identifier;
  std::string_view names[3];  // en, sv, de
};
constexpr Category kCategories[] = {
    {credit::Plan::pay_now, "pay_now", {"Pay now by card", "Betala nu med kort", "Jetzt mit Karte bezahlen"}},
    {credit::Plan::pay_in_30, "pay_later", {"Pay in 30 days", "Betala inom 30 dagar", "In 30 Tagen bezahlen"}},
    {credit::Plan::pay_in_3, "pay_over_time", {"Pay in 3 parts", "Dela upp på 3", "In 3 Teilen bezahlen"}},
};

void write_categories(json::Writer& out, const Services& services, const orders::PaymentSession& session) {
  const auto currency = money::Currency::parse(session.purchase_currency);
  const auto language = static_cast<std::size_t>(identity::language_of_locale(session.locale));
  out.begin_array();
  for (const auto& category : kCategories) {
    const money::Money amount{session.order_amount, currency.value_or(money::Currency{})};
    if (credit::check_availability(category.plan, session.purchase_country, amount) != credit::Unavailable::none)
      continue;
    out.begin_object()
        .member("identifier", category.identifier)
        .member("name", category.names[language])
        .member("asset_urls")
        .begin_object()
        .member("standard", services.base_url + "/assets/badge.svg")
        .member("descriptive", services.base_url + "/assets/badge.svg")
        .end_object()
        .end_object();
  }
  out.end_array();
}

template <class T>
void member_if(json::Writer& out, std::string_view name, const std::optional<T>& value) {
  if (!value) return;
  out.member(name);
  json::write(out, *value);
}

}  // namespace

std::string client_token_of(const Services& services, const identity::Merchant& merchant,
                            const orders::PaymentSession& session) {
  return services.orders.tokens.client_token({.session_id = session.session_id,
                                              .base_url = services.base_url,
                                              .merchant_name = merchant.name,
                                              .purchase_country = session.purchase_country,
                                              .purchase_currency = session.purchase_currency,
                                              .language = session.locale.substr(0, 2),
                                              .environment = services.environment,
                                              .order_amount = session.order_amount,
                                              .issued_at = session.created_at,
                                              .expires_at = session.expires_at});
}

std::string created_session_json(const Services& services, const identity::Merchant& merchant,
                                 const orders::PaymentSession& session) {
  json::Writer out;
  out.begin_object()
      .member("session_id", session.session_id.text())
      .member("client_token", client_token_of(services, merchant, session))
      .member("payment_method_categories");
  write_categories(out, services, session);
  out.end_object();
  return std::move(out).take();
}

std::string session_json(const Services& services, const identity::Merchant& merchant,
                         const orders::OpenedSession& opened) {
  const auto& session = opened.session;
  const auto& cart = session.cart;
  json::Writer out;
  out.begin_object()
      .member("session_id", session.session_id.text())
      .member("status", orders::word(session.status))
      .member("intent", orders::word(session.intent))
      .member("acquiring_channel", cart.acquiring_channel.value_or("ECOMMERCE"))
      .member("client_token", client_token_of(services, merchant, session))
      .member("expires_at", base::to_rfc3339(session.expires_at))
      .member("purchase_country", session.purchase_country)
      .member("purchase_currency", session.purchase_currency)
      .member("locale", session.locale)
      .member("order_amount", session.order_amount)
      .member("order_tax_amount", cart.order_tax_amount.value_or(0))
      .member("order_lines");
  json::write(out, cart.order_lines);
  member_if(out, "merchant_reference1", cart.merchant_reference1);
  member_if(out, "merchant_reference2", cart.merchant_reference2);
  member_if(out, "merchant_data", cart.merchant_data);
  if (cart.merchant_urls) {
    out.member("merchant_urls");
    json::write(out, orders::filled_urls(*cart.merchant_urls, {session.session_id, opened.order_id}));
  }
  member_if(out, "options", cart.options);
  member_if(out, "design", cart.design);
  member_if(out, "attachment", opened.purchase.details.attachment);
  if (session.authorization_id) {  // who buys is the shop's to see once the shopper has authorized
    out.member("authorization_token", services.orders.tokens.authorization_token(*session.authorization_id));
    member_if(out, "billing_address", opened.purchase.details.billing_address);
    member_if(out, "shipping_address", opened.purchase.details.shipping_address);
    member_if(out, "customer", opened.purchase.details.customer);
  }
  out.member("payment_method_categories");
  write_categories(out, services, session);
  out.end_object();
  return std::move(out).take();
}

}  // namespace karv::api::merchant
