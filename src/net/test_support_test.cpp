#include "net/test_support.h"

#include <chrono>
#include <csignal>
#include <cstdlib>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <openssl/bn.h>
#include <openssl/x509.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace karv::net::testing {
namespace {

using SteadyClock = std::chrono::steady_clock;

void run(const std::string& command) {
  ASSERT_EQ(std::system(("(" + command + ") >/dev/null 2>&1").c_str()), 0) << command;  // NOLINT(cert-env33-c)
}

void make_authority(const std::filesystem::path& folder, std::string_view name) {
  run(
      fmt::format("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN={1} "
                  "-addext basicConstraints=critical,CA:TRUE -keyout {0}/{1}.key -out {0}/{1}.pem",
                  folder.string(), name));
}

void make_leaf_of(const std::filesystem::path& folder, std::string_view authority, std::string_view name,
                  std::string_view subject, std::string_view alternative_names) {
  run(
      fmt::format("cd {0} && printf 'subjectAltName={3}\\n' > {1}.ext && "
                  "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN={2}' "
                  "-keyout {1}.key -out {1}.csr && "
                  "openssl x509 -req -in {1}.csr -CA {4}.pem -CAkey {4}.key -days 2 -extfile {1}.ext -out {1}.pem",
                  folder.string(), name, subject, alternative_names, authority));
}

Certificates make_certificates() {
  std::signal(SIGPIPE, SIG_IGN);
  std::string pattern = std::filesystem::temp_directory_path() / "karv-net-test-XXXXXX";
  const Certificates made{::mkdtemp(pattern.data())};
  make_authority(made.folder, "ca");
  make_authority(made.folder, "other-ca");
  make_leaf_of(made.folder, "ca", "server", "server.test", "DNS:server.test,IP:127.0.0.1");
  make_leaf_of(made.folder, "ca", "client", "karv-client", "DNS:client.test");
  make_leaf_of(made.folder, "other-ca", "stranger", "karv-client", "DNS:client.test");
  std::atexit([] { std::filesystem::remove_all(certificates().folder); });
  return made;
}

}  // namespace

const Certificates& certificates() {
  static const Certificates made = make_certificates();
  return made;
}

void make_leaf(std::string_view name, std::string_view subject, std::string_view alternative_names) {
  make_leaf_of(certificates().folder, "ca", name, subject, alternative_names);
}

RawTls::RawTls(std::uint16_t port, RawOptions options) {
  certificates();
  socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) return;
  context_ = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_load_verify_locations(context_, certificates().ca().c_str(), nullptr);
  if (options.max_version != 0) SSL_CTX_set_max_proto_version(context_, options.max_version);
  if (!options.client_name.empty()) {
    SSL_CTX_use_certificate_chain_file(context_, certificates().cert(options.client_name).c_str());
    SSL_CTX_use_PrivateKey_file(context_, certificates().key(options.client_name).c_str(), SSL_FILETYPE_PEM);
  }
  ssl_ = SSL_new(context_);
  SSL_set_fd(ssl_, socket_);
  SSL_set_tlsext_host_name(ssl_, "server.test");
  SSL_set1_host(ssl_, "server.test");
  connected_ = SSL_connect(ssl_) == 1;
}

RawTls::~RawTls() {
  SSL_free(ssl_);
  SSL_CTX_free(context_);
  ::close(socket_);
}

std::string RawTls::peer_serial() const {
  X509* const certificate = ssl_ == nullptr ? nullptr : SSL_get1_peer_certificate(ssl_);
  if (certificate == nullptr) return {};
  BIGNUM* const number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr);
  char* const text = BN_bn2hex(number);
  std::string serial = text;
  OPENSSL_free(text);
  BN_free(number);
  X509_free(certificate);
  return serial;
}

bool RawTls::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const int sent = SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()));
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool RawTls::read_more(int limit_ms) {
  if (peer_closed_) return false;
  pollfd waiting{.fd = socket_, .events = POLLIN, .revents = 0};
  if (SSL_pending(ssl_) == 0 && ::poll(&waiting, 1, limit_ms) <= 0) return false;
  char piece[4096];
  const int got = SSL_read(ssl_, piece, sizeof(piece));
  if (got > 0) {
    received_.append(piece, static_cast<std::size_t>(got));
    return true;
  }
  const int problem = SSL_get_error(ssl_, got);
  if (problem == SSL_ERROR_WANT_READ) return true;
  peer_closed_ = true;
  return false;
}

std::string RawTls::read_until(std::string_view text, int limit_ms) {
  const auto deadline = SteadyClock::now() + std::chrono::milliseconds(limit_ms);
  while (received_.find(text) == std::string::npos) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - SteadyClock::now());
    if (left.count() <= 0 || !read_more(static_cast<int>(left.count()))) break;
  }
  const std::size_t found = received_.find(text);
  const std::size_t size = found == std::string::npos ? received_.size() : found + text.size();
  std::string out = received_.substr(0, size);
  received_.erase(0, size);
  return out;
}

std::string RawTls::read_response(bool has_body) {
  std::string head = read_until("\r\n\r\n");
  const std::size_t at = head.find("\r\nContent-Length: ");
  if (at == std::string::npos || !has_body) return head;
  const auto length = static_cast<std::size_t>(std::strtoul(head.c_str() + at + 18, nullptr, 10));
  while (received_.size() < length && read_more(5000)) {
  }
  head += received_.substr(0, length);
  received_.erase(0, length);
  return head;
}

std::string RawTls::read_to_end(int limit_ms) { return read_until(std::string_view("\0never sent\0", 12), limit_ms); }

bool RawTls::is_closed_by_peer(int limit_ms) {
  read_to_end(limit_ms);
  return peer_closed_;
}

void RawTls::half_close() {
  SSL_shutdown(ssl_);
  ::shutdown(socket_, SHUT_WR);
}

}  // namespace karv::net::testing
