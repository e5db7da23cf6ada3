#include "vault/network/network_keys.h"

#include "base/log.h"
#include "vault/network/cryptogram.h"

namespace karv::vault {
namespace {

constexpr base::Duration kAnswerLimit = base::seconds(3);

const OpenKey* find_former(const KeyRing& ring, const OpenKey& key) {
  const OpenKey* former = nullptr;  // rows come by version
  for (const auto& row : ring.rows())
    if (row.key_class == KeyClass::network && row.version < key.row.version && ring.find_key(row.id) != nullptr)
      former = ring.find_key(row.id);
  return former;
}

}  // namespace

bool NetworkKeys::is_handed(const std::string& name, std::int64_t sign_on) {
  const base::Lock lock(mutex_);
  if (sign_on_ != sign_on) handed_.clear();  // it may have been started again since, and have forgotten
  sign_on_ = sign_on;
  return handed_.contains(name);
}

base::Result<void> NetworkKeys::ensure_handed(const KeyRing& ring, const OpenKey& key) {
  const std::string name = network_key_name(key.clear);
  const auto sign_on = network_.sign_ons();
  if (is_handed(name, sign_on)) return {};
  KARV_TRY(const auto stan, numbers_.next());
  const OpenKey* const former = find_former(ring, key);
  KARV_TRY(auto message, key_request({.next = key.clear, .former = former == nullptr ? nullptr : &former->clear},
                                     recipient_, stan, wall_.now(), random_));
  const Exchange exchange = network_.ask(std::move(message), kAnswerLimit);
  if (exchange.end != ExchangeEnd::answered)
    return base::internal_error(base::ErrorCode::unavailable, "the card network has not answered to a network key");
  if (exchange.answer.response_code != "00") {
    base::log::error("card_network_key_refused", {{"key", name}, {"response_code", exchange.answer.response_code}});
    return base::internal_error(base::ErrorCode::unavailable, "the card network has not taken a network key");
  }
  base::log::info("card_network_key_handed_over", {{"key", name}, {"version", key.row.version}});
  const base::Lock lock(mutex_);
  if (sign_on_ == sign_on) handed_.insert(name);
  return {};
}

base::Result<std::optional<base::SecretBytes>> NetworkKeys::key_for(const Operation& operation) {
  if (recipient_.empty()) return std::optional<base::SecretBytes>();
  // What may be repeated needs the key that every process takes for it. For the rest any that the network holds will
  // do, so that an HSM that is away ends no purchases.
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
  for (const auto& row : ring.value()->rows()) {
    const OpenKey* const key = row.key_class == KeyClass::network ? ring.value()->find_key(row.id) : nullptr;
    if (key != nullptr) KARV_TRY_VOID(ensure_handed(*ring.value(), *key));
  }
  return {};
}

}  // namespace karv::vault
