#include <gtest/gtest.h>

#include "base/check.h"
#include "net/http.h"

namespace karv::net {
namespace {

// Answers with the given word and the parameters.
Handler says(std::string word) {
  return [word = std::move(word)](const Request& request) {
    std::string body = word;
    for (const auto& [name, value] : request.path_parameters) body.append(" ").append(name).append("=").append(value);
    return Response{.body = body};
  };
}

std::string ask(const Router& router, Method method, std::string path) {
  Request request;
  request.method = method;
  request.path = std::move(path);
  const auto response = std::get<Response>(router.handle(request));
  return response.body.empty() ? std::to_string(response.status) : response.body;
}

TEST(RouterTest, literals_win_over_parameters_and_parameters_over_the_rest) {
  Router router;
  router.add(Method::get, "/*rest", says("rest"));
  router.add(Method::get, "/orders/:order_id", says("order"));
  router.add(Method::get, "/orders/search", says("search"));
  router.add(Method::get, "/:kind/search", says("kind"));
  EXPECT_EQ(ask(router, Method::get, "/orders/search"), "search");
  EXPECT_EQ(ask(router, Method::get, "/orders/7"), "order order_id=7");
  EXPECT_EQ(ask(router, Method::get, "/people/search"), "kind kind=people");
  EXPECT_EQ(ask(router, Method::get, "/orders/7/lines"), "rest rest=orders/7/lines");
  EXPECT_EQ(ask(router, Method::get, "/"), "404");
}

TEST(RouterTest, a_parameter_takes_one_segment_and_never_an_empty_one) {
  Router router;
  router.add(Method::get, "/orders/:order_id/captures/:capture_id", says("capture"));
  EXPECT_EQ(ask(router, Method::get, "/orders/1/captures/2"), "capture order_id=1 capture_id=2");
  EXPECT_EQ(ask(router, Method::get, "/orders/1/captures/2/"), "capture order_id=1 capture_id=2");
  EXPECT_EQ(ask(router, Method::get, "/orders/1/captures/"), "404");
  EXPECT_EQ(ask(router, Method::get, "/orders//captures/2"), "404");
  EXPECT_EQ(ask(router, Method::get, "/Orders/1/captures/2"), "404");
}

TEST(RouterTest, the_longest_prefix_s_fallback_answers_and_learns_the_allowed_methods) {
  Router router;
  router.add(Method::get, "/api/v1/orders", says("list"));
  router.add(Method::post, "/api/v1/orders", says("create"));
  router.set_fallback("/", [](const Request&, const std::vector<Method>&) { return Response{.body = "root"}; });
  router.set_fallback("/api", [](const Request&, const std::vector<Method>& allowed) {
    std::string body = "api";
    for (const Method method : allowed) body.append(" ").append(method_text(method));
    return Response{.body = body};
  });
  EXPECT_EQ(ask(router, Method::delete_, "/api/v1/orders"), "api GET POST");
  EXPECT_EQ(ask(router, Method::get, "/api/nothing"), "api");
  EXPECT_EQ(ask(router, Method::get, "/apiary"), "root");
  EXPECT_EQ(ask(router, Method::other, "/elsewhere"), "root");
}

TEST(RouterTest, a_route_that_is_there_twice_or_malformed_stops_the_process) {
  Router router;
  router.add(Method::get, "/a/:b", says("a"));
  EXPECT_DEATH(router.add(Method::get, "/a/:b", says("again")), "");
  EXPECT_DEATH(router.add(Method::get, "a", says("no slash")), "");
  EXPECT_DEATH(router.add(Method::get, "/*rest/more", says("rest in the middle")), "");
}

TEST(RequestTest, query_parameters_are_decoded_once) {
  Request request;
  request.query = "a=1&b=%26%3D&c&d=x+y&a=2&e=%2525";
  EXPECT_EQ(request.query_parameter("a"), "1");
  EXPECT_EQ(request.query_parameter("b"), "&=");
  EXPECT_EQ(request.query_parameter("c"), "");
  EXPECT_EQ(request.query_parameter("d"), "x y");
  EXPECT_EQ(request.query_parameter("e"), "%25");
  EXPECT_EQ(request.query_parameter("f"), std::nullopt);
  EXPECT_THROW(static_cast<void>(request.parameter("none")), base::RequirementFailed);
}

TEST(HeadersTest, names_are_found_in_any_case_and_keep_their_spelling) {
  Headers headers{{"Capture-Id", "1"}, {"capture-ID", "2"}};
  EXPECT_EQ(headers.find("CAPTURE-id"), "1");
  EXPECT_EQ(headers.count("capture-id"), 2U);
  EXPECT_EQ(headers.all().front().name, "Capture-Id");
  EXPECT_FALSE(headers.has("Capture"));
}

}  // namespace
}  // namespace karv::net
