#include "identity/key_stock.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/log.h"
#include "identity/subject_key.h"

namespace karv::identity {
namespace {

using base::Result;

constexpr std::chrono::milliseconds kLookAgain{1'000};  // for what got old without being asked for
constexpr std::chrono::milliseconds kFirstPause{250};   // after a refusal, doubled each time
constexpr std::chrono::milliseconds kLongestPause{5'000};

}  // namespace

void KeyStock::drop_old() {
  const auto newest = vault_.newest_epoch();
  const auto oldest = wall_.now() - kStockTime;
  std::erase_if(keys_, [&](const Made& made) { return made.key.stored.epoch < newest || made.at < oldest; });
}

Result<KeyStock::Key> KeyStock::take() {
  const base::Lock lock(mutex_);
  drop_old();
  if (keys_.empty()) {
    changed_.notify_one();
    return base::internal_error(base::ErrorCode::unavailable, "no subject key is in stock: the vault gives none");
  }
  Key key = std::move(keys_.back().key);
  keys_.pop_back();
  if (is_low()) changed_.notify_one();
  return key;
}

std::size_t KeyStock::left() const {
  const base::Lock lock(mutex_);
  return keys_.size();
}

Result<void> KeyStock::put(vault_api::MakeServerKeysAnswer answer, std::size_t asked) {
  if (answer.keys.empty() || answer.keys.size() > asked)
    return base::internal_error(base::ErrorCode::internal, "the vault made another number of keys than was asked for");
  std::vector<Key> read;
  read.reserve(answer.keys.size());
  for (auto& made : answer.keys) {
    KARV_TRY(auto clear, read_clear_key(made.clear));
    read.push_back({std::move(made.stored), std::move(clear)});
  }
  const base::Lock lock(mutex_);
  for (auto& key : read) keys_.push_back({std::move(key), wall_.now()});
  drop_old();
  if (keys_.empty())  // its store came out of a backup: asking at once again would change nothing
    return base::internal_error(base::ErrorCode::unavailable, "the vault makes keys of an epoch that is over");
  return {};
}

Result<void> KeyStock::refill() {
  while (true) {
    std::size_t missing = 0;
    {
      const base::Lock lock(mutex_);
      drop_old();
      if (stopping_ || keys_.size() >= size_) return {};
      missing = std::min(size_ - keys_.size(), vault_api::kMostServerKeys);
    }
    KARV_TRY(auto answer, vault_.ask(vault_api::MakeServerKeys{.count = static_cast<std::int64_t>(missing)}));
    KARV_TRY_VOID(put(std::move(answer), missing));
  }
}

void KeyStock::start() {
  thread_ = std::thread([this] { run(); });
}

void KeyStock::stop() {
  {
    const base::Lock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void KeyStock::run() {
  auto pause = kFirstPause;
  while (true) {
    bool low = false;
    {
      const base::Lock lock(mutex_);
      drop_old();
      if (!stopping_ && !is_low()) changed_.wait_for(mutex_, kLookAgain);
      if (stopping_) return;
      drop_old();
      low = is_low();
    }
    if (!low) continue;
    const auto filled = refill();
    if (filled.ok()) {
      if (pause != kFirstPause) base::log::info("subject_keys_in_stock_again", {});
      pause = kFirstPause;
      continue;
    }
    base::log::warn("subject_keys_not_made",
                    {{"code", base::row_of(filled.error().code()).name}, {"detail", filled.error().internal_text()}});
    const base::Lock lock(mutex_);
    // Whoever finds the stock empty wakes this early; asking in vain all the time would help nobody.
    const auto until = std::chrono::steady_clock::now() + pause;
    while (!stopping_ && std::chrono::steady_clock::now() < until)
      changed_.wait_for(mutex_, std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()));
    pause = std::min(2 * pause, kLongestPause);
  }
}

}  // namespace karv::identity
