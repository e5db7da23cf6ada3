// The server's parts, wired: made in order, started in order, stopped in the opposite order.
#pragma once

#include <memory>

#include "apps/server/config.h"
#include "base/result.h"

namespace karv::apps::server {

class Process {
 public:
  // Opens the database (migrating it in sandbox mode), the channel to the vault, the jobs and the door.
  static base::Result<std::unique_ptr<Process>> start(const Config& config);
  ~Process();  // stops
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  int port() const;
  // Without waiting until they are seen to have changed; for SIGHUP.
  void read_certificates_again();
  // Answers what is under way, lets running jobs end, ends.
  void stop();

  struct Impl;

 private:
  explicit Process(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace karv::apps::server
