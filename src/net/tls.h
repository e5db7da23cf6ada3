// TLS settings of servers and clients: 1.3 (or 1.2 with forward secrecy and AEAD), peers verified. Internal to net.
// Source: RFC 8446, RFC 9325.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <boost/asio/ssl/context.hpp>

#include "base/result.h"
#include "net/asio.h"

namespace karv::net {

using TlsContext = std::shared_ptr<asio::ssl::context>;

enum class Wipe : std::uint8_t { no, yes };

struct ServerTls {
  std::string cert_file;  // PEM chain, leaf first
  std::string key_file;
  std::string client_ca_file;  // set: a client certificate of this authority is required
  bool allow_tls_1_2 = false;
  Wipe wipe = Wipe::no;
};
// Errors: unavailable (a file is missing or wrong).
base::Result<TlsContext> make_server_tls(const ServerTls& options);

struct ClientTls {
  std::string ca_file;
  std::string cert_file;  // empty: no client certificate
  std::string key_file;
  bool allow_tls_1_2 = false;
  Wipe wipe = Wipe::no;
};
base::Result<TlsContext> make_client_tls(const ClientTls& options);

}  // namespace karv::net
