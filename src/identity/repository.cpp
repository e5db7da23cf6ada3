#include "identity/repository.h"

#include <algorithm>

#include "base/check.h"

namespace karv::identity {
namespace {

using store::Row;
using store::Rows;
using store::Sql;

constexpr Sql kFindMerchant =
    "select merchant_id, name, country, origins, status from merchants where merchant_id = $1";
constexpr Sql kAllMerchants = "select merchant_id, name, country, origins, status from merchants order by merchant_id";
constexpr Sql kInsertMerchant =
    "insert into merchants (merchant_id, name, country, origins, status, created_at) values ($1, $2, $3, $4, $5, $6)";
constexpr Sql kUpdateMerchantStatus = "update merchants set status = $1 where merchant_id = $2";
constexpr Sql kUpdateMerchantOrigins = "update merchants set origins = $1 where merchant_id = $2";
constexpr Sql kFindCredential =
    "select m.merchant_id, m.name, m.country, m.origins, m.status, c.credential_id, c.secret_mac, c.disabled_at "
    "from merchant_credentials c join merchants m on m.merchant_id = c.merchant_id where c.username = $1";
constexpr Sql kInsertCredential =
    "insert into merchant_credentials (username, credential_id, merchant_id, secret_mac, created_at) "
    "values ($1, $2, $3, $4, $5)";
constexpr Sql kDisableCredential =
    "update merchant_credentials set disabled_at = $1 where username = $2 and disabled_at is null";

constexpr Sql kFindCustomerByEmail = "select customer_id from customers where email_index = $1";
constexpr Sql kFindCustomer = "select customer_id, email_sealed from customers where customer_id = $1";
constexpr Sql kInsertCustomer =
    "insert into customers (customer_id, email_index, email_sealed, created_at) values ($1, $2, $3, $4)";
constexpr Sql kResealCustomer = "update customers set email_sealed = $1 where customer_id = $2";
constexpr Sql kEraseCustomer = "update customers set email_index = null, email_sealed = null where customer_id = $1";

constexpr Sql kCountCodesByEmail = "select count(*) from one_time_codes where email_index = $1 and issued_at > $2";
constexpr Sql kCountCodesByPeer = "select count(*) from one_time_codes where peer_index = $1 and issued_at > $2";
constexpr Sql kFindOpenCodes =
    "select code_id, code_mac, attempts, expires_at from one_time_codes "
    "where email_index = $1 and purpose = $2 and payment_session = $3 and state = 'open' order by issued_at desc";
constexpr Sql kInsertCode =
    "insert into one_time_codes (code_id, purpose, payment_session, email_index, peer_index, code_mac, state, "
    "attempts, "
    "issued_at, expires_at) values ($1, $2, $3, $4, $5, $6, 'open', 0, $7, $8)";
constexpr Sql kUpdateCode =
    "update one_time_codes set state = $1, attempts = $2 where code_id = $3 and state = 'open' and attempts = $4";
constexpr Sql kFindOldCodes =
    "select code_id, code_mac, attempts, expires_at from one_time_codes where issued_at < $1 limit $2";
constexpr Sql kDeleteCode = "delete from one_time_codes where code_id = $1";

constexpr Sql kFindSessionByMac =
    "select session_id, customer_id, kind, payment_session, strength, created_at, last_used_at, expires_at, ended_at "
    "from customer_sessions where session_mac = $1";
constexpr Sql kFindSessionById =
    "select session_id, customer_id, kind, payment_session, strength, created_at, last_used_at, expires_at, ended_at "
    "from customer_sessions where session_id = $1";
constexpr Sql kFindSessionsOf =
    "select session_id, customer_id, kind, payment_session, strength, created_at, last_used_at, expires_at, ended_at "
    "from customer_sessions where customer_id = $1 order by session_id desc limit 100";
constexpr Sql kInsertSession =
    "insert into customer_sessions (session_mac, session_id, customer_id, kind, payment_session, strength, created_at, "
    "last_used_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
constexpr Sql kUpdateLastUsed =
    "update customer_sessions set last_used_at = $1 where session_id = $2 and ended_at is null";
constexpr Sql kFindOldSessions = "select session_mac from customer_sessions where expires_at < $1 limit $2";
constexpr Sql kDeleteSession = "delete from customer_sessions where session_mac = $1";
constexpr Sql kEndSession = "update customer_sessions set ended_at = $1 where session_id = $2 and ended_at is null";

std::string join_lines(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) out += line + "\n";
  return out;
}
std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    out.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return out;
}

