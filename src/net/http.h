// HTTP as plain values: what a request becomes once it has been read, and what a use case answers with.
//
// Sockets, TLS, parsing, limits and deadlines are net's own business (net/server.h); code that handles requests sees
// these values only and runs on a worker thread, synchronously. A handler that needs the outside (a card network behind
// the vault) commits its intent and returns a Call: the worker is released, net makes the call, and `then` runs on a
// worker with the outcome. A handler that wants to keep telling news returns an EventStream.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace karv::net {

struct Header {
  std::string name;  // goes out with this spelling; looked up without regard to case
  std::string value;
};

class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<Header> headers) : all_(headers) {}
  void add(std::string name, std::string value) { all_.push_back({std::move(name), std::move(value)}); }
  // The first by that name; empty when there is none.
  std::string_view find(std::string_view name) const;
  bool has(std::string_view name) const;
  std::size_t count(std::string_view name) const;
  const std::vector<Header>& all() const { return all_; }

 private:
  std::vector<Header> all_;
};

// `other` is any further method: no route has it, so the fallback answers.
enum class Method : std::uint8_t { get, head, post, put, patch, delete_, options, other };
std::string_view method_text(Method method);  // "GET"; "OTHER" for other

// Who is at the other end of a Unix socket, as the kernel saw it when they connected.
struct PeerCredentials {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::int32_t pid = 0;  // for logs only: it may be another process by now
};

struct Request {
  Method method = Method::get;
  std::string path;   // percent-decoded once, duplicate slashes collapsed, no query; "/a/b"
  std::string query;  // undecoded, without '?'
  Headers headers;
  std::string body;
  std::string peer;                                 // "127.0.0.1"; "unix" over a Unix socket
  std::string peer_certificate_cn;                  // common name of the verified client certificate; empty without one
  std::optional<PeerCredentials> peer_credentials;  // over a Unix socket only
  std::string correlation_id;  // UUID text made by net; goes out as Karv-Correlation-Id / Klarna-Correlation-Id
  std::vector<std::pair<std::string, std::string>> path_parameters;  // filled by the router
  // The value of ":name" in the route's pattern. Pre: the route has it.
  const std::string& parameter(std::string_view name) const;
  // A decoded query parameter; empty when absent.
  std::optional<std::string> query_parameter(std::string_view name) const;
};

struct Response {
  int status = 200;
  Headers headers = {};
  std::string body = {};
  bool close = false;  // end the connection after this answer
};

// An outbound request. `destination` is a name configured at start (net/client.h): address, TLS identity, pool.
struct OutboundRequest {
  std::string destination;
  Method method = Method::post;
  std::string path;  // with the query, as it goes out
  Headers headers = {};
  std::string body = {};
  std::string place = {};  // of several places of the destination, the one to be asked first
};
// How an outbound call ended: a reply, or why there is none. Errors: unavailable (nothing was sent), timeout or
// unknown_outcome (the peer may have acted on it).
using CallOutcome = base::Result<Response>;

struct Call;

// Server-sent events: lines are pushed from any thread until either side closes.
class EventSink {
 public:
  virtual ~EventSink() = default;
  // False once the peer is gone or its queue is full (it then reconnects and reads again).
  virtual bool push(std::string_view event, std::string_view data) = 0;
};
struct EventStream {
  Headers headers = {};
  // Called on a worker when the stream is open; keep the sink and push to it. Dropping the last reference closes it.
  std::function<void(std::shared_ptr<EventSink>)> opened;
};

using Reply = std::variant<Response, std::unique_ptr<Call>, EventStream>;

struct Call {
  OutboundRequest request;
  base::Duration limit;
  std::function<Reply(CallOutcome)> then;
};
inline Reply call(OutboundRequest request, base::Duration limit, std::function<Reply(CallOutcome)> then) {
  return std::make_unique<Call>(Call{std::move(request), limit, std::move(then)});
}

// The request stays where it is until the last `then` of its reply has returned.
using Handler = std::function<Reply(const Request&)>;

// Routes by method and pattern ("/orders/:order_id/captures"). Unknown path and wrong method are answered by the
// fallback, so that each API can speak its own dialect.
class Router {
 public:
  void add(Method method, std::string_view pattern, Handler handler);
  // Called with the methods the path does have (empty: unknown path). Prefix-scoped; the longest prefix wins.
  void set_fallback(std::string_view prefix, std::function<Response(const Request&, std::vector<Method>)> fallback);
  // Fills the request's path_parameters and calls the route's handler. HEAD is answered by the GET route when there is
  // no other. A pattern's last segment may be "*name": it takes the rest of the path. Literal segments win over
  // parameters. A slash at the end makes no difference.
  Reply handle(Request& request) const;
  Reply handle(const Request& request) const {
    Request copy = request;
    return handle(copy);
  }

 private:
  struct Route {
    Method method;
    std::vector<std::string> segments;
    Handler handler;
  };
  struct Fallback {
    std::string prefix;
    std::function<Response(const Request&, std::vector<Method>)> answer;
  };
  Reply answer_unrouted(const Request& request, const std::vector<Method>& allowed) const;

  std::vector<Route> routes_;        // most literal first
  std::vector<Fallback> fallbacks_;  // longest prefix first
};

}  // namespace karv::net
