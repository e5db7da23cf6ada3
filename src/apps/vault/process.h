// The vault's parts, wired: made in order, started in order, stopped in the opposite order.
#pragma once

#include <memory>

#include "apps/vault/config.h"
#include "base/result.h"

namespace karv::apps::vault {

struct Ports {
  int public_port = 0;
  int private_port = 0;
};

class Process {
 public:
  // Opens the database (migrating it in sandbox mode), the HSM, the card network's line and both doors.
  static base::Result<std::unique_ptr<Process>> start(const Config& config);
  ~Process();  // stops
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  Ports ports() const;
  // Without waiting until they are seen to have changed; for SIGHUP.
  void read_certificates_again();
  // Answers what is under way, says goodbye to the card network, ends.
  void stop();

  struct Impl;

 private:
  explicit Process(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace karv::apps::vault
