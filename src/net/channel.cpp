#include "net/channel.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <boost/asio/read.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/write.hpp>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>

#include "base/bytes.h"
#include "net/unix_socket.h"

namespace karv::net {
namespace {

constexpr std::size_t kMaxDrained = 1 << 20;

bool is_ip(const std::string& name) {
  error_code ec;
  asio::ip::make_address(name, ec);
  return !ec;
}

// The subject's last common name as UTF-8; empty when there is none or it holds a NUL.
std::string common_name(X509* certificate) {
  X509_NAME* const subject = X509_get_subject_name(certificate);
  int at = -1;
  for (int next = -1; (next = X509_NAME_get_index_by_NID(subject, NID_commonName, next)) >= 0;) at = next;
  if (at < 0) return {};
  unsigned char* text = nullptr;
  const int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  if (size < 0) return {};
  std::string name(reinterpret_cast<const char*>(text), static_cast<std::size_t>(size));
  OPENSSL_free(text);
  return name.find('\0') == std::string::npos ? name : std::string();
}

}  // namespace

Channel::Channel(Socket socket, TlsContext tls)
    : tls_(std::move(tls)), stream_(std::move(socket), *tls_), timer_(stream_.get_executor()) {}

void Channel::begin(Way way, SteadyTime deadline_of_step) {
  timed_out_ = false;
  deadline(way) = deadline_of_step;
  arm();
}

// Reads and writes come far more often than deadlines pass: the timer is moved only when it would ring too late.
void Channel::arm() {
  const SteadyTime next = std::min(read_deadline_, write_deadline_);
  if (next >= armed_until_) return;
  armed_until_ = next;
  timer_.expires_at(next);
  timer_.async_wait([weak = weak_from_this()](error_code ec) {
    if (ec) return;
    if (const auto self = weak.lock()) self->on_timer();
  });
}

void Channel::on_timer() {
  armed_until_ = SteadyTime::max();
  const SteadyTime now = std::chrono::steady_clock::now();
  if (now >= std::min(read_deadline_, write_deadline_)) {
    timed_out_ = true;
    error_code ignored;
    ignored = stream_.lowest_layer().cancel(ignored);
    // A step of several parts may just be between two of them and not notice: ring again until it has ended.
    SteadyTime& late = read_deadline_ <= write_deadline_ ? read_deadline_ : write_deadline_;
    late = now + std::chrono::milliseconds(50);
  }
  arm();
}

void Channel::abort() {
  error_code ignored;
  ignored = stream_.lowest_layer().close(ignored);
  timer_.cancel();
}

asio::awaitable<error_code> Channel::connect(Endpoint endpoint, SteadyTime limit) {
  begin(Way::out, limit);
  const auto [ec] = co_await stream_.lowest_layer().async_connect(endpoint, kAwait);
  end(Way::out);
  error_code ignored;
  if (!ec) ignored = stream_.lowest_layer().set_option(tcp::no_delay(true), ignored);
  co_return ec;
}

asio::awaitable<error_code> Channel::accept_tls(SteadyTime limit) {
  error_code ignored;
  ignored = stream_.lowest_layer().set_option(tcp::no_delay(true), ignored);
  begin(Way::out, limit);
  const auto [ec] = co_await stream_.async_handshake(asio::ssl::stream_base::server, kAwait);
  end(Way::out);
  co_return ec;
}

asio::awaitable<error_code> Channel::connect_tls(std::string server_name, SteadyTime limit) {
  error_code ec;
  ec = stream_.set_verify_callback(asio::ssl::host_name_verification(server_name), ec);
  if (ec) co_return ec;
  if (!is_ip(server_name)) SSL_set_tlsext_host_name(stream_.native_handle(), server_name.c_str());
  begin(Way::out, limit);
  const auto [problem] = co_await stream_.async_handshake(asio::ssl::stream_base::client, kAwait);
  end(Way::out);
  co_return problem;
}

asio::awaitable<IoResult> Channel::read_some(asio::mutable_buffer into, SteadyTime limit) {
  begin(Way::in, limit);
  const auto [ec, size] = co_await stream_.async_read_some(into, kAwait);
  end(Way::in);
  co_return IoResult{ec, size};
}

asio::awaitable<IoResult> Channel::read_exactly(asio::mutable_buffer into, SteadyTime limit) {
  begin(Way::in, limit);
  const auto [ec, size] = co_await asio::async_read(stream_, into, kAwait);
  end(Way::in);
  co_return IoResult{ec, size};
}

asio::awaitable<IoResult> Channel::write(asio::const_buffer bytes, SteadyTime limit) {
  begin(Way::out, limit);
  const auto [ec, size] = co_await asio::async_write(stream_, bytes, kAwait);
  end(Way::out);
  co_return IoResult{ec, size};
}

asio::awaitable<void> Channel::close() {
  begin(Way::out, after(base::seconds(1)));
  co_await stream_.async_shutdown(kAwait);
  error_code ignored;
  auto& socket = stream_.next_layer();
  ignored = socket.shutdown(Socket::shutdown_send, ignored);
  // Closing with unread bytes would reset the connection and take the answer away from a peer that is still sending.
  std::array<char, 4096> unread;
  for (std::size_t drained = 0; !timed_out_ && socket.is_open() && drained < kMaxDrained;) {
    const auto [problem, size] = co_await socket.async_read_some(asio::buffer(unread), kAwait);
    if (problem) break;
    drained += size;
  }
  end(Way::out);
  abort();
}

bool Channel::is_stale() {
  char byte = 0;
  const auto got = ::recv(stream_.lowest_layer().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

std::string Channel::peer_address() const {
  error_code ec;
  const Endpoint endpoint = stream_.lowest_layer().remote_endpoint(ec);
  if (ec) return {};
  if (endpoint.protocol().family() == AF_UNIX) return "unix";
  tcp::endpoint inet;
  if (endpoint.size() > inet.capacity()) return {};
  inet.resize(endpoint.size());
  std::memcpy(inet.data(), endpoint.data(), endpoint.size());
  return inet.address().to_string();
}

std::optional<PeerCredentials> Channel::peer_credentials() const {
  // The descriptor is only looked at; Asio has no const way to it.
  return peer_credentials_of(const_cast<Socket&>(stream_.next_layer()).native_handle());
}

std::string Channel::peer_key_pin() {
  const X509* const certificate = SSL_get0_peer_certificate(stream_.native_handle());
  if (certificate == nullptr) return {};
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  if (size <= 0) return {};
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(der, static_cast<std::size_t>(size), digest.data());
  OPENSSL_free(der);
  return base::to_base64(digest);
}

std::string Channel::peer_certificate_cn() {
  X509* const certificate = SSL_get1_peer_certificate(stream_.native_handle());
  if (!certificate) return {};
  const std::unique_ptr<X509, decltype(&X509_free)> owner(certificate, &X509_free);
  return common_name(certificate);
}

}  // namespace karv::net
