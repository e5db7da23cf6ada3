#include "crypto/certificate.h"

#include <gtest/gtest.h>

namespace karv::crypto {
namespace {

const base::Instant kNow = base::from_rfc3339("2026-11-22T12:00:00Z").value();

class Certificate : public ::testing::Test {
 protected:
  base::SystemRandom random_;
  CertificateAuthority authority_ = CertificateAuthority::create("Karv development", kNow, random_).value();
  IssuedCertificate issue(LeafRequest request) const {
    base::SystemRandom random;
    return authority_.issue(request, kNow, random).value();
  }
};

TEST_F(Certificate, a_server_leaf_is_valid_for_its_names_and_times_only) {
  const auto leaf = issue(
      {.common_name = "pay.localhost", .dns_names = {"pay.localhost"}, .ip_addresses = {"127.0.0.1"}, .server = true});
  const auto& ca = authority_.certificate_pem();
  EXPECT_TRUE(certificate_is_valid_for(leaf.certificate_pem, ca, "pay.localhost", kNow));
  EXPECT_TRUE(certificate_is_valid_for(leaf.certificate_pem, ca, "127.0.0.1", kNow + base::days(80)));
  EXPECT_FALSE(certificate_is_valid_for(leaf.certificate_pem, ca, "vault.localhost", kNow));
  EXPECT_FALSE(certificate_is_valid_for(leaf.certificate_pem, ca, "127.0.0.2", kNow));
  EXPECT_FALSE(certificate_is_valid_for(leaf.certificate_pem, ca, "pay.localhost", kNow + base::days(91)));
  EXPECT_FALSE(certificate_is_valid_for(leaf.certificate_pem, ca, "pay.localhost", kNow - base::days(1)));
  const auto facts = read_certificate(leaf.certificate_pem).value();
  EXPECT_EQ(facts.common_name, "pay.localhost");
  EXPECT_EQ(facts.not_before, kNow - base::hours(1));
  EXPECT_EQ(facts.not_after, kNow + base::days(90));
}

TEST_F(Certificate, a_client_leaf_is_no_server) {
  const auto leaf = issue({.common_name = "karv-server", .dns_names = {"karv-server"}, .client = true});
  EXPECT_FALSE(certificate_is_valid_for(leaf.certificate_pem, authority_.certificate_pem(), "karv-server", kNow));
}

TEST_F(Certificate, another_authority_of_the_same_name_is_not_trusted) {
  const auto other = CertificateAuthority::create("Karv development", kNow, random_).value();
  const auto leaf = issue({.common_name = "a", .dns_names = {"a"}, .server = true});
  EXPECT_FALSE(certificate_is_valid_for(leaf.certificate_pem, other.certificate_pem(), "a", kNow));
}

TEST_F(Certificate, an_authority_survives_the_trip_through_pem) {
  const auto again = CertificateAuthority::load(authority_.certificate_pem(), authority_.key_pem().value()).value();
  const auto leaf = again.issue({.common_name = "b", .dns_names = {"b"}, .server = true}, kNow, random_).value();
  EXPECT_TRUE(certificate_is_valid_for(leaf.certificate_pem, authority_.certificate_pem(), "b", kNow));
  EXPECT_FALSE(CertificateAuthority::load(authority_.certificate_pem(), leaf.key_pem).ok());
  EXPECT_FALSE(CertificateAuthority::load(leaf.certificate_pem, leaf.key_pem).ok());
}

TEST_F(Certificate, names_that_would_change_the_extension_are_refused) {
  for (const std::string& name :
       {std::string("a,DNS:evil.example"), std::string(), std::string("a\n"), std::string(65, 'a')})
    EXPECT_FALSE(authority_.issue({.common_name = "a", .dns_names = {name}, .server = true}, kNow, random_).ok());
  EXPECT_FALSE(authority_.issue({.common_name = "a"}, kNow, random_).ok());
}

}  // namespace
}  // namespace karv::crypto
