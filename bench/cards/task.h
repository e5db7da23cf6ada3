// What is measured of the vault, each with the cryptography that one item of it cannot avoid.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "cards/bench_vault.h"

namespace karv::bench {

// AES-256-GCM, HMAC-SHA-256, with the vault's own functions over values of the vault's sizes.
struct Cryptography {
  int digests = 0;
  int seals = 0;
  int opens = 0;
};

enum class Kind : std::uint8_t {
  writes,
  questions,  // changes nothing
  rewrap,     // one thread moves keys, while holds are made beside it
};

struct Task {
  std::string name;
  int callers = 1;         // at once
  std::int64_t items = 1;  // of one call, at most
  Kind kind = Kind::writes;
  Cryptography cryptography;
  std::function<std::int64_t(BenchVault&)> call;  // answers how many items it did
};

// `callers`: of what the private door's workers do.
std::vector<Task> tasks(int callers);

// One thread's share of the limit.
class Cipher {
 public:
  Cipher();
  void run(const Cryptography& cryptography);

 private:
  base::SystemRandom random_;
  base::SecretBytes key_;
  base::Bytes clear_;
  base::Bytes place_;
  base::Bytes sealed_;
};

}  // namespace karv::bench
