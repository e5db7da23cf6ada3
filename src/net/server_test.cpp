#include "net/server.h"

#include <atomic>
#include <chrono>
#include <future>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/check.h"
#include "net/client.h"
#include "net/test_support.h"

namespace karv::net {
namespace {

using namespace std::string_literals;
using testing::certificates;
using testing::RawTls;

// A server with a few routes, and what it reported.
class ServerTest : public ::testing::Test {
 protected:
  static ServerOptions options() {
    ServerOptions made;
    made.cert_file = certificates().cert("server");
    made.key_file = certificates().key("server");
    made.error_response = [](const Request& request, const base::Error& error) {
      const std::string code(base::row_of(error.code()).name);
      return Response{.headers = {{"Content-Type", "application/json"}},
                      .body = fmt::format(R"({{"code":"{}","path":"{}"}})", code, request.path)};
    };
    made.limits.read = base::milliseconds(700);
    made.limits.idle = base::milliseconds(1500);
    made.limits.heartbeat = base::milliseconds(200);
    return made;
  }

  void start(ServerOptions chosen = options()) {
    chosen.on_bug = [this](const Request&, std::string_view what) {
      const base::Lock lock(mutex_);
      bugs_.emplace_back(what);
    };
    add_routes();
    auto started = Server::start(loop_, workers_, nullptr, std::move(chosen),
                                 [this](Request& request) { return router_.handle(request); });
    ASSERT_TRUE(started.ok()) << started.error().internal_text();
    server_ = std::move(started).value();
  }

  void add_routes() {
    router_.add(Method::get, "/hello", [](const Request&) {
      return Response{.headers = {{"Content-Type", "text/plain"}, {"Capture-Id", "c1"}}, .body = "hello"};
    });
    router_.add(Method::post, "/echo", [](const Request& request) {
      return Response{.status = 201, .headers = {{"Location", "/echo/1"}}, .body = request.body};
    });
    router_.add(Method::get, "/orders/:order_id", [](const Request& request) {
      return Response{.body = request.parameter("order_id") + "|" + request.query_parameter("q").value_or("-")};
    });
    router_.add(Method::delete_, "/orders/:order_id", [](const Request&) {
      return Response{.status = 204, .headers = {{"Content-Type", "application/json"}}, .body = "ignored"};
    });
    router_.add(Method::get, "/bug", [](const Request&) -> Reply {
      KARV_REQUIRE(1 == 2);
      return Response{};
    });
    router_.add(Method::get, "/inject", [](const Request&) {
      return Response{.headers = {{"Location", "/x\r\nSet-Cookie: a=b"}}, .body = {}};
    });
    router_.add(Method::get, "/who", [](const Request& request) {
      return Response{.body = request.peer_certificate_cn + "@" + request.peer};
    });
    router_.add(Method::get, "/slow", [](const Request&) {
      std::this_thread::sleep_for(std::chrono::milliseconds(300));
      return Response{.body = "slow"};
    });
    router_.add(Method::get, "/call-without-client",
                [](const Request&) { return call({}, base::seconds(1), [](CallOutcome) { return Response{}; }); });
    router_.add(Method::get, "/events", [this](const Request&) {
      return EventStream{.headers = {}, .opened = [this](std::shared_ptr<EventSink> sink) {
                           const base::Lock lock(mutex_);
                           sinks_.push_back(std::move(sink));
                           sink_came_.notify_all();
                         }};
    });
  }

  std::shared_ptr<EventSink> wait_for_sink() {
    const base::Lock lock(mutex_);
    while (sinks_.empty()) sink_came_.wait(mutex_);
    auto sink = std::move(sinks_.back());
    sinks_.pop_back();
    return sink;
  }

  std::string ask(std::string_view bytes) {
    RawTls peer(server_->port());
    EXPECT_TRUE(peer.connected());
    peer.send(bytes);
    return peer.read_response();
  }
  static std::string get(std::string_view target, std::string_view more = {}) {
    return fmt::format("GET {} HTTP/1.1\r\nHost: server.test\r\n{}\r\n", target, more);
  }
  std::vector<std::string> bugs() {
    const base::Lock lock(mutex_);
    return bugs_;
  }

