// For net's tests: certificates made at test start, and a blocking TLS peer that sends and reads raw bytes, so that a
// test can be as rude as the internet.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include <openssl/ssl.h>

namespace karv::net::testing {

// A certificate authority, leaves `server` (for server.test and 127.0.0.1), `client` (CN karv-client), and a second
// authority with the leaf `stranger`. Made once per process with the openssl program.
struct Certificates {
  std::filesystem::path folder;
  std::string ca() const { return folder / "ca.pem"; }
  std::string cert(std::string_view name) const { return folder / (std::string(name) + ".pem"); }
  std::string key(std::string_view name) const { return folder / (std::string(name) + ".key"); }
};
const Certificates& certificates();
// Makes one more leaf of the first authority.
void make_leaf(std::string_view name, std::string_view subject, std::string_view alternative_names);

struct RawOptions {
  std::string client_name;  // of the certificate to show; empty: none
  int max_version = 0;      // e.g. TLS1_2_VERSION
};

// The client side of a TLS connection to 127.0.0.1:port.
class RawTls {
 public:
  explicit RawTls(std::uint16_t port, RawOptions options = {});
  ~RawTls();
  RawTls(const RawTls&) = delete;
  RawTls& operator=(const RawTls&) = delete;

  bool connected() const { return connected_; }
  // Of the certificate that was shown: hexadecimal, upper case. Empty without one.
  std::string peer_serial() const;
  // False when the peer has closed.
  bool send(std::string_view bytes);
  // Reads until the text appears, the peer closes, or the time is over; what came is returned and taken.
  std::string read_until(std::string_view text, int limit_ms = 5000);
  // Reads one response with a Content-Length (or none for 204).
  std::string read_response(bool has_body = true);
  std::string read_to_end(int limit_ms = 5000);
  bool is_closed_by_peer(int limit_ms = 5000);
  // Says that nothing more will be sent; reading goes on.
  void half_close();

 private:
  bool read_more(int limit_ms);

  int socket_ = -1;
  SSL_CTX* context_ = nullptr;
  SSL* ssl_ = nullptr;
  bool connected_ = false;
  bool peer_closed_ = false;
  std::string received_;
};

}  // namespace karv::net::testing