Merchant merchant_from(const Row& row) {
  Merchant merchant;
  merchant.merchant_id = row.id<MerchantId>(0);
  merchant.name = row.text(1);
  merchant.country = row.text(2);
  merchant.origins = split_lines(row.text(3));
  merchant.status = row.text(4) == name_of(MerchantStatus::active) ? MerchantStatus::active : MerchantStatus::suspended;
  return merchant;
}

std::string_view name_of_state(CodeState state) {
  switch (state) {
    case CodeState::open:
      return "open";
    case CodeState::used:
      return "used";
    case CodeState::voided:
      return "voided";
    case CodeState::dead:
      return "dead";
  }
  return "dead";
}

CustomerSessionRow session_from(const Row& row) {
  CustomerSessionRow session;
  session.customer.session_id = row.id<CustomerSessionId>(0);
  session.customer.customer_id = row.id<CustomerId>(1);
  session.customer.kind = row.text(2) == name_of(SessionKind::checkout) ? SessionKind::checkout : SessionKind::portal;
  session.customer.payment_session = row.id_or_null<PaymentSessionId>(3);
  session.customer.strength =
      row.text(4) == name_of(FactorStrength::strong) ? FactorStrength::strong : FactorStrength::mailed_code;
  session.created_at = {row.integer(5)};
  session.last_used_at = {row.integer(6)};
  session.expires_at = {row.integer(7)};
  session.ended = !row.is_null(8);
  return session;
}

}  // namespace

store::Query find_merchant(MerchantId merchant_id) { return {kFindMerchant, {merchant_id}}; }
std::optional<Merchant> read_merchant(const Rows& rows) {
  if (rows.empty()) return std::nullopt;
  return merchant_from(rows[0]);
}
store::Query all_merchants() { return {kAllMerchants, {}}; }
std::vector<Merchant> read_merchants(const Rows& rows) {
  std::vector<Merchant> merchants;
  for (const Row& row : rows) merchants.push_back(merchant_from(row));
  return merchants;
}
void insert_merchant(store::Tx& tx, const Merchant& merchant, base::Instant now) {
  tx.write({kInsertMerchant,
            {merchant.merchant_id, merchant.name, merchant.country, join_lines(merchant.origins),
             name_of(merchant.status), now.ms}},
           1);
}
void update_merchant_status(store::Tx& tx, MerchantId merchant_id, MerchantStatus status) {
  tx.write({kUpdateMerchantStatus, {name_of(status), merchant_id}}, 1);
}
void update_merchant_origins(store::Tx& tx, MerchantId merchant_id, const std::vector<std::string>& origins) {
  tx.write({kUpdateMerchantOrigins, {join_lines(origins), merchant_id}}, 1);
}

store::Query find_credential(std::string_view username) { return {kFindCredential, {username}}; }
std::optional<CredentialRow> read_credential(const Rows& rows) {
  if (rows.empty()) return std::nullopt;
  const Row& row = rows[0];
  return CredentialRow{row.id<CredentialId>(5), row.bytes(6), !row.is_null(7), merchant_from(row)};
}
void insert_credential(store::Tx& tx, std::string_view username, const CredentialId& credential_id,
                       const MerchantId& merchant_id, base::Bytes secret_mac, base::Instant now) {
  tx.write({kInsertCredential, {username, credential_id, merchant_id, std::move(secret_mac), now.ms}}, 1);
}
void disable_credential_row(store::Tx& tx, std::string_view username, base::Instant now) {
  tx.write({kDisableCredential, {now.ms, username}}, 1);
}

