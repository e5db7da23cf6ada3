#include "cards/bench_vault.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/card_digits.h"
#include "base/check.h"
#include "cards/acquirer.h"
#include "engines/must.h"

namespace karv::bench {
namespace {

constexpr std::int32_t kExpiryMonth = 12;
constexpr std::string_view kName = "Astrid Example";
constexpr std::string_view kCode = "123";
constexpr std::string_view kOrigin = "https://pay.localhost:8443";
constexpr std::size_t kUseEvery = 50;

// A number that is nobody's: made at run time, of a brand's range, with a check digit.
std::string new_number(base::Random& random) {
  std::string number = "4";
  while (number.size() < 15) number.push_back(static_cast<char>('0' + random.below(10)));
  number.push_back('0');
  while (!base::passes_luhn(number)) ++number.back();
  return number;
}

std::int32_t year_of(base::Instant now) {
  const std::chrono::sys_days day{std::chrono::floor<std::chrono::days>(std::chrono::milliseconds(now.ms))};
  return static_cast<std::int32_t>(static_cast<int>(std::chrono::year_month_day(day).year()));
}

}  // namespace

struct BenchVault::NewCard {
  Holder holder;
  std::string number;  // nobody's: no secret
};

BenchVault::BenchVault(store::Database& database, const std::shared_ptr<crypto::Hsm>& hsm, std::string name)
    : expiry_year_(year_of(wall_.now()) + 3),
      merchant_(base::make_id<vault_api::MerchantTag>(wall_, random_)),
      keys_(database, wall_, random_, {.hsm_prefix = std::move(name)}),
      cards_(database, keys_, wall_, random_),
      accounts_(database, keys_, wall_, random_),
      network_(wall_, {}),
      numbers_(database),
      network_keys_(database, network_, keys_, numbers_, wall_, random_, {}),
      refusals_(database, wall_, random_),
      desk_(database, keys_, cards_, codes_, refusals_, wall_, random_, {.public_url = "https://vault.localhost:8444"}),
      batch_(database, keys_, cards_, wall_, random_),
      operations_(database, keys_, cards_, codes_, network_, network_keys_, refusals_, numbers_, wall_, random_, {}),
      rotation_(database, keys_, cards_, accounts_, wall_, random_) {
  must(keys_.unseal(hsm));
  tenant_ = must(keys_.get())->find_tenant("karv-server").value();
  network_.start(approving_acquirer());
  for (int i = 0; i < 500 && !network_.is_signed_on(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  KARV_CHECK(network_.is_signed_on());
}

BenchVault::~BenchVault() { network_.stop(); }

BenchVault::NewCard BenchVault::new_card() {
  NewCard card{.holder = {.customer = base::make_id<vault_api::CustomerTag>(wall_, random_), .token = {}, .last4 = {}},
               .number = new_number(random_)};
  card.holder.last4 = card.number.substr(card.number.size() - 4);
  return card;
}

void BenchVault::keep(Holder holder) {
  const base::Lock lock(mutex_);
  made_.push_back(std::move(holder));
}

void BenchVault::fill(int lists) {
  for (int i = 0; i < lists; ++i) tokenize_list(static_cast<std::int64_t>(vault_api::kMostInBatch));
  const base::Lock lock(mutex_);
  holders_ = made_;
}

void BenchVault::tokenize() {
  auto card = new_card();
  vault_api::TicketRequest request;
  request.customer = card.holder.customer;
  request.merchant = merchant_;
  request.parent_origin = kOrigin;
  const auto ticket = must(desk_.create_ticket(tenant_, request));
  auto typed = vault::parse_card({.number = base::SecretBytes::copy_of(card.number),
                                  .expiry_month = kExpiryMonth,
                                  .expiry_year = expiry_year_,
                                  .code = base::SecretBytes::copy_of(kCode),
                                  .name = base::SecretBytes::copy_of(kName)},
                                 wall_.now());
  KARV_CHECK(typed.has_value());
  must(desk_.fill_ticket(ticket.ticket, *std::move(typed)));
  auto answer = must(desk_.collect_ticket(
      tenant_, {.ticket = ticket.ticket, .customer = card.holder.customer, .merchant = merchant_}));
  KARV_CHECK(answer.last4 == card.holder.last4 && !answer.vault_token.empty());
  card.holder.token = std::move(answer.vault_token);
  const base::Lock lock(mutex_);
  made_.push_back(std::move(card.holder));
  ++tickets_;
}

void BenchVault::tokenize_list(std::int64_t size) {
  std::vector<NewCard> cards;
  vault_api::TokenizeRequest request;
  for (std::int64_t i = 0; i < size; ++i) {
    cards.push_back(new_card());
    request.cards.push_back({.number = base::SecretBytes::copy_of(cards.back().number),
                             .expiry_month = kExpiryMonth,
                             .expiry_year = expiry_year_,
                             .name = base::SecretBytes::copy_of(kName),
                             .customer = cards.back().holder.customer,
                             .merchant = merchant_});
  }
  auto answer = must(batch_.tokenize(tenant_, std::move(request), "karv-migration"));
  KARV_CHECK(answer.cards.size() == cards.size());
  for (std::size_t i = 0; i < cards.size(); ++i) {
    KARV_CHECK(answer.cards[i].code.empty() && answer.cards[i].last4 == cards[i].holder.last4);
    cards[i].holder.token = std::move(answer.cards[i].vault_token);
    keep(std::move(cards[i].holder));
  }
}

// The next ones in turn, without those at the end that are too few.
std::span<const Holder> BenchVault::next(std::int64_t count) {
  const auto size = static_cast<std::size_t>(count);
  const std::size_t groups = holders_.size() / size;
  return std::span(holders_).subspan((next_++ % groups) * size, size);
}

void BenchVault::describe_these(std::span<const Holder> holders) {
  vault_api::DescribeRequest request;
  for (const auto& one : holders) request.tokens.push_back({.vault_token = one.token, .customer = one.customer});
  const auto answer = must(batch_.describe(tenant_, request));
  KARV_CHECK(answer.tokens.size() == holders.size());
  for (std::size_t i = 0; i < holders.size(); ++i) {
    const auto& one = answer.tokens[i];
    KARV_CHECK(one.code.empty() && one.last4 == holders[i].last4 && one.brand == "visa");
    KARV_CHECK(one.expiry_month == kExpiryMonth && one.expiry_year == expiry_year_);
  }
}

void BenchVault::describe(std::int64_t size) { describe_these(next(size)); }

void BenchVault::hold_with(const Holder& holder) {
  vault_api::CardOperation request;
  request.operation = base::make_id<vault_api::OperationTag>(wall_, random_);
  request.vault_token = holder.token;
  request.customer = holder.customer;
  request.merchant = merchant_;
  request.amount_minor = 100;
  request.currency = "EUR";
  request.merchant_reference = "SHOP-1";
  request.merchant_name = "Bench Shop";
  request.business_time = wall_.now().ms;
  const auto answer = must(operations_.run(tenant_, vault_api::OperationKind::hold, request));
  KARV_CHECK(answer.state == vault_api::OperationState::approved && answer.approval_code == "A1B2C3");
  ++holds_;
}

void BenchVault::hold() { hold_with(next(1).front()); }

void BenchVault::begin_rewrap() {
  const auto* const epoch = must(keys_.refresh())->find_active(vault::KeyClass::epoch);
  KARV_CHECK(epoch != nullptr);
  const auto rotation = must(rotation_.rotate(epoch->row.id));
  left_to_rewrap_ = rotation.total;
  KARV_CHECK(left_to_rewrap_ == expected().cards);
}

std::int64_t BenchVault::rewrap() {
  const std::int64_t moved = std::min(left_to_rewrap_, vault::RotationSettings().batch);
  const bool more = must(rotation_.work());
  left_to_rewrap_ -= moved;
  KARV_CHECK(left_to_rewrap_ == 0 || more);
  return moved;
}

void BenchVault::end_rewrap() {
  bool more = true;
  while (more) more = rewrap() > 0;
}

Expected BenchVault::expected() const {
  const base::Lock lock(mutex_);
  return {.cards = static_cast<std::int64_t>(made_.size()), .tickets = tickets_, .holds = holds_};
}

void BenchVault::check_all() {
  std::vector<Holder> all;
  {
    const base::Lock lock(mutex_);
    all = made_;
  }
  const std::span<const Holder> holders = all;
  for (std::size_t first = 0; first < holders.size(); first += vault_api::kMostInBatch)
    describe_these(holders.subspan(first, std::min(vault_api::kMostInBatch, holders.size() - first)));
  for (std::size_t i = 0; i < holders.size(); i += kUseEvery) hold_with(holders[i]);
}

}  // namespace karv::bench
