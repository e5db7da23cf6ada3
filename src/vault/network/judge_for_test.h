// For the vault's tests: the card network's side of cryptograms. It takes keys as docs/card-network.md says, and judges
// each hold, charge and payout by them. Not thread-safe.
#pragma once

#include <deque>
#include <map>
#include <string>

#include "base/random.h"
#include "crypto/jwe.h"
#include "vault/network/cryptogram.h"

namespace karv::vault::testing {

class CryptogramJudge {
 public:
  const base::Bytes& public_key() const { return pair_.public_key; }
  void forget_keys() { keys_.clear(); }
  std::size_t keys() const { return keys_.size(); }

  // Of 0800 with code 161.
  std::string take_key(const wire::iso8583::Message& message) {
    const auto opened = crypto::decrypt_jwe(pair_.private_key, message.find(63).value_or(""));
    if (!opened.ok() || opened->size() != 32) return "30";
    if (find(network_key_name(*opened)) != nullptr) return "00";
    if (!keys_.empty() && !is_vouched(message, *opened)) return "63";
    keys_.push_back(opened->clone());
    if (keys_.size() > 2) keys_.pop_front();
    return "00";
  }
  // Of a message about money: "00" to go on, "63" for a cryptogram that is missing, wrong or used.
  std::string judge(const wire::iso8583::Message& message) {
    if (message.find(3) == "200000") return "00";  // a refund has none
    const auto extra = wire::iso8583::PrivateData::decode(message.secret(48)->expose());
    const auto text = [&](const char* tag) {
      const auto* const value = extra->find(tag);
      return value == nullptr ? std::string() : std::string(base::as_text(value->expose()));
    };
    const auto* const key = find(text("UK"));
    if (key == nullptr || text("UN").size() != 19) return "63";
    if (text("UC") != cryptogram_of(*key, message, *extra, text("UN"))) return "63";
    const bool fresh = used_.emplace(text("UN"), text("UC")).second;
    return fresh || message.mti().ends_with('1') ? "00" : "63";
  }

 private:
  const base::SecretBytes* find(const std::string& name) const {
    for (const auto& key : keys_)
      if (network_key_name(key) == name) return &key;
    return nullptr;
  }
  bool is_vouched(const wire::iso8583::Message& message, const base::SecretBytes& next) const {
    if (message.secret(48) == nullptr) return false;
    const auto extra = wire::iso8583::PrivateData::decode(message.secret(48)->expose());
    const auto& newest = keys_.back();  // one that was retired vouches for nothing
    return base::as_text(extra->find("UK")->expose()) == network_key_name(newest) &&
           base::as_text(extra->find("UC")->expose()) == network_key_voucher(newest, next);
  }

  base::SystemRandom random_;
  crypto::X25519Pair pair_ = crypto::make_x25519_pair(random_);
  std::deque<base::SecretBytes> keys_;
  std::map<std::string, std::string> used_;
};

}  // namespace karv::vault::testing
