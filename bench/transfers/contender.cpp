#include "transfers/contender.h"

#include <algorithm>

#include "bench_support.h"
#include "engines/must.h"
#include "ledger/service.h"
#include "store/migrate.h"
#include "transfers/rollups.h"

namespace karv::bench {
namespace {

constexpr std::string_view kUseCase = "post";
constexpr double kGuessedPerSecond = 50'000;
constexpr double kWarmUpSeconds = 0.5;
constexpr double kMostTransfers = 600'000;  // made up at once: a quarter of a gigabyte
constexpr std::size_t kOpenAtOnce = 10'000;
constexpr std::uint64_t kSeed = 20'261'128;

int writers_of(const Engine& engine, int batch, const Settings& settings) {
  if (settings.writers > 0) return settings.writers;
  return batch == 1 ? 16 : engine.writers;
}

}  // namespace

Contender::Contender(const Engine& engine, const Shape& shape, int batch, const Settings& settings)
    : settings_(settings),
      line_{.engine = engine.name,
            .shape = shape.name,
            .batch = batch,
            .writers = writers_of(engine, batch, settings),
            .limit_writers = engine.limit_writers > 0 ? engine.limit_writers : writers_of(engine, batch, settings)},
      world_(shape, kSeed),
      ours_{.writers = line_.writers, .place = engine.make_place(), .limit = nullptr, .per_second = kGuessedPerSecond},
      inserts_(make_limit(engine, Depth::inserts)),
      writes_(make_limit(engine, Depth::writes)) {
  open_ours();
  for (auto* side : {&inserts_, &writes_}) {
    side->limit->open(world_.accounts());
    side->place->filled();
  }
  warm_up();
}

Contender::Side Contender::make_limit(const Engine& engine, Depth depth) {
  Side side{
      .writers = line_.limit_writers, .place = engine.make_place(), .limit = nullptr, .per_second = kGuessedPerSecond};
  side.limit = side.place->open_limit(side.writers, depth);
  return side;
}

void Contender::open_ours() {
  constexpr int kBeside = 2;  // the roll-up, and whatever looks
  database_ = ours_.place->open({.connections = line_.writers + kBeside,
                                 .on_write = [this](const store::WriteReport& report) { count(report); }});
  must(store::migrate(*database_, ledger::migrations()));
  fill_ours();
  ours_.place->filled();
}

void Contender::fill_ours() {
  const auto accounts = world_.accounts();
  for (std::size_t first = 0; first < accounts.size(); first += kOpenAtOnce) {
    const auto piece = accounts.subspan(first, std::min(kOpenAtOnce, accounts.size() - first));
    must(database_->write<void>("fill", [&](store::Tx& tx) -> base::Result<void> {
      for (const auto& account : piece) open_account(tx, account);
      return {};
    }));
  }
  std::vector<ledger::KnownTerms> known;
  for (const auto& account : accounts) known.push_back({.id = account.id, .terms = account.terms()});
  known_.put(known);  // as after the first payments of each
}

void Contender::warm_up() {
  const double seconds = std::min(kWarmUpSeconds, settings_.seconds);
  play_ours(seconds);
  for (auto* limit : {&inserts_, &writes_}) play_limit(*limit, seconds);
}

// Everybody who shares a commit reports how many do: also a roll-up, so that it can look as if there were more calls in
// a commit than there are writers.
void Contender::count(const store::WriteReport& report) {
  if (report.use_case == kUseCase && report.members > 0) commits_ += 1.0 / static_cast<double>(report.members);
}

double Contender::calls_per_commit() const {
  return std::clamp(static_cast<double>(calls_) / commits_, 1.0, static_cast<double>(line_.writers));
}

void Contender::post(std::span<const Call> calls) {
  KARV_CHECK(calls.size() == 1);
  must(database_->write<void>(kUseCase,
                              [&](store::Tx& tx) { return ledger::post(tx, calls.front().transfers, &known_); }));
}

// Somewhat more than the last round needed.
Hands Contender::deal(const Side& side, double seconds) {
  constexpr double kReserve = 1.4;
  const double transfers = std::min(side.per_second * seconds * kReserve, kMostTransfers);
  const auto calls = static_cast<std::int64_t>(transfers / line_.batch / side.writers);
  return world_.deal(side.writers, std::max<std::int64_t>(calls, 2) + 20, line_.batch);
}

PlayedCalls Contender::play_ours(double seconds) {
  const Hands hands = deal(ours_, seconds);
  commits_ = 0;
  auto played = play(hands, {.seconds = seconds}, [this](int, std::span<const Call> calls) { post(calls); });
  calls_ = played.calls;
  ours_.per_second = played.round.per_second;
  ours_.transfers += played.transfers;
  return played;
}

PlayedCalls Contender::play_limit(Side& side, double seconds) {
  const Hands hands = deal(side, seconds);
  auto played = play(hands, {.seconds = seconds, .calls_per_commit = calls_per_commit()},
                     [&side](int writer, std::span<const Call> calls) { side.limit->write(writer, calls); });
  side.per_second = played.round.per_second;
  side.transfers += played.transfers;
  return played;
}

void Contender::measure_ours() {
  Rollups rollups(*database_, settings_.seconds);
  const auto played = play_ours(settings_.seconds);
  line_.rolled_up += rollups.stop();
  line_.ours.push_back(played.round);
  line_.calls_per_commit.push_back(calls_per_commit());
  line_.calls_ms.insert(line_.calls_ms.end(), played.calls_ms.begin(), played.calls_ms.end());
}

void Contender::measure_limits() {
  line_.inserts.push_back(play_limit(inserts_, settings_.seconds).round);
  line_.writes.push_back(play_limit(writes_, settings_.seconds).round);
}

Line Contender::finish(Books& books) {
  for (const auto* side : {&inserts_, &writes_}) KARV_CHECK(side->limit->count_transfers() == side->transfers);
  line_.verified = books.verify(*database_, ours_.transfers);
  return std::move(line_);
}

}  // namespace karv::bench
