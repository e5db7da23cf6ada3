#include "orders/requests.h"

#include <string>

#include <gtest/gtest.h>

#include "json/decode.h"

namespace karv::orders {
namespace {

// The documented test card; no other number may stand here.
constexpr const char* kCard = "4111111111111111";

PurchaseRequest request_of(std::int64_t amount = 10'000) {
  PurchaseRequest request;
  request.purchase_country = "SE";
  request.purchase_currency = "SEK";
  request.locale = "sv-SE";
  request.order_amount = amount;
  OrderLine line;
  line.name = "Boots";
  line.quantity = 1;
  line.unit_price = line.total_amount = amount;
  request.order_lines = {line};
  return request;
}

Address address_of(std::string country = "SE") {
  Address address;
  address.given_name = "Test";
  address.family_name = "Person-se";
  address.street_address = "Stårgatan 1";
  address.postal_code = "123 45";
  address.city = "Ankeborg";
  address.country = std::move(country);
  address.email = "customer@email.se";
  return address;
}

std::vector<std::string> lines_of(const base::Result<Purchase>& refused) {
  return refused.ok() ? std::vector<std::string>{"(accepted)"} : json::message_lines(refused.error());
}

// Whether the request is refused because of `field`.
bool blames(const PurchaseRequest& request, std::string_view field) {
  const auto opened = open_purchase(request);
  return !opened.ok() && opened.error().code() == base::ErrorCode::bad_value &&
         opened.error().public_text().find(field) != std::string::npos;
}

TEST(OpenPurchaseTest, what_is_missing_is_named_all_at_once) {
  const auto refused = open_purchase(PurchaseRequest{});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(lines_of(refused)[0], "Bad value: purchase_country, purchase_currency, order_amount, order_lines");
}

TEST(OpenPurchaseTest, amounts_that_do_not_add_up_say_what_was_received_and_expected) {
  auto request = request_of();
  request.order_amount = 9'999;
  const auto lines = lines_of(open_purchase(request));
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0], "Bad value: order_amount");
  EXPECT_EQ(lines[1], "order_amount: received 9999, expected 10000 (the sum of the lines' total_amount)");
}

TEST(OpenPurchaseTest, nothing_is_bought_for_nothing) {
  EXPECT_TRUE(blames(request_of(0), "order_amount"));
  auto tokenize = request_of(0);
  tokenize.intent = "tokenize";
  EXPECT_TRUE(open_purchase(tokenize).ok());
  tokenize.intent = "give_away";
  EXPECT_TRUE(blames(tokenize, "intent"));
}

// Source: merchant API contract, sections 0.7 and 1.5.
TEST(OpenPurchaseTest, empty_texts_and_odd_case_are_tolerated) {
  auto request = request_of();
  request.purchase_country = "se";
  request.purchase_currency = "sek";
  request.locale = "SV-se";
  request.billing_address = address_of("se");
  request.billing_address->region = "";
  request.billing_address->email = "";
  request.customer = Customer{"", ""};
  const auto opened = open_purchase(request);
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(opened->purchase_country, "SE");
  EXPECT_EQ(opened->purchase_currency, "SEK");
  EXPECT_EQ(opened->locale, "sv-SE");
  EXPECT_EQ(opened->details.billing_address->country, "SE");
  EXPECT_FALSE(opened->details.billing_address->region.has_value());
  EXPECT_FALSE(opened->details.billing_address->email.has_value());
  EXPECT_FALSE(opened->details.customer->date_of_birth.has_value());
}

TEST(OpenPurchaseTest, real_clients_bodies_decode) {
  const auto request = json::decode<PurchaseRequest>(R"({
    "purchase_country":"SE","purchase_currency":"SEK","locale":"sv-se","order_amount":10000,"order_tax_amount":null,
    "merchant_reference2":4711,"customer":{"klarna_access_token":"x"},"status":"cancelled",
    "order_lines":[{"name":"Boots","quantity":1,"unit_price":10000,"total_amount":10000,"tax_rate":null}]})");
  ASSERT_TRUE(request.ok()) << request.error().public_text();
  const auto opened = open_purchase(*request);
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(opened->cart.merchant_reference2, "4711");
}