  Loop loop_{2};
  WorkerPool workers_{{.threads = 4, .max_queue = 8}};
  Router router_;
  std::unique_ptr<Server> server_;
  base::Mutex mutex_;
  base::Condition sink_came_;
  std::vector<std::string> bugs_ KARV_GUARDED_BY(mutex_);
  std::vector<std::shared_ptr<EventSink>> sinks_ KARV_GUARDED_BY(mutex_);
};

TEST_F(ServerTest, answers_a_request_with_standard_headers_in_their_spelling) {
  start();
  const std::string answer = ask(get("/hello"));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\nhello"));
  for (const auto* const header : {"\r\nContent-Type: text/plain\r\n", "\r\nCapture-Id: c1\r\n",
                                   "\r\nCache-Control: no-store\r\n", "\r\nX-Content-Type-Options: nosniff\r\n",
                                   "\r\nStrict-Transport-Security: max-age=", "\r\nDate: ", "\r\nContent-Length: 5\r\n",
                                   "\r\nKarv-Correlation-Id: ", "\r\nKlarna-Correlation-Id: "})
    EXPECT_NE(answer.find(header), std::string::npos) << header;
  EXPECT_EQ(answer.find("Server:"), std::string::npos);
  EXPECT_EQ(answer.find("Connection:"), std::string::npos);
}

TEST_F(ServerTest, keeps_the_connection_and_answers_pipelined_requests_in_order) {
  start();
  RawTls peer(server_->port());
  const std::string post = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";
  peer.send(get("/hello") + post + get("/orders/7"));
  EXPECT_TRUE(peer.read_response().ends_with("\r\n\r\nhello"));
  const std::string second = peer.read_response();
  EXPECT_TRUE(second.starts_with("HTTP/1.1 201 Created\r\n"));
  EXPECT_TRUE(second.ends_with("\r\n\r\nabc"));
  EXPECT_TRUE(peer.read_response().ends_with("\r\n\r\n7|-"));
  peer.send(get("/hello", "Connection: close\r\n"));
  const std::string last = peer.read_response();
  EXPECT_NE(last.find("\r\nConnection: close\r\n"), std::string::npos);
  EXPECT_TRUE(peer.is_closed_by_peer());
}

TEST_F(ServerTest, tolerates_duplicate_slashes_an_empty_query_and_a_final_slash) {
  start();
  EXPECT_TRUE(ask(get("//orders///a%20b?")).ends_with("\r\n\r\na b|-"));
  EXPECT_TRUE(ask(get("/orders/7/?x=1&q=a+b%2Bc")).ends_with("\r\n\r\n7|a b+c"));
}

TEST_F(ServerTest, head_is_answered_from_get_without_body) {
  start();
  RawTls peer(server_->port());
  peer.send("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n" + get("/orders/1"));
  const std::string head = peer.read_response(false);
  EXPECT_NE(head.find("\r\nContent-Length: 5\r\n"), std::string::npos);
  EXPECT_TRUE(peer.read_response().ends_with("\r\n\r\n1|-"));
}

TEST_F(ServerTest, no_content_has_neither_body_nor_type_nor_length) {
  start();
  const std::string answer = ask("DELETE /orders/1 HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 204 No Content\r\n"));
  EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
  EXPECT_EQ(answer.find("\r\nContent-Type"), std::string::npos);
  EXPECT_EQ(answer.find("Content-Length"), std::string::npos);
}

TEST_F(ServerTest, unknown_paths_and_methods_are_told_apart) {
  start();
  EXPECT_TRUE(ask(get("/nothing")).starts_with("HTTP/1.1 404 "));
  const std::string answer = ask("PURGE /orders/1 HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 405 "));
  EXPECT_NE(answer.find("\r\nAllow: GET, DELETE\r\n"), std::string::npos) << answer;
}

struct Malformed {
  const char* name;
  std::string bytes;
};

