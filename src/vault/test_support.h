// For the vault's tests: a whole vault over a temporary database, an HSM in memory, a clock that is moved by hand, and
// a card network that behaves as told.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "store/temporary.h"
#include "vault/bank/desk.h"
#include "vault/cards/card_desk.h"
#include "vault/cards/card_endings.h"
#include "vault/network/judge_for_test.h"
#include "vault/operations/operations.h"
#include "vault/operations/settlement.h"
#include "wire/iso8583.h"

namespace karv::vault::testing {

// Test numbers, as documented for the card network's simulator (tests/shared/test_cards.json).
inline constexpr std::string_view kVisa = "4111111111111111";
inline constexpr std::string_view kMastercard = "5555555555554444";

// Wraps with AES-GCM under a key of its own, as the real one does behind PKCS#11.
class MemoryHsm final : public crypto::Hsm {
 public:
  base::Result<base::SecretBytes> make_data_key() override;
  base::Result<void> ensure_key(std::string_view label) override;
  base::Result<bool> has_key(std::string_view label) override;
  base::Result<void> destroy_key(std::string_view label) override;
  base::Result<bool> key_is_confined(std::string_view) override { return true; }
  base::Result<base::Bytes> wrap(std::string_view label, const base::SecretBytes& data_key,
                                 base::ByteView associated_data) override;
  base::Result<base::SecretBytes> unwrap(std::string_view label, base::ByteView wrapped,
                                         base::ByteView associated_data) override;
  base::Result<void> health(std::string_view label) override;

  std::size_t count();  // of its keys
  // Gone in mid-flight: everything answers unavailable.
  void take_away(bool away) { away_ = away; }
  // Destroying a key fails, and only that.
  void keep_keys(bool keep) { keep_ = keep; }

 private:
  base::Result<const base::SecretBytes*> get_key(std::string_view label) KARV_REQUIRES(mutex_);

  base::SystemRandom random_;
  std::atomic<bool> away_ = false;
  std::atomic<bool> keep_ = false;
  base::Mutex mutex_;
  std::map<std::string, base::SecretBytes, std::less<>> keys_ KARV_GUARDED_BY(mutex_);
};

// What the network does with the next questions about money (0100, 0200).
enum class Behavior { approve, decline, silent, late, twice, garbage, cut_message, hang_up, stranger };

// The card network's side of the line. Thread-safe.
class FakePeer {
 public:
  void set_behavior(Behavior behavior);
  void set_decline_code(std::string code);
  // How many advices (0220, 0400, 0420) are left unanswered before they are answered again.
  void ignore_advices(int count);
  void set_advice_code(std::string code);
  void refuse_sends(bool refuse);
  void send_late_answers();
  void hang_up();
  void reopen();
  // Has forgotten its keys, as one that was started again.
  void forget_network_keys();
  std::size_t network_keys() const;
  void refuse_keys(bool refuse);
  base::Bytes public_key() const;
  // What it says to a message that somebody brings it.
  std::string judge(const wire::iso8583::Message& message);

  // Every message that came, in order, as "0100", "0420"...
  std::vector<std::string> types() const;
  int count(std::string_view mti) const;
  wire::iso8583::Message last(std::string_view mti) const;

  CardNetwork::Connect connector();

 private:
  friend class FakeLine;
  bool take(const base::SecretBytes& frame);
  void answer(const wire::iso8583::Message& request, const std::string& code);
  void give(base::SecretBytes frame);
  void handle_money(const wire::iso8583::Message& request);

  mutable base::Mutex mutex_;
  CryptogramJudge judge_ KARV_GUARDED_BY(mutex_);
  CardLineEvents events_;
  Behavior behavior_ KARV_GUARDED_BY(mutex_) = Behavior::approve;
  std::string decline_code_ KARV_GUARDED_BY(mutex_) = "05";
  std::string advice_code_ KARV_GUARDED_BY(mutex_) = "00";
  int ignored_ KARV_GUARDED_BY(mutex_) = 0;
  bool refuse_ KARV_GUARDED_BY(mutex_) = false;
  bool refuse_keys_ KARV_GUARDED_BY(mutex_) = false;
  std::vector<wire::iso8583::Message> messages_ KARV_GUARDED_BY(mutex_);
  std::vector<base::SecretBytes> late_ KARV_GUARDED_BY(mutex_);
};

// Folder, database (on the engine that is tested) and HSM that outlive a vault, so that one can be "restarted" on them.
struct Disk {
  explicit Disk(std::function<void(const store::WriteReport&)> on_write = {});
  ~Disk();
  std::filesystem::path folder;  // for pages
  store::TemporaryDatabase store;
  std::shared_ptr<MemoryHsm> hsm = std::make_shared<MemoryHsm>();
};

struct TestVault {
  enum class Among { alone, others };  // others: vaults that serve from the same disk
  // `peer` null: the card network cannot be reached. It is unsealed with the disk's HSM.
  TestVault(Disk& disk, FakePeer* peer, KeySettings key_settings = {}, Among among = Among::alone);
  ~TestVault();
  // Ends it in the middle: whoever waits is cut off, and what is open stays so.
  void kill();

  // A filled and collected card of `customer` at `merchant`.
  vault_api::CardAnswer make_card(std::string_view number = kVisa, Purpose purpose = Purpose::purchase);
  // A token for an account that was typed and collected; it is `merchant`'s, `customer`'s or the operator's own, as the
  // purpose has it.
  vault_api::BankAccountAnswer make_account(std::string_view iban, BankPurpose purpose,
                                            std::optional<std::int64_t> cap = std::nullopt);
  std::string derive(const std::string& from, Purpose purpose, std::optional<std::int64_t> cap = std::nullopt);
  vault_api::CardOperation operation(const std::string& token, std::int64_t amount,
                                     std::optional<OperationId> original = std::nullopt);
  OperationState state_of(OperationId id);
  // The stored card behind a token.
  SealedCard sealed_card(const std::string& token);

  CustomerRef customer;
  MerchantRef merchant;
  AgreementRef agreement;
  base::ManualClock wall{*base::from_rfc3339("2026-11-22T12:00:00Z")};
  base::SystemRandom random;
  std::unique_ptr<store::Database> database;
  TenantId tenant;  // of "karv-server"
  std::optional<KeyHolder> keys;
  std::optional<CardStore> cards;
  std::optional<BankStore> accounts;
  SecurityCodes codes;
  std::optional<CardNetwork> network;
  std::optional<TraceNumbers> numbers;
  std::optional<NetworkKeys> network_keys;
  std::optional<Settlement> settlement;
  std::optional<Refusals> refusals;
  std::optional<CardEndings> endings;
  std::optional<CardDesk> desk;
  std::optional<BankDesk> bank_desk;
  std::optional<Operations> operations;
};

CardFields typed(std::string_view number = kVisa, std::string_view code = "123");
// What typed() makes, checked.
TypedCard checked_card();
// `leading` filled up to `size` digits, the last of which is the check digit: on nobody's list, made at run time.
std::string number_from(std::string_view leading, std::size_t size);
// Waits up to five seconds of real time.
bool eventually(const std::function<bool()>& condition);

}  // namespace karv::vault::testing
