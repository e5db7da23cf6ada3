#include "net/client.h"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <future>
#include <thread>

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "net/raw_server.h"
#include "net/server.h"
#include "net/test_support.h"

namespace karv::net {
namespace {

using base::ErrorCode;
using testing::certificates;
using testing::RawServer;
using testing::RawTls;

Destination destination(std::string name, std::uint16_t port) {
  Destination made;
  made.name = std::move(name);
  made.address = "127.0.0.1:" + std::to_string(port);
  made.server_name = "server.test";
  made.ca_file = certificates().ca();
  return made;
}

std::unique_ptr<Client> client_of(Loop& loop, Destination made) {
  std::vector<Destination> all;
  all.push_back(std::move(made));
  auto client = Client::create(loop, std::move(all));
  EXPECT_TRUE(client.ok());
  return std::move(client).value();
}

// As an operator reads it off: openssl x509 -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256
// -binary | base64
std::string key_pin_of(const std::string& certificate) {
  const std::string command = "openssl x509 -pubkey -noout -in " + certificate +
                              " | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64";
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
  std::array<char, 64> line{};
  EXPECT_NE(std::fgets(line.data(), line.size(), pipe.get()), nullptr);
  std::string pin = line.data();
  pin.pop_back();
  return pin;
}

OutboundRequest get_from(std::string destination_name, std::string path = "/") {
  return {.destination = std::move(destination_name), .method = Method::get, .path = std::move(path)};
}

constexpr base::Duration kLimit = base::seconds(5);

TEST(ClientTest, a_request_arrives_as_it_was_written_and_its_connection_is_used_again) {
  RawServer server([](std::string_view) { return "HTTP/1.1 201 Created\r\nX-Id: 7\r\nContent-Length: 2\r\n\r\nok"; });
  Loop loop;
  const auto client = client_of(loop, destination("raw", server.port()));
  for (int i = 0; i < 3; ++i) {
    const auto outcome = client->send_blocking(
        {.destination = "raw", .path = "/a?b=c", .headers = {{"X-Trace", "t"}}, .body = "hello"}, kLimit);
    ASSERT_TRUE(outcome.ok()) << outcome.error().internal_text();
    EXPECT_EQ(outcome->status, 201);
    EXPECT_EQ(outcome->headers.find("x-id"), "7");
    EXPECT_EQ(outcome->body, "ok");
  }
  EXPECT_EQ(server.requests().front(),
            "POST /a?b=c HTTP/1.1\r\nHost: server.test\r\nX-Trace: t\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_EQ(server.requests().size(), 3U);
  EXPECT_EQ(server.connections(), 1);
}

TEST(ClientTest, interim_and_chunked_answers_are_understood) {
  RawServer server([](std::string_view) {
    return "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: "
           "chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n";
  });
  Loop loop;
  const auto client = client_of(loop, destination("raw", server.port()));
  const auto outcome = client->send_blocking(get_from("raw"), kLimit);
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(outcome->body, "abc");
}

TEST(ClientTest, nobody_listening_is_unavailable) {
  std::uint16_t port = 0;
  {
    RawServer server([](std::string_view) { return ""; });
    port = server.port();
  }
  Loop loop;
  const auto client = client_of(loop, destination("gone", port));
  const auto outcome = client->send_blocking(get_from("gone"), kLimit);
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error().code(), ErrorCode::unavailable);
}

TEST(ClientTest, a_peer_that_is_not_who_it_should_be_is_unavailable_and_sees_nothing) {
  RawServer server([](std::string_view) { return "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"; });
  Loop loop;
  auto wrong_name = destination("raw", server.port());
  wrong_name.server_name = "vault.test";
  auto wrong_authority = destination("raw", server.port());
  wrong_authority.ca_file = certificates().cert("other-ca");
  for (auto& wrong : {wrong_name, wrong_authority}) {
    const auto client = client_of(loop, wrong);
    const auto outcome = client->send_blocking(get_from("raw"), kLimit);
    ASSERT_FALSE(outcome.ok());
    EXPECT_EQ(outcome.error().code(), ErrorCode::unavailable);
  }
  EXPECT_TRUE(server.requests().empty());
}

TEST(ClientTest, a_pinned_key_is_the_only_one_that_is_trusted) {
  RawServer server([](std::string_view) { return "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"; });
  Loop loop;
  auto made = destination("raw", server.port());
  made.key_pins = {base::to_base64(base::Bytes(32)), key_pin_of(certificates().cert("server"))};
  EXPECT_TRUE(client_of(loop, made)->send_blocking(get_from("raw"), kLimit).ok());
  made.key_pins = {base::to_base64(base::Bytes(32))};
  const auto outcome = client_of(loop, made)->send_blocking(get_from("raw"), kLimit);
  EXPECT_EQ(outcome.error().code(), ErrorCode::unavailable);
  EXPECT_EQ(outcome.error().reason(), "PEER_NOT_TRUSTED");
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST(ClientTest, a_large_body_arrives_whole) {
  ServerOptions options;
  options.cert_file = certificates().cert("server");
  options.key_file = certificates().key("server");
  options.limits.max_body = std::size_t{8} * 1024 * 1024;
  Loop loop;
  WorkerPool workers({.threads = 1, .max_queue = 8});
  std::string got;
  const auto server = Server::start(loop, workers, nullptr, options, [&](Request& request) -> Reply {
    got = request.body;
    return Response{.status = 204};
  });
  ASSERT_TRUE(server.ok());
  std::string body(std::size_t{3} * 1024 * 1024, 'x');
  for (std::size_t i = 0; i < body.size(); i += 1000) body[i] = static_cast<char>('a' + i % 26);
  {
    const auto client = client_of(loop, destination("large", static_cast<std::uint16_t>((*server)->port())));
    const auto outcome = client->send_blocking({.destination = "large", .path = "/", .body = body}, kLimit);
    ASSERT_TRUE(outcome.ok()) << outcome.error().internal_text();
  }
  (*server)->stop(base::seconds(1));
  workers.stop();
  EXPECT_TRUE(got == body);
}

TEST(ClientTest, a_peer_that_accepts_and_says_nothing_is_unavailable_after_the_connect_limit) {
  testing::MuteServer server;
  Loop loop;
  auto made = destination("mute", server.port());
  made.connect_limit = base::milliseconds(200);
  const auto client = client_of(loop, std::move(made));
  const auto begin = std::chrono::steady_clock::now();
  const auto outcome = client->send_blocking(get_from("mute"), kLimit);
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error().code(), ErrorCode::unavailable);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(3));
}

TEST(ClientTest, no_answer_in_time_is_a_timeout) {
  RawServer server([](std::string_view) { return ""; });
  Loop loop;
  const auto client = client_of(loop, destination("raw", server.port()));
  const auto outcome = client->send_blocking(get_from("raw"), base::milliseconds(300));
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error().code(), ErrorCode::timeout);
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST(ClientTest, an_answer_that_breaks_or_makes_no_sense_is_an_unknown_outcome_and_not_repeated) {
  for (const std::string answer :
       {"close", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabclose", "SMTP ready\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\nclose", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n", "HTTP/1.1 999 What\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
    RawServer server([&](std::string_view) { return answer; });
    Loop loop;
    const auto client = client_of(loop, destination("raw", server.port()));
    const auto outcome = client->send_blocking(get_from("raw"), kLimit);
    ASSERT_FALSE(outcome.ok()) << answer;
    EXPECT_EQ(outcome.error().code(), ErrorCode::unknown_outcome) << answer;
    EXPECT_EQ(server.requests().size(), 1U) << answer;
  }
}

TEST(ClientTest, an_endless_head_is_an_unknown_outcome) {
  RawServer server([](std::string_view) { return "HTTP/1.1 200 OK\r\nX: " + std::string(40'000, 'x'); });
  Loop loop;
  const auto client = client_of(loop, destination("raw", server.port()));
  const auto outcome = client->send_blocking(get_from("raw"), kLimit);
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error().code(), ErrorCode::unknown_outcome);
}

TEST(ClientTest, a_kept_connection_that_the_peer_closed_is_replaced_before_anything_is_sent) {
  RawServer server([](std::string_view) { return "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nclose"; });
  Loop loop;
  const auto client = client_of(loop, destination("raw", server.port()));
  for (int i = 0; i < 3; ++i) {
    const auto outcome = client->send_blocking(get_from("raw"), kLimit);
    ASSERT_TRUE(outcome.ok()) << outcome.error().internal_text();
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  EXPECT_EQ(server.connections(), 3);
  EXPECT_EQ(server.requests().size(), 3U);
}

TEST(ClientTest, what_may_not_be_sent_is_not_sent) {
  RawServer server([](std::string_view) { return "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"; });
  Loop loop;
  const auto client = client_of(loop, destination("raw", server.port()));
  const std::vector<OutboundRequest> wrong = {
      {.destination = "raw", .path = "/a b"},
      {.destination = "raw", .path = "http://x/"},
      {.destination = "raw", .path = "/a\r\nX: y"},
      {.destination = "raw", .path = "/", .headers = {{"X", "a\r\nY: b"}}},
      {.destination = "raw", .path = "/", .headers = {{"Content-Length", "9"}}},
      {.destination = "elsewhere", .path = "/"},
  };
  for (const auto& request : wrong) {
    const auto outcome = client->send_blocking(request, kLimit);
    ASSERT_FALSE(outcome.ok());
    EXPECT_EQ(outcome.error().code(), ErrorCode::internal);
  }
  EXPECT_TRUE(server.requests().empty());
}

TEST(ClientTest, calls_beyond_the_connections_wait_their_turn_within_their_limit) {
  RawServer server([](std::string_view request) {
    std::this_thread::sleep_for(std::chrono::milliseconds(request.starts_with("GET /slow") ? 800 : 0));
    return "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  });
  Loop loop;
  auto made = destination("raw", server.port());
  made.max_connections = 1;
  const auto client = client_of(loop, std::move(made));
  auto slow = std::async(std::launch::async, [&] { return client->send_blocking(get_from("raw", "/slow"), kLimit); });
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  auto patient = std::async(std::launch::async, [&] { return client->send_blocking(get_from("raw"), kLimit); });
  const auto hasty = client->send_blocking(get_from("raw"), base::milliseconds(100));
  ASSERT_FALSE(hasty.ok());
  EXPECT_EQ(hasty.error().code(), ErrorCode::unavailable);
  EXPECT_TRUE(slow.get().ok());
  EXPECT_TRUE(patient.get().ok());
  EXPECT_EQ(server.connections(), 1);
  EXPECT_EQ(server.requests().size(), 2U);
}

TEST(ClientTest, stopping_ends_what_hangs_and_refuses_what_comes) {
  RawServer server([](std::string_view) { return ""; });
  Loop loop;
  const auto client = client_of(loop, destination("raw", server.port()));
  auto hanging =
      std::async(std::launch::async, [&] { return client->send_blocking(get_from("raw"), base::seconds(60)); });
  while (server.requests().empty()) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  client->stop();
  const auto outcome = hanging.get();
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error().code(), ErrorCode::unknown_outcome);
  const auto late = client->send_blocking(get_from("raw"), kLimit);
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().code(), ErrorCode::unavailable);
}

TEST(ClientTest, a_client_does_not_start_with_a_wrong_configuration) {
  Loop loop;
  auto no_address = destination("a", 1);
  no_address.address = "somewhere:1";
  EXPECT_FALSE(Client::create(loop, {no_address}).ok());
  auto no_authority = destination("a", 1);
  no_authority.ca_file = "/nonexistent";
  EXPECT_FALSE(Client::create(loop, {no_authority}).ok());
  EXPECT_FALSE(Client::create(loop, {destination("a", 1), destination("a", 2)}).ok());
}

// A server whose handlers call another server.
class CallTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ServerOptions inner;
    inner.cert_file = certificates().cert("server");
    inner.key_file = certificates().key("server");
    inner.client_ca_file = certificates().ca();
    auto started = Server::start(loop_, inner_workers_, nullptr, inner, [this](Request& request) -> Reply {
      if (request.path == "/hang") released_.wait();
      return Response{.body = request.peer_certificate_cn + ":" + request.body};
    });
    ASSERT_TRUE(started.ok());
    inner_ = std::move(started).value();
    auto made = destination("inner", inner_->port());
    made.cert_file = certificates().cert("client");
    made.key_file = certificates().key("client");
    made.max_connections = 100;
    client_ = client_of(loop_, std::move(made));
    ServerOptions outer;
    outer.cert_file = certificates().cert("server");
    outer.key_file = certificates().key("server");
    started = Server::start(loop_, workers_, client_.get(), outer, [](Request& request) { return handle(request); });
    ASSERT_TRUE(started.ok());
    outer_ = std::move(started).value();
  }
  void TearDown() override {
    outer_->stop(base::seconds(1));
    client_->stop();
    inner_->stop(base::seconds(1));
  }

  static Reply handle(const Request& request) {
    if (request.path == "/plain") return Response{.body = "plain"};
    OutboundRequest first{.destination = "inner", .path = request.path == "/hang" ? "/hang" : "/", .body = "one"};
    return call(std::move(first), base::seconds(10), [path = request.path](CallOutcome outcome) -> Reply {
      if (!outcome.ok()) return Response{.status = outcome.error().http_status()};
      if (path == "/throw") throw std::runtime_error("after the call");
      if (path == "/once") return Response{.body = outcome->body};
      OutboundRequest second{.destination = "inner", .path = "/", .body = outcome->body + "+two"};
      return call(std::move(second), base::seconds(10),
                  [](CallOutcome last) -> Reply { return Response{.body = last.ok() ? last->body : "failed"}; });
    });
  }
  std::string ask(const std::string& path) const {
    RawTls peer(outer_->port());
    peer.send("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n");
    return peer.read_response();
  }

  Loop loop_{2};
  WorkerPool inner_workers_{{.threads = 2}};
  WorkerPool workers_{{.threads = 2}};
  std::promise<void> release_;
  std::shared_future<void> released_ = release_.get_future().share();
  std::unique_ptr<Server> inner_;
  std::unique_ptr<Client> client_;
  std::unique_ptr<Server> outer_;
};

TEST_F(CallTest, calls_can_follow_one_another) {
  EXPECT_TRUE(ask("/once").ends_with("\r\n\r\nkarv-client:one"));
  EXPECT_TRUE(ask("/twice").ends_with("\r\n\r\nkarv-client:karv-client:one+two"));
}

TEST_F(CallTest, an_exception_after_the_call_is_this_request_s_500) {
  EXPECT_TRUE(ask("/throw").starts_with("HTTP/1.1 500 "));
  EXPECT_TRUE(ask("/plain").ends_with("plain"));
}

TEST_F(CallTest, hanging_calls_hold_no_worker) {
  std::vector<std::unique_ptr<RawTls>> hanging;
  for (int i = 0; i < 20; ++i) {  // ten times the workers
    hanging.push_back(std::make_unique<RawTls>(outer_->port()));
    hanging.back()->send("GET /hang HTTP/1.1\r\nHost: a\r\n\r\n");
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(ask("/plain").ends_with("plain"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  client_->stop();  // ends the calls: their continuations still run
  release_.set_value();
  for (auto& peer : hanging) EXPECT_TRUE(peer->read_response().starts_with("HTTP/1.1 502 "));
}

Destination place(std::string name, std::uint16_t port) {
  auto made = destination("several", port);
  made.place = std::move(name);
  made.elsewhere = [](const Response& response) { return response.status == 503 && response.body == "asleep"; };
  return made;
}
std::unique_ptr<Client> client_of_two(Loop& loop, Destination first, Destination second) {
  std::vector<Destination> all;
  all.push_back(std::move(first));
  all.push_back(std::move(second));
  return Client::create(loop, std::move(all)).value();
}
std::string answer_of(int status, const std::string& body) {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         body;
}

TEST(ClientTest, of_several_places_the_named_one_is_asked_and_without_a_name_all_in_turn) {
  RawServer a([](std::string_view) { return answer_of(200, "a"); });
  RawServer b([](std::string_view) { return answer_of(200, "b"); });
  Loop loop;
  const auto client = client_of_two(loop, place("a", a.port()), place("b", b.port()));
  for (int i = 0; i < 4; ++i) {
    auto request = get_from("several");
    request.place = "b";
    EXPECT_EQ(client->send_blocking(std::move(request), kLimit)->body, "b");
  }
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(client->send_blocking(get_from("several"), kLimit).ok());
  EXPECT_EQ(a.requests().size(), 2U);
  EXPECT_EQ(b.requests().size(), 6U);
}

TEST(ClientTest, another_place_is_asked_when_nothing_can_have_happened_and_only_then) {
  std::uint16_t gone = 0;
  {
    RawServer server([](std::string_view) { return ""; });
    gone = server.port();
  }
  RawServer asleep([](std::string_view) { return answer_of(503, "asleep"); });
  RawServer busy([](std::string_view) { return answer_of(503, "busy"); });
  RawServer fine([](std::string_view) { return answer_of(200, "fine"); });
  Loop loop;
  const auto ask_a = [&](std::uint16_t port) {
    const auto client = client_of_two(loop, place("a", port), place("b", fine.port()));
    auto request = get_from("several");
    request.place = "a";
    const auto outcome = client->send_blocking(std::move(request), kLimit);
    return outcome.ok() ? outcome->body : std::string(outcome.error().internal_text());
  };
  EXPECT_EQ(ask_a(gone), "fine");
  EXPECT_EQ(ask_a(asleep.port()), "fine");
  EXPECT_EQ(ask_a(busy.port()), "busy");
  RawServer breaks([](std::string_view) { return "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nonly"; });
  const auto before = fine.requests().size();
  EXPECT_NE(ask_a(breaks.port()), "fine");  // it may have acted
  EXPECT_EQ(fine.requests().size(), before);
}

TEST(ClientTest, a_place_that_does_not_answer_is_left_alone_for_a_while) {
  RawServer breaks([](std::string_view) { return "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nonly"; });
  RawServer fine([](std::string_view) { return answer_of(200, "fine"); });
  Loop loop;
  const auto client = client_of_two(loop, place("a", breaks.port()), place("b", fine.port()));
  const auto ask = [&] {
    auto request = get_from("several");
    request.place = "a";
    return client->send_blocking(std::move(request), kLimit);
  };
  EXPECT_FALSE(ask().ok());
  EXPECT_EQ(ask()->body, "fine");
  EXPECT_EQ(breaks.requests().size(), 1U);
}

TEST(ClientTest, a_place_that_is_gone_rests_and_two_of_one_name_and_place_are_refused) {
  std::uint16_t gone = 0;
  {
    RawServer server([](std::string_view) { return ""; });
    gone = server.port();
  }
  Loop loop;
  const auto client = client_of_two(loop, place("a", gone), place("b", gone));
  const auto outcome = client->send_blocking(get_from("several"), kLimit);
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error().code(), ErrorCode::unavailable);
  EXPECT_FALSE(client->send_blocking(get_from("several"), kLimit).ok());  // both rest, and are asked all the same
  std::vector<Destination> twice;
  twice.push_back(place("a", gone));
  twice.push_back(place("a", gone));
  EXPECT_EQ(Client::create(loop, std::move(twice)).error().code(), ErrorCode::bad_value);
}

}  // namespace
}  // namespace karv::net
