#include "net/tls.h"

#include <array>
#include <cstring>

#include <openssl/ssl.h>

namespace karv::net {
namespace {

using base::ErrorCode;
using SslContext = asio::ssl::context;

constexpr const char* kTls12Ciphers =
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:"
    "ECDHE-RSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256";
constexpr std::string_view kHttp11 = "http/1.1";

void apply_common(SslContext& context, bool allow_tls_1_2, Wipe wipe) {
  SSL_CTX* const native = context.native_handle();
  SSL_CTX_set_min_proto_version(native, allow_tls_1_2 ? TLS1_2_VERSION : TLS1_3_VERSION);
  SSL_CTX_set_cipher_list(native, kTls12Ciphers);
  SSL_CTX_set_options(
      native, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE);
  if (wipe == Wipe::yes) SSL_CTX_set_options(native, SSL_OP_CLEANSE_PLAINTEXT);
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(native, 0);
}

base::Error unreadable(std::string_view what, const std::string& file, const error_code& ec) {
  return base::internal_error(ErrorCode::unavailable, std::string(what) + " " + file + ": " + ec.message());
}

base::Result<> load_identity(SslContext& context, const std::string& cert_file, const std::string& key_file) {
  error_code ec;
  if (context.use_certificate_chain_file(cert_file, ec)) return unreadable("certificate", cert_file, ec);
  if (context.use_private_key_file(key_file, SslContext::pem, ec)) return unreadable("key", key_file, ec);
  if (SSL_CTX_check_private_key(context.native_handle()) != 1)
    return base::internal_error(ErrorCode::unavailable, "key " + key_file + " does not fit its certificate");
  return {};
}

base::Result<> load_authority(SslContext& context, const std::string& ca_file) {
  error_code ec;
  if (context.load_verify_file(ca_file, ec)) return unreadable("certificate authority", ca_file, ec);
  return {};
}

// Of what a client offers we speak one; anything else goes on without an agreed protocol. Source: RFC 7301.
int select_protocol(SSL* /*ssl*/, const unsigned char** out, unsigned char* out_size, const unsigned char* offered,
                    unsigned int offered_size, void* /*unused*/) {
  for (unsigned int at = 0; at < offered_size && at + 1 + offered[at] <= offered_size; at += 1U + offered[at]) {
    const std::string_view name(reinterpret_cast<const char*>(offered + at + 1), offered[at]);
    if (name != kHttp11) continue;
    *out = offered + at + 1;
    *out_size = offered[at];
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_NOACK;
}

}  // namespace

base::Result<TlsContext> make_server_tls(const ServerTls& options) {
  auto context = std::make_shared<SslContext>(SslContext::tls_server);
  apply_common(*context, options.allow_tls_1_2, options.wipe);
  KARV_TRY_VOID(load_identity(*context, options.cert_file, options.key_file));
  SSL_CTX_set_alpn_select_cb(context->native_handle(), select_protocol, nullptr);
  if (!options.client_ca_file.empty()) {
    KARV_TRY_VOID(load_authority(*context, options.client_ca_file));
    context->set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert);
  }
  return context;
}

base::Result<TlsContext> make_client_tls(const ClientTls& options) {
  auto context = std::make_shared<SslContext>(SslContext::tls_client);
  apply_common(*context, options.allow_tls_1_2, options.wipe);
  KARV_TRY_VOID(load_authority(*context, options.ca_file));
  if (!options.cert_file.empty()) KARV_TRY_VOID(load_identity(*context, options.cert_file, options.key_file));
  context->set_verify_mode(asio::ssl::verify_peer);
  return context;
}

}  // namespace karv::net
