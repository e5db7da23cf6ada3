// The nouns of a purchase as the merchant API and the tables both spell them: order lines, addresses, sessions,
// authorizations, orders, captures, refunds. Members carry the wire's names, so one description serves decoding,
// writing and storing.
//
// Units: every *_amount, unit_price is in minor units of the purchase currency; tax_rate is percent x 100.
// Source: the Klarna Payments v1 and Order Management v1 contracts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe.hpp>

#include "base/clock.h"
#include "base/id.h"
#include "credit/types.h"
#include "identity/types.h"

namespace karv::orders {

struct AuthorizationTag;
struct OrderTag;
struct CaptureTag;
struct RefundTag;
using identity::PaymentSessionId;
using AuthorizationId = base::Id<AuthorizationTag>;
using OrderId = base::Id<OrderTag>;
using CaptureId = base::Id<CaptureTag>;
using RefundId = base::Id<RefundTag>;

BOOST_DEFINE_ENUM_CLASS(LineType, physical, digital, discount, shipping_fee, sales_tax, gift_card, store_credit,
                        surcharge, return_fee)
BOOST_DEFINE_ENUM_CLASS(SubscriptionInterval, DAY, WEEK, MONTH, YEAR)

struct ProductIdentifiers {
  std::optional<std::string> brand, category_path, global_trade_item_number, manufacturer_part_number, color, size;
};
BOOST_DESCRIBE_STRUCT(ProductIdentifiers, (),
                      (brand, category_path, global_trade_item_number, manufacturer_part_number, color, size))

struct Subscription {
  std::string name;
  SubscriptionInterval interval = SubscriptionInterval::MONTH;
  std::int64_t interval_count = 1;
};
BOOST_DESCRIBE_STRUCT(Subscription, (), (name, interval, interval_count))

struct OrderLine {
  std::optional<LineType> type;  // absent: physical
  std::optional<std::string> reference;
  std::string name;
  std::int64_t quantity = 0;
  std::optional<std::string> quantity_unit;
  std::int64_t unit_price = 0;
  std::optional<std::int64_t> tax_rate;
  std::int64_t total_amount = 0;
  std::optional<std::int64_t> total_discount_amount;
  std::optional<std::int64_t> total_tax_amount;
  std::optional<std::string> image_url, product_url, merchant_data;
  std::optional<ProductIdentifiers> product_identifiers;
  std::optional<Subscription> subscription;
};
BOOST_DESCRIBE_STRUCT(OrderLine, (),
                      (type, reference, name, quantity, quantity_unit, unit_price, tax_rate, total_amount,
                       total_discount_amount, total_tax_amount, image_url, product_url, merchant_data,
                       product_identifiers, subscription))

struct Address {
  std::optional<std::string> organization_name, attention, given_name, family_name, email, title, street_address,
      street_address2, postal_code, city, region, phone, country;
};
BOOST_DESCRIBE_STRUCT(Address, (),
                      (organization_name, attention, given_name, family_name, email, title, street_address,
                       street_address2, postal_code, city, region, phone, country))

// Only what a purpose names is kept; other members of the wire's customer are ignored (data minimization).
struct Customer {
  std::optional<std::string> date_of_birth;  // YYYY-MM-DD
  std::optional<std::string> type;           // person, organization
};
BOOST_DESCRIBE_STRUCT(Customer, (), (date_of_birth, type))

struct MerchantUrls {
  std::optional<std::string> confirmation, notification, push, authorization;
};
BOOST_DESCRIBE_STRUCT(MerchantUrls, (), (confirmation, notification, push, authorization))

struct Options {
  std::optional<std::string> color_border, color_border_selected, color_details, color_text, radius_border;
};
BOOST_DESCRIBE_STRUCT(Options, (), (color_border, color_border_selected, color_details, color_text, radius_border))

struct Attachment {
  std::string content_type, body;
};
BOOST_DESCRIBE_STRUCT(Attachment, (), (content_type, body))

struct ShippingInfo {
  std::optional<std::string> shipping_company, shipping_method, tracking_number, tracking_uri, return_shipping_company,
      return_tracking_number, return_tracking_uri;
};
BOOST_DESCRIBE_STRUCT(ShippingInfo, (),
                      (shipping_company, shipping_method, tracking_number, tracking_uri, return_shipping_company,
                       return_tracking_number, return_tracking_uri))

// What the shop sells: stored as JSON text beside the amounts.
struct Cart {
  std::vector<OrderLine> order_lines;
  std::optional<std::int64_t> order_tax_amount;
  std::optional<std::string> merchant_reference1, merchant_reference2, merchant_data, acquiring_channel, design;
  std::optional<MerchantUrls> merchant_urls;
  std::optional<Options> options;
  std::vector<std::string> custom_payment_method_ids;
};
BOOST_DESCRIBE_STRUCT(Cart, (),
                      (order_lines, order_tax_amount, merchant_reference1, merchant_reference2, merchant_data,
                       acquiring_channel, design, merchant_urls, options, custom_payment_method_ids))

// Who buys and where it goes: personal data, stored sealed only.
struct Details {
  std::optional<Address> billing_address, shipping_address;
  std::optional<Customer> customer;
  std::optional<Attachment> attachment;
};
BOOST_DESCRIBE_STRUCT(Details, (), (billing_address, shipping_address, customer, attachment))

BOOST_DEFINE_ENUM_CLASS(SessionStatus, incomplete, complete)
BOOST_DEFINE_ENUM_CLASS(Intent, buy, tokenize, buy_and_tokenize)

struct PaymentSession {
  PaymentSessionId session_id;
  identity::MerchantId merchant_id;
  SessionStatus status = SessionStatus::incomplete;
  Intent intent = Intent::buy;
  std::string purchase_country, purchase_currency, locale;
  std::int64_t order_amount = 0;
  Cart cart;
  base::Bytes sealed_details;                       // Details; empty when none were given
  std::optional<AuthorizationId> authorization_id;  // the latest one that is still good
  base::Instant created_at, expires_at;
  std::int64_t version = 1;
};

// pending_card: the hold's outcome is awaited. approved: its token may place an order until expires_at.
BOOST_DEFINE_ENUM_CLASS(AuthorizationState, pending_card, approved, refused, spent, voided, failed)

struct Authorization {
  AuthorizationId authorization_id;
  PaymentSessionId session_id;
  identity::MerchantId merchant_id;
  identity::CustomerId customer_id;
  AuthorizationState state = AuthorizationState::pending_card;
  credit::Plan plan = credit::Plan::pay_in_30;
  std::string terms_hash;
  std::optional<base::Uuid> hold_operation;         // the hold or account check at the card network
  std::optional<credit::AgreementId> agreement_id;  // once approved
  std::optional<std::string> refusal;               // CARD_DECLINED, REFUSED, ...
  std::int64_t order_amount = 0;
  std::string fraud_status;                    // ACCEPTED, PENDING
  std::optional<base::Instant> pending_until;  // sandbox: when a PENDING order is decided
  bool pending_accepts = true;
  std::optional<OrderId> order_id;
  std::optional<std::string> order_request_digest, order_reply;  // for the replay of place-order
  base::Instant created_at, expires_at;
  std::int64_t version = 1;
};

BOOST_DEFINE_ENUM_CLASS(OrderStatus, AUTHORIZED, PART_CAPTURED, CAPTURED, CANCELLED, EXPIRED, CLOSED)
BOOST_DEFINE_ENUM_CLASS(FraudStatus, ACCEPTED, PENDING, REJECTED)

struct Order {
  OrderId order_id;
  identity::MerchantId merchant_id;
  identity::CustomerId customer_id;
  PaymentSessionId session_id;
  AuthorizationId authorization_id;
  credit::AgreementId agreement_id;
  credit::Plan plan = credit::Plan::pay_in_30;
  OrderStatus status = OrderStatus::AUTHORIZED;
  FraudStatus fraud_status = FraudStatus::ACCEPTED;
  std::string purchase_country, purchase_currency, locale, reference;  // reference: 8 upper-case characters
  std::int64_t order_amount = 0, original_order_amount = 0, captured_amount = 0, refunded_amount = 0,
               remaining_authorized_amount = 0;
  Cart cart;
  base::Bytes sealed_details;
  std::optional<base::Instant> acknowledged_at;
  base::Instant created_at, expires_at;
  std::int64_t version = 1;
  bool auto_capture = false;  // to be captured whole once no fraud decision is awaited
};

struct Capture {
  CaptureId capture_id;
  OrderId order_id;
  std::int64_t number = 1;  // 1, 2, ... within the order
  std::int64_t captured_amount = 0, refunded_amount = 0;
  std::string klarna_reference;
  std::optional<std::string> reference, description;
  std::vector<OrderLine> order_lines;
  std::vector<ShippingInfo> shipping_info;
  base::Instant captured_at;
  std::int64_t version = 1;
};

struct Refund {
  RefundId refund_id;
  OrderId order_id;
  std::int64_t refunded_amount = 0, to_card_amount = 0;
  std::optional<std::string> reference, description;
  std::vector<OrderLine> order_lines;
  base::Instant refunded_at;
};

}  // namespace karv::orders
