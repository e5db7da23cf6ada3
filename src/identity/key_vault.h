// Where subject keys are made, opened and renewed: the vault, as this module sees it. A port: karv-server asks over the
// private channel (apps/server/server_keys.h), a test plays the vault by itself.
//
// Every call blocks, at most for a few seconds, and is made outside of every transaction. It is told what the newest
// epoch is with each answer, and remembers that.
// Errors of all: unavailable when nothing came of it, whatever the reason; the same again later.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/result.h"
#include "vault_api/server_keys.h"

namespace karv::identity {

class KeyVault {
 public:
  KeyVault() = default;
  virtual ~KeyVault() = default;
  KeyVault(const KeyVault&) = delete;
  KeyVault& operator=(const KeyVault&) = delete;

  // Thread-safe. Pre: at most vault_api::kMostServerKeys.
  template <class Message>
  base::Result<typename Message::Answer> ask(const Message& message) {
    auto answer = send(message);
    if (answer.ok()) note_epoch(answer->newest_epoch);
    return answer;
  }
  // 0: no answer has named one yet.
  std::int64_t newest_epoch() const { return newest_epoch_.load(std::memory_order_relaxed); }

 protected:
  virtual base::Result<vault_api::MakeServerKeysAnswer> send(const vault_api::MakeServerKeys& message) = 0;
  virtual base::Result<vault_api::OpenServerKeysAnswer> send(const vault_api::OpenServerKeys& message) = 0;
  virtual base::Result<vault_api::RenewServerKeysAnswer> send(const vault_api::RenewServerKeys& message) = 0;
  virtual base::Result<vault_api::ServerKeysLeftAnswer> send(const vault_api::ServerKeysLeft& message) = 0;

 private:
  void note_epoch(std::int64_t epoch) {
    auto known = newest_epoch_.load(std::memory_order_relaxed);
    while (known < epoch && !newest_epoch_.compare_exchange_weak(known, epoch, std::memory_order_relaxed)) {
    }
  }
  std::atomic<std::int64_t> newest_epoch_{0};
};

}  // namespace karv::identity
