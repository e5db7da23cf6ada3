#include "audit/repository.h"

#include <array>

namespace karv::audit {
namespace {

using base::Result;
using store::Sql;

constexpr std::string_view kCreateRecords =
    "create table audit_records ("
    " record_id BYTEA primary key,"
    " actor_kind TEXT not null check (actor_kind in ('system', 'merchant', 'customer', 'staff', 'vault')),"
    " actor_id TEXT not null,"
    " action TEXT not null,"
    " subject_kind TEXT not null,"
    " subject_id TEXT not null,"
    " reason TEXT not null,"
    " business_time BIGINT not null,"
    " wall_time BIGINT not null,"
    " correlation_id TEXT not null,"
    " details TEXT not null,"
    " digest BYTEA not null)";
constexpr std::string_view kIndexSubject =
    "create index audit_records_subject on audit_records (subject_kind, subject_id, record_id)";
constexpr std::string_view kCreateWaiting = "create table audit_waiting (record_id BYTEA primary key)";
constexpr std::string_view kCreateChain =
    "create table audit_chain ("
    " sequence BIGINT primary key,"
    " record_id BYTEA not null unique,"
    " previous BYTEA not null,"
    " hash BYTEA not null)";

constexpr Sql kInsertRecord =
    "insert into audit_records (record_id, actor_kind, actor_id, action, subject_kind, subject_id, reason,"
    " business_time, wall_time, correlation_id, details, digest)"
    " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
constexpr Sql kInsertWaiting = "insert into audit_waiting (record_id) values ($1)";
constexpr Sql kDeleteWaiting = "delete from audit_waiting where record_id = $1";
constexpr Sql kInsertLink = "insert into audit_chain (sequence, record_id, previous, hash) values ($1, $2, $3, $4)";
constexpr Sql kFindHead = "select sequence, hash from audit_chain order by sequence desc limit 1";
constexpr Sql kFindWaiting =
    "select w.record_id, r.digest from audit_waiting w left join audit_records r on r.record_id = w.record_id"
    " order by w.record_id limit $1";
constexpr Sql kFindLinks =
    "select c.sequence, c.record_id, c.previous, c.hash, r.record_id, r.actor_kind, r.actor_id, r.action,"
    " r.subject_kind, r.subject_id, r.reason, r.business_time, r.wall_time, r.correlation_id, r.details, r.digest"
    " from audit_chain c left join audit_records r on r.record_id = c.record_id"
    " where c.sequence > $1 order by c.sequence limit $2";
constexpr Sql kFindBySubject =
    "select record_id, actor_kind, actor_id, action, subject_kind, subject_id, reason, business_time, wall_time,"
    " correlation_id, details, digest from audit_records where subject_kind = $1 and subject_id = $2"
    " order by record_id limit $3";
constexpr Sql kFindForgotten =
    "select r.record_id from audit_records r left join audit_chain c on c.record_id = r.record_id"
    " left join audit_waiting w on w.record_id = r.record_id"
    " where c.record_id is null and w.record_id is null order by r.record_id limit $1";
constexpr Sql kCountRecords = "select count(*) from audit_records";
constexpr Sql kCountWaiting = "select count(*) from audit_waiting";

ActorKind actor_kind_of(std::string_view text) {
  for (const auto kind : {ActorKind::merchant, ActorKind::customer, ActorKind::staff, ActorKind::vault})
    if (word(kind) == text) return kind;
  return ActorKind::system;
}

// The columns from `at` on are those of kFindBySubject.
repository::StoredRecord stored_of(const store::Row& row, std::size_t at) {
  return {.record = {.id = row.id<RecordId>(at),
                     .actor = {.kind = actor_kind_of(row.text(at + 1)), .id = row.text(at + 2)},
                     .action = row.text(at + 3),
                     .subject = {.kind = row.text(at + 4), .id = row.text(at + 5)},
                     .reason = row.text(at + 6),
                     .business_time = {row.integer(at + 7)},
                     .wall_time = {row.integer(at + 8)},
                     .correlation_id = row.text(at + 9),
                     .details = row.text(at + 10)},
          .digest = row.bytes(at + 11)};
}

}  // namespace

std::span<const store::Migration> migrations() {
  static const std::array<store::Migration, 1> all{
      {{2001, "audit", {kCreateRecords, kIndexSubject, kCreateWaiting, kCreateChain}}}};
  return all;
}

namespace repository {

void insert_record(store::Tx& tx, const Record& record, const base::Bytes& digest) {
  tx.write(
      {kInsertRecord,
       {record.id, word(record.actor.kind), record.actor.id, record.action, record.subject.kind, record.subject.id,
        record.reason, record.business_time.ms, record.wall_time.ms, record.correlation_id, record.details, digest}},
      1);
  tx.write({kInsertWaiting, {record.id}}, 1);
}

void insert_link(store::Tx& tx, const Link& link) {
  tx.write({kInsertLink, {link.sequence, link.record_id, link.previous, link.hash}}, 1);
}

void delete_waiting(store::Tx& tx, const RecordId& id) { tx.write({kDeleteWaiting, {id}}, 1); }

Result<Line> read_line(store::ReadTx& tx, std::int64_t limit) {
  KARV_TRY(auto answers, tx.read({{kFindHead, {}}, {kFindWaiting, {limit}}}));
  Line line;
  if (!answers.at(0).empty()) line.head = {answers[0][0].integer(0), answers[0][0].bytes(1)};
  for (const auto& row : answers.at(1))
    line.waiting.push_back({.record_id = row.id<RecordId>(0), .digest = row.bytes_or_null(1)});
  return line;
}

Result<std::vector<LinkAndRecord>> read_links_after(store::ReadTx& tx, std::int64_t sequence, std::int64_t limit) {
  KARV_TRY(auto rows, tx.read_one({kFindLinks, {sequence, limit}}));
  std::vector<LinkAndRecord> links;
  for (const auto& row : rows) {
    LinkAndRecord found{.link = {.sequence = row.integer(0),
                                 .record_id = row.id<RecordId>(1),
                                 .previous = row.bytes(2),
                                 .hash = row.bytes(3)},
                        .stored = std::nullopt};
    if (!row.is_null(4)) found.stored = stored_of(row, 4);
    links.push_back(std::move(found));
  }
  return links;
}

Result<std::vector<Record>> read_by_subject(store::ReadTx& tx, const Subject& subject, std::int64_t limit) {
  KARV_TRY(auto rows, tx.read_one({kFindBySubject, {subject.kind, subject.id, limit}}));
  std::vector<Record> records;
  for (const auto& row : rows) records.push_back(stored_of(row, 0).record);
  return records;
}

Result<std::vector<RecordId>> read_forgotten(store::ReadTx& tx, std::int64_t limit) {
  KARV_TRY(auto rows, tx.read_one({kFindForgotten, {limit}}));
  std::vector<RecordId> ids;
  for (const auto& row : rows) ids.push_back(row.id<RecordId>(0));
  return ids;
}

Result<Counts> count(store::ReadTx& tx) {
  KARV_TRY(auto answers, tx.read({{kCountRecords, {}}, {kCountWaiting, {}}}));
  return Counts{.records = answers.at(0).at(0).integer(0), .waiting = answers.at(1).at(0).integer(0)};
}

}  // namespace repository
}  // namespace karv::audit
