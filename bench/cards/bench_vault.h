// A whole vault over one database, made of the classes that karv-vault is made of, and what a shop does with it. Each
// call checks its answer: what is not as it should be ends the benchmark.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "crypto/hsm.h"
#include "store/database.h"
#include "vault/cards/card_batch.h"
#include "vault/cards/card_desk.h"
#include "vault/operations/operations.h"
#include "vault/rotation/key_rotation.h"

namespace karv::bench {

// A customer's token, and what is known of the card behind it.
struct Holder {
  vault_api::CustomerRef customer;
  std::string token;
  std::string last4;
};

// What it should have stored by now.
struct Expected {
  std::int64_t cards = 0;  // as many tokens, and as many customers
  std::int64_t tickets = 0;
  std::int64_t holds = 0;
};

class BenchVault {
 public:
  // `name`: of its keys in the HSM. Pre: the schema is there.
  BenchVault(store::Database& database, const std::shared_ptr<crypto::Hsm>& hsm, std::string name);
  ~BenchVault();
  BenchVault(const BenchVault&) = delete;
  BenchVault& operator=(const BenchVault&) = delete;

  // Cards in lists of 100, whose tokens the calls below use in turn.
  void fill(int lists);

  // A new customer's card: ticket, the form's post, the token collected.
  void tokenize();
  // A list of new customers' cards, as a card file moves in.
  void tokenize_list(std::int64_t size);
  void describe(std::int64_t size);
  // Of 1.00 EUR, approved.
  void hold();

  // Begins to move all customers' keys under a new epoch key.
  void begin_rewrap();
  // One batch. Answers how many keys were moved; 0 when all are.
  std::int64_t rewrap();
  // All that is left.
  void end_rewrap();

  Expected expected() const;
  // Reads every token it made: brand, last four and expiry are the card's. Every 50th is used once more.
  void check_all();

 private:
  struct NewCard;
  NewCard new_card();
  void keep(Holder holder) KARV_EXCLUDES(mutex_);
  void hold_with(const Holder& holder);
  void describe_these(std::span<const Holder> holders);
  std::span<const Holder> next(std::int64_t count);

  base::SystemClock wall_;
  base::SystemRandom random_;
  const std::int32_t expiry_year_;
  const vault_api::MerchantRef merchant_;
  vault::KeyHolder keys_;
  vault::CardStore cards_;
  vault::BankStore accounts_;
  vault::SecurityCodes codes_;
  vault::CardNetwork network_;
  vault::TraceNumbers numbers_;
  vault::NetworkKeys network_keys_;  // none: messages go without cryptograms
  vault::Refusals refusals_;
  vault::CardDesk desk_;
  vault::CardBatch batch_;
  vault::Operations operations_;
  vault::KeyRotation rotation_;
  vault::TenantId tenant_;

  std::vector<Holder> holders_;  // of fill(): does not change later
  std::atomic<std::size_t> next_ = 0;
  std::atomic<std::int64_t> holds_ = 0;
  std::int64_t left_to_rewrap_ = 0;
  mutable base::Mutex mutex_;
  std::vector<Holder> made_ KARV_GUARDED_BY(mutex_);
  std::int64_t tickets_ KARV_GUARDED_BY(mutex_) = 0;
};

}  // namespace karv::bench
