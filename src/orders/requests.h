// What a shop sends to open, change or complete a purchase, and the reading of it into a session.
//
// One shape serves the three calls: opening requires the four essentials, changing takes any member, placing the order
// requires the essentials again. Tolerances of real clients (empty strings, odd case, null) are settled here; free text
// that looks like a card number is masked. Pure. Source: Klarna Payments v1.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "orders/lines.h"
#include "orders/types.h"

namespace karv::orders {

struct PurchaseRequest {
  std::optional<std::string> purchase_country, purchase_currency, locale;
  std::optional<std::int64_t> order_amount, order_tax_amount;
  std::optional<std::vector<OrderLine>> order_lines;
  std::optional<std::string> intent;
  std::optional<Address> billing_address, shipping_address;
  std::optional<Customer> customer;
  std::optional<MerchantUrls> merchant_urls;
  std::optional<std::string> merchant_reference1, merchant_reference2, merchant_data;
  std::optional<Options> options;
  std::optional<Attachment> attachment;
  std::optional<std::vector<std::string>> custom_payment_method_ids;
  std::optional<std::string> acquiring_channel, design;
  std::optional<bool> auto_capture;  // placing the order only
};
BOOST_DESCRIBE_STRUCT(PurchaseRequest, (),
                      (purchase_country, purchase_currency, locale, order_amount, order_tax_amount, order_lines, intent,
                       billing_address, shipping_address, customer, merchant_urls, merchant_reference1,
                       merchant_reference2, merchant_data, options, attachment, custom_payment_method_ids,
                       acquiring_channel, design, auto_capture))

// A session's purchase data before anything is stored: what the request says laid over what was there.
struct Purchase {
  std::string purchase_country, purchase_currency, locale;
  std::int64_t order_amount = 0;
  Intent intent = Intent::buy;
  Cart cart;
  Details details;
};

// Errors: bad_value naming each wrong field.
base::Result<Purchase> open_purchase(PurchaseRequest request);
base::Result<Purchase> change_purchase(Purchase current, PurchaseRequest request);

// Masks what looks like a card number in the free text of lines and addresses; returns how many. References and product
// codes stay as they are.
int mask_free_text(Purchase& purchase);
// The lines of a capture or refund.
int mask_free_text(std::vector<OrderLine>& lines);
int mask_free_text(std::optional<std::string>& text);

// Takes over what was never given before; what is there stays. Answers whether there was anything.
bool add_missing_details(Details& have, const Details& given);

// The names of the fields of `request` that differ from what was authorized. Text is compared without regard to case
// and white space; details that were never given before may be added. Empty when everything matches.
std::vector<std::string> differing_fields(const Purchase& authorized, const Purchase& requested);

}  // namespace karv::orders
