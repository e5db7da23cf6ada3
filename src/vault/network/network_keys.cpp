#include "vault/network/network_keys.h"

#include "base/log.h"
#include "vault/keys/repository.h"
#include "vault/network/cryptogram.h"

namespace karv::vault {
namespace {

constexpr base::Duration kAnswerLimit = base::seconds(3);
constexpr base::Duration kPause = base::seconds(5);  // after a handover that failed

base::Error not_taken(const char* why) { return base::internal_error(base::ErrorCode::unavailable, why); }

}  // namespace

bool NetworkKeys::is_handed(const std::string& name) {
  const auto now = epoch();
  const base::Lock lock(mutex_);
  if (epoch_ < now) {  // it may have been started again since, or have forgotten
    handed_.clear();
    refused_.clear();
    epoch_ = now;
  }
  return handed_.contains(name);
}

base::Result<bool> NetworkKeys::hand(const OpenKey& key, const OpenKey* former) {
  const std::string name = network_key_name(key.clear);
  const auto epoch = this->epoch();
  KARV_TRY(const auto stan, numbers_.next());
  KARV_TRY(auto message, key_request({.next = key.clear, .former = former == nullptr ? nullptr : &former->clear},
                                     recipient_, stan, wall_.now(), random_));
  const Exchange exchange = network_.ask(std::move(message), kAnswerLimit);
  if (exchange.end != ExchangeEnd::answered) return not_taken("the card network has not answered to a network key");
  if (exchange.answer.response_code != "00") {
    base::log::error("card_network_key_refused", {{"key", name}, {"response_code", exchange.answer.response_code}});
    const base::Lock lock(mutex_);
    handed_.erase(name);
    return false;
  }
  KARV_TRY_VOID(database_.write<void>("vault_note_network_key", [&](store::Tx& tx) -> base::Result<void> {
    note_key_taken(tx, key.row.id, wall_.now());
    return {};
  }));
  base::log::info("card_network_key_handed_over", {{"key", name}, {"version", key.row.version}});
  const base::Lock lock(mutex_);
  if (epoch_ == epoch) handed_.insert(name);
  return true;
}

base::Result<void> NetworkKeys::hand_up_to(const KeyRing& ring, const OpenKey& key) {
  const OpenKey* former = nullptr;  // rows come by version
  for (const auto& row : ring.rows()) {
    const OpenKey* const next = row.key_class == KeyClass::network ? ring.find_key(row.id) : nullptr;
    if (next == nullptr || row.version > key.row.version) continue;
    KARV_TRY(const bool taken, hand(*next, former));
    // A former key that is refused is one that the network has let go: the next ones may still be taken.
    if (!taken && row.id == key.row.id) return not_taken("the card network has not taken a network key");
    former = next;
  }
  return {};
}

base::Result<void> NetworkKeys::ensure_handed(const KeyRing& ring, const OpenKey& key) {
  const std::string name = network_key_name(key.clear);
  if (is_handed(name)) return {};
  const base::Lock one_at_a_time(asking_);
  if (is_handed(name)) return {};
  {
    const base::Lock lock(mutex_);
    const auto refused = refused_.find(name);
    if (refused != refused_.end() && wall_.now() < refused->second)
      return not_taken("the card network has just not taken a network key");
  }
  const auto handed = hand_up_to(ring, key);
  if (handed.ok()) return {};
  const base::Lock lock(mutex_);
  refused_[name] = wall_.now() + kPause;
  return handed.error();
}

base::Result<std::optional<base::SecretBytes>> NetworkKeys::key_for(const Operation& operation) {
  if (recipient_.empty()) return std::optional<base::SecretBytes>();
  // A payout, which is rare, begins with the key of now. For the rest any that the network holds will do, so that an
  // HSM that is away ends no purchases.
  KARV_TRY(const auto ring, operation.kind == OperationKind::payout ? keys_.get_fresh() : keys_.get());
  const OpenKey* const key = ring->find_in_use(KeyClass::network, operation.sent_at);
  if (key == nullptr)
    return base::internal_error(base::ErrorCode::gone, "the network key of that time is no more")
        .with_reason("KEY_DESTROYED");
  KARV_TRY_VOID(ensure_handed(*ring, *key));
  return std::optional(key->clear.clone());
}

base::Result<void> NetworkKeys::hand_over() {
  if (recipient_.empty() || !network_.is_signed_on()) return {};
  const auto ring = keys_.get();
  if (!ring.ok()) return {};
  const OpenKey* const newest = ring.value()->find_active(KeyClass::network);
  return newest == nullptr ? base::Result<void>() : ensure_handed(*ring.value(), *newest);
}

}  // namespace karv::vault
