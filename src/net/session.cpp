#include "net/session.h"

#include <algorithm>

#include "base/id.h"
#include "base/log.h"
#include "base/random.h"
#include "net/hop.h"
#include "net/wiped_text.h"

namespace karv::net {
namespace {

using base::ErrorCode;

std::string new_correlation_id() {
  base::SystemRandom random;
  return base::uuid_text(base::make_uuid_v7(base::SystemClock(), random));
}

// Counts a request as in flight while it lives.
class InFlight {
 public:
  explicit InFlight(std::atomic<std::size_t>& count) : count_(count), before_(count.fetch_add(1)) {}
  ~InFlight() { count_.fetch_sub(1); }
  InFlight(const InFlight&) = delete;
  InFlight& operator=(const InFlight&) = delete;
  std::size_t before() const { return before_; }

 private:
  std::atomic<std::size_t>& count_;
  const std::size_t before_;
};

}  // namespace

Session::Session(std::shared_ptr<Server::Impl> server, std::shared_ptr<Channel> channel, asio::any_io_executor executor)
    : server_(std::move(server)), channel_(std::move(channel)), executor_(std::move(executor)), pause_(executor_) {}

void Session::start() {
  asio::co_spawn(executor_, [self = shared_from_this()] { return self->run(); }, asio::detached);
}

void Session::stop(bool at_once) {
  asio::post(executor_, [self = shared_from_this(), at_once] {
    self->stopping_ = true;
    if (self->events_) self->events_->close();
    if (at_once || self->idle_) self->channel_->abort();
  });
}

asio::awaitable<void> Session::run() {
  const auto self = shared_from_this();
  try {
    co_await serve();
  } catch (const std::exception& e) {
    base::log::error("session_exception", {{"what", e.what()}});
  }
  channel_->abort();
  if (server_->options.wipe_buffers) wipe_text(buffer_);
  server_->close_session(this);
}

asio::awaitable<void> Session::serve() {
  peer_ = channel_->peer_address();
  peer_credentials_ = channel_->peer_credentials();
  const error_code failed = co_await channel_->accept_tls(after(server_->options.limits.handshake));
  if (failed) co_return;
  peer_certificate_cn_ = channel_->peer_certificate_cn();
  bool more = true;
  while (more && !stopping_) more = co_await serve_one();
  co_await channel_->close();
}

asio::awaitable<bool> Session::serve_one() {
  Incoming in;
  co_await receive(in);
  Request& request = in.head.request;
  if (in.closed) co_return false;
  if (in.refusal) {
    Response response = error_response(request, *in.refusal);
    co_return co_await send(request, response, true);
  }
  Reply reply = co_await answer(request);
  bool more = false;
  if (auto* const stream = std::get_if<EventStream>(&reply)) {
    co_await stream_events(in.head, std::move(*stream));
  } else {
    auto& response = std::get<Response>(reply);
    more = co_await send(request, response, !in.head.keep_alive || response.close || stopping_);
  }
  if (server_->options.wipe_buffers) wipe_text(request.body);
  co_return more;
}

asio::awaitable<Reply> Session::answer(Request& request) {
  const InFlight in_flight(server_->in_flight);
  const Refusal busy{base::Error(ErrorCode::unavailable)};
  if (in_flight.before() >= server_->options.limits.max_in_flight) co_return error_response(request, busy);
  std::function<Reply()> work = [this, &request] {
    return guarded(request, [&] { return server_->service(request); });
  };
  auto reply = co_await on_worker(server_->workers, std::move(work), Admission::bounded);
  if (!reply) co_return error_response(request, busy);
  while (auto* const pending = std::get_if<std::unique_ptr<Call>>(&*reply)) {
    const std::shared_ptr<Call> call = std::move(*pending);
    auto outcome =
        std::make_shared<CallOutcome>(co_await through_client(*server_->client, std::move(call->request), call->limit));
    work = [this, &request, call, outcome] {
      return guarded(request, [&] { return call->then(std::move(*outcome)); });
    };
    reply = co_await on_worker(server_->workers, std::move(work), Admission::continuation);
    if (!reply) co_return bug_response(request, "the worker pool stopped before its servers");
  }
  if (auto* const response = std::get_if<Response>(&*reply)) co_return std::move(*response);
  co_return std::move(std::get<EventStream>(*reply));
}

// Runs a handler's step; whatever it throws becomes this request's 500.
Reply Session::guarded(const Request& request, const std::function<Reply()>& work) const {
  try {
    Reply reply = work();
    if (const auto* const pending = std::get_if<std::unique_ptr<Call>>(&reply)) {
      if (!*pending || !(*pending)->then) return bug_response(request, "a Call without continuation");
      if (!server_->client) return bug_response(request, "a Call on a server without client");
    } else if (const auto* const stream = std::get_if<EventStream>(&reply)) {
      if (!stream->opened || !http1::are_sendable(stream->headers)) return bug_response(request, "a bad event stream");
    }
    return reply;
  } catch (const std::exception& e) {
    return bug_response(request, e.what());
  } catch (...) {
    return bug_response(request, "something that is not a std::exception");
  }
}

Response Session::bug_response(const Request& request, std::string_view what) const {
  if (server_->options.on_bug)
    server_->options.on_bug(request, what);
  else
    base::log::error("handler_bug", {{"what", what}, {"correlation_id", request.correlation_id}});
  return error_response(request, {base::Error(ErrorCode::internal)});
}

Response Session::error_response(const Request& request, const Refusal& refusal) const {
  Response response;
  try {
    if (server_->options.error_response) response = server_->options.error_response(request, refusal.error);
  } catch (const std::exception& e) {
    base::log::error("error_response_exception", {{"what", e.what()}});
    response = {};
  }
  if (!http1::are_sendable(response.headers)) response = {};
  response.status = refusal.status != 0 ? refusal.status : refusal.error.http_status();
  if (response.status == 503 && !response.headers.has("Retry-After")) response.headers.add("Retry-After", "1");
  return response;
}

asio::awaitable<bool> Session::send(const Request& request, Response& response, bool close) {
  if (!http1::are_sendable(response.headers) || response.status < 200 || response.status > 599)
    response = bug_response(request, "a response that may not be sent");
  std::string bytes = http1::render_response(response, {.asked_with = request.method,
                                                        .correlation_id = request.correlation_id,
                                                        .close = close,
                                                        .hsts = server_->options.hsts});
  if (server_->options.wipe_buffers) wipe_text(response.body);
  const IoResult sent = co_await channel_->write(asio::buffer(bytes), after(server_->options.limits.write));
  if (server_->options.wipe_buffers) wipe_text(bytes);
  if (sent.ec) channel_->abort();
  co_return !sent.ec && !close;
}

asio::awaitable<bool> Session::fill(std::string& into, SteadyTime deadline) {
  constexpr std::size_t kPiece = 4096;
  const std::size_t had = into.size();
  reserve_text(into, had + kPiece, server_->wipe());
  into.resize(had + kPiece);
  const IoResult got = co_await channel_->read_some(asio::buffer(into.data() + had, kPiece), deadline);
  into.resize(had + got.size);
  co_return !got.ec;
}

// Of what was received, the first `size` bytes have been used.
void Session::take_from_buffer(std::size_t size) {
  buffer_.erase(0, size);
  if (buffer_.empty() && server_->options.wipe_buffers) wipe_text(buffer_);
}

void Session::fail_read(Incoming& in) {
  if (channel_->timed_out())
    in.refusal = Refusal{base::public_error(ErrorCode::bad_request, "The request did not arrive in time."), 408};
  else
    in.closed = true;
}

asio::awaitable<void> Session::receive(Incoming& in) {
  in.head.request.peer = peer_;
  in.head.request.peer_credentials = peer_credentials_;
  in.head.request.peer_certificate_cn = peer_certificate_cn_;
  in.head.request.correlation_id = new_correlation_id();
  idle_ = buffer_.empty();
  if (idle_) {
    in.closed = !co_await fill(buffer_, after(server_->options.limits.idle));
    idle_ = false;
    if (in.closed) co_return;
  }
  const SteadyTime deadline = after(server_->options.limits.read);
  co_await receive_head(in, deadline);
  if (in.closed || in.refusal) co_return;
  co_await receive_body(in, deadline);
}

asio::awaitable<void> Session::receive_head(Incoming& in, SteadyTime deadline) {
  const std::size_t limit = server_->options.limits.max_head;
  std::size_t searched = 0;
  std::size_t end = buffer_.find(http1::kHeadEnd);
  while (end == std::string::npos && buffer_.size() <= limit) {
    searched = buffer_.size() - std::min<std::size_t>(buffer_.size(), http1::kHeadEnd.size() - 1);
    if (!co_await fill(buffer_, deadline)) {
      in.head.request.path = http1::readable_path(buffer_);
      fail_read(in);
      co_return;
    }
    end = buffer_.find(http1::kHeadEnd, searched);
  }
  if (end == std::string::npos || end + http1::kHeadEnd.size() > limit) {
    in.head.request.path = http1::readable_path(buffer_);
    in.refusal = Refusal{base::public_error(ErrorCode::too_large, "The request's header is too large."), 431};
    co_return;
  }
  const std::size_t size = end + http1::kHeadEnd.size();
  auto parsed = http1::parse_request_head(std::string_view(buffer_).substr(0, size), in.head);
  take_from_buffer(size);
  if (!parsed.ok()) in.refusal = Refusal{std::move(parsed).error()};
}

asio::awaitable<void> Session::receive_body(Incoming& in, SteadyTime deadline) {
  const http1::Framing& framing = in.head.framing;
  if (framing.chunked && server_->options.wipe_buffers) {
    in.refusal = Refusal{base::public_error(ErrorCode::bad_request, "A Content-Length is required."), 411};
    co_return;
  }
  if (framing.length > server_->options.limits.max_body) {
    in.refusal = Refusal{base::Error(ErrorCode::too_large)};
    co_return;
  }
  if (!framing.chunked && framing.length == 0) co_return;
  co_await send_continue(in);
  if (in.closed) co_return;
  if (framing.chunked) {
    co_await receive_chunks(in, deadline);
    co_return;
  }
  std::string& body = in.head.request.body;
  const std::size_t early = std::min<std::size_t>(framing.length, buffer_.size());
  reserve_text(body, std::min<std::size_t>(framing.length, std::size_t{64} * 1024), server_->wipe());
  body.assign(buffer_, 0, early);
  take_from_buffer(early);
  while (body.size() < framing.length) {
    if (!co_await fill(buffer_, deadline)) {
      fail_read(in);
      co_return;
    }
    const std::size_t piece = std::min<std::size_t>(framing.length - body.size(), buffer_.size());
    reserve_text(body, body.size() + piece, server_->wipe());
    body.append(buffer_, 0, piece);
    take_from_buffer(piece);
  }
}

asio::awaitable<void> Session::receive_chunks(Incoming& in, SteadyTime deadline) {
  http1::ChunkDecoder decoder(server_->options.limits.max_body);
  for (;;) {
    std::size_t consumed = 0;
    const auto state = decoder.feed(buffer_, in.head.request.body, consumed);
    take_from_buffer(consumed);
    if (state == http1::ChunkDecoder::State::done) co_return;
    if (state == http1::ChunkDecoder::State::bad) {
      in.refusal = Refusal{base::Error(decoder.over_limit() ? ErrorCode::too_large : ErrorCode::bad_request)};
      co_return;
    }
    if (!co_await fill(buffer_, deadline)) {
      fail_read(in);
      co_return;
    }
  }
}

asio::awaitable<void> Session::send_continue(Incoming& in) {
  static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  if (!in.head.expects_continue || !buffer_.empty()) co_return;
  const IoResult sent = co_await channel_->write(asio::buffer(kContinue), after(server_->options.limits.write));
  in.closed = static_cast<bool>(sent.ec);
}

}  // namespace karv::net