TEST_F(ServerTest, malformed_requests_are_refused_and_the_connection_ends) {
  start();
  const std::string host = "Host: a\r\n";
  const std::vector<Malformed> cases = {
      {"two hosts", "GET /hello HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"},
      {"no host", "GET /hello HTTP/1.1\r\n\r\n"},
      {"bad host", "GET /hello HTTP/1.1\r\nHost: a/b\r\n\r\n"},
      {"folded line", "GET /hello HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n"},
      {"bare LF", "GET /hello HTTP/1.1\r\nHost: a\nX: b\r\n\r\n"},
      {"bare CR in a value", "GET /hello HTTP/1.1\r\nHost: a\r\nX: b\rc\r\n\r\n"},
      {"NUL in a value", "GET /hello HTTP/1.1\r\nHost: a\r\nX: b\0c\r\n\r\n"s},
      {"space before the colon", "GET /hello HTTP/1.1\r\nHost : a\r\n\r\n"},
      {"no name", "GET /hello HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n"},
      {"absolute target", "GET http://a/hello HTTP/1.1\r\n" + host + "\r\n"},
      {"asterisk target", "OPTIONS * HTTP/1.1\r\n" + host + "\r\n"},
      {"authority target", "CONNECT a:443 HTTP/1.1\r\n" + host + "\r\n"},
      {"escaped NUL", get("/orders/%00")},
      {"half an escape", get("/orders/%4")},
      {"wrong escape", get("/orders/%zz")},
      {"wrong escape in the query", get("/orders/1?q=%zz")},
      {"escaped NUL in the query", get("/orders/1?q=%00")},
      {"invalid UTF-8", get("/orders/%ff")},
      {"escaped slash", get("/orders/%2F")},
      {"escaped line end", get("/orders/%0d%0a")},
      {"escaped tab", get("/orders/%09")},
      {"escaped backslash", get("/orders/%5c")},
      {"dots", get("/orders/../hello")},
      {"escaped dots", get("/orders/%2e%2e/hello")},
      {"fragment", get("/hello#x")},
      {"space in the target", get("/hel lo")},
      {"raw high byte in the target", get("/h\xc3\xa9")},
      {"no version", "GET /hello\r\n" + host + "\r\n"},
      {"other version", "GET /hello HTTP/2.0\r\n" + host + "\r\n"},
      {"bad method", "G@T /hello HTTP/1.1\r\n" + host + "\r\n"},
      {"coding xchunked", "POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"},
      {"coding list", "POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"},
      {"coding gzip", "POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"},
      {"coding twice",
       "POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {"coding and length",
       "POST /echo HTTP/1.1\r\n" + host + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {"two lengths", "POST /echo HTTP/1.1\r\n" + host + "Content-Length: 1\r\nContent-Length: 1\r\n\r\na"},
      {"length list", "POST /echo HTTP/1.1\r\n" + host + "Content-Length: 1, 1\r\n\r\na"},
      {"signed length", "POST /echo HTTP/1.1\r\n" + host + "Content-Length: +1\r\n\r\na"},
      {"endless length", "POST /echo HTTP/1.1\r\n" + host + "Content-Length: 99999999999999999999\r\n\r\na"},
      {"chunk without size", "POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n\r\n"},
      {"chunk extension",
       "POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n1;a=b\r\na\r\n0\r\n\r\n"},
      {"chunk longer than said",
       "POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n"},
      {"trailer", "POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n\r\n"},
      {"chunked in HTTP/1.0", "POST /echo HTTP/1.0\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {"other expectation", "POST /echo HTTP/1.1\r\n" + host + "Expect: magic\r\nContent-Length: 1\r\n\r\na"},
  };
  for (const auto& malformed : cases) {
    RawTls peer(server_->port());
    peer.send(malformed.bytes + get("/hello"));
    const std::string answer = peer.read_response();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 Bad Request\r\n")) << malformed.name << "\n" << answer;
    EXPECT_NE(answer.find(R"({"code":"BAD_REQUEST")"), std::string::npos) << malformed.name;
    EXPECT_NE(answer.find("\r\nConnection: close\r\n"), std::string::npos) << malformed.name;
    EXPECT_EQ(peer.read_to_end(), "") << malformed.name;
    EXPECT_TRUE(peer.is_closed_by_peer()) << malformed.name;
  }
  EXPECT_TRUE(ask(get("/hello")).ends_with("hello"));
}

TEST_F(ServerTest, the_refused_path_is_known_to_the_error_response) {
  start();
  const std::string answer = ask("GET /orders/1 HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n");
  EXPECT_NE(answer.find(R"("path":"/orders/1")"), std::string::npos) << answer;
}

TEST_F(ServerTest, chunked_bodies_are_put_together) {
  start();
  RawTls peer(server_->port());
  peer.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA\r\n01234");
  peer.send("56789\r\n0\r\n\r\n" + get("/hello"));
  EXPECT_TRUE(peer.read_response().ends_with("\r\n\r\nabc0123456789"));
  EXPECT_TRUE(peer.read_response().ends_with("hello"));
}

TEST_F(ServerTest, a_body_of_exactly_the_limit_is_read_and_one_byte_more_is_refused) {
  auto chosen = options();
  chosen.limits.max_body = 200'000;
  start(std::move(chosen));
  const std::string body(200'000, 'x');
  EXPECT_TRUE(ask(fmt::format("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{}", body.size(), body))
                  .ends_with("\r\n\r\n" + body));
  EXPECT_TRUE(ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 200001\r\n\r\n").starts_with("HTTP/1.1 413 "));
  const std::string chunk = fmt::format("{:x}\r\n{}\r\n", body.size(), body);
  const std::string chunked = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk;
  EXPECT_TRUE(ask(chunked + "0\r\n\r\n").ends_with(body));
  EXPECT_TRUE(ask(chunked + "1\r\nx\r\n0\r\n\r\n").starts_with("HTTP/1.1 413 "));
  EXPECT_TRUE(ask("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n")
                  .starts_with("HTTP/1.1 413 "));
}

TEST_F(ServerTest, a_peer_that_is_still_sending_a_refused_body_can_read_the_answer) {
  start();
  RawTls peer(server_->port());
  peer.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n\r\n");
  peer.send(std::string(300'000, 'x'));
  EXPECT_TRUE(peer.read_response().starts_with("HTTP/1.1 413 "));
}

TEST_F(ServerTest, a_huge_head_is_refused) {
  start();
  EXPECT_TRUE(ask(get("/hello", "X: " + std::string(20'000, 'x') + "\r\n")).starts_with("HTTP/1.1 431 "));
  EXPECT_TRUE(ask("GET /" + std::string(40'000, 'x')).starts_with("HTTP/1.1 431 "));
  std::string many;
  for (int i = 0; i < 101; ++i) many += "X: y\r\n";
  EXPECT_TRUE(ask(get("/hello", many)).starts_with("HTTP/1.1 400 "));
}

TEST_F(ServerTest, expect_continue_is_answered_before_the_body) {
  start();
  RawTls peer(server_->port());
  peer.send("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(peer.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  peer.send("ok");
  EXPECT_TRUE(peer.read_response().ends_with("\r\n\r\nok"));
}

TEST_F(ServerTest, a_slow_request_is_cut_off_with_408) {
  start();
  RawTls head(server_->port());
  head.send("GET /hello HT");
  EXPECT_TRUE(head.read_response().starts_with("HTTP/1.1 408 Request Timeout\r\n"));
  EXPECT_TRUE(head.is_closed_by_peer());
  RawTls body(server_->port());
  body.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 2; ++i) {  // a byte now and then does not help
    std::this_thread::sleep_for(std::chrono::milliseconds(250));
    body.send("c");
  }
  EXPECT_TRUE(body.read_response().starts_with("HTTP/1.1 408 "));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(2500));
}

TEST_F(ServerTest, an_idle_connection_is_closed_without_a_word) {
  start();
  RawTls peer(server_->port());
  peer.send(get("/hello"));
  peer.read_response();
  EXPECT_EQ(peer.read_to_end(4000), "");
  EXPECT_TRUE(peer.is_closed_by_peer());
}

TEST_F(ServerTest, a_half_closed_connection_still_gets_its_answer) {
  start();
  RawTls peer(server_->port());
  peer.send(get("/slow"));
  peer.half_close();
  EXPECT_TRUE(peer.read_response().ends_with("slow"));
}

TEST_F(ServerTest, connections_that_speak_no_tls_or_say_nothing_do_no_harm) {
  auto chosen = options();
  chosen.limits.handshake = base::milliseconds(300);
  start(std::move(chosen));
  RawTls old(server_->port(), {.client_name = {}, .max_version = TLS1_2_VERSION});
  EXPECT_FALSE(old.connected());
  EXPECT_TRUE(ask(get("/hello")).ends_with("hello"));
}

TEST_F(ServerTest, tls_1_2_is_spoken_only_when_allowed) {
  auto chosen = options();
  chosen.allow_tls_1_2 = true;
  start(std::move(chosen));
  RawTls old(server_->port(), {.client_name = {}, .max_version = TLS1_2_VERSION});
  ASSERT_TRUE(old.connected());
  old.send(get("/hello"));
  EXPECT_TRUE(old.read_response().ends_with("hello"));
  RawTls older(server_->port(), {.client_name = {}, .max_version = TLS1_1_VERSION});
  EXPECT_FALSE(older.connected());
}

TEST_F(ServerTest, a_failing_handler_fails_its_request_only) {
  start();
  RawTls peer(server_->port());
  peer.send(get("/bug"));
  const std::string answer = peer.read_response();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 500 "));
  EXPECT_NE(answer.find(R"("code":"INTERNAL")"), std::string::npos);
  EXPECT_EQ(answer.find("1 == 2"), std::string::npos);
  peer.send(get("/hello"));
  EXPECT_TRUE(peer.read_response().ends_with("hello"));
  EXPECT_EQ(bugs().size(), 1U);
}

TEST_F(ServerTest, a_header_that_would_split_the_answer_is_a_bug) {
  start();
  const std::string answer = ask(get("/inject"));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 500 "));
  EXPECT_EQ(answer.find("Set-Cookie"), std::string::npos);
  EXPECT_EQ(bugs().size(), 1U);
}

TEST_F(ServerTest, a_call_without_a_client_is_a_bug) {
  start();
  EXPECT_TRUE(ask(get("/call-without-client")).starts_with("HTTP/1.1 500 "));
  EXPECT_EQ(bugs().size(), 1U);
}

TEST_F(ServerTest, mutual_tls_admits_the_authority_s_clients_only) {
  auto chosen = options();
  chosen.client_ca_file = certificates().ca();
  start(std::move(chosen));
  RawTls known(server_->port(), {.client_name = "client"});
  known.send(get("/who"));
  EXPECT_TRUE(known.read_response().ends_with("\r\n\r\nkarv-client@127.0.0.1"));
  for (const auto* const name : {"", "stranger"}) {
    RawTls refused(server_->port(), {.client_name = name});
    refused.send(get("/who"));
    EXPECT_EQ(refused.read_to_end(), "") << name;
    EXPECT_TRUE(refused.is_closed_by_peer());
  }
}

TEST_F(ServerTest, too_many_requests_in_flight_are_answered_503_with_retry_after) {
  auto chosen = options();
  chosen.limits.max_in_flight = 1;
  start(std::move(chosen));
  RawTls first(server_->port());
  RawTls second(server_->port());
  first.send(get("/slow"));
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  second.send(get("/hello"));
  const std::string answer = second.read_response();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 ")) << answer;
  EXPECT_NE(answer.find("\r\nRetry-After: 1\r\n"), std::string::npos);
  EXPECT_TRUE(first.read_response().ends_with("slow"));
  second.send(get("/hello"));
  EXPECT_TRUE(second.read_response().ends_with("hello"));
}

TEST_F(ServerTest, a_full_worker_queue_is_answered_503) {
  start();
  std::vector<std::unique_ptr<RawTls>> peers;
  for (int i = 0; i < 20; ++i) peers.push_back(std::make_unique<RawTls>(server_->port()));
  for (auto& peer : peers) peer->send(get("/slow"));
  int answered = 0;
  int refused = 0;
  for (auto& peer : peers) {
    const std::string answer = peer->read_response();
    answered += answer.starts_with("HTTP/1.1 200 ") ? 1 : 0;
    refused += answer.starts_with("HTTP/1.1 503 ") ? 1 : 0;
  }
  EXPECT_EQ(answered + refused, 20);
  EXPECT_GE(answered, 8);
  EXPECT_GE(refused, 1);
}

TEST_F(ServerTest, connections_beyond_the_limit_are_closed_at_once) {
  auto chosen = options();
  chosen.limits.max_connections = 2;
  start(std::move(chosen));
  RawTls first(server_->port());
  RawTls second(server_->port());
  RawTls third(server_->port());
  EXPECT_TRUE(second.connected());
  EXPECT_FALSE(third.connected());
}

TEST_F(ServerTest, events_arrive_with_heartbeats_between_them) {
  start();
  RawTls peer(server_->port());
  peer.send(get("/events"));
  const std::string head = peer.read_until("\r\n\r\n");
  EXPECT_NE(head.find("\r\nContent-Type: text/event-stream\r\n"), std::string::npos);
  EXPECT_NE(head.find("\r\nTransfer-Encoding: chunked\r\n"), std::string::npos);
  auto sink = wait_for_sink();
  EXPECT_TRUE(sink->push("changed", "{\"a\":1}\nline two"));
  EXPECT_FALSE(sink->push("bad\nname", ""));
  const std::string event = peer.read_until("\n\n\r\n");
  EXPECT_NE(event.find("event: changed\ndata: {\"a\":1}\ndata: line two\n\n"), std::string::npos) << event;
  EXPECT_NE(peer.read_until(":\n\n\r\n").find(":\n\n"), std::string::npos);
  sink.reset();
  EXPECT_TRUE(peer.read_to_end().ends_with("0\r\n\r\n"));
  EXPECT_TRUE(peer.is_closed_by_peer());
}

TEST_F(ServerTest, an_event_stream_notices_that_its_peer_has_gone) {
  start();
  std::shared_ptr<EventSink> sink;
  {
    RawTls peer(server_->port());
    peer.send(get("/events"));
    peer.read_until("\r\n\r\n");
    sink = wait_for_sink();
  }
  bool gone = false;
  for (int i = 0; i < 100 && !gone; ++i) {
    gone = !sink->push("changed", "x");
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_TRUE(gone);
}

TEST_F(ServerTest, an_event_stream_whose_peer_does_not_read_ends_instead_of_growing) {
  auto chosen = options();
  chosen.limits.write = base::milliseconds(500);
  start(std::move(chosen));
  RawTls peer(server_->port());
  peer.send(get("/events"));
  auto sink = wait_for_sink();
  bool gone = false;
  const std::string much(100'000, 'x');
  for (int i = 0; i < 500 && !gone; ++i) gone = !sink->push("changed", much);
  EXPECT_TRUE(gone);
  EXPECT_FALSE(sink->push("changed", "x"));
}

TEST_F(ServerTest, stopping_answers_what_is_in_flight_and_ends_the_rest) {
  start();
  RawTls idle(server_->port());
  idle.send(get("/hello"));
  idle.read_response();
  RawTls events(server_->port());
  events.send(get("/events"));
  const auto sink = wait_for_sink();
  RawTls busy(server_->port());
  busy.send(get("/slow"));
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const std::uint16_t port = server_->port();
  auto stopped = std::async(std::launch::async, [this] { server_->stop(base::seconds(5)); });
  const std::string answer = busy.read_response();
  EXPECT_TRUE(answer.ends_with("slow"));
  EXPECT_NE(answer.find("\r\nConnection: close\r\n"), std::string::npos);
  EXPECT_TRUE(idle.is_closed_by_peer());
  EXPECT_TRUE(events.read_to_end().ends_with("0\r\n\r\n"));
  EXPECT_FALSE(sink->push("changed", "late"));
  stopped.get();
  EXPECT_FALSE(RawTls(port).connected());
}

TEST_F(ServerTest, certificates_are_read_again_without_a_restart) {
  testing::make_leaf("rotating", "server.test", "DNS:server.test");
  auto chosen = options();
  chosen.cert_file = certificates().cert("rotating");
  chosen.key_file = certificates().key("rotating");
  start(std::move(chosen));
  RawTls before(server_->port());
  ASSERT_TRUE(before.connected());
  testing::make_leaf("rotating", "server.test", "DNS:elsewhere.test");
  ASSERT_TRUE(server_->reload_certificates().ok());
  EXPECT_FALSE(RawTls(server_->port()).connected());  // the new name does not fit: it is the new certificate
  before.send(get("/hello"));
  EXPECT_TRUE(before.read_response().ends_with("hello"));
  std::filesystem::remove(certificates().cert("rotating"));
  EXPECT_FALSE(server_->reload_certificates().ok());
}

TEST_F(ServerTest, with_wiped_buffers_bodies_need_a_length) {
  auto chosen = options();
  chosen.wipe_buffers = true;
  start(std::move(chosen));
  RawTls peer(server_->port());
  const std::string body(50'000, 'w');
  const std::string head = fmt::format("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", body.size());
  peer.send(head + body + head + body);
  EXPECT_TRUE(peer.read_response().ends_with(body));
  EXPECT_TRUE(peer.read_response().ends_with(body));
  EXPECT_TRUE(ask("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
                  .starts_with("HTTP/1.1 411 "));
}

TEST_F(ServerTest, a_server_does_not_start_on_a_taken_port_or_without_its_files) {
  start();
  auto chosen = options();
  chosen.listen = fmt::format("127.0.0.1:{}", server_->port());
  const auto handler = [](Request&) { return Response{}; };
  EXPECT_FALSE(Server::start(loop_, workers_, nullptr, chosen, handler).ok());
  chosen.listen = "localhost";
  EXPECT_FALSE(Server::start(loop_, workers_, nullptr, chosen, handler).ok());
  chosen = options();
  chosen.key_file = certificates().key("client");
  EXPECT_FALSE(Server::start(loop_, workers_, nullptr, chosen, handler).ok());
}

}  // namespace
}  // namespace karv::net
