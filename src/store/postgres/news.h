// News over LISTEN and NOTIFY. Many messages travel in one notification, so that load does not turn into notifications.
//
// Source: postgresql.org/docs/15/libpq-notify.html; a payload is shorter than 8,000 bytes (sql-notify.html).
#pragma once

#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "store/news.h"
#include "store/postgres/address.h"

namespace karv::store::postgres {

class PostgresNews final : public News {
 public:
  // `origin` tells this server's own notifications from the others'.
  PostgresNews(Keywords keywords, std::string channel, std::string origin, Hear hear);
  ~PostgresNews() override;
  PostgresNews(const PostgresNews&) = delete;
  PostgresNews& operator=(const PostgresNews&) = delete;

  void tell(std::string_view text) override KARV_EXCLUDES(mutex_);

 private:
  class Line;
  void run();
  // Until the line is lost or we stop.
  void serve(Line& line);
  std::string take_payload() KARV_EXCLUDES(mutex_);
  void hear_payload(std::string_view payload) const;
  bool stopping() const KARV_EXCLUDES(mutex_);
  void rest() const;
  void wake() const;

  const Keywords keywords_;
  const std::string channel_;
  const std::string origin_;
  const Hear hear_;
  int waker_ = -1;  // an eventfd: there is something to tell, or it is time to stop
  mutable base::Mutex mutex_;
  std::vector<std::string> waiting_ KARV_GUARDED_BY(mutex_);
  bool stopping_ KARV_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace karv::store::postgres
