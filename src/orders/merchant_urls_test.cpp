#include "orders/merchant_urls.h"

#include <string>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace karv::orders {
namespace {

const std::string kSession = "01900000-0000-7000-8000-000000000001";
const std::string kOrder = "01900000-0000-7000-8000-000000000002";
UrlFacts facts(bool placed = true) {
  return {PaymentSessionId::parse(kSession).value(), placed ? OrderId::parse(kOrder) : std::nullopt};
}

TEST(MerchantUrlsTest, each_name_is_filled_in_wherever_it_stands) {
  EXPECT_EQ(filled_url("https://{order.id}.shop.example/{session.id}/?o={checkout.order.id}&s={session.id}#{order.id}",
                       facts()),
            "https://" + kOrder + ".shop.example/" + kSession + "/?o=" + kOrder + "&s=" + kSession + "#" + kOrder);
}

TEST(MerchantUrlsTest, braces_that_a_url_library_encoded_are_braces) {
  EXPECT_EQ(filled_url("https://shop.example/?o=%7Border.id%7D&s=%7bsession.id%7d", facts()),
            "https://shop.example/?o=" + kOrder + "&s=" + kSession);
  EXPECT_EQ(filled_url("https://shop.example/?o=%7Border.id}", facts()), "https://shop.example/?o=" + kOrder);
}

TEST(MerchantUrlsTest, an_order_that_is_not_there_yet_leaves_its_names) {
  const std::string url = "https://shop.example/?o={order.id}&c=%7Bcheckout.order.id%7D";
  EXPECT_EQ(filled_url(url, facts(false)), url);
  EXPECT_EQ(filled_url(url + "&s={session.id}", facts(false)), url + "&s=" + kSession);
}

TEST(MerchantUrlsTest, whatever_else_looks_alike_is_left_alone) {
  for (const std::string& url :
       {std::string(), std::string("{"), std::string("}"), std::string("%"), std::string("%7"), std::string("%7B"),
        std::string("{}"), std::string("{order.id"), std::string("order.id}"), std::string("{Order.Id}"),
        std::string("{ order.id }"), std::string("{customer.id}"), std::string("{order.id.}"),
        std::string("%257Border.id%257D"), std::string(3'000, '{'), "{" + std::string(3'000, 'a') + "}"})
    EXPECT_EQ(filled_url(url, facts()), url) << url.substr(0, 40);
  EXPECT_EQ(filled_url("{{order.id}}", facts()), "{" + kOrder + "}");
}

TEST(MerchantUrlsTest, all_four_urls_are_filled_and_absent_ones_stay_absent) {
  const auto filled =
      filled_urls({"https://a/{order.id}", "https://b/{order.id}", std::nullopt, "https://d/"}, facts());
  EXPECT_EQ(filled.confirmation, "https://a/" + kOrder);
  EXPECT_EQ(filled.notification, "https://b/" + kOrder);
  EXPECT_FALSE(filled.push.has_value());
  EXPECT_EQ(filled.authorization, "https://d/");
}

RC_GTEST_PROP(MerchantUrlsProperty, filling_twice_is_filling_once_and_what_is_no_placeholder_stays,
              (const std::string& before, const std::string& after)) {
  RC_PRE(before.find_first_of("{}%") == std::string::npos && after.find_first_of("{}%") == std::string::npos);
  const auto once = filled_url(before + "{order.id}" + after, facts());
  RC_ASSERT(once == before + kOrder + after);
  RC_ASSERT(filled_url(once, facts()) == once);
}

}  // namespace
}  // namespace karv::orders
