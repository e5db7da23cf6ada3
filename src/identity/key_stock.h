// New subject keys, made by the vault ahead of need: a purchase takes one from here and waits for no vault.
//
// A thread of its own refills the stock when half of it is used. What was made under an epoch that is no longer the
// newest, or more than an hour ago, is thrown away: a key must not be stored under an epoch that is about to be
// destroyed (the vault keeps an old one for seven days at least). Clear keys are in wiped memory only, and those that
// nobody took seal nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <thread>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"
#include "identity/key_vault.h"

namespace karv::identity {

// Some 300 ms of the fastest sale that one server makes, in which the vault answers a refill many times.
inline constexpr std::size_t kStockSize = 1'024;
inline constexpr base::Duration kStockTime = base::hours(1);

class KeyStock {
 public:
  struct Key {
    vault_api::WrappedServerKey stored;
    base::SecretBytes clear;  // AES-256
  };

  KeyStock(KeyVault& vault, const base::Clock& wall, std::size_t size = kStockSize)
      : vault_(vault), wall_(wall), size_(size) {}
  ~KeyStock() { stop(); }
  KeyStock(const KeyStock&) = delete;
  KeyStock& operator=(const KeyStock&) = delete;

  // Errors: unavailable (the stock is empty; the vault could not refill it).
  base::Result<Key> take() KARV_EXCLUDES(mutex_);
  // Fills the stock to its size; blocks. Errors: those of the vault; internal (keys that are none).
  base::Result<void> refill() KARV_EXCLUDES(mutex_);
  std::size_t left() const KARV_EXCLUDES(mutex_);

  // Starts the thread, and ends it; stopping twice is nothing.
  void start();
  void stop() KARV_EXCLUDES(mutex_);

 private:
  struct Made {
    Key key;
    base::Instant at;
  };
  void drop_old() KARV_REQUIRES(mutex_);
  bool is_low() const KARV_REQUIRES(mutex_) { return keys_.size() * 2 < size_; }
  base::Result<void> put(vault_api::MakeServerKeysAnswer answer, std::size_t asked) KARV_EXCLUDES(mutex_);
  void run() KARV_EXCLUDES(mutex_);

  KeyVault& vault_;
  const base::Clock& wall_;
  const std::size_t size_;
  mutable base::Mutex mutex_;
  base::Condition changed_;
  std::deque<Made> keys_ KARV_GUARDED_BY(mutex_);  // oldest first
  bool stopping_ KARV_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace karv::identity
