#include "vault/custody/repository.h"

namespace karv::vault {
namespace {

using store::Sql;

constexpr Sql kFindCustody = "select custody_id, needed, sealed_pin, created_at, confirmed from custody";
constexpr Sql kInsertCustody =
    "insert into custody (only_one, custody_id, needed, sealed_pin, created_at, confirmed) values (1, $1, $2, $3, $4, "
    "0)";
constexpr Sql kDeleteCustody = "delete from custody where confirmed = 0";
constexpr Sql kDeleteCustodians = "delete from custodians";
constexpr Sql kConfirmCustody = "update custody set confirmed = 1 where custody_id = $1";
constexpr Sql kFindCustodians =
    "select custodian_id, name, signs, share_digest, accepted_at, acceptance from custodians order by custodian_id";
constexpr Sql kInsertCustodian =
    "insert into custodians (custodian_id, name, signs, share_digest, acceptance) values ($1, $2, $3, $4, $5)";
constexpr Sql kAcceptCustodian =
    "update custodians set accepted_at = $1, acceptance = $2 where custodian_id = $3 and accepted_at is null";

Custodian custodian_from(const store::Row& row) {
  const auto accepted = row.integer_or_null(4);
  return {.id = row.id<CustodianId>(0),
          .name = row.text(1),
          .signs = row.bytes(2),
          .share_digest = row.bytes(3),
          .accepted_at = accepted ? std::optional(base::Instant{*accepted}) : std::nullopt,
          .acceptance = row.bytes(5)};
}

}  // namespace

base::Result<std::optional<Custody>> find_custody(store::ReadTx& tx) {
  KARV_TRY(const auto rows, tx.read_one({kFindCustody, {}}));
  if (rows.empty()) return std::optional<Custody>();
  const auto& row = rows.front();
  return std::optional(Custody{.id = row.id<CustodyId>(0),
                               .needed = row.integer(1),
                               .sealed_pin = row.bytes(2),
                               .created_at = {row.integer(3)},
                               .confirmed = row.integer(4) != 0});
}
void replace_custody(store::Tx& tx, const Custody& c, std::int64_t former, std::int64_t former_custodians) {
  tx.write({kDeleteCustody, {}}, former);
  tx.write({kDeleteCustodians, {}}, former_custodians);
  tx.write({kInsertCustody, {c.id, c.needed, c.sealed_pin, c.created_at.ms}}, 1);
}
void confirm_custody(store::Tx& tx, CustodyId id) { tx.write({kConfirmCustody, {id}}, 1); }
base::Result<std::vector<Custodian>> find_custodians(store::ReadTx& tx) {
  KARV_TRY(const auto rows, tx.read_one({kFindCustodians, {}}));
  std::vector<Custodian> out;
  out.reserve(rows.size());
  for (const auto& row : rows) out.push_back(custodian_from(row));
  return out;
}
void insert_custodian(store::Tx& tx, const Custodian& c) {
  tx.write({kInsertCustodian, {c.id, c.name, c.signs, c.share_digest, c.acceptance}}, 1);
}
void accept_custodian(store::Tx& tx, const Custodian& c) {
  tx.write({kAcceptCustodian, {c.accepted_at ? c.accepted_at->ms : 0, c.acceptance, c.id}}, 1);
}

}  // namespace karv::vault
