#include "api/merchant/dialect.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "json/decode.h"
#include "json/field_errors.h"

namespace karv::api::merchant {
namespace {

using base::ErrorCode;

struct Body {
  std::string error_code;
  std::vector<std::string> error_messages;
  std::string correlation_id;
};
BOOST_DESCRIBE_STRUCT(Body, (), (error_code, error_messages, correlation_id))

net::Request request_of() {
  net::Request request;
  request.path = "/payments/v1/sessions";
  request.correlation_id = "correlation";
  return request;
}
Body body_of(const net::Response& response) { return json::decode<Body>(response.body).value(); }

TEST(DialectTest, every_error_of_the_catalogue_has_the_three_members) {
  for (const auto& row : base::error_catalog()) {
    const auto response = error_response(request_of(), base::Error(row.code));
    EXPECT_GE(response.status, 400) << row.name;
    EXPECT_EQ(response.headers.find("Content-Type"), "application/json");
    const auto body = body_of(response);
    EXPECT_FALSE(body.error_code.empty()) << row.name;
    ASSERT_FALSE(body.error_messages.empty()) << row.name;
    EXPECT_EQ(body.correlation_id, "correlation");
  }
}

TEST(DialectTest, the_reason_is_the_code_and_the_detail_of_the_log_stays_there) {
  const auto named = base::public_error(ErrorCode::not_allowed, "No.", "CAPTURE_NOT_ALLOWED");
  EXPECT_EQ(body_of(error_response(request_of(), named)).error_code, "CAPTURE_NOT_ALLOWED");
  const auto internal = base::internal_error(ErrorCode::internal, "the secret reason");
  EXPECT_EQ(error_response(request_of(), internal).body.find("secret"), std::string::npos);
}

TEST(DialectTest, wrong_fields_come_one_per_line) {
  json::FieldErrors errors;
  errors.mismatch("order_amount", 2'001, 2'000);
  errors.missing("locale");
  const auto body = body_of(error_response(request_of(), errors.error()));
  EXPECT_EQ(body.error_code, "BAD_VALUE");
  ASSERT_EQ(body.error_messages.size(), 3U);
  EXPECT_EQ(body.error_messages[0], "Bad value: order_amount, locale");
}

TEST(DialectTest, a_401_says_how_to_authenticate_and_a_503_when_to_come_back) {
  const auto unauthorized = error_response(request_of(), base::Error(ErrorCode::unauthorized));
  EXPECT_EQ(unauthorized.status, 401);
  EXPECT_TRUE(unauthorized.headers.find("WWW-Authenticate").starts_with("Basic realm="));
  for (const auto code : {ErrorCode::unavailable, ErrorCode::storage_full}) {
    const auto later = error_response(request_of(), base::Error(code));
    EXPECT_EQ(later.status, 503);
    EXPECT_EQ(later.headers.find("Retry-After"), "1");
    EXPECT_EQ(body_of(later).error_code, "TEMPORARILY_UNAVAILABLE");
  }
}

TEST(DialectTest, unknown_paths_and_methods_speak_it_too) {
  EXPECT_EQ(fallback(request_of(), {}).status, 404);
  const auto wrong_method = fallback(request_of(), {net::Method::get, net::Method::post});
  EXPECT_EQ(wrong_method.status, 405);
  EXPECT_EQ(wrong_method.headers.find("Allow"), "GET, POST");
  EXPECT_EQ(body_of(wrong_method).error_code, "METHOD_NOT_ALLOWED");
}

TEST(DialectTest, a_success_without_a_body_has_no_type) {
  EXPECT_EQ(no_content().status, 204);
  EXPECT_FALSE(no_content().headers.has("Content-Type"));
}

}  // namespace
}  // namespace karv::api::merchant
