#include <array>

#include "base/check.h"
#include "store/migrate.h"
#include "store/outbox.h"

namespace karv::store {
namespace {

// state: 'ready', 'claimed', 'done', 'failed'. For a claimed entry available_at is the end of the lease.
constexpr std::string_view kCreateOutbox =
    "create table outbox ("
    " entry_id BYTEA primary key,"
    " topic TEXT not null,"
    " subject_key TEXT not null,"
    " payload BYTEA not null,"
    " created_at BIGINT not null,"
    " available_at BIGINT not null,"
    " attempts BIGINT not null check (attempts >= 0),"
    " state TEXT not null check (state in ('ready', 'claimed', 'done', 'failed')),"
    " last_error TEXT not null,"
    " number BIGINT)";
constexpr std::string_view kIndexDue =
    "create index outbox_due on outbox (topic, available_at) where state in ('ready', 'claimed')";
constexpr std::string_view kIndexKey = "create index outbox_key on outbox (topic, subject_key)";
constexpr std::string_view kIndexUnnumbered =
    "create index outbox_unnumbered on outbox (entry_id) where number is null";
constexpr std::string_view kIndexNumber =
    "create unique index outbox_number on outbox (number) where number is not null";

const std::array<Migration, 1>& outbox_migrations() {
  static const std::array<Migration, 1> all{
      {{1001, "outbox", {kCreateOutbox, kIndexDue, kIndexKey, kIndexUnnumbered, kIndexNumber}}}};
  return all;
}

constexpr Sql kInsert =
    "insert into outbox (entry_id, topic, subject_key, payload, created_at, available_at, attempts, state, last_error)"
    " values ($1, $2, $3, $4, $5, $6, 0, 'ready', '')";
constexpr Sql kFindDue =
    "select entry_id, topic, subject_key, payload, created_at, available_at, attempts, state, last_error, number"
    " from outbox where topic = $1 and state in ('ready', 'claimed') and available_at <= $2"
    " order by available_at, entry_id limit $3";
constexpr Sql kFindById =
    "select entry_id, topic, subject_key, payload, created_at, available_at, attempts, state, last_error, number"
    " from outbox where entry_id = $1";
constexpr Sql kFindByKey =
    "select entry_id, topic, subject_key, payload, created_at, available_at, attempts, state, last_error, number"
    " from outbox where topic = $1 and subject_key = $2 order by entry_id";
constexpr Sql kFindAfter =
    "select entry_id, topic, subject_key, payload, created_at, available_at, attempts, state, last_error, number"
    " from outbox where number > $1 and topic = $2 order by number limit $3";
constexpr Sql kClaim =
    "update outbox set state = 'claimed', attempts = $1, available_at = $2 where entry_id = $3 and attempts = $4";
constexpr Sql kSettle =
    "update outbox set state = $1, available_at = $2, last_error = $3"
    " where entry_id = $4 and attempts = $5 and state = 'claimed'";
constexpr Sql kHighestNumber = "select max(number) from outbox where number is not null";
constexpr Sql kFindUnnumbered = "select entry_id from outbox where number is null order by entry_id limit $1";
constexpr Sql kSetNumber = "update outbox set number = $1 where entry_id = $2 and number is null";

}  // namespace

std::span<const Migration> migrations() { return outbox_migrations(); }

namespace outbox {
namespace {

Result<State> state_of(std::string_view text) {
  for (const State state : {State::ready, State::claimed, State::done, State::failed})
    if (word(state) == text) return state;
  return base::internal_error(base::ErrorCode::internal, "an unknown outbox state is stored");
}

Result<std::vector<Entry>> entries_of(const Rows& rows) {
  std::vector<Entry> entries;
  entries.reserve(rows.size());
  for (const auto& row : rows) {
    KARV_TRY(const State state, state_of(row.text(7)));
    entries.push_back({.id = row.id<EntryId>(0),
                       .topic = row.text(1),
                       .key = row.text(2),
                       .payload = row.bytes(3),
                       .created_at = {row.integer(4)},
                       .available_at = {row.integer(5)},
                       .attempts = row.integer(6),
                       .state = state,
                       .last_error = row.text(8),
                       .number = row.integer_or_null(9)});
  }
  return entries;
}

void settle(Tx& tx, const Entry& claimed, State state, base::Instant available_at, std::string_view error_code) {
  tx.write({kSettle, {word(state), available_at.ms, error_code, claimed.id, claimed.attempts}}, 1);
}

}  // namespace

std::string_view word(State state) {
  switch (state) {
    case State::ready:
      return "ready";
    case State::claimed:
      return "claimed";
    case State::done:
      return "done";
    case State::failed:
      return "failed";
  }
  return "failed";
}

void put(Tx& tx, const NewEntry& entry) {
  KARV_REQUIRE(!entry.id.is_nil() && !entry.topic.empty());
  tx.write({kInsert, {entry.id, entry.topic, entry.key, entry.payload, entry.created_at.ms, entry.available_at.ms}}, 1);
}

Result<std::vector<Entry>> claim(Tx& tx, std::string_view topic, base::Instant now, base::Duration lease,
                                 std::int64_t limit) {
  KARV_REQUIRE(lease.ms > 0 && limit > 0);
  KARV_TRY(auto answers, tx.read_for_update({{kFindDue, {topic, now.ms, limit}}}));
  KARV_TRY(auto entries, entries_of(answers.at(0)));
  for (auto& entry : entries) {
    tx.write({kClaim, {entry.attempts + 1, (now + lease).ms, entry.id, entry.attempts}}, 1);
    ++entry.attempts;
    entry.state = State::claimed;
    entry.available_at = now + lease;
  }
  return entries;
}

void complete(Tx& tx, const Entry& claimed) { settle(tx, claimed, State::done, claimed.available_at, ""); }

void retry_later(Tx& tx, const Entry& claimed, base::Instant available_at, std::string_view error_code) {
  settle(tx, claimed, State::ready, available_at, error_code);
}

void fail(Tx& tx, const Entry& claimed, std::string_view error_code) {
  settle(tx, claimed, State::failed, claimed.available_at, error_code);
}

Result<std::optional<Entry>> find(ReadTx& tx, EntryId id) {
  KARV_TRY(auto rows, tx.read_one({kFindById, {id}}));
  KARV_TRY(auto entries, entries_of(rows));
  if (entries.empty()) return std::optional<Entry>();
  return std::optional<Entry>(std::move(entries.front()));
}

Result<std::vector<Entry>> list_by_key(ReadTx& tx, std::string_view topic, std::string_view key) {
  KARV_TRY(auto rows, tx.read_one({kFindByKey, {topic, key}}));
  return entries_of(rows);
}

Result<std::int64_t> assign_numbers(Tx& tx, std::int64_t limit) {
  KARV_TRY(auto answers, tx.read({{kHighestNumber, {}}, {kFindUnnumbered, {limit}}}));
  std::int64_t number = answers.at(0).at(0).integer_or_null(0).value_or(0);
  for (const auto& row : answers.at(1)) tx.write({kSetNumber, {++number, row.bytes(0)}}, 1);
  return static_cast<std::int64_t>(answers.at(1).size());
}

Result<std::vector<Entry>> list_after(ReadTx& tx, std::string_view topic, std::int64_t number, std::int64_t limit) {
  KARV_TRY(auto rows, tx.read_one({kFindAfter, {number, topic, limit}}));
  return entries_of(rows);
}

}  // namespace outbox
}  // namespace karv::store
