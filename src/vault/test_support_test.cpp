#include "vault/test_support.h"

#include <chrono>

#include <gtest/gtest.h>

#include "audit/record.h"
#include "base/card_digits.h"
#include "crypto/aead.h"
#include "json/words.h"
#include "store/migrate.h"
#include "vault/cards/card_repository.h"
#include "vault/schema.h"

namespace karv::vault::testing {

namespace iso = wire::iso8583;

base::Result<base::SecretBytes> MemoryHsm::make_data_key() {
  if (away_) return base::Error(base::ErrorCode::unavailable);
  base::SecretBytes key(32);
  random_.fill(key.expose_mutable());
  return key;
}
base::Result<void> MemoryHsm::ensure_key(std::string_view label) {
  if (away_) return base::Error(base::ErrorCode::unavailable);
  const base::Lock lock(mutex_);
  if (keys_.contains(label)) return {};
  base::SecretBytes key(32);
  random_.fill(key.expose_mutable());
  keys_.emplace(label, std::move(key));
  return {};
}
base::Result<bool> MemoryHsm::has_key(std::string_view label) {
  if (away_) return base::Error(base::ErrorCode::unavailable);
  const base::Lock lock(mutex_);
  return keys_.contains(label);
}
base::Result<void> MemoryHsm::destroy_key(std::string_view label) {
  if (away_ || keep_) return base::Error(base::ErrorCode::unavailable);
  const base::Lock lock(mutex_);
  if (const auto found = keys_.find(label); found != keys_.end()) keys_.erase(found);
  return {};
}
base::Result<const base::SecretBytes*> MemoryHsm::get_key(std::string_view label) {
  if (away_) return base::Error(base::ErrorCode::unavailable);
  const auto found = keys_.find(label);
  if (found == keys_.end()) return base::Error(base::ErrorCode::not_found);
  return &found->second;
}
base::Result<base::Bytes> MemoryHsm::wrap(std::string_view label, const base::SecretBytes& data_key,
                                          base::ByteView associated_data) {
  const base::Lock lock(mutex_);
  KARV_TRY(const auto* key, get_key(label));
  return crypto::seal(*key, data_key.expose(), associated_data, random_);
}
base::Result<base::SecretBytes> MemoryHsm::unwrap(std::string_view label, base::ByteView wrapped,
                                                  base::ByteView associated_data) {
  const base::Lock lock(mutex_);
  KARV_TRY(const auto* key, get_key(label));
  return crypto::open(*key, wrapped, associated_data);
}
std::size_t MemoryHsm::count() {
  const base::Lock lock(mutex_);
  return keys_.size();
}
base::Result<void> MemoryHsm::health(std::string_view label) {
  const base::Lock lock(mutex_);
  KARV_TRY(const auto* key, get_key(label));
  return key->empty() ? base::Result<void>(base::Error(base::ErrorCode::unavailable)) : base::Result<void>();
}

class FakeLine final : public CardLine {
 public:
  explicit FakeLine(FakePeer& peer) : peer_(peer) {}
  bool send(base::SecretBytes frame) override { return peer_.take(frame); }
  void restart() override {
    peer_.hang_up();
    peer_.reopen();
  }

