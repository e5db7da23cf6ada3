#include "vault/reveal/repository.h"

#include <algorithm>

#include "vault/row_values.h"

namespace karv::vault {
namespace {

using store::Row;
using store::Sql;

constexpr Sql kFindStaff =
    "select staff_id, name, clearance, state, invite_digest, invite_until, credential_id, public_key, sign_count,"
    " last_act, approved_by, review_due, created_at, used_at from staff where staff_id = $1";
constexpr Sql kFindByCredential =
    "select staff_id, name, clearance, state, invite_digest, invite_until, credential_id, public_key, sign_count,"
    " last_act, approved_by, review_due, created_at, used_at from staff where credential_id = $1";
constexpr Sql kFindByInvitation =
    "select staff_id, name, clearance, state, invite_digest, invite_until, credential_id, public_key, sign_count,"
    " last_act, approved_by, review_due, created_at, used_at from staff where invite_digest = $1";
constexpr Sql kListStaff =
    "select staff_id, name, clearance, state, invite_digest, invite_until, credential_id, public_key, sign_count,"
    " last_act, approved_by, review_due, created_at, used_at from staff order by staff_id";
constexpr Sql kInsertStaff =
    "insert into staff (staff_id, name, clearance, state, invite_digest, invite_until, credential_id, public_key,"
    " sign_count, last_act, approved_by, review_due, created_at, used_at)"
    " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
constexpr Sql kUpdateStaff =
    "update staff set state = $1, invite_digest = $2, credential_id = $3, public_key = $4, sign_count = $5,"
    " last_act = $6, approved_by = $7, review_due = $8, used_at = $9"
    " where staff_id = $10 and state = $11 and sign_count = $12 and last_act = $13";
constexpr Sql kCountActive = "select count(*) from staff where state = 'active'";
constexpr Sql kSuspendActive = "update staff set review_due = 0 where state = 'active'";

constexpr Sql kFindRequest =
    "select request_id, tenant_id, card_id, customer_id, requester_id, level, reason, case_number, words, looks,"
    " looks_taken, state, asked_at, expires_at, decided_by, asked_proof, decided_proof from reveal_requests"
    " where request_id = $1";
constexpr Sql kFindRequestsOf =
    "select request_id, tenant_id, card_id, customer_id, requester_id, level, reason, case_number, words, looks,"
    " looks_taken, state, asked_at, expires_at, decided_by, asked_proof, decided_proof from reveal_requests"
    " where requester_id = $1 and asked_at > $2 order by asked_at desc, request_id limit 20";
constexpr Sql kFindWaiting =
    "select request_id, tenant_id, card_id, customer_id, requester_id, level, reason, case_number, words, looks,"
    " looks_taken, state, asked_at, expires_at, decided_by, asked_proof, decided_proof from reveal_requests"
    " where state = 'requested' and expires_at > $1 order by expires_at, request_id limit 50";
constexpr Sql kCountRequests =
    "select count(*) from reveal_requests where requester_id = $1 and level = $2 and asked_at > $3";
constexpr Sql kInsertRequest =
    "insert into reveal_requests (request_id, tenant_id, card_id, customer_id, requester_id, level, reason,"
    " case_number, words, looks, looks_taken, state, asked_at, expires_at, decided_by, asked_proof, decided_proof)"
    " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)";
constexpr Sql kUpdateRequest =
    "update reveal_requests set state = $1, looks_taken = $2, decided_by = $3, decided_proof = $4"
    " where request_id = $5 and state = $6 and looks_taken = $7";

constexpr Sql kInsertLook =
    "insert into reveal_looks (look_id, request_id, tenant_id, customer_id, card_id, staff_id, level, reason, "
    "looked_at)"
    " values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
constexpr Sql kCountLooks = "select count(*) from reveal_looks where staff_id = $1 and level = $2 and looked_at > $3";
constexpr Sql kFindLooks =
    "select look_id, request_id, tenant_id, customer_id, card_id, staff_id, level, reason, looked_at from reveal_looks"
    " where tenant_id = $1 and customer_id = $2 order by looked_at desc, look_id limit 200";

std::optional<base::Bytes> or_null(const base::Bytes& bytes) {
  return bytes.empty() ? std::nullopt : std::optional(bytes);
}

Staff staff_from(const Row& row) {
  return {.id = row.id<StaffId>(0),
          .name = row.text(1),
          .clearance = word_at<Clearance>(row, 2),
          .state = word_at<StaffState>(row, 3),
          .invite_digest = row.bytes_or_null(4).value_or(base::Bytes()),
          .invite_until = {row.integer(5)},
          .passkey = {.id = row.bytes_or_null(6).value_or(base::Bytes()),
                      .public_key = row.bytes_or_null(7).value_or(base::Bytes()),
                      .sign_count = static_cast<std::uint32_t>(row.integer(8)),
                      .backup_eligible = false},
          .last_act = {row.integer(9)},
          .approved_by = row.text(10),
          .review_due = {row.integer(11)},
          .created_at = {row.integer(12)},
          .used_at = {row.integer_or_null(13).value_or(std::max(row.integer(9), row.integer(12)))}};
}
RevealRequest request_from(const Row& row) {
  return {.id = row.id<RevealId>(0),
          .tenant = row.id<TenantId>(1),
          .card = row.id<CardId>(2),
          .customer = row.id<CustomerRef>(3),
          .requester = row.id<StaffId>(4),
          .level = word_at<RevealLevel>(row, 5),
          .reason = word_at<RevealReason>(row, 6),
          .case_number = row.text(7),
          .words = row.text(8),
          .looks = row.integer(9),
          .looks_taken = row.integer(10),
          .state = word_at<RevealState>(row, 11),
          .asked_at = {row.integer(12)},
          .expires_at = {row.integer(13)},
          .decided_by = row.id_or_null<StaffId>(14),
          .asked_proof = row.bytes(15),
          .decided_proof = row.bytes(16)};
}
Look look_from(const Row& row) {
  return {.id = row.id<LookId>(0),
          .request = row.id<RevealId>(1),
          .tenant = row.id<TenantId>(2),
          .customer = row.id<CustomerRef>(3),
          .card = row.id<CardId>(4),
          .staff = row.id<StaffId>(5),
          .level = word_at<RevealLevel>(row, 6),
          .reason = word_at<RevealReason>(row, 7),
          .at = {row.integer(8)}};
}

template <class Make>
auto first_of(const store::Rows& rows, Make make) -> std::optional<decltype(make(rows.front()))> {
  if (rows.empty()) return std::nullopt;
  return make(rows.front());
}
template <class Make>
auto all_of(const store::Rows& rows, Make make) {
  std::vector<decltype(make(rows.front()))> out;
  out.reserve(rows.size());
  for (const auto& row : rows) out.push_back(make(row));
  return out;
}

}  // namespace

base::Result<std::optional<Staff>> find_staff(store::ReadTx& tx, StaffId id) {
  KARV_TRY(const auto rows, tx.read_one({kFindStaff, {id}}));
  return first_of(rows, staff_from);
}
base::Result<std::optional<Staff>> find_staff_by_credential(store::ReadTx& tx, const base::Bytes& credential) {
  KARV_TRY(const auto rows, tx.read_one({kFindByCredential, {credential}}));
  return first_of(rows, staff_from);
}
base::Result<std::optional<Staff>> find_staff_by_invitation(store::ReadTx& tx, const base::Bytes& digest) {
  KARV_TRY(const auto rows, tx.read_one({kFindByInvitation, {digest}}));
  return first_of(rows, staff_from);
}
base::Result<std::optional<Staff>> lock_staff(store::Tx& tx, StaffId id) {
  KARV_TRY(const auto rows, tx.read_for_update({{kFindStaff, {id}}}));
  return first_of(rows.front(), staff_from);
}
base::Result<std::vector<Staff>> list_staff(store::ReadTx& tx) {
  KARV_TRY(const auto rows, tx.read_one({kListStaff, {}}));
  return all_of(rows, staff_from);
}
void insert_staff(store::Tx& tx, const Staff& s) {
  tx.write({kInsertStaff,
            {s.id, s.name, json::word(s.clearance), json::word(s.state), or_null(s.invite_digest), s.invite_until.ms,
             or_null(s.passkey.id), or_null(s.passkey.public_key), s.passkey.sign_count, s.last_act.ms, s.approved_by,
             s.review_due.ms, s.created_at.ms, s.used_at.ms}},
           1);
}
void update_staff(store::Tx& tx, const Staff& before, const Staff& s) {
  tx.write({kUpdateStaff,
            {json::word(s.state), or_null(s.invite_digest), or_null(s.passkey.id), or_null(s.passkey.public_key),
             s.passkey.sign_count, s.last_act.ms, s.approved_by, s.review_due.ms, s.used_at.ms, before.id,
             json::word(before.state), before.passkey.sign_count, before.last_act.ms}},
           1);
}
base::Result<void> suspend_all_staff(store::Tx& tx) {
  KARV_TRY(const auto rows, tx.read_one({kCountActive, {}}));
  tx.write({kSuspendActive, {}}, rows.front().integer(0));
  return {};
}

base::Result<std::optional<RevealRequest>> find_request(store::ReadTx& tx, RevealId id) {
  KARV_TRY(const auto rows, tx.read_one({kFindRequest, {id}}));
  return first_of(rows, request_from);
}
base::Result<std::optional<RevealRequest>> lock_request(store::Tx& tx, RevealId id) {
  KARV_TRY(const auto rows, tx.read_for_update({{kFindRequest, {id}}}));
  return first_of(rows.front(), request_from);
}
base::Result<std::vector<RevealRequest>> find_requests_of(store::ReadTx& tx, StaffId requester, base::Instant since) {
  KARV_TRY(const auto rows, tx.read_one({kFindRequestsOf, {requester, since.ms}}));
  return all_of(rows, request_from);
}
base::Result<std::vector<RevealRequest>> find_waiting_requests(store::ReadTx& tx, base::Instant now) {
  KARV_TRY(const auto rows, tx.read_one({kFindWaiting, {now.ms}}));
  return all_of(rows, request_from);
}
base::Result<std::int64_t> count_requests(store::ReadTx& tx, StaffId requester, RevealLevel level,
                                          base::Instant since) {
  KARV_TRY(const auto rows, tx.read_one({kCountRequests, {requester, json::word(level), since.ms}}));
  return rows.front().integer(0);
}
void insert_request(store::Tx& tx, const RevealRequest& r) {
  tx.write({kInsertRequest,
            {r.id, r.tenant, r.card, r.customer, r.requester, json::word(r.level), json::word(r.reason), r.case_number,
             r.words, r.looks, r.looks_taken, json::word(r.state), r.asked_at.ms, r.expires_at.ms, r.decided_by,
             r.asked_proof, r.decided_proof}},
           1);
}
void update_request(store::Tx& tx, const RevealRequest& before, const RevealRequest& r) {
  tx.write({kUpdateRequest,
            {json::word(r.state), r.looks_taken, r.decided_by, r.decided_proof, before.id, json::word(before.state),
             before.looks_taken}},
           1);
}

void insert_look(store::Tx& tx, const Look& l) {
  tx.write(
      {kInsertLook,
       {l.id, l.request, l.tenant, l.customer, l.card, l.staff, json::word(l.level), json::word(l.reason), l.at.ms}},
      1);
}
base::Result<std::int64_t> count_looks(store::ReadTx& tx, StaffId staff, RevealLevel level, base::Instant since) {
  KARV_TRY(const auto rows, tx.read_one({kCountLooks, {staff, json::word(level), since.ms}}));
  return rows.front().integer(0);
}
base::Result<std::vector<Look>> find_looks_at(store::ReadTx& tx, TenantId tenant, CustomerRef customer) {
  KARV_TRY(const auto rows, tx.read_one({kFindLooks, {tenant, customer}}));
  return all_of(rows, look_from);
}

}  // namespace karv::vault
