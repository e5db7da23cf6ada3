// A small certificate authority for development and tests: P-256 keys, X.509 v3, SHA-256. Production certificates come
// from the operator's own authority; nothing in a running server issues any. Source: RFC 5280, RFC 9525.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"

namespace karv::crypto {

struct IssuedCertificate {
  std::string certificate_pem;
  base::SecretBytes key_pem;
};

struct LeafRequest {
  std::string common_name;
  std::vector<std::string> dns_names = {};
  std::vector<std::string> ip_addresses = {};
  bool server = false;  // extended key usage serverAuth
  bool client = false;  // extended key usage clientAuth
  base::Duration validity = base::days(90);
};

class CertificateAuthority {
 public:
  static base::Result<CertificateAuthority> create(std::string_view name, base::Instant now, base::Random& random,
                                                   base::Duration validity = base::days(365));
  static base::Result<CertificateAuthority> load(std::string_view certificate_pem, const base::SecretBytes& key_pem);

  // A new key and its certificate, valid from an hour before `now`. Errors: bad_value (a name that cannot stand in a
  // certificate, neither server nor client), internal.
  base::Result<IssuedCertificate> issue(const LeafRequest& request, base::Instant now, base::Random& random) const;

  const std::string& certificate_pem() const { return certificate_pem_; }
  base::Result<base::SecretBytes> key_pem() const;

 private:
  std::shared_ptr<void> certificate_;
  std::shared_ptr<void> key_;
  std::string certificate_pem_;
};

// What a reader of a certificate may want to know.
struct CertificateFacts {
  std::string common_name;
  base::Instant not_before;
  base::Instant not_after;
};
base::Result<CertificateFacts> read_certificate(std::string_view pem);
// Whether `pem` was signed by `authority_pem` and is good for `dns_or_ip` as a server at `at`.
bool certificate_is_valid_for(std::string_view pem, std::string_view authority_pem, std::string_view dns_or_ip,
                              base::Instant at);

}  // namespace karv::crypto