store::Query find_customer_by_email(const base::Bytes& email_index) { return {kFindCustomerByEmail, {email_index}}; }
std::optional<CustomerId> read_customer_id(const Rows& rows) {
  if (rows.empty()) return std::nullopt;
  return rows[0].id<CustomerId>(0);
}
store::Query find_customer_row(CustomerId customer_id) { return {kFindCustomer, {customer_id}}; }
std::optional<CustomerRow> read_customer(const Rows& rows) {
  if (rows.empty()) return std::nullopt;
  return CustomerRow{rows[0].id<CustomerId>(0), rows[0].bytes_or_null(1)};
}
void insert_customer(store::Tx& tx, CustomerId customer_id, const base::Bytes& email_index,
                     const base::Bytes& email_sealed, base::Instant now) {
  tx.write({kInsertCustomer, {customer_id, email_index, email_sealed, now.ms}}, 1);
}
void reseal_customer(store::Tx& tx, CustomerId customer_id, const base::Bytes& email_sealed) {
  tx.write({kResealCustomer, {email_sealed, customer_id}}, 1);
}
void erase_customer_row(store::Tx& tx, CustomerId customer_id) { tx.write({kEraseCustomer, {customer_id}}, 1); }

store::Query count_codes_by_email(const base::Bytes& email_index, base::Instant since) {
  return {kCountCodesByEmail, {email_index, since.ms}};
}
store::Query count_codes_by_peer(const base::Bytes& peer_index, base::Instant since) {
  return {kCountCodesByPeer, {peer_index, since.ms}};
}
std::int64_t read_count(const Rows& rows) {
  KARV_REQUIRE(rows.size() == 1);
  return rows[0].integer(0);
}
store::Query find_open_codes(const CodeScope& scope, const base::Bytes& email_index) {
  return {kFindOpenCodes, {email_index, name_of(scope.purpose), scope.payment_session}};
}
std::vector<CodeRow> read_codes(const Rows& rows) {
  std::vector<CodeRow> codes;
  for (const Row& row : rows)
    codes.push_back({row.id<OneTimeCodeId>(0), row.bytes(1), row.integer(2), {row.integer(3)}});
  return codes;
}
void insert_code(store::Tx& tx, const NewCodeRow& code) {
  tx.write({kInsertCode,
            {code.code_id, name_of(code.scope.purpose), code.scope.payment_session, code.email_index, code.peer_index,
             code.code_mac, code.issued_at.ms, code.expires_at.ms}},
           1);
}
void update_code(store::Tx& tx, const CodeRow& was, CodeState state, std::int64_t attempts) {
  tx.write({kUpdateCode, {name_of_state(state), attempts, was.code_id, was.attempts}}, 1);
}
store::Query find_old_codes(base::Instant issued_before, std::int64_t limit) {
  return {kFindOldCodes, {issued_before.ms, limit}};
}
void delete_code(store::Tx& tx, OneTimeCodeId code_id) { tx.write({kDeleteCode, {code_id}}, 1); }

store::Query find_session_by_mac(const base::Bytes& session_mac) { return {kFindSessionByMac, {session_mac}}; }
store::Query find_session_by_id(CustomerSessionId session_id) { return {kFindSessionById, {session_id}}; }
store::Query find_sessions_of(CustomerId customer_id) { return {kFindSessionsOf, {customer_id}}; }
std::vector<CustomerSessionRow> read_sessions(const Rows& rows) {
  std::vector<CustomerSessionRow> sessions;
  std::ranges::transform(rows, std::back_inserter(sessions), session_from);
  return sessions;
}
void insert_session(store::Tx& tx, const CustomerSessionRow& session, const base::Bytes& session_mac) {
  const CustomerPrincipal& customer = session.customer;
  tx.write({kInsertSession,
            {session_mac, customer.session_id, customer.customer_id, name_of(customer.kind), customer.payment_session,
             name_of(customer.strength), session.created_at.ms, session.last_used_at.ms, session.expires_at.ms}},
           1);
}
void update_last_used(store::Tx& tx, CustomerSessionId session_id, base::Instant now) {
  tx.write({kUpdateLastUsed, {now.ms, session_id}}, 1);
}
void end_session(store::Tx& tx, CustomerSessionId session_id, base::Instant now) {
  tx.write({kEndSession, {now.ms, session_id}}, 1);
}
store::Query find_old_sessions(base::Instant expired_before, std::int64_t limit) {
  return {kFindOldSessions, {expired_before.ms, limit}};
}
std::vector<base::Bytes> read_session_macs(const Rows& rows) {
  std::vector<base::Bytes> macs;
  for (const Row& row : rows) macs.push_back(row.bytes(0));
  return macs;
}
void delete_session(store::Tx& tx, const base::Bytes& session_mac) { tx.write({kDeleteSession, {session_mac}}, 1); }

}  // namespace karv::identity
