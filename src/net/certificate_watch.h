// Certificates exchanged while a process serves: looks every few seconds whether the files of a TLS identity have
// changed, and has whoever uses them read them again. New connections use the new ones, those that are open go on.
//
// What does not fit (half a pair, a certificate that is over or not valid yet, a file that is none) is refused: the old
// ones stay in use, the log says so once for each change, and the refusal is counted. Files are looked at when they
// have rested for one look, so that a pair may be written one after the other; read_at_once() does not wait (SIGHUP).
// A certificate that ends within 30 days is a warning in the log, daily. Used by the processes; a thread of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"

namespace karv::net {

inline constexpr base::Duration kCertificateWarning = base::days(30);

// What one file says of itself; of a chain the first.
struct CertificateFacts {
  std::string serial;  // hexadecimal, upper case
  base::Instant not_before;
  base::Instant not_after;
};
// Errors: unavailable.
base::Result<CertificateFacts> read_certificate_facts(const std::string& file);

struct WatchedIdentity {
  std::string name;                          // for people: "private door"
  std::string cert_file, key_file, ca_file;  // key and ca may be empty
  std::function<base::Result<>()> reload;    // reads the files; on an error the old ones stay
};

// As it is in use.
struct CertificateState {
  std::string name;
  std::string serial;
  base::Instant not_after;
  std::int64_t exchanged = 0;  // since the start
  std::int64_t refused = 0;
};

class CertificateWatch {
 public:
  explicit CertificateWatch(const base::Clock& wall, base::Duration pause = base::seconds(5))
      : wall_(wall), pause_(pause) {}
  ~CertificateWatch();  // stops
  CertificateWatch(const CertificateWatch&) = delete;
  CertificateWatch& operator=(const CertificateWatch&) = delete;

  // Before start(), right after the files were read for the first time. The reload must be good until stop().
  void add(WatchedIdentity identity) KARV_EXCLUDES(mutex_);
  void start();
  void stop() KARV_EXCLUDES(mutex_);
  // From any thread: the thread reads every identity again, now.
  void read_at_once() KARV_EXCLUDES(mutex_);
  // What the thread does once in a pause; for tests.
  void look() KARV_EXCLUDES(mutex_);
  std::vector<CertificateState> states() const KARV_EXCLUDES(mutex_);

 private:
  // When, where and how large: another file under the name, or the same one written again.
  using Stamp = std::vector<std::int64_t>;
  struct Watched {
    WatchedIdentity identity;
    CertificateState state;
    Stamp used;  // of the files that were read last, with or without success
    Stamp seen;  // at the last look
    base::Instant warned_at;
  };
  static Stamp stamp_of(const WatchedIdentity& identity);
  void run();
  void look_at(Watched& watched, bool at_once) KARV_EXCLUDES(mutex_);
  base::Result<CertificateFacts> exchange(const WatchedIdentity& identity) const;
  void warn_of_end(Watched& watched) KARV_REQUIRES(mutex_);

  const base::Clock& wall_;
  const base::Duration pause_;
  mutable base::Mutex mutex_;
  base::Condition wake_;
  std::vector<Watched> all_ KARV_GUARDED_BY(mutex_);
  bool at_once_ KARV_GUARDED_BY(mutex_) = false;
  bool stopping_ KARV_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace karv::net
