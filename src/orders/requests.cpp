#include "orders/requests.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include <boost/describe.hpp>
#include <boost/mp11.hpp>
#include <fmt/format.h>

#include "base/card_digits.h"
#include "base/error.h"
#include "calendar/date.h"
#include "identity/email.h"
#include "orders/fold.h"
#include "orders/market.h"

namespace karv::orders {
namespace {

using OptionalText = std::optional<std::string>;

template <class Struct, class Visit>
void each_member(Struct& value, Visit visit) {
  using Members = boost::describe::describe_members<std::remove_const_t<Struct>, boost::describe::mod_public>;
  boost::mp11::mp_for_each<Members>([&](auto member) { visit(std::string_view(member.name), value.*member.pointer); });
}

void limit(json::FieldErrors& problems, const std::string& field, const OptionalText& text, std::size_t most) {
  if (text && text->size() > most)
    complain(problems, field, fmt::format("{} bytes", text->size()), fmt::format("at most {}", most));
}

std::size_t longest(std::string_view member) {
  if (member == "postal_code") return 10;
  if (member == "title") return 20;
  return 99;
}

// Empty members count as absent: shops send them for fields the shopper left blank.
void check_address(json::FieldErrors& problems, std::string_view name, std::optional<Address>& address) {
  if (!address) return;
  each_member(*address, [&](std::string_view member, OptionalText& text) {
    if (text && text->empty()) text.reset();
    limit(problems, fmt::format("{}.{}", name, member), text, longest(member));
  });
  if (address->country) {
    std::ranges::transform(*address->country, address->country->begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    const auto is_letter = [](char c) { return c >= 'A' && c <= 'Z'; };
    if (address->country->size() != 2 || !std::ranges::all_of(*address->country, is_letter))
      complain(problems, fmt::format("{}.country", name), "something else", "two letters, ISO 3166-1");
  }
  if (address->email && !identity::Email::parse(*address->email))
    complain(problems, fmt::format("{}.email", name), "something else", "an e-mail address");
}

void check_customer(json::FieldErrors& problems, std::optional<Customer>& customer) {
  if (!customer) return;
  for (auto* text : {&customer->date_of_birth, &customer->type})
    if (*text && (*text)->empty()) text->reset();
  if (customer->date_of_birth && !calendar::Date::parse(*customer->date_of_birth))
    complain(problems, "customer.date_of_birth", "something else", "a date YYYY-MM-DD");
  if (customer->type && *customer->type != "person" && *customer->type != "organization")
    complain(problems, "customer.type", customer->type->substr(0, 32), "person or organization");
}

void check_color(json::FieldErrors& problems, std::string_view name, const OptionalText& text, std::size_t) {
  if (!text || text->empty()) return;
  const bool hex = (text->size() == 7 || text->size() == 4) && (*text)[0] == '#' &&
                   std::all_of(text->begin() + 1, text->end(), [](unsigned char c) { return std::isxdigit(c) != 0; });
  if (!hex) complain(problems, fmt::format("options.{}", name), text->substr(0, 32), "a color like #1a2b3c");
}

void check_extras(json::FieldErrors& problems, const Purchase& purchase) {
  const Cart& cart = purchase.cart;
  limit(problems, "merchant_reference1", cart.merchant_reference1, 255);
  limit(problems, "merchant_reference2", cart.merchant_reference2, 255);
  limit(problems, "merchant_data", cart.merchant_data, 6000);
  limit(problems, "acquiring_channel", cart.acquiring_channel, 64);
  limit(problems, "design", cart.design, 64);
  if (cart.custom_payment_method_ids.size() > 50)
    complain(problems, "custom_payment_method_ids", fmt::format("{} ids", cart.custom_payment_method_ids.size()),
             "at most 50");
  if (cart.merchant_urls)
    each_member(*cart.merchant_urls, [&](std::string_view name, const OptionalText& url) {
      limit(problems, fmt::format("merchant_urls.{}", name), url, 2000);
      if (url && !url->empty() && !url->starts_with("https://") && !url->starts_with("http://"))
        complain(problems, fmt::format("merchant_urls.{}", name), "something else", "an absolute URL");
    });
  if (cart.options)
    each_member(*cart.options, [&](std::string_view name, const OptionalText& text) {
      if (name.starts_with("color_")) check_color(problems, name, text, 7);
      limit(problems, fmt::format("options.{}", name), text, 32);
    });
  if (purchase.details.attachment) {
    if (purchase.details.attachment->content_type.size() > 255)
      complain(problems, "attachment.content_type", "too long", "at most 255 bytes");
    if (purchase.details.attachment->body.size() > 65'536)
      complain(problems, "attachment.attachment", "too long", "at most 65536 bytes");
  }
}

template <class T>
void take(T& into, std::optional<T>& from) {
  if (from) into = std::move(*from);
}
template <class T>
void take_optional(std::optional<T>& into, std::optional<T>& from) {
  if (from) into = std::move(*from);
}

// Lays the request over the purchase; a reference set to "" is cleared.
void lay_over(Purchase& purchase, PurchaseRequest& request, json::FieldErrors& problems) {
  take(purchase.purchase_country, request.purchase_country);
  take(purchase.purchase_currency, request.purchase_currency);
  take(purchase.locale, request.locale);
  take(purchase.order_amount, request.order_amount);
  take(purchase.cart.order_lines, request.order_lines);
  take_optional(purchase.cart.order_tax_amount, request.order_tax_amount);
  take_optional(purchase.cart.merchant_reference1, request.merchant_reference1);
  take_optional(purchase.cart.merchant_reference2, request.merchant_reference2);
  take_optional(purchase.cart.merchant_data, request.merchant_data);
  take_optional(purchase.cart.acquiring_channel, request.acquiring_channel);
  take_optional(purchase.cart.design, request.design);
  take_optional(purchase.cart.merchant_urls, request.merchant_urls);
  take_optional(purchase.cart.options, request.options);
  take(purchase.cart.custom_payment_method_ids, request.custom_payment_method_ids);
  take_optional(purchase.details.billing_address, request.billing_address);
  take_optional(purchase.details.shipping_address, request.shipping_address);
  take_optional(purchase.details.customer, request.customer);
  take_optional(purchase.details.attachment, request.attachment);
  if (request.intent && !boost::describe::enum_from_string(request.intent->c_str(), purchase.intent))
    complain(problems, "intent", request.intent->substr(0, 32), "buy, tokenize or buy_and_tokenize");
}

base::Result<Purchase> checked(Purchase purchase, json::FieldErrors problems) {
  check_address(problems, "billing_address", purchase.details.billing_address);
  check_address(problems, "shipping_address", purchase.details.shipping_address);
  check_customer(problems, purchase.details.customer);
  check_extras(problems, purchase);
  // The country where the shopper is billed decides, when both are given.
  std::string country = purchase.purchase_country;
  if (purchase.details.billing_address && purchase.details.billing_address->country)
    country = *purchase.details.billing_address->country;
  const auto locale = purchase.locale.empty() ? std::nullopt : std::optional(purchase.locale);
  const MarketChoice market = check_market(country, purchase.purchase_currency, locale, problems);
  check_lines(purchase.cart.order_lines, market.country, purchase.order_amount, purchase.cart.order_tax_amount,
              problems);
  if (purchase.order_amount == 0 && purchase.intent == Intent::buy && problems.empty())
    complain(problems, "order_amount", "0", "more than 0 unless the intent is tokenize");
  if (!problems.empty()) return problems.error();
  purchase.purchase_country = market.country;
  purchase.purchase_currency = market.currency;
  purchase.locale = market.locale;
  mask_free_text(purchase);
  return purchase;
}

bool same_text(const OptionalText& authorized, const OptionalText& requested) {
  if (!authorized || authorized->empty()) return true;  // never given before: may be added
  if (!requested) return true;                          // left out: what was authorized stands
  return folded(*authorized) == folded(*requested);
}

void compare_addresses(std::vector<std::string>& fields, std::string_view name,
                       const std::optional<Address>& authorized, const std::optional<Address>& requested) {
  if (!authorized || !requested) return;
  using Members = boost::describe::describe_members<Address, boost::describe::mod_public>;
  boost::mp11::mp_for_each<Members>([&](auto member) {
    if (!same_text((*authorized).*member.pointer, (*requested).*member.pointer))
      fields.push_back(fmt::format("{}.{}", name, member.name));
  });
}

bool same_line(const OrderLine& a, const OrderLine& b) {
  return folded(a.name) == folded(b.name) && a.quantity == b.quantity && a.unit_price == b.unit_price &&
         a.total_amount == b.total_amount && a.type.value_or(LineType::physical) == b.type.value_or(LineType::physical);
}

}  // namespace

base::Result<Purchase> open_purchase(PurchaseRequest request) {
  json::FieldErrors problems;
  const auto require = [&](bool given, const char* field) {
    if (!given) problems.missing(field);
  };
  require(request.purchase_country.has_value(), "purchase_country");
  require(request.purchase_currency.has_value(), "purchase_currency");
  require(request.order_amount.has_value(), "order_amount");
  require(request.order_lines.has_value(), "order_lines");
  if (!problems.empty()) return problems.error();
  Purchase purchase;
  lay_over(purchase, request, problems);
  return checked(std::move(purchase), std::move(problems));
}

base::Result<Purchase> change_purchase(Purchase current, PurchaseRequest request) {
  json::FieldErrors problems;
  lay_over(current, request, problems);
  return checked(std::move(current), std::move(problems));
}

int mask_free_text(std::optional<std::string>& text) {
  if (!text) return 0;
  auto masked = base::mask_card_numbers(*text);
  if (masked.masked > 0) text = std::move(masked.text);
  return masked.masked;
}

int mask_free_text(std::vector<OrderLine>& lines) {
  int count = 0;
  for (auto& line : lines) {
    auto masked = base::mask_card_numbers(line.name);
    if (masked.masked > 0) line.name = std::move(masked.text);
    count += masked.masked + mask_free_text(line.merchant_data);
    if (line.subscription) {
      auto name = base::mask_card_numbers(line.subscription->name);
      if (name.masked > 0) line.subscription->name = std::move(name.text);
      count += name.masked;
    }
  }
  return count;
}

int mask_free_text(Purchase& purchase) {
  int count = mask_free_text(purchase.cart.order_lines) + mask_free_text(purchase.cart.merchant_data);
  for (auto* address : {&purchase.details.billing_address, &purchase.details.shipping_address})
    if (*address) each_member(**address, [&](std::string_view, OptionalText& text) { count += mask_free_text(text); });
  if (purchase.details.attachment) {
    auto masked = base::mask_card_numbers(purchase.details.attachment->body);
    if (masked.masked > 0) purchase.details.attachment->body = std::move(masked.text);
    count += masked.masked;
  }
  return count;
}

bool add_missing_details(Details& have, const Details& given) {
  bool added = false;
  const auto add = [&](auto& into, const auto& from) {
    if (into || !from) return;
    into = from;
    added = true;
  };
  const auto add_address = [&](std::optional<Address>& into, const std::optional<Address>& from) {
    if (!into || !from) return add(into, from);
    using Members = boost::describe::describe_members<Address, boost::describe::mod_public>;
    boost::mp11::mp_for_each<Members>([&](auto member) { add((*into).*member.pointer, (*from).*member.pointer); });
  };
  add_address(have.billing_address, given.billing_address);
  add_address(have.shipping_address, given.shipping_address);
  add(have.customer, given.customer);
  add(have.attachment, given.attachment);
  return added;
}

std::vector<std::string> differing_fields(const Purchase& authorized, const Purchase& requested) {
  std::vector<std::string> fields;
  if (authorized.purchase_country != requested.purchase_country) fields.emplace_back("purchase_country");
  if (authorized.purchase_currency != requested.purchase_currency) fields.emplace_back("purchase_currency");
  if (authorized.order_amount != requested.order_amount) fields.emplace_back("order_amount");
  if (authorized.cart.order_tax_amount && requested.cart.order_tax_amount &&
      *authorized.cart.order_tax_amount != *requested.cart.order_tax_amount)
    fields.emplace_back("order_tax_amount");
  const auto& before = authorized.cart.order_lines;
  const auto& now = requested.cart.order_lines;
  if (!std::ranges::equal(before, now, same_line)) fields.emplace_back("order_lines");
  compare_addresses(fields, "billing_address", authorized.details.billing_address, requested.details.billing_address);
  compare_addresses(fields, "shipping_address", authorized.details.shipping_address,
                    requested.details.shipping_address);
  return fields;
}

}  // namespace karv::orders
