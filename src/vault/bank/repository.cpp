#include "vault/bank/repository.h"

#include "base/check.h"
#include "json/words.h"
#include "vault/keys/repository.h"
#include "vault/row_values.h"

namespace karv::vault {
namespace {

using store::Row;
using store::Sql;

constexpr Sql kFindAccount =
    "select a.account_id, a.tenant_id, a.owner_kind, a.owner_id, a.subject_key_id, a.sealed, a.fingerprint,"
    " a.fingerprint_key_id, a.kind, a.country, a.last, k.subject_key_id, k.subject_id, k.tenant_id, k.version,"
    " k.tenant_key_id, k.epoch_key_id, k.wrapped, k.state, k.uses, k.created_at from bank_accounts a"
    " join subject_keys k on k.subject_key_id = a.subject_key_id where a.account_id = $1";
constexpr Sql kFindByFingerprintKey =
    "select a.account_id, a.tenant_id, a.owner_kind, a.owner_id, a.subject_key_id, a.sealed, a.fingerprint,"
    " a.fingerprint_key_id, a.kind, a.country, a.last, k.subject_key_id, k.subject_id, k.tenant_id, k.version,"
    " k.tenant_key_id, k.epoch_key_id, k.wrapped, k.state, k.uses, k.created_at from bank_accounts a"
    " join subject_keys k on k.subject_key_id = a.subject_key_id"
    " where a.fingerprint_key_id = $1 and k.state <> 'destroyed' limit $2";
constexpr Sql kCountByFingerprintKey =
    "select count(*) from bank_accounts a join subject_keys k on k.subject_key_id = a.subject_key_id"
    " where a.fingerprint_key_id = $1 and k.state <> 'destroyed'";
constexpr Sql kFindUnder =
    "select account_id, tenant_id, owner_kind, owner_id, subject_key_id, sealed, fingerprint, fingerprint_key_id, kind,"
    " country, last from bank_accounts where subject_key_id = $1 order by account_id";
constexpr Sql kFindByFingerprint =
    "select account_id, tenant_id, owner_kind, owner_id, subject_key_id, sealed, fingerprint, fingerprint_key_id, kind,"
    " country, last from bank_accounts where tenant_id = $1 and fingerprint = $2 and owner_id = $3 and owner_kind = $4";
constexpr Sql kInsertAccount =
    "insert into bank_accounts (account_id, tenant_id, owner_kind, owner_id, subject_key_id, sealed, fingerprint,"
    " fingerprint_key_id, kind, country, last, created_at)"
    " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
constexpr Sql kUpdateAccount =
    "update bank_accounts set subject_key_id = $1, sealed = $2, fingerprint = $3, fingerprint_key_id = $4"
    " where account_id = $5 and subject_key_id = $6 and fingerprint_key_id = $7";
constexpr Sql kDeleteAccount = "delete from bank_accounts where account_id = $1";

constexpr Sql kFindToken =
    "select token_mac, mac_key_id, tenant_id, account_id, owner_kind, owner_id, purpose, cap_minor, currency,"
    " expires_at, used_minor, uses, frozen_at from bank_tokens where token_mac = $1";
constexpr Sql kInsertToken =
    "insert into bank_tokens (token_mac, mac_key_id, tenant_id, account_id, owner_kind, owner_id, purpose, cap_minor,"
    " currency, expires_at, used_minor, uses, created_at)"
    " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
constexpr Sql kUpdateTokenUse =
    "update bank_tokens set used_minor = $1, uses = $2 where token_mac = $3 and used_minor = $4 and uses = $5";
constexpr Sql kDeleteToken = "delete from bank_tokens where token_mac = $1";
constexpr Sql kCountTokensOf = "select count(*) from bank_tokens where account_id = $1";
constexpr Sql kCountTokensByKey = "select count(*) from bank_tokens where mac_key_id = $1";
constexpr Sql kCountFrozenOrNot = "select count(*), count(frozen_at) from bank_tokens";
constexpr Sql kFreezeTokens = "update bank_tokens set frozen_at = $1";
constexpr Sql kUnfreezeTokens = "update bank_tokens set frozen_at = null where frozen_at is not null";

constexpr Sql kFindTicket =
    "select ticket_mac, tenant_id, owner_kind, owner_id, purpose, cap_minor, currency, token_expires_at, state,"
    " account_id, expires_at from bank_tickets where ticket_mac = $1";
constexpr Sql kInsertTicket =
    "insert into bank_tickets (ticket_mac, tenant_id, owner_kind, owner_id, purpose, cap_minor, currency,"
    " token_expires_at, state, account_id, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
constexpr Sql kUpdateTicket =
    "update bank_tickets set state = $1, account_id = $2 where ticket_mac = $3 and state = $4";

BankOwner owner_from(const Row& row, std::size_t at) {
  return {.kind = word_at<BankOwnerKind>(row, at), .id = row.id<SubjectId>(at + 1)};
}
SealedBankAccount sealed_from(const Row& row) {
  return {.account = bank_account_from(row), .key = subject_key_from(row, 11)};
}
StoredBankTicket ticket_from(const Row& row) {
  return {.mac = row.bytes(0),
          .tenant = row.id<TenantId>(1),
          .scope = {.owner = owner_from(row, 2),
                    .purpose = word_at<BankPurpose>(row, 4),
                    .cap_minor = row.integer_or_null(5),
                    .currency = row.text_or_null(6),
                    .expires_at = instant_or_null(row, 7)},
          .state = word_at<TicketState>(row, 8),
          .account = row.id_or_null<BankAccountId>(9),
          .expires_at = {row.integer(10)}};
}

StoredBankToken bank_token_from(const Row& row) {
  return {.mac = row.bytes(0),
          .mac_key = row.id<KeyId>(1),
          .tenant = row.id<TenantId>(2),
          .account = row.id<BankAccountId>(3),
          .scope = {.owner = owner_from(row, 4),
                    .purpose = word_at<BankPurpose>(row, 6),
                    .cap_minor = row.integer_or_null(7),
                    .currency = row.text_or_null(8),
                    .expires_at = instant_or_null(row, 9)},
          .used_minor = row.integer(10),
          .uses = row.integer(11),
          .frozen = !row.is_null(12)};
}

base::Result<std::int64_t> count(store::ReadTx& tx, store::Query query) {
  KARV_TRY(const auto rows, tx.read_one(std::move(query)));
  return rows.front().integer(0);
}

template <class Make>
auto all_of(store::ReadTx& tx, store::Query query, const Make& make)
    -> base::Result<std::vector<decltype(make(std::declval<const Row&>()))>> {
  KARV_TRY(const auto rows, tx.read_one(std::move(query)));
  std::vector<decltype(make(std::declval<const Row&>()))> out;
  out.reserve(rows.size());
  for (const auto& row : rows) out.push_back(make(row));
  return out;
}

// One query for each digest, all in one round trip; the first row of any.
base::Result<std::optional<Row>> find_first(store::ReadTx& tx, Sql sql, const std::vector<KeyedDigest>& digests) {
  std::vector<store::Query> batch;
  batch.reserve(digests.size());
  for (const auto& digest : digests) batch.push_back({sql, {digest.digest}});
  KARV_TRY(const auto answers, tx.read(std::move(batch)));
  for (const auto& rows : answers)
    if (!rows.empty()) return std::optional<Row>(rows.front());
  return std::optional<Row>();
}

}  // namespace

StoredBankAccount bank_account_from(const Row& row, std::size_t first) {
  return {.id = row.id<BankAccountId>(first),
          .tenant = row.id<TenantId>(first + 1),
          .owner = owner_from(row, first + 2),
          .subject_key = row.id<SubjectKeyId>(first + 4),
          .sealed = row.bytes(first + 5),
          .fingerprint = row.bytes(first + 6),
          .fingerprint_key = row.id<KeyId>(first + 7),
          .kind = word_at<BankAccountKind>(row, first + 8),
          .masked = {.country = row.text(first + 9), .last = row.text(first + 10)}};
}
base::Result<std::optional<SealedBankAccount>> find_bank_account(store::ReadTx& tx, BankAccountId id) {
  KARV_TRY(const auto rows, tx.read_one({kFindAccount, {id}}));
  return rows.empty() ? std::optional<SealedBankAccount>() : std::optional(sealed_from(rows.front()));
}
store::Query bank_account_query(TenantId tenant, const BankOwner& owner, const base::Bytes& fingerprint) {
  return {kFindByFingerprint, {tenant, fingerprint, owner.id, json::word(owner.kind)}};
}
void insert_bank_account(store::Tx& tx, const StoredBankAccount& a, base::Instant now) {
  tx.write({kInsertAccount,
            {a.id, a.tenant, json::word(a.owner.kind), a.owner.id, a.subject_key, a.sealed, a.fingerprint,
             a.fingerprint_key, json::word(a.kind), a.masked.country, a.masked.last, now.ms}},
           1);
}
void update_bank_account(store::Tx& tx, const StoredBankAccount& before, const StoredBankAccount& a) {
  tx.write(
      {kUpdateAccount,
       {a.subject_key, a.sealed, a.fingerprint, a.fingerprint_key, a.id, before.subject_key, before.fingerprint_key}},
      1);
}
void delete_bank_account(store::Tx& tx, BankAccountId id) { tx.write({kDeleteAccount, {id}}, 1); }
base::Result<std::vector<StoredBankAccount>> find_bank_accounts_under(store::ReadTx& tx, SubjectKeyId key) {
  return all_of(tx, {kFindUnder, {key}}, [](const Row& row) { return bank_account_from(row); });
}
base::Result<std::vector<SealedBankAccount>> find_bank_accounts_by_fingerprint_key(store::ReadTx& tx, KeyId key,
                                                                                   std::int64_t limit) {
  return all_of(tx, {kFindByFingerprintKey, {key, limit}}, sealed_from);
}
base::Result<std::int64_t> count_bank_accounts_by_fingerprint_key(store::ReadTx& tx, KeyId key) {
  return count(tx, {kCountByFingerprintKey, {key}});
}

base::Result<std::optional<StoredBankToken>> find_bank_token(store::ReadTx& tx,
                                                             const std::vector<KeyedDigest>& digests) {
  KARV_TRY(const auto row, find_first(tx, kFindToken, digests));
  return row ? std::optional(bank_token_from(*row)) : std::nullopt;
}
base::Result<std::vector<std::optional<StoredBankToken>>> find_bank_tokens(
    store::ReadTx& tx, const std::vector<std::vector<KeyedDigest>>& texts) {
  std::vector<store::Query> batch;
  for (const auto& digests : texts)
    for (const auto& digest : digests) batch.push_back({kFindToken, {digest.digest}});
  KARV_TRY(const auto answers, tx.read(std::move(batch)));
  std::vector<std::optional<StoredBankToken>> found(texts.size());
  std::size_t at = 0;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    for (std::size_t version = 0; version < texts[i].size(); ++version, ++at)
      if (!answers[at].empty() && !found[i]) found[i] = bank_token_from(answers[at].front());
  }
  return found;
}
void insert_bank_token(store::Tx& tx, const StoredBankToken& token, base::Instant now) {
  const BankScope& s = token.scope;
  tx.write({kInsertToken,
            {token.mac, token.mac_key, token.tenant, token.account, json::word(s.owner.kind), s.owner.id,
             json::word(s.purpose), s.cap_minor, s.currency, ms_or_null(s.expires_at), token.used_minor, token.uses,
             now.ms}},
           1);
}
void update_bank_token_use(store::Tx& tx, const StoredBankToken& before, std::int64_t used_minor, std::int64_t uses) {
  tx.write({kUpdateTokenUse, {used_minor, uses, before.mac, before.used_minor, before.uses}}, 1);
}
void delete_bank_token(store::Tx& tx, const base::Bytes& mac) { tx.write({kDeleteToken, {mac}}, 1); }
base::Result<std::int64_t> count_bank_tokens_of(store::ReadTx& tx, BankAccountId account) {
  return count(tx, {kCountTokensOf, {account}});
}
base::Result<std::int64_t> count_bank_tokens_by_key(store::ReadTx& tx, KeyId key) {
  return count(tx, {kCountTokensByKey, {key}});
}
base::Result<void> freeze_bank_tokens(store::Tx& tx, base::Instant now) {
  KARV_TRY(const auto rows, tx.read_one({kCountFrozenOrNot, {}}));
  tx.write({kFreezeTokens, {now.ms}}, rows.front().integer(0));
  return {};
}
base::Result<void> unfreeze_bank_tokens(store::Tx& tx) {
  KARV_TRY(const auto rows, tx.read_one({kCountFrozenOrNot, {}}));
  tx.write({kUnfreezeTokens, {}}, rows.front().integer(1));
  return {};
}

base::Result<std::optional<StoredBankTicket>> find_bank_ticket(store::ReadTx& tx,
                                                               const std::vector<KeyedDigest>& digests) {
  KARV_TRY(const auto row, find_first(tx, kFindTicket, digests));
  return row ? std::optional(ticket_from(*row)) : std::nullopt;
}
void insert_bank_ticket(store::Tx& tx, const StoredBankTicket& t) {
  const BankScope& s = t.scope;
  tx.write({kInsertTicket,
            {t.mac, t.tenant, json::word(s.owner.kind), s.owner.id, json::word(s.purpose), s.cap_minor, s.currency,
             ms_or_null(s.expires_at), json::word(t.state), t.account, t.expires_at.ms}},
           1);
}
void update_bank_ticket(store::Tx& tx, const StoredBankTicket& before, TicketState to, BankAccountId account) {
  tx.write({kUpdateTicket, {json::word(to), account, before.mac, json::word(before.state)}}, 1);
}
}  // namespace karv::vault