TEST(OpenPurchaseTest, the_country_of_the_bill_decides) {
  auto request = request_of();
  request.billing_address = address_of("DE");
  EXPECT_TRUE(blames(request, "purchase_currency"));
  request.purchase_currency = "EUR";
  request.locale = "de-DE";
  const auto opened = open_purchase(request);
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(opened->purchase_country, "DE");
}

TEST(OpenPurchaseTest, malformed_details_are_named) {
  auto request = request_of();
  request.shipping_address = address_of("S1");
  EXPECT_TRUE(blames(request, "shipping_address.country"));
  request.shipping_address = address_of("Sweden");
  EXPECT_TRUE(blames(request, "shipping_address.country"));
  request.shipping_address = address_of();
  request.shipping_address->email = "nobody";
  EXPECT_TRUE(blames(request, "shipping_address.email"));
  request.shipping_address = address_of();
  request.shipping_address->postal_code = std::string(11, '1');
  EXPECT_TRUE(blames(request, "shipping_address.postal_code"));
  request.shipping_address = address_of();
  request.shipping_address->city = std::string(100'000, 'x');
  EXPECT_TRUE(blames(request, "shipping_address.city"));
  request = request_of();
  for (const char* date : {"1970-13-01", "1970-02-30", "tomorrow", "1970-01-01T00:00:00Z", "70-01-01", "0000-01-01"}) {
    request.customer = Customer{date, "person"};
    EXPECT_TRUE(blames(request, "customer.date_of_birth")) << date;
  }
  request.customer = Customer{"1970-07-10", "martian"};
  EXPECT_TRUE(blames(request, "customer.type"));
  request.customer = Customer{"1970-07-10", "organization"};
  EXPECT_TRUE(open_purchase(request).ok());
}

TEST(OpenPurchaseTest, malformed_extras_are_named) {
  auto request = request_of();
  request.merchant_urls = MerchantUrls{"javascript:alert(1)", {}, {}, {}};
  EXPECT_TRUE(blames(request, "merchant_urls.confirmation"));
  request = request_of();
  request.options = Options{"#12345", {}, {}, {}, {}};
  EXPECT_TRUE(blames(request, "options.color_border"));
  request.options = Options{"#1a2B3c", "#fff", {}, {}, "4"};
  EXPECT_TRUE(open_purchase(request).ok());
  request = request_of();
  request.merchant_reference1 = std::string(256, 'r');
  EXPECT_TRUE(blames(request, "merchant_reference1"));
  request = request_of();
  request.merchant_data = std::string(6'001, 'd');
  EXPECT_TRUE(blames(request, "merchant_data"));
  request = request_of();
  request.attachment = Attachment{"application/json", std::string(65'537, 'a')};
  EXPECT_TRUE(blames(request, "attachment"));
  request = request_of();
  request.custom_payment_method_ids = std::vector<std::string>(51, "id");
  EXPECT_TRUE(blames(request, "custom_payment_method_ids"));
}

TEST(ChangePurchaseTest, what_is_left_out_stays_and_what_is_empty_is_cleared) {
  auto request = request_of();
  request.merchant_reference1 = "A-1";
  request.merchant_reference2 = "A-2";
  const auto opened = open_purchase(request);
  ASSERT_TRUE(opened.ok());
  PurchaseRequest change;
  change.merchant_reference1 = "";
  change.locale = "en";
  const auto changed = change_purchase(*opened, change);
  ASSERT_TRUE(changed.ok());
  EXPECT_EQ(changed->cart.merchant_reference1, "");
  EXPECT_EQ(changed->cart.merchant_reference2, "A-2");
  EXPECT_EQ(changed->locale, "en-SE");
  EXPECT_EQ(changed->order_amount, 10'000);
}

TEST(ChangePurchaseTest, an_amount_without_its_lines_is_refused) {
  const auto opened = open_purchase(request_of());
  PurchaseRequest change;
  change.order_amount = 12'000;
  EXPECT_FALSE(change_purchase(*opened, change).ok());
}

TEST(MaskTest, card_like_text_is_masked_wherever_text_is_free_and_nowhere_else) {
  auto request = request_of();
  request.order_lines->front().name = std::string("Boots ") + kCard;
  request.order_lines->front().merchant_data = kCard;
  request.order_lines->front().reference = kCard;  // a product code
  request.order_lines->front().subscription = Subscription{kCard, SubscriptionInterval::MONTH, 1};
  request.merchant_data = std::string("paid with ") + kCard;
  request.merchant_reference1 = kCard;
  request.billing_address = address_of();
  request.billing_address->street_address2 = "4111 1111 1111 1111";
  request.attachment = Attachment{"text/plain", kCard};
  const auto opened = open_purchase(request);
  ASSERT_TRUE(opened.ok());
  const auto& line = opened->cart.order_lines[0];
  EXPECT_EQ(line.name, "Boots ************1111");
  EXPECT_EQ(line.merchant_data, "************1111");
  EXPECT_EQ(line.reference, kCard);
  EXPECT_EQ(line.subscription->name, "************1111");
  EXPECT_EQ(opened->cart.merchant_data, "paid with ************1111");
  EXPECT_EQ(opened->cart.merchant_reference1, kCard);
  EXPECT_EQ(opened->details.billing_address->street_address2, "**** **** **** 1111");
  EXPECT_EQ(opened->details.attachment->body, "************1111");
}

TEST(DifferingFieldsTest, blanks_and_case_do_not_matter_and_what_was_never_given_may_be_added) {
  auto request = request_of();
  request.billing_address = address_of();
  const auto authorized = open_purchase(request);
  request.billing_address->postal_code = "12345";
  request.billing_address->city = " ANKEBORG ";
  request.billing_address->organization_name = "Added later AB";
  request.shipping_address = address_of();
  request.merchant_reference1 = "A-1";
  request.order_lines->front().name = "BOOTS";
  const auto requested = open_purchase(request);
  ASSERT_TRUE(authorized.ok() && requested.ok());
  EXPECT_TRUE(differing_fields(*authorized, *requested).empty());
  request.billing_address.reset();
  EXPECT_TRUE(differing_fields(*authorized, *open_purchase(request)).empty());
}

TEST(DifferingFieldsTest, each_difference_is_named) {
  auto request = request_of();
  request.billing_address = address_of();
  const auto authorized = open_purchase(request);
  request.billing_address->city = "Gåseborg";
  EXPECT_EQ(differing_fields(*authorized, *open_purchase(request)), std::vector<std::string>{"billing_address.city"});
  EXPECT_EQ(differing_fields(*authorized, *open_purchase(request_of(9'000))),
            (std::vector<std::string>{"order_amount", "order_lines"}));
  auto doubled = request_of();
  doubled.order_lines->front().unit_price = 5'000;
  doubled.order_lines->front().quantity = 2;
  EXPECT_EQ(differing_fields(*authorized, *open_purchase(doubled)), std::vector<std::string>{"order_lines"});
}

TEST(AddMissingDetailsTest, only_what_was_not_there_is_added) {
  Details have;
  have.billing_address = address_of();
  have.billing_address->phone.reset();
  Details given;
  given.billing_address = address_of("DE");
  given.billing_address->phone = "+46700000000";
  given.shipping_address = address_of("NO");
  EXPECT_TRUE(add_missing_details(have, given));
  EXPECT_EQ(have.billing_address->country, "SE");
  EXPECT_EQ(have.billing_address->phone, "+46700000000");
  EXPECT_EQ(have.shipping_address->country, "NO");
  EXPECT_FALSE(add_missing_details(have, given));
}

}  // namespace
}  // namespace karv::orders
