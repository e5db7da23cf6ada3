#include "notify/repository.h"

namespace karv::notify {
namespace {

using store::Sql;

constexpr Sql kFind = "select wrapped_key from mail_keys where entry_id = $1";
constexpr Sql kInsert = "insert into mail_keys (entry_id, wrapped_key) values ($1, $2)";
constexpr Sql kDelete = "delete from mail_keys where entry_id = $1";

}  // namespace

store::Query find_mail_key(store::outbox::EntryId entry) { return {kFind, {entry}}; }
std::optional<base::Bytes> read_mail_key(const store::Rows& rows) {
  if (rows.empty()) return std::nullopt;
  return rows[0].bytes(0);
}
void insert_mail_key(store::Tx& tx, store::outbox::EntryId entry, const base::Bytes& wrapped_key) {
  tx.write({kInsert, {entry, wrapped_key}}, 1);
}
void delete_mail_key(store::Tx& tx, store::outbox::EntryId entry) { tx.write({kDelete, {entry}}, 1); }

}  // namespace karv::notify
