#include "crypto/certificate.h"

#include <array>
#include <ctime>

#include <openssl/ec.h>
#include <openssl/pem.h>

#include "base/check.h"
#include "crypto/openssl.h"

namespace karv::crypto {
namespace {

X509* certificate_of(const std::shared_ptr<void>& p) { return static_cast<X509*>(p.get()); }
EVP_PKEY* key_of(const std::shared_ptr<void>& p) { return static_cast<EVP_PKEY*>(p.get()); }

// Extension values are a small language of their own (commas, "copy", "DNS:"), so names are kept to what hosts need.
bool is_plain_name(std::string_view name) {
  if (name.empty() || name.size() > 64) return false;
  for (const char c : name)
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
          c == '_' || c == ' ' || c == ':'))
      return false;
  return true;
}

base::Result<void> set_serial(X509* certificate, base::Random& random) {
  std::array<std::uint8_t, 16> bytes{};
  random.fill(bytes);
  bytes[0] = static_cast<std::uint8_t>((bytes[0] & 0x7fU) | 0x40U);  // positive, and never zero
  const openssl::BigNumber number(BN_bin2bn(bytes.data(), bytes.size(), nullptr));
  if (!number || BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) == nullptr)
    return openssl::failure("numbering a certificate");
  return {};
}

base::Result<void> set_times(X509* certificate, base::Instant from, base::Instant to) {
  if (ASN1_TIME_set(X509_getm_notBefore(certificate), static_cast<time_t>(from.ms / 1000)) == nullptr ||
      ASN1_TIME_set(X509_getm_notAfter(certificate), static_cast<time_t>(to.ms / 1000)) == nullptr)
    return openssl::failure("dating a certificate");
  return {};
}

base::Result<void> add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const openssl::Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  if (!extension || X509_add_ext(certificate, extension.get(), -1) != 1) return openssl::failure("adding an extension");
  return {};
}

base::Result<openssl::Certificate> make_certificate(std::string_view name, EVP_PKEY* key, base::Random& random) {
  openssl::Certificate certificate(X509_new());
  if (!certificate || X509_set_version(certificate.get(), X509_VERSION_3) != 1 ||
      X509_set_pubkey(certificate.get(), key) != 1 ||
      X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                                 reinterpret_cast<const unsigned char*>(name.data()), static_cast<int>(name.size()), -1,
                                 0) != 1)
    return openssl::failure("making a certificate");
  KARV_TRY_VOID(set_serial(certificate.get(), random));
  return certificate;
}

base::Result<std::string> certificate_text(X509* certificate) {
  const openssl::Bio bio(BIO_new(BIO_s_mem()));
  if (!bio || PEM_write_bio_X509(bio.get(), certificate) != 1) return openssl::failure("writing a certificate");
  return openssl::text_of(bio.get());
}

base::Result<openssl::Certificate> certificate_from(std::string_view pem) {
  const openssl::Bio bio = openssl::read_only_bio(base::as_bytes(pem));
  openssl::Certificate certificate(bio ? PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr) : nullptr);
  if (!certificate) return openssl::failure("reading a certificate");
  return certificate;
}

std::string alternative_names(const LeafRequest& request) {
  std::string out;
  for (const auto& name : request.dns_names) out += (out.empty() ? "DNS:" : ",DNS:") + name;
  for (const auto& address : request.ip_addresses) out += (out.empty() ? "IP:" : ",IP:") + address;
  return out;
}

base::Result<void> check_request(const LeafRequest& request) {
  bool fine = is_plain_name(request.common_name) && (request.server || request.client);
  for (const auto& name : request.dns_names) fine = fine && is_plain_name(name);
  for (const auto& address : request.ip_addresses) fine = fine && is_plain_name(address);
  if (!fine) return base::internal_error(base::ErrorCode::bad_value, "a certificate's names or uses are not usable");
  return {};
}

base::Result<void> add_leaf_extensions(X509* leaf, X509* issuer, const LeafRequest& request) {
  KARV_TRY_VOID(add_extension(leaf, issuer, NID_basic_constraints, "critical,CA:FALSE"));
  KARV_TRY_VOID(add_extension(leaf, issuer, NID_key_usage, "critical,digitalSignature"));
  const std::string uses = std::string(request.server ? "serverAuth" : "") +
                           (request.server && request.client ? "," : "") + (request.client ? "clientAuth" : "");
  KARV_TRY_VOID(add_extension(leaf, issuer, NID_ext_key_usage, uses));
  KARV_TRY_VOID(add_extension(leaf, issuer, NID_subject_key_identifier, "hash"));
  KARV_TRY_VOID(add_extension(leaf, issuer, NID_authority_key_identifier, "keyid"));
  const std::string names = alternative_names(request);
  if (!names.empty()) KARV_TRY_VOID(add_extension(leaf, issuer, NID_subject_alt_name, names));
  return {};
}

}  // namespace

