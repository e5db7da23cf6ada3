// A SoftHSM2 token for one run, with the one session that a process may have.
#pragma once

#include <memory>

#include "bench_support.h"
#include "crypto/hsm.h"

namespace karv::bench {

class Token {
 public:
  // Sets SOFTHSM2_CONF. Pre: no thread exists yet.
  Token();
  const std::shared_ptr<crypto::Hsm>& hsm() const { return hsm_; }

 private:
  Folder folder_;
  std::shared_ptr<crypto::Hsm> hsm_;
};

}  // namespace karv::bench
