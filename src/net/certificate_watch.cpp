#include "net/certificate_watch.h"

#include <chrono>
#include <cstdio>
#include <ctime>
#include <exception>
#include <memory>
#include <utility>

#include <openssl/bn.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include "base/log.h"

namespace karv::net {
namespace {

base::Error unreadable(const std::string& file) {
  return base::internal_error(base::ErrorCode::unavailable, "certificate " + file + " cannot be read");
}

base::Instant instant_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return {static_cast<std::int64_t>(::timegm(&parts)) * 1000};
}

std::string serial_of(X509* certificate) {
  const std::unique_ptr<BIGNUM, decltype(&BN_free)> number(
      ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr), BN_free);
  if (!number) return {};
  char* const text = BN_bn2hex(number.get());
  std::string out = text == nullptr ? "" : text;
  OPENSSL_free(text);
  return out;
}

}  // namespace

base::Result<CertificateFacts> read_certificate_facts(const std::string& file) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> opened(std::fopen(file.c_str(), "re"), std::fclose);
  if (!opened) return unreadable(file);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(PEM_read_X509(opened.get(), nullptr, nullptr, nullptr),
                                                                X509_free);
  if (!certificate) return unreadable(file);
  return CertificateFacts{.serial = serial_of(certificate.get()),
                          .not_before = instant_of(X509_get0_notBefore(certificate.get())),
                          .not_after = instant_of(X509_get0_notAfter(certificate.get()))};
}

CertificateWatch::~CertificateWatch() { stop(); }

CertificateWatch::Stamp CertificateWatch::stamp_of(const WatchedIdentity& identity) {
  Stamp stamp;
  for (const auto* file : {&identity.cert_file, &identity.key_file, &identity.ca_file}) {
    struct stat found{};
    if (file->empty() || ::stat(file->c_str(), &found) != 0) found = {};
    for (const std::int64_t value :
         {static_cast<std::int64_t>(found.st_ino), static_cast<std::int64_t>(found.st_size),
          static_cast<std::int64_t>(found.st_mtim.tv_sec), static_cast<std::int64_t>(found.st_mtim.tv_nsec)})
      stamp.push_back(value);
  }
  return stamp;
}

void CertificateWatch::add(WatchedIdentity identity) {
  Watched watched;
  watched.used = watched.seen = stamp_of(identity);
  watched.state.name = identity.name;
  if (const auto facts = read_certificate_facts(identity.cert_file); facts.ok()) {
    watched.state.serial = facts->serial;
    watched.state.not_after = facts->not_after;
  }
  watched.identity = std::move(identity);
  const base::Lock lock(mutex_);
  all_.push_back(std::move(watched));
}

void CertificateWatch::start() {
  thread_ = std::thread([this] { run(); });
}

void CertificateWatch::stop() {
  if (!thread_.joinable()) return;
  {
    const base::Lock lock(mutex_);
    stopping_ = true;
    wake_.notify_all();
  }
  thread_.join();
}

void CertificateWatch::read_at_once() {
  const base::Lock lock(mutex_);
  at_once_ = true;
  wake_.notify_all();
}

void CertificateWatch::run() {
  for (;;) {
    try {
      look();
    } catch (const std::exception& bug) {
      base::log::error("certificate_watch_bug", {{"detail", bug.what()}});
    }
    const base::Lock lock(mutex_);
    if (!stopping_ && !at_once_) wake_.wait_for(mutex_, std::chrono::milliseconds(pause_.ms));
    if (stopping_) return;
  }
}

base::Result<CertificateFacts> CertificateWatch::exchange(const WatchedIdentity& identity) const {
  KARV_TRY(auto facts, read_certificate_facts(identity.cert_file));
  const base::Instant now = wall_.now();
  if (facts.not_after <= now || facts.not_before > now)
    return base::internal_error(base::ErrorCode::unavailable,
                                "certificate " + identity.cert_file + " is over, or not valid yet");
  KARV_TRY_VOID(identity.reload());
  return facts;
}

void CertificateWatch::look_at(Watched& watched, bool at_once) {
  const Stamp now = stamp_of(watched.identity);
  const bool rested = now == watched.seen;
  watched.seen = now;
  if (!at_once && (now == watched.used || !rested)) return;
  const auto exchanged = exchange(watched.identity);
  watched.used = now;
  auto& state = watched.state;
  if (!exchanged.ok()) {
    ++state.refused;
    return base::log::error("certificate_refused", {{"name", state.name},
                                                    {"detail", exchanged.error().internal_text()},
                                                    {"serial_in_use", state.serial},
                                                    {"refused", state.refused}});
  }
  if (exchanged->serial != state.serial) watched.warned_at = {};
  ++state.exchanged;
  state.serial = exchanged->serial;
  state.not_after = exchanged->not_after;
  base::log::info("certificate_exchanged",
                  {{"name", state.name}, {"serial", state.serial}, {"not_after", base::to_rfc3339(state.not_after)}});
}

void CertificateWatch::warn_of_end(Watched& watched) {
  const base::Instant now = wall_.now();
  if (watched.state.not_after > now + kCertificateWarning || watched.warned_at + base::days(1) > now) return;
  watched.warned_at = now;
  base::log::warn("certificate_ends_soon",
                  {{"name", watched.state.name}, {"not_after", base::to_rfc3339(watched.state.not_after)}});
}

void CertificateWatch::look() {
  std::vector<Watched> all;  // only this thread changes them, and none holds a lock while it reads files
  bool at_once = false;
  {
    const base::Lock lock(mutex_);
    all = all_;
    at_once = std::exchange(at_once_, false);
  }
  for (auto& watched : all) look_at(watched, at_once);
  const base::Lock lock(mutex_);
  all_ = std::move(all);
  for (auto& watched : all_) warn_of_end(watched);
}

std::vector<CertificateState> CertificateWatch::states() const {
  const base::Lock lock(mutex_);
  std::vector<CertificateState> states;
  states.reserve(all_.size());
  for (const auto& watched : all_) states.push_back(watched.state);
  return states;
}

}  // namespace karv::net