base::Result<CertificateAuthority> CertificateAuthority::create(std::string_view name, base::Instant now,
                                                                base::Random& random, base::Duration validity) {
  if (!is_plain_name(name)) return base::internal_error(base::ErrorCode::bad_value, "the authority's name");
  openssl::Key key(EVP_EC_gen("P-256"));
  if (!key) return openssl::failure("generating the authority's key");
  KARV_TRY(auto certificate, make_certificate(name, key.get(), random));
  X509* const c = certificate.get();
  KARV_TRY_VOID(set_times(c, now - base::hours(1), now + validity));
  if (X509_set_issuer_name(c, X509_get_subject_name(c)) != 1) return openssl::failure("naming the issuer");
  KARV_TRY_VOID(add_extension(c, c, NID_basic_constraints, "critical,CA:TRUE,pathlen:0"));
  KARV_TRY_VOID(add_extension(c, c, NID_key_usage, "critical,keyCertSign,cRLSign"));
  KARV_TRY_VOID(add_extension(c, c, NID_subject_key_identifier, "hash"));
  if (X509_sign(c, key.get(), openssl::sha256()) == 0) return openssl::failure("signing the authority's certificate");
  CertificateAuthority out;
  KARV_TRY(out.certificate_pem_, certificate_text(c));
  out.certificate_ = {certificate.release(), [](X509* x) { X509_free(x); }};
  out.key_ = {key.release(), [](EVP_PKEY* k) { EVP_PKEY_free(k); }};
  return out;
}

base::Result<CertificateAuthority> CertificateAuthority::load(std::string_view certificate_pem,
                                                              const base::SecretBytes& key_pem) {
  KARV_TRY(auto certificate, certificate_from(certificate_pem));
  KARV_TRY(auto key, openssl::private_key_from_pem(key_pem));
  if (X509_check_private_key(certificate.get(), key.get()) != 1 || X509_check_ca(certificate.get()) != 1)
    return openssl::failure("the authority's certificate and key do not belong together");
  CertificateAuthority out;
  KARV_TRY(out.certificate_pem_, certificate_text(certificate.get()));
  out.certificate_ = {certificate.release(), [](X509* x) { X509_free(x); }};
  out.key_ = {key.release(), [](EVP_PKEY* k) { EVP_PKEY_free(k); }};
  return out;
}

base::Result<IssuedCertificate> CertificateAuthority::issue(const LeafRequest& request, base::Instant now,
                                                            base::Random& random) const {
  KARV_TRY_VOID(check_request(request));
  X509* const issuer = certificate_of(certificate_);
  const openssl::Key key(EVP_EC_gen("P-256"));
  if (!key) return openssl::failure("generating a leaf's key");
  KARV_TRY(const auto leaf, make_certificate(request.common_name, key.get(), random));
  KARV_TRY_VOID(set_times(leaf.get(), now - base::hours(1), now + request.validity));
  if (X509_set_issuer_name(leaf.get(), X509_get_subject_name(issuer)) != 1)
    return openssl::failure("naming the issuer");
  KARV_TRY_VOID(add_leaf_extensions(leaf.get(), issuer, request));
  if (X509_sign(leaf.get(), key_of(key_), openssl::sha256()) == 0) return openssl::failure("signing a leaf");
  IssuedCertificate out;
  KARV_TRY(out.certificate_pem, certificate_text(leaf.get()));
  KARV_TRY(out.key_pem, openssl::private_key_to_pem(key.get()));
  return out;
}

base::Result<base::SecretBytes> CertificateAuthority::key_pem() const {
  return openssl::private_key_to_pem(key_of(key_));
}

namespace {
base::Result<base::Instant> instant_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return openssl::failure("reading a certificate's dates");
  return base::Instant{static_cast<std::int64_t>(timegm(&parts)) * 1000};
}
}  // namespace

base::Result<CertificateFacts> read_certificate(std::string_view pem) {
  KARV_TRY(const auto certificate, certificate_from(pem));
  CertificateFacts out;
  std::array<char, 256> name{};
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()), NID_commonName, name.data(), name.size());
  out.common_name = name.data();
  KARV_TRY(out.not_before, instant_of(X509_get0_notBefore(certificate.get())));
  KARV_TRY(out.not_after, instant_of(X509_get0_notAfter(certificate.get())));
  return out;
}

bool certificate_is_valid_for(std::string_view pem, std::string_view authority_pem, std::string_view dns_or_ip,
                              base::Instant at) {
  using Store = std::unique_ptr<X509_STORE, openssl::Free<X509_STORE_free>>;
  using StoreContext = std::unique_ptr<X509_STORE_CTX, openssl::Free<X509_STORE_CTX_free>>;
  auto leaf = certificate_from(pem);
  auto authority = certificate_from(authority_pem);
  const Store store(X509_STORE_new());
  const StoreContext context(X509_STORE_CTX_new());
  if (!leaf.ok() || !authority.ok() || !store || !context) return false;
  X509_STORE_add_cert(store.get(), authority.value().get());
  if (X509_STORE_CTX_init(context.get(), store.get(), leaf.value().get(), nullptr) != 1) return false;
  X509_VERIFY_PARAM* const parameters = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(parameters, static_cast<time_t>(at.ms / 1000));
  X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_SSL_SERVER);
  const std::string name(dns_or_ip);
  if (X509_VERIFY_PARAM_set1_ip_asc(parameters, name.c_str()) != 1 &&
      X509_VERIFY_PARAM_set1_host(parameters, name.c_str(), name.size()) != 1)
    return false;
  const bool valid = X509_verify_cert(context.get()) == 1;
  (void)openssl::failure("");
  return valid;
}

}  // namespace karv::crypto
