#include "cards/sides.h"

#include <algorithm>

#include "audit/record.h"
#include "cards/counts_repository.h"
#include "engines/must.h"
#include "store/migrate.h"
#include "vault/schema.h"

namespace karv::bench {
namespace {

constexpr double kReserve = 1.5;  // more calls than the last round needed
constexpr double kGuessedPerSecond = 3000;
constexpr std::int64_t kQuestions = 1600;  // then they are asked again

std::unique_ptr<store::Database> with_schema(std::unique_ptr<store::Database> database) {
  must(store::migrate(*database,
                      store::all_migrations({store::migrations(), audit::migrations(), vault::migrations()})));
  return database;
}

}  // namespace

Ours::Ours(const CardEngine& engine, const std::shared_ptr<crypto::Hsm>& hsm, int lists)
    : place_(engine.make_place()),
      database_(with_schema(place_->open({.connections = engine.connections,
                                          .on_write =
                                              [this](const store::WriteReport& report) {
                                                if (report.members == 0) return;
                                                commits_ += 1.0 / static_cast<double>(report.members);
                                                ++writes_;
                                              }}))),
      vault_(std::make_unique<BenchVault>(*database_, hsm, "bench-" + engine.name + "-ours")) {
  vault_->fill(lists);
  place_->filled();
}

Played Ours::play(const Task& task, double seconds) {
  commits_ = 0;
  writes_ = 0;
  return bench::play(task.callers, seconds, [&](int) { return task.call(*vault_); });
}

double Ours::writes_per_commit() const {
  return commits_ > 0 ? std::max(1.0, static_cast<double>(writes_) / commits_) : 1.0;
}

void Ours::check() {
  vault_->check_all();
  const auto expected = vault_->expected();
  const auto found = must(count_rows(*database_));
  KARV_CHECK(found.cards == expected.cards && found.tokens == expected.cards && found.customer_keys == expected.cards);
  KARV_CHECK(found.collected_tickets == expected.tickets);
  KARV_CHECK(found.approved_holds == expected.holds && found.open_operations == 0);
  KARV_CHECK(found.epochs_in_use == 1);
}

Limit::Limit(const CardEngine& engine, const std::shared_ptr<crypto::Hsm>& hsm, int lists)
    : engine_(engine),
      recording_(with_schema(memory_.open({}))),
      recorded_(std::make_unique<BenchVault>(recording_, hsm, "bench-" + engine.name + "-recorded")),
      place_(engine.make_place()) {
  with_schema(place_->open({}));
  replay_ = place_->open_replay(engine.connections);
  recorded_->fill(lists);
  catch_up();
  place_->filled();
}

void Limit::catch_up() {
  const Act all{.transactions = recording_.take()};
  replay_->play(0, {&all, 1});
}

int Limit::writers(const Task& task) const {
  if (task.kind == Kind::writes && engine_.one_writer) return 1;
  return std::min(task.callers, engine_.connections);
}

Limit::Hands Limit::record(const Task& task, double seconds) {
  Hands hands(static_cast<std::size_t>(writers(task)));
  const auto known = items_per_second_.find(task.name);
  const double wanted = (known == items_per_second_.end() ? kGuessedPerSecond : known->second) * seconds * kReserve;
  auto calls = static_cast<std::int64_t>(wanted) / task.items + writers(task) * 20;
  if (task.kind == Kind::questions) calls = std::min(calls, kQuestions);
  if (task.kind == Kind::rewrap) recorded_->begin_rewrap();
  catch_up();
  for (std::int64_t i = 0; i < calls; ++i) {
    const auto items = task.call(*recorded_);
    if (items == 0) break;
    hands[static_cast<std::size_t>(i) % hands.size()].push_back({.transactions = recording_.take(), .items = items});
  }
  if (task.kind == Kind::rewrap) recorded_->end_rewrap();
  return hands;
}

Played Limit::play(const Task& task, double seconds, double writes_per_commit) {
  const auto hands = record(task, seconds);
  struct Lane {
    Share share;
    Cipher cipher = {};
    std::size_t taken = 0;
  };
  std::vector<Lane> lanes;
  for (std::size_t i = 0; i < hands.size(); ++i)
    lanes.push_back({.share = Share(engine_.one_writer && task.kind == Kind::writes ? writes_per_commit : 1)});
  const auto play_next = [&](int writer) -> std::int64_t {
    auto& lane = lanes[static_cast<std::size_t>(writer)];
    const std::span<const Act> hand = hands[static_cast<std::size_t>(writer)];
    if (task.kind == Kind::questions && lane.taken == hand.size()) lane.taken = 0;  // asked once more
    const auto acts = hand.subspan(lane.taken, std::min(lane.share.next(), hand.size() - lane.taken));
    std::int64_t items = 0;
    for (const auto& act : acts) items += act.items;
    for (std::int64_t i = 0; i < items; ++i) lane.cipher.run(task.cryptography);
    replay_->play(writer, acts);
    lane.taken += acts.size();
    return items;
  };
  auto played = bench::play(static_cast<int>(hands.size()), seconds, play_next);
  for (std::size_t i = 0; i < hands.size(); ++i)
    replay_->play(static_cast<int>(i), std::span(hands[i]).subspan(lanes[i].taken));
  catch_up();
  items_per_second_[task.name] = played.round.per_second;
  return played;
}

void Limit::check() {
  replay_.reset();
  const auto limit = place_->open({});
  KARV_CHECK(must(count_rows(*limit)) == must(count_rows(recording_)));
}

}  // namespace karv::bench
