#include "apps/cli/dev/certificates.h"

#include <filesystem>
#include <fstream>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "crypto/certificate.h"
#include "crypto/files.h"

namespace karv::apps::cli::dev {
namespace {

using base::Result;

constexpr base::Duration kAuthorityLeft = base::days(100);  // longer than a leaf lives

struct Leaf {
  const char* name;  // of the files, and what others expect the certificate to say
  bool server;
};
// The first seven are names that others verify; the last three say who is calling.
constexpr Leaf kLeaves[] = {{"pay.localhost", true},  {"vault.localhost", true}, {"vault-private", true},
                            {"shop.localhost", true}, {"card-network", true},    {"mail.localhost", true},
                            {"bank", true},           {"karv-server", false},    {"karv-vault", false},
                            {"karv-operator", false}};

std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

Result<crypto::CertificateAuthority> kept_authority(const Layout& layout, base::Instant now) {
  const std::string pem = read_text(layout.certificate("ca"));
  KARV_TRY(const auto facts, crypto::read_certificate(pem));
  if (facts.not_after < now + kAuthorityLeft) return base::internal_error(base::ErrorCode::gone, "too old");
  KARV_TRY(const auto key, crypto::read_secret_file(layout.key("ca")));
  return crypto::CertificateAuthority::load(pem, key);
}

Result<crypto::CertificateAuthority> ensure_authority(const Layout& layout, base::Instant now, base::Random& random) {
  if (auto kept = kept_authority(layout, now); kept.ok()) return kept;
  KARV_TRY(auto made, crypto::CertificateAuthority::create("Karv development authority", now, random));
  KARV_TRY(const auto key, made.key_pem());
  KARV_TRY_VOID(crypto::write_private_file(layout.key("ca"), key.expose()));
  KARV_TRY_VOID(crypto::write_public_file(layout.certificate("ca"), base::as_bytes(made.certificate_pem())));
  return made;
}

}  // namespace

Result<void> make_certificates(const Layout& layout) {
  base::SystemClock wall;
  base::SystemRandom random;
  KARV_TRY(const auto authority, ensure_authority(layout, wall.now(), random));
  for (const auto& leaf : kLeaves) {
    crypto::LeafRequest request{.common_name = leaf.name};
    if (leaf.server) {
      request.dns_names = {leaf.name};
      request.ip_addresses = {"127.0.0.1"};
      request.server = true;
    } else {
      request.client = true;
    }
    KARV_TRY(const auto issued, authority.issue(request, wall.now(), random));
    KARV_TRY_VOID(crypto::write_private_file(layout.key(leaf.name), issued.key_pem.expose()));
    KARV_TRY_VOID(crypto::write_public_file(layout.certificate(leaf.name), base::as_bytes(issued.certificate_pem)));
  }
  return {};
}

}  // namespace karv::apps::cli::dev
