#include "net/client_pool.h"

#include <algorithm>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "net/wiped_text.h"

namespace karv::net {
namespace {

using base::ErrorCode;

constexpr std::size_t kInOnePiece = std::size_t{16} * 1024;

base::Error not_sent(std::string_view what, const std::string& destination) {
  return base::internal_error(ErrorCode::unavailable, std::string(what) + " (" + destination + "), nothing was sent");
}

// Somebody answers there, and it is not who it should be.
base::Error not_trusted(std::string_view what, const std::string& destination) {
  return not_sent(what, destination).with_reason("PEER_NOT_TRUSTED");
}

bool is_verification(const error_code& ec) {
  return ec.category() == asio::error::get_ssl_category() &&
         ERR_GET_REASON(static_cast<unsigned long>(ec.value())) == SSL_R_CERTIFICATE_VERIFY_FAILED;
}

base::Error unknown_outcome(std::string_view what, const std::string& destination) {
  return base::internal_error(ErrorCode::unknown_outcome, std::string(what) + " (" + destination + ")");
}

}  // namespace

ClientPool::ClientPool(asio::io_context& io, Destination destination, Endpoint endpoint)
    : destination_(std::move(destination)), endpoint_(std::move(endpoint)), executor_(asio::make_strand(io)) {}

base::Result<std::shared_ptr<ClientPool>> ClientPool::create(asio::io_context& io, Destination destination) {
  const auto endpoint = endpoint_of(destination.address);
  if (!endpoint || destination.max_connections == 0 || destination.server_name.empty())
    return base::internal_error(ErrorCode::bad_value, "destination " + destination.name + " is malformed");
  auto pool = std::make_shared<ClientPool>(io, std::move(destination), *endpoint);
  KARV_TRY_VOID(pool->reload_certificates());
  return pool;
}

base::Result<> ClientPool::reload_certificates() {
  KARV_TRY(auto fresh, make_client_tls({.ca_file = destination_.ca_file,
                                        .cert_file = destination_.cert_file,
                                        .key_file = destination_.key_file,
                                        .allow_tls_1_2 = destination_.allow_tls_1_2,
                                        .wipe = wipe()}));
  const base::Lock lock(mutex_);
  tls_ = std::move(fresh);
  return {};
}

TlsContext ClientPool::tls() {
  const base::Lock lock(mutex_);
  return tls_;
}

asio::awaitable<CallOutcome> ClientPool::perform(OutboundRequest request, SteadyTime deadline) {
  // A small body goes out with its head, in one piece; a large one is not copied.
  const bool in_one = request.body.size() <= kInOnePiece;
  auto rendered = in_one ? http1::render_request(request, destination_.server_name)
                         : http1::render_request_head(request, destination_.server_name);
  if (!rendered) co_return base::internal_error(ErrorCode::internal, "an outbound request that may not be sent");
  std::string bytes = *std::move(rendered);
  CallOutcome outcome = not_sent("no attempt", destination_.name);
  for (bool again = true; again;) {
    auto lease = co_await acquire(deadline);
    if (!lease.ok()) {
      outcome = std::move(lease).error();
      break;
    }
    outcome = co_await exchange(*lease, {.first = bytes, .second = in_one ? std::string_view() : request.body},
                                request.method, deadline);
    // A kept connection may have died unnoticed. Only when no byte of ours left is another one tried.
    again = lease->kept() && !outcome.ok() && outcome.error().code() == ErrorCode::unavailable;
  }
  if (destination_.wipe_buffers) {
    wipe_text(bytes);
    wipe_text(request.body);
  }
  co_return outcome;
}

asio::awaitable<base::Result<ClientPool::Lease>> ClientPool::acquire(SteadyTime deadline) {
  for (;;) {
    if (stopped_) co_return not_sent("the client has stopped", destination_.name);
    if (auto kept = take_idle()) co_return Lease(*this, std::move(kept), true);
    if (open_.size() < destination_.max_connections) co_return co_await connect(deadline);
    if (!co_await wait_for_place(deadline)) co_return not_sent("no free connection in time", destination_.name);
  }
}

ClientPool::ChannelPtr ClientPool::take_idle() {
  while (!idle_.empty()) {
    Idle last = std::move(idle_.back());
    idle_.pop_back();
    if (last.until > std::chrono::steady_clock::now() && !last.channel->is_stale()) return last.channel;
    last.channel->abort();
    open_.erase(last.channel);
  }
  return nullptr;
}

asio::awaitable<base::Result<ClientPool::Lease>> ClientPool::connect(SteadyTime deadline) {
  const SteadyTime limit = std::min(deadline, after(destination_.connect_limit));
  const auto channel = std::make_shared<Channel>(Socket(executor_), tls());
  open_.insert(channel);
  Lease lease(*this, channel, false);
  error_code ec = co_await channel->connect(endpoint_, limit);
  if (ec) co_return not_sent("connect: " + ec.message(), destination_.name);
  ec = co_await channel->connect_tls(destination_.server_name, limit);
  if (ec && is_verification(ec)) co_return not_trusted("handshake: " + ec.message(), destination_.name);
  if (ec) co_return not_sent("handshake: " + ec.message(), destination_.name);
  const auto& pins = destination_.key_pins;
  if (!pins.empty() && std::ranges::find(pins, channel->peer_key_pin()) == pins.end())
    co_return not_trusted("the peer's key is not among the pinned ones", destination_.name);
  if (stopped_) co_return not_sent("the client has stopped", destination_.name);
  co_return std::move(lease);
}

asio::awaitable<bool> ClientPool::wait_for_place(SteadyTime deadline) {
  const auto timer = std::make_shared<asio::steady_timer>(executor_, deadline);
  waiting_.push_back(timer);
  const auto [woken] = co_await timer->async_wait(kAwait);
  std::erase(waiting_, timer);
  co_return static_cast<bool>(woken);
}

void ClientPool::give_back(ChannelPtr channel, bool reusable) {
  if (reusable && !stopped_) {
    idle_.push_back({std::move(channel), after(destination_.keep_idle)});
  } else {
    channel->abort();
    open_.erase(channel);
  }
  if (waiting_.empty()) return;
  waiting_.front()->cancel();
  waiting_.pop_front();
}

void ClientPool::stop() {
  stopped_ = true;
  for (const auto& channel : open_) channel->abort();
  for (const auto& idle : idle_) open_.erase(idle.channel);
  idle_.clear();
  for (const auto& timer : waiting_) timer->cancel();
  waiting_.clear();
}

asio::awaitable<CallOutcome> ClientPool::exchange(Lease& lease, Outgoing bytes, Method method, SteadyTime deadline) {
  IoResult sent = co_await lease.channel().write(asio::buffer(bytes.first), deadline);
  const bool begun = !sent.ec || sent.size > 0;
  if (!sent.ec && !bytes.second.empty()) sent = co_await lease.channel().write(asio::buffer(bytes.second), deadline);
  if (!begun) co_return not_sent("write: " + sent.ec.message(), destination_.name);
  if (sent.ec && lease.channel().timed_out())
    co_return base::internal_error(ErrorCode::timeout, "write (" + destination_.name + ")");
  if (sent.ec) co_return unknown_outcome("write: " + sent.ec.message(), destination_.name);
  std::string buffer;
  CallOutcome outcome = co_await read_response(lease, buffer, method, deadline);
  if (destination_.wipe_buffers) wipe_text(buffer);
  co_return outcome;
}

asio::awaitable<base::Result<>> ClientPool::fill(Channel& channel, std::string& buffer, SteadyTime deadline) {
  constexpr std::size_t kPiece = 4096;
  const std::size_t had = buffer.size();
  reserve_text(buffer, had + kPiece, wipe());
  buffer.resize(had + kPiece);
  const IoResult got = co_await channel.read_some(asio::buffer(buffer.data() + had, kPiece), deadline);
  buffer.resize(had + got.size);
  if (!got.ec) co_return base::Result<>();
  if (channel.timed_out()) co_return base::internal_error(ErrorCode::timeout, "no answer (" + destination_.name + ")");
  co_return unknown_outcome("read: " + got.ec.message(), destination_.name);
}

asio::awaitable<CallOutcome> ClientPool::read_response(Lease& lease, std::string& buffer, Method method,
                                                       SteadyTime deadline) {
  constexpr std::size_t kMaxHead = std::size_t{16} * 1024;
  for (;;) {
    const std::size_t end = buffer.find(http1::kHeadEnd);
    if (end == std::string::npos) {
      if (buffer.size() > kMaxHead) co_return unknown_outcome("an endless answer", destination_.name);
      auto filled = co_await fill(lease.channel(), buffer, deadline);
      if (!filled.ok()) co_return std::move(filled).error();
      continue;
    }
    const std::size_t size = end + http1::kHeadEnd.size();
    auto head = http1::parse_response_head(std::string_view(buffer).substr(0, size), method);
    if (!head.ok()) co_return unknown_outcome("malformed answer: " + head.error().internal_text(), destination_.name);
    buffer.erase(0, size);
    if (head->response.status < 200) continue;
    auto read = co_await read_body(lease.channel(), *head, buffer, deadline);
    if (!read.ok()) co_return std::move(read).error();
    if (head->keep_alive && buffer.empty()) lease.set_reusable();
    co_return std::move(head->response);
  }
}

asio::awaitable<base::Result<>> ClientPool::read_body(Channel& channel, http1::ResponseHead& head, std::string& buffer,
                                                      SteadyTime deadline) {
  std::string& body = head.response.body;
  if (head.framing.length > destination_.max_body) co_return unknown_outcome("too large", destination_.name);
  http1::ChunkDecoder decoder(destination_.max_body);
  for (;;) {
    std::size_t used = std::min<std::size_t>(head.framing.length - body.size(), buffer.size());
    bool done = false;
    if (head.framing.chunked) {
      const auto state = decoder.feed(buffer, body, used);
      if (state == http1::ChunkDecoder::State::bad) co_return unknown_outcome("malformed body", destination_.name);
      done = state == http1::ChunkDecoder::State::done;
    } else {
      reserve_text(body, body.size() + used, wipe());
      body.append(buffer, 0, used);
      done = body.size() == head.framing.length;
    }
    buffer.erase(0, used);
    if (done) co_return base::Result<>();
    auto filled = co_await fill(channel, buffer, deadline);
    if (!filled.ok()) co_return std::move(filled).error();
  }
}

}  // namespace karv::net
