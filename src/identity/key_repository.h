// Rows of subject_keys <-> types. The only place of their SQL.
#pragma once

#include <optional>
#include <vector>

#include "identity/subject_key.h"
#include "store/database.h"

namespace karv::identity {

store::Query find_subject_key(SubjectId subject);
std::optional<SubjectKeyRow> read_subject_key(const store::Rows& rows);
void insert_subject_key(store::Tx& tx, const SubjectKeyRow& row);
void delete_subject_key(store::Tx& tx, SubjectId subject);

// What is wrapped under an epoch before this one and comes after that row, by epoch and subject.
store::Query find_subject_keys_before(std::int64_t epoch, const SubjectKeyRow& after, std::int64_t limit);
std::vector<SubjectKeyRow> read_subject_keys(const store::Rows& rows);
store::Query count_subject_keys_before(std::int64_t epoch);
// Each fails the transaction with `conflict` when the row is no longer what it was.
void update_subject_key(store::Tx& tx, const SubjectKeyRow& was, const vault_api::WrappedServerKey& now);
void delete_subject_key(store::Tx& tx, const SubjectKeyRow& was);

}  // namespace karv::identity
