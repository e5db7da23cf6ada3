#include "identity/key_repository.h"

#include <algorithm>
#include <iterator>

namespace karv::identity {
namespace {

using store::Row;
using store::Rows;
using store::Sql;

constexpr Sql kFindKey = "select subject_id, key_id, epoch, wrapped from subject_keys where subject_id = $1";
constexpr Sql kInsertKey = "insert into subject_keys (subject_id, key_id, epoch, wrapped) values ($1, $2, $3, $4)";
constexpr Sql kDeleteKey = "delete from subject_keys where subject_id = $1";
constexpr Sql kFindBefore =
    "select subject_id, key_id, epoch, wrapped from subject_keys where epoch < $1 and (epoch, subject_id) > ($2, $3) "
    "order by epoch, subject_id limit $4";
constexpr Sql kCountBefore = "select count(*) from subject_keys where epoch < $1";
constexpr Sql kUpdateKey =
    "update subject_keys set epoch = $1, wrapped = $2 "
    "where subject_id = $3 and key_id = $4 and epoch = $5 and wrapped = $6";
constexpr Sql kDeleteUnchanged =
    "delete from subject_keys where subject_id = $1 and key_id = $2 and epoch = $3 and wrapped = $4";

SubjectKeyRow row_from(const Row& row) {
  return {row.id<SubjectId>(0), {row.id<vault_api::ServerKeyId>(1), row.integer(2), row.text(3)}};
}

}  // namespace

store::Query find_subject_key(SubjectId subject) { return {kFindKey, {subject}}; }
std::optional<SubjectKeyRow> read_subject_key(const Rows& rows) {
  if (rows.empty()) return std::nullopt;
  return row_from(rows[0]);
}
void insert_subject_key(store::Tx& tx, const SubjectKeyRow& row) {
  tx.write({kInsertKey, {row.subject, row.stored.key, row.stored.epoch, row.stored.wrapped}}, 1);
}
void delete_subject_key(store::Tx& tx, SubjectId subject) { tx.write({kDeleteKey, {subject}}, 1); }

store::Query find_subject_keys_before(std::int64_t epoch, const SubjectKeyRow& after, std::int64_t limit) {
  return {kFindBefore, {epoch, after.stored.epoch, after.subject, limit}};
}
std::vector<SubjectKeyRow> read_subject_keys(const Rows& rows) {
  std::vector<SubjectKeyRow> read;
  read.reserve(rows.size());
  std::ranges::transform(rows, std::back_inserter(read), row_from);
  return read;
}
store::Query count_subject_keys_before(std::int64_t epoch) { return {kCountBefore, {epoch}}; }
void update_subject_key(store::Tx& tx, const SubjectKeyRow& was, const vault_api::WrappedServerKey& now) {
  tx.write({kUpdateKey, {now.epoch, now.wrapped, was.subject, was.stored.key, was.stored.epoch, was.stored.wrapped}},
           1);
}
void delete_subject_key(store::Tx& tx, const SubjectKeyRow& was) {
  tx.write({kDeleteUnchanged, {was.subject, was.stored.key, was.stored.epoch, was.stored.wrapped}}, 1);
}

}  // namespace karv::identity