 private:
  FakePeer& peer_;
};

void FakePeer::set_behavior(Behavior behavior) {
  const base::Lock lock(mutex_);
  behavior_ = behavior;
}
void FakePeer::set_decline_code(std::string code) {
  const base::Lock lock(mutex_);
  decline_code_ = std::move(code);
}
void FakePeer::ignore_advices(int count) {
  const base::Lock lock(mutex_);
  ignored_ = count;
}
void FakePeer::set_advice_code(std::string code) {
  const base::Lock lock(mutex_);
  advice_code_ = std::move(code);
}
void FakePeer::refuse_sends(bool refuse) {
  const base::Lock lock(mutex_);
  refuse_ = refuse;
}
void FakePeer::send_late_answers() {
  std::vector<base::SecretBytes> late;
  {
    const base::Lock lock(mutex_);
    late.swap(late_);
  }
  for (auto& frame : late) give(std::move(frame));
}
void FakePeer::hang_up() { events_.closed(); }
void FakePeer::reopen() { events_.opened(); }
void FakePeer::forget_network_keys() {
  const base::Lock lock(mutex_);
  judge_.forget_keys();
}
void FakePeer::refuse_keys(bool refuse) {
  const base::Lock lock(mutex_);
  refuse_keys_ = refuse;
}
std::size_t FakePeer::network_keys() const {
  const base::Lock lock(mutex_);
  return judge_.keys();
}
base::Bytes FakePeer::public_key() const {
  const base::Lock lock(mutex_);
  return judge_.public_key();
}
std::string FakePeer::judge(const iso::Message& message) {
  const base::Lock lock(mutex_);
  if (message.mti() != "0800") return judge_.judge(message);
  if (message.find(70) != "161") return "00";
  return refuse_keys_ ? "63" : judge_.take_key(message);
}
void FakePeer::give(base::SecretBytes frame) { events_.frame(std::move(frame)); }

std::vector<std::string> FakePeer::types() const {
  const base::Lock lock(mutex_);
  std::vector<std::string> out;
  out.reserve(messages_.size());
  for (const auto& message : messages_) out.push_back(message.mti());
  return out;
}
int FakePeer::count(std::string_view mti) const {
  int found = 0;
  for (const auto& type : types()) found += type == mti ? 1 : 0;
  return found;
}
iso::Message FakePeer::last(std::string_view mti) const {
  const base::Lock lock(mutex_);
  for (auto message = messages_.rbegin(); message != messages_.rend(); ++message)
    if (message->mti() == mti) return iso::decode(iso::encode(*message).value().expose()).value();
  ADD_FAILURE() << "no " << mti;
  return iso::Message("0800");
}

CardNetwork::Connect FakePeer::connector() {
  return [this](CardLineEvents events) -> std::unique_ptr<CardLine> {
    events_ = std::move(events);
    events_.opened();
    return std::make_unique<FakeLine>(*this);
  };
}

void FakePeer::answer(const iso::Message& request, const std::string& code) {
  iso::Message response(iso::response_mti(request.mti()));
  for (const int field : {7, 11, 37, 70})
    if (const auto value = request.find(field)) response.set(field, *value);
  if (code == "00" && (request.mti() == "0100" || request.mti() == "0200")) response.set(38, "A1B2C3");
  response.set(39, code);
  give(iso::encode(response).value());
}

void FakePeer::handle_money(const iso::Message& request) {
  Behavior behavior;
  std::string code;
  {
    const base::Lock lock(mutex_);
    behavior = behavior_;
    code = decline_code_;
  }
  switch (behavior) {
    case Behavior::approve:
      return answer(request, "00");
    case Behavior::decline:
      return answer(request, code);
    case Behavior::silent:
      return;
    case Behavior::twice:
      answer(request, "00");
      return answer(request, "00");
    case Behavior::garbage:
      return give(base::SecretBytes::copy_of(std::string_view("0110 what is this")));
    case Behavior::hang_up:
      hang_up();
      return reopen();
    case Behavior::stranger: {
      iso::Message other(iso::response_mti(request.mti()));
      other.set(11, "000000");
      other.set(37, "ZZZZZZZZZZZZ");
      other.set(39, "00");
      give(iso::encode(other).value());
      return answer(request, "00");
    }
    case Behavior::late:
    case Behavior::cut_message: {
      iso::Message response(iso::response_mti(request.mti()));
      for (const int field : {7, 11, 37}) response.set(field, *request.find(field));
      response.set(38, "LATE01");
      response.set(39, "00");
      auto frame = iso::encode(response).value();
      if (behavior == Behavior::cut_message)
        return give(base::SecretBytes::copy_of(frame.expose().first(frame.size() - 3)));
      const base::Lock lock(mutex_);
      late_.push_back(std::move(frame));
    }
  }
}

namespace {

// Of a repeat whose first message came: 00 when it says the same, 94 when it says something else under its numbers.
std::optional<std::string> judge_repeat(const iso::Message& request, std::span<const iso::Message> before) {
  if (!request.mti().ends_with('1') || request.secret(48) == nullptr) return std::nullopt;
  for (const auto& first : before) {
    const bool its_first = first.mti() == request.mti().substr(0, 3) + "0" && first.find(11) == request.find(11) &&
                           first.find(37) == request.find(37);
    if (!its_first) continue;
    const bool same = first.find(4) == request.find(4) && *first.secret(48) == *request.secret(48);
    return same ? "00" : "94";
  }
  return std::nullopt;
}

}  // namespace

bool FakePeer::take(const base::SecretBytes& frame) {
  auto request = iso::decode(frame.expose());
  EXPECT_TRUE(request.ok());
  std::string advice_code;
  std::optional<std::string> remembered;
  {
    const base::Lock lock(mutex_);
    if (refuse_) return false;
    remembered = judge_repeat(request.value(), messages_);
    // What is not answered was booked, whoever demanded what then.
    if (!remembered && behavior_ == Behavior::silent && request->mti() == "0200") remembered = "00";
    messages_.push_back(iso::decode(frame.expose()).value());
    const bool advice = request->mti()[1] == '4' || request->mti()[2] == '2';
    if (advice && ignored_ > 0) {
      --ignored_;
      return true;
    }
    advice_code = advice ? advice_code_ : "";
  }
  if (request->mti() == "0800") {
    answer(request.value(), judge(request.value()));
  } else if (!advice_code.empty()) {
    answer(request.value(), advice_code);
  } else if (const auto said = remembered ? *remembered : judge(request.value()); said != "00") {
    answer(request.value(), said);
  } else {
    handle_money(request.value());
  }
  return true;
}

Disk::Disk(std::function<void(const store::WriteReport&)> on_write)
    : store(store::TemporaryDatabase::create(
          store::all_migrations({store::migrations(), audit::migrations(), migrations()}), std::move(on_write))) {
  store.close();
  char pattern[] = "/tmp/karv-vault-XXXXXX";
  folder = ::mkdtemp(pattern);
}
Disk::~Disk() { std::filesystem::remove_all(folder); }

TestVault::TestVault(Disk& disk, FakePeer* peer, KeySettings key_settings, Among among)
    : customer(*CustomerRef::parse("0190a1b2-c3d4-7000-8000-00000000000a")),
      merchant(*MerchantRef::parse("0190a1b2-c3d4-7000-8000-00000000000b")),
      agreement(*AgreementRef::parse("0190a1b2-c3d4-7000-8000-00000000000c")) {
  database = disk.store.open().value();
  keys.emplace(*database, wall, random, std::move(key_settings));
  EXPECT_TRUE(keys->unseal(disk.hsm).ok());
  tenant = keys->get().value()->find_tenant("karv-server").value();
  cards.emplace(*database, *keys, wall, random);
  accounts.emplace(*database, *keys, wall, random);
  network.emplace(wall, CardNetworkSettings{.tick = base::milliseconds(2), .patience = base::milliseconds(300)});
  numbers.emplace(*database);
  network_keys.emplace(*database, *network, *keys, *numbers, wall, random,
                       peer == nullptr ? base::Bytes() : peer->public_key());
  settlement.emplace(*database, *cards, *network, *numbers, wall,
                     SettlementSettings{.acquirer = {}, .pause = base::milliseconds(2)});
  refusals.emplace(*database, wall, random);
  endings.emplace(*database, *keys, *refusals);
  desk.emplace(*database, *keys, *cards, codes, *refusals, wall, random,
               CardDeskSettings{.public_url = "https://vault.localhost:8444", .most_payout_minor = 5'000});
  bank_desk.emplace(*database, *keys, *accounts, wall, random, "https://vault.localhost:8444");
  operations.emplace(*database, *keys, *cards, codes, *network, *network_keys, *refusals, *numbers, wall, random,
                     OperationSettings{});
  operations->on_open([this] { settlement->wake(); });
  network->on_unexpected([this](const NetworkAnswer& answer) { settlement->handle_unexpected(answer); });
  if (among == Among::alone) EXPECT_TRUE(settlement->recover().ok());
  if (peer == nullptr) return;
  network->start(peer->connector());
  settlement->start();
  EXPECT_TRUE(eventually([&] { return network->is_signed_on(); }));
}

TestVault::~TestVault() { kill(); }

void TestVault::kill() {
  if (settlement) settlement->stop();
  if (network) network->stop();
}

vault_api::CardAnswer TestVault::make_card(std::string_view number, Purpose purpose) {
  vault_api::TicketRequest request;
  request.customer = customer;
  if (purpose != Purpose::saved) request.merchant = merchant;
  request.purpose = purpose;
  request.parent_origin = "https://pay.localhost:8443";
  const auto ticket = desk->create_ticket(tenant, request).value();
  EXPECT_TRUE(desk->fill_ticket(ticket.ticket, parse_card(typed(number), wall.now()).value()).ok());
  return desk->collect_ticket(tenant, {.ticket = ticket.ticket, .customer = customer, .merchant = request.merchant})
      .value();
}

vault_api::BankAccountAnswer TestVault::make_account(std::string_view iban, BankPurpose purpose,
                                                     std::optional<std::int64_t> cap) {
  vault_api::BankTicketRequest request;
  request.purpose = purpose;
  if (purpose == BankPurpose::payout) request.merchant = merchant;
  if (purpose == BankPurpose::refund || purpose == BankPurpose::direct_debit) request.customer = customer;
  request.cap_minor = cap;
  if (cap) request.currency = "EUR";
  const auto ticket = bank_desk->create_ticket(tenant, request).value();
  const auto account = parse_bank_account({.number = base::SecretBytes::copy_of(iban)}).value();
  EXPECT_TRUE(bank_desk->fill_ticket(ticket.ticket, account).ok());
  return bank_desk
      ->collect_ticket(tenant, {.ticket = ticket.ticket, .customer = request.customer, .merchant = request.merchant})
      .value();
}

std::string TestVault::derive(const std::string& from, Purpose purpose, std::optional<std::int64_t> cap) {
  vault_api::DeriveRequest request;
  request.vault_token = from;
  request.customer = customer;
  request.purpose = purpose;
  if (purpose != Purpose::saved) request.merchant = merchant;
  if (purpose == Purpose::installments) request.agreement = agreement;
  request.cap_minor = cap;
  if (cap) request.currency = "EUR";
  request.business_time = wall.now().ms;
  return desk->derive_token(tenant, request).value().vault_token;
}

vault_api::CardOperation TestVault::operation(const std::string& token, std::int64_t amount,
                                              std::optional<OperationId> original) {
  vault_api::CardOperation request;
  request.operation = base::make_id<vault_api::OperationTag>(wall, random);
  request.vault_token = token;
  request.customer = customer;
  request.merchant = merchant;
  request.amount_minor = amount;
  request.currency = "EUR";
  request.merchant_reference = "SHOP-1";
  request.merchant_name = "Tällberg Skor";
  request.business_time = wall.now().ms;
  request.original_operation = original;
  return request;
}

OperationState TestVault::state_of(OperationId id) { return operations->find(tenant, id).value().state; }

SealedCard TestVault::sealed_card(const std::string& token) {
  return database
      ->read<SealedCard>("test",
                         [&](store::ReadTx& tx) -> base::Result<SealedCard> {
                           const auto digests = keys->get().value()->token_digests(tenant, token);
                           KARV_TRY(const auto found, find_token_of(tx, digests));
                           KARV_TRY(auto card, find_card(tx, found->scope.card));
                           return *std::move(card);
                         })
      .value();
}

CardFields typed(std::string_view number, std::string_view code) {
  CardFields fields;
  fields.number = base::SecretBytes::copy_of(number);
  fields.expiry_month = 12;
  fields.expiry_year = 2030;
  fields.code = base::SecretBytes::copy_of(code);
  fields.name = base::SecretBytes::copy_of(std::string_view("Astrid Test"));
  return fields;
}

TypedCard checked_card() { return parse_card(typed(), *base::from_rfc3339("2026-11-22T12:00:00Z")).value(); }

std::string number_from(std::string_view leading, std::size_t size) {
  std::string number(leading);
  number.resize(size, '0');
  while (!base::passes_luhn(number)) ++number.back();
  return number;
}

bool eventually(const std::function<bool()>& condition) {
  for (int i = 0; i < 5000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return false;
}

}  // namespace karv::vault::testing
