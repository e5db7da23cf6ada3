#include "vault/custody/repository.h"

namespace karv::vault {
namespace {

using store::Sql;

constexpr Sql kFindCustody = "select custody_id, needed, sealed_pin, created_at, confirmed from custody";
constexpr Sql kInsertCustody =
    "insert into custody (only_one, custody_id, needed, sealed_pin, created_at, confirmed) values (1, $1, $2, $3, $4, "
    "0)";
constexpr Sql kDeleteCustody = "delete from custody";
constexpr Sql kDeleteCustodians = "delete from custodians";
constexpr Sql kConfirmCustody = "update custody set confirmed = 1 where custody_id = $1";
constexpr Sql kFindCustodians =
    "select custodian_id, name, signs, share_digest, accepted_at, acceptance from custodians order by custodian_id";
constexpr Sql kInsertCustodian =
    "insert into custodians (custodian_id, name, signs, share_digest, acceptance) values ($1, $2, $3, $4, $5)";
constexpr Sql kAcceptCustodian =
    "update custodians set accepted_at = $1, acceptance = $2 where custodian_id = $3 and accepted_at is null";
constexpr Sql kFindNext =
    "select custody_id, needed, sealed_pin, created_at, sealed_former_pin, changing from next_custody";
constexpr Sql kInsertNext =
    "insert into next_custody (only_one, custody_id, needed, sealed_pin, created_at, sealed_former_pin, changing) "
    "values (1, $1, $2, $3, $4, $5, 0)";
constexpr Sql kDeleteNext = "delete from next_custody";
constexpr Sql kDeleteUnchanging = "delete from next_custody where changing = 0";
constexpr Sql kUnmarkChanging = "update next_custody set changing = 0 where changing = 1";
constexpr Sql kMarkChanging = "update next_custody set changing = 1 where custody_id = $1";
constexpr Sql kFindNextCustodians =
    "select custodian_id, name, signs, share_digest, accepted_at, acceptance from next_custodians "
    "order by custodian_id";
constexpr Sql kFindNextShare = "select share from next_custodians where custodian_id = $1";
constexpr Sql kInsertNextCustodian =
    "insert into next_custodians (custodian_id, name, signs, share_digest, acceptance, share) "
    "values ($1, $2, $3, $4, $5, $6)";
constexpr Sql kAcceptNextCustodian =
    "update next_custodians set accepted_at = $1, acceptance = $2 where custodian_id = $3 and accepted_at is null";
constexpr Sql kDeleteNextCustodians = "delete from next_custodians";
constexpr Sql kTakeNextCustody =
    "insert into custody (only_one, custody_id, needed, sealed_pin, created_at, confirmed) "
    "select 1, custody_id, needed, sealed_pin, created_at, 1 from next_custody where custody_id = $1";
constexpr Sql kTakeNextCustodians =
    "insert into custodians (custodian_id, name, signs, share_digest, accepted_at, acceptance) "
    "select custodian_id, name, signs, share_digest, accepted_at, acceptance from next_custodians";
constexpr Sql kFindAct = "select noted_at from noted_acts where act_digest = $1";
constexpr Sql kInsertAct = "insert into noted_acts (act_digest, noted_at) values ($1, $2)";

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

base::Result<bool> is_act_noted(store::ReadTx& tx, const base::Bytes& digest) {
  KARV_TRY(const auto rows, tx.read_one({kFindAct, {digest}}));
  return !rows.empty();
}
void insert_act(store::Tx& tx, const base::Bytes& digest, base::Instant now) {
  tx.write({kInsertAct, {digest, now.ms}}, 1);
}

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
base::Result<void> delete_custodies(store::Tx& tx) {
  KARV_TRY(const auto custody, find_custody(tx));
  KARV_TRY(const auto custodians, find_custodians(tx));
  KARV_TRY(const auto next, find_next_custody(tx));
  KARV_TRY(const auto next_custodians, find_next_custodians(tx));
  tx.write({kDeleteCustody, {}}, custody ? 1 : 0);
  tx.write({kDeleteCustodians, {}}, std::ssize(custodians));
  tx.write({kDeleteNext, {}}, next ? 1 : 0);
  tx.write({kDeleteNextCustodians, {}}, std::ssize(next_custodians));
  return {};
}
void insert_custody(store::Tx& tx, const Custody& c) {
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
  tx.write(
      {c.next ? kAcceptNextCustodian : kAcceptCustodian, {c.accepted_at ? c.accepted_at->ms : 0, c.acceptance, c.id}},
      1);
}

base::Result<std::optional<NextCustody>> find_next_custody(store::ReadTx& tx) {
  KARV_TRY(const auto rows, tx.read_one({kFindNext, {}}));
  if (rows.empty()) return std::optional<NextCustody>();
  const auto& row = rows.front();
  return std::optional(NextCustody{.custody = {.id = row.id<CustodyId>(0),
                                               .needed = row.integer(1),
                                               .sealed_pin = row.bytes(2),
                                               .created_at = {row.integer(3)},
                                               .confirmed = false},
                                   .sealed_former_pin = row.bytes(4),
                                   .changing = row.integer(5) != 0,
                                   .custodians = {},
                                   .shares = {}});
}
base::Result<std::vector<Custodian>> find_next_custodians(store::ReadTx& tx) {
  KARV_TRY(const auto rows, tx.read_one({kFindNextCustodians, {}}));
  std::vector<Custodian> out;
  out.reserve(rows.size());
  for (const auto& row : rows) {
    out.push_back(custodian_from(row));
    out.back().next = true;
  }
  return out;
}
base::Result<std::string> find_next_share(store::ReadTx& tx, CustodianId id) {
  KARV_TRY(const auto rows, tx.read_one({kFindNextShare, {id}}));
  return rows.empty() ? std::string() : rows.front().text(0);
}
void insert_next_custody(store::Tx& tx, const NextCustody& next) {
  const Custody& c = next.custody;
  tx.write({kInsertNext, {c.id, c.needed, c.sealed_pin, c.created_at.ms, next.sealed_former_pin}}, 1);
  for (std::size_t i = 0; i < next.custodians.size(); ++i) {
    const Custodian& person = next.custodians[i];
    tx.write({kInsertNextCustodian,
              {person.id, person.name, person.signs, person.share_digest, person.acceptance, next.shares[i].share}},
             1);
  }
}
void delete_unchanging_custody(store::Tx& tx, std::int64_t count, std::int64_t custodians) {
  tx.write({kDeleteUnchanging, {}}, count);
  tx.write({kDeleteNextCustodians, {}}, custodians);
}
void unmark_changing(store::Tx& tx) { tx.write({kUnmarkChanging, {}}, 1); }
void mark_changing(store::Tx& tx, CustodyId id) { tx.write({kMarkChanging, {id}}, 1); }
base::Result<void> put_next_into_force(store::Tx& tx, CustodyId id) {
  KARV_TRY(const auto former, find_custodians(tx));
  KARV_TRY(const auto next, find_next_custodians(tx));
  const auto people = static_cast<std::int64_t>(next.size());
  tx.write({kDeleteCustody, {}}, 1);
  tx.write({kDeleteCustodians, {}}, static_cast<std::int64_t>(former.size()));
  tx.write({kTakeNextCustody, {id}}, 1);
  tx.write({kTakeNextCustodians, {}}, people);
  tx.write({kDeleteNext, {}}, 1);
  tx.write({kDeleteNextCustodians, {}}, people);
  return {};
}

}  // namespace karv::vault
