// A vault for tests: wraps and opens keys for real, under epoch keys of its own, and can be away, turn its epoch, end
// an old one, erase a key, and count what it was asked.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/mutex.h"
#include "base/random.h"
#include "crypto/aead.h"
#include "identity/key_vault.h"

namespace karv::identity {

class KeyVaultForTest final : public KeyVault {
 public:
  explicit KeyVaultForTest(std::uint64_t seed = 7) : random_(seed) { turn(); }

  void turn() {
    const base::Lock lock(mutex_);
    base::SecretBytes key(crypto::kAeadKeySize);
    random_.fill(key.expose_mutable());
    epochs_.insert_or_assign(++newest_, std::move(key));
  }
  void destroy(std::int64_t epoch) {
    const base::Lock lock(mutex_);
    epochs_.erase(epoch);
  }
  void erase(vault_api::ServerKeyId key) {
    const base::Lock lock(mutex_);
    erased_.insert(key);
  }

  std::atomic<bool> away{false};
  std::atomic<int> made{0}, opened{0}, renewed{0};      // keys
  std::atomic<int> make_calls{0}, open_calls{0};        // calls, answered or not
  std::function<void()> while_opening, while_renewing;  // run within a call
  std::vector<vault_api::ServerKeysLeft> told;

 protected:
  using Wrapped = vault_api::WrappedServerKey;
  using State = vault_api::ServerKeyState;

  base::Result<vault_api::MakeServerKeysAnswer> send(const vault_api::MakeServerKeys& message) override {
    ++make_calls;
    if (away) return sealed();
    const base::Lock lock(mutex_);
    vault_api::MakeServerKeysAnswer answer{.newest_epoch = newest_, .keys = {}};
    for (std::int64_t i = 0; i < message.count; ++i) {
      base::SecretBytes clear(crypto::kAeadKeySize);
      random_.fill(clear.expose_mutable());
      base::Uuid id{};
      random_.fill(id);
      const vault_api::ServerKeyId key(id);
      answer.keys.push_back({wrap(key, clear), text_of(clear)});
      ++made;
    }
    return answer;
  }
  base::Result<vault_api::OpenServerKeysAnswer> send(const vault_api::OpenServerKeys& message) override {
    ++open_calls;
    if (while_opening) while_opening();
    if (away) return sealed();
    if (message.keys.empty() || message.keys.size() > vault_api::kMostServerKeys)
      return base::Error(base::ErrorCode::bad_value);
    const base::Lock lock(mutex_);
    vault_api::OpenServerKeysAnswer answer{.newest_epoch = newest_, .keys = {}};
    for (const auto& row : message.keys) {
      auto [state, clear] = open(row);
      answer.keys.push_back({state, state == State::ok ? text_of(clear) : base::SecretBytes()});
      ++opened;
    }
    return answer;
  }
  base::Result<vault_api::RenewServerKeysAnswer> send(const vault_api::RenewServerKeys& message) override {
    if (while_renewing) while_renewing();
    if (away) return sealed();
    if (message.keys.empty() || message.keys.size() > vault_api::kMostServerKeys)
      return base::Error(base::ErrorCode::bad_value);
    const base::Lock lock(mutex_);
    vault_api::RenewServerKeysAnswer answer{.newest_epoch = newest_, .keys = {}};
    for (const auto& row : message.keys) {
      const auto [state, clear] = open(row);
      Wrapped anew;
      if (state == State::ok) anew = wrap(row.key, clear);
      answer.keys.push_back({state, anew.epoch, anew.wrapped});
      ++renewed;
    }
    return answer;
  }
  base::Result<vault_api::ServerKeysLeftAnswer> send(const vault_api::ServerKeysLeft& message) override {
    if (away) return sealed();
    const base::Lock lock(mutex_);
    told.push_back(message);
    return vault_api::ServerKeysLeftAnswer{.newest_epoch = newest_};
  }

 private:
  static base::Error sealed() { return base::Error(base::ErrorCode::unavailable).with_reason("VAULT_SEALED"); }
  static base::SecretBytes text_of(const base::SecretBytes& clear) {
    return base::SecretBytes::copy_of(base::to_base64url(clear.expose()));
  }
  static base::Bytes place(const vault_api::ServerKeyId& key, std::int64_t epoch) {
    base::Bytes bytes(key.view().begin(), key.view().end());
    bytes.push_back(static_cast<std::uint8_t>(epoch));
    return bytes;
  }
  Wrapped wrap(const vault_api::ServerKeyId& key, const base::SecretBytes& clear) KARV_REQUIRES(mutex_) {
    return {key, newest_,
            base::to_base64url(crypto::seal(epochs_.at(newest_), clear.expose(), place(key, newest_), random_))};
  }
  std::pair<State, base::SecretBytes> open(const Wrapped& row) KARV_REQUIRES(mutex_) {
    const auto epoch = epochs_.find(row.epoch);
    if (epoch == epochs_.end() || erased_.contains(row.key)) return {State::gone, base::SecretBytes()};
    const auto bytes = base::from_base64url(row.wrapped);
    if (!bytes) return {State::broken, base::SecretBytes()};
    auto clear = crypto::open(epoch->second, *bytes, place(row.key, row.epoch));
    if (!clear.ok()) return {State::broken, base::SecretBytes()};
    return {State::ok, std::move(clear).value()};
  }

  base::Mutex mutex_;
  base::SeededRandom random_;
  std::int64_t newest_ KARV_GUARDED_BY(mutex_) = 0;
  std::map<std::int64_t, base::SecretBytes> epochs_ KARV_GUARDED_BY(mutex_);
  std::set<vault_api::ServerKeyId> erased_ KARV_GUARDED_BY(mutex_);
};

}  // namespace karv::identity
