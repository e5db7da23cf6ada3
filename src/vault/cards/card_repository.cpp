#include "vault/cards/card_repository.h"

#include <algorithm>
#include <iterator>

#include "base/check.h"
#include "json/words.h"
#include "vault/keys/repository.h"
#include "vault/row_values.h"

namespace karv::vault {
namespace {

using store::Row;
using store::Sql;

constexpr Sql kFindCard =
    "select c.card_id, c.tenant_id, c.customer_id, c.subject_key_id, c.sealed, c.fingerprint, c.fingerprint_key_id,"
    " c.brand, c.last4, k.subject_key_id, k.subject_id, k.tenant_id, k.version, k.tenant_key_id, k.epoch_key_id,"
    " k.wrapped, k.state, k.uses, k.created_at from cards c"
    " join subject_keys k on k.subject_key_id = c.subject_key_id where c.card_id = $1";
constexpr Sql kFindCardOfToken =
    "select c.card_id, c.tenant_id, c.customer_id, c.subject_key_id, c.sealed, c.fingerprint, c.fingerprint_key_id,"
    " c.brand, c.last4, k.subject_key_id, k.subject_id, k.tenant_id, k.version, k.tenant_key_id, k.epoch_key_id,"
    " k.wrapped, k.state, k.uses, k.created_at from cards c"
    " join subject_keys k on k.subject_key_id = c.subject_key_id"
    " where c.card_id = (select card_id from vault_tokens where token_mac = $1)";
constexpr Sql kFindByFingerprintKey =
    "select c.card_id, c.tenant_id, c.customer_id, c.subject_key_id, c.sealed, c.fingerprint, c.fingerprint_key_id,"
    " c.brand, c.last4, k.subject_key_id, k.subject_id, k.tenant_id, k.version, k.tenant_key_id, k.epoch_key_id,"
    " k.wrapped, k.state, k.uses, k.created_at from cards c"
    " join subject_keys k on k.subject_key_id = c.subject_key_id"
    " where c.fingerprint_key_id = $1 and k.state <> 'destroyed' limit $2";
constexpr Sql kCountByFingerprintKey =
    "select count(*) from cards c join subject_keys k on k.subject_key_id = c.subject_key_id"
    " where c.fingerprint_key_id = $1 and k.state <> 'destroyed'";
constexpr Sql kFindCardsUnder =
    "select card_id, tenant_id, customer_id, subject_key_id, sealed, fingerprint, fingerprint_key_id, brand, last4"
    " from cards where subject_key_id = $1 order by card_id";
constexpr Sql kFindCardByFingerprint =
    "select card_id, tenant_id, customer_id, subject_key_id, sealed, fingerprint, fingerprint_key_id, brand, last4"
    " from cards where tenant_id = $1 and customer_id = $2 and fingerprint = $3";
constexpr Sql kInsertCard =
    "insert into cards (card_id, tenant_id, customer_id, subject_key_id, sealed, fingerprint, fingerprint_key_id, "
    "brand,"
    " last4, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
constexpr Sql kUpdateCard =
    "update cards set subject_key_id = $1, sealed = $2, fingerprint = $3, fingerprint_key_id = $4"
    " where card_id = $5 and subject_key_id = $6 and fingerprint_key_id = $7";

constexpr Sql kUpdateFingerprint =
    "update cards set fingerprint = $1, fingerprint_key_id = $2 where card_id = $3 and fingerprint_key_id = $4";

constexpr Sql kFindToken =
    "select token_mac, mac_key_id, card_id, customer_id, merchant_id, purpose, agreement_id, cap_minor, currency, "
    "expires_at,"
    " used_minor, uses, frozen_at, most_uses, ended_at, refund_until, created_at,"
    " most_each_minor from vault_tokens"
    " where token_mac = $1";
constexpr Sql kInsertToken =
    "insert into vault_tokens (token_mac, mac_key_id, card_id, customer_id, merchant_id, purpose, agreement_id,"
    " cap_minor, currency, expires_at, used_minor, uses, created_at, most_uses, ended_at, refund_until,"
    " most_each_minor)"
    " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)";
constexpr Sql kCountTokensByKey = "select count(*) from vault_tokens where mac_key_id = $1";
constexpr Sql kUpdateTokenUse =
    "update vault_tokens set used_minor = $1, uses = $2 where token_mac = $3 and used_minor = $4 and uses = $5";

constexpr Sql kLockCard = "select ended_at from cards where card_id = $1";
constexpr Sql kLockCardOfToken =
    "select ended_at from cards where card_id = (select card_id from vault_tokens where token_mac = $1)";
constexpr Sql kReviveCard = "update cards set ended_at = null, refund_until = null where card_id = $1";
constexpr Sql kDeleteToken = "delete from vault_tokens where token_mac = $1 and used_minor = $2 and uses = $3";
constexpr Sql kFindTicket =
    "select ticket_mac, tenant_id, customer_id, merchant_id, purpose, frame_ancestors, parent_origin, state, card_id, "
    "expires_at, filled_by"
    " from card_tickets where ticket_mac = $1";
constexpr Sql kInsertTicket =
    "insert into card_tickets (ticket_mac, tenant_id, customer_id, merchant_id, purpose, frame_ancestors, "
    "parent_origin,"
    " state, card_id, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
constexpr Sql kUpdateTicket =
    "update card_tickets set state = $1, card_id = $2, filled_by = $3 where ticket_mac = $4 and state = $5";

StoredToken token_from(const Row& row) {
  return {.mac = row.bytes(0),
          .mac_key = row.id<KeyId>(1),
          .scope = {.card = row.id<CardId>(2),
                    .customer = row.id<CustomerRef>(3),
                    .merchant = row.id_or_null<MerchantRef>(4),
                    .purpose = word_at<Purpose>(row, 5),
                    .agreement = row.id_or_null<AgreementRef>(6),
                    .cap_minor = row.integer_or_null(7),
                    .currency = row.text_or_null(8),
                    .expires_at = instant_or_null(row, 9),
                    .most_uses = row.integer_or_null(13),
                    .most_each_minor = row.integer_or_null(17)},
          .used_minor = row.integer(10),
          .uses = row.integer(11),
          .created_at = {row.integer(16)},
          .ended_at = instant_or_null(row, 14),
          .refund_until = instant_or_null(row, 15),
          .frozen = !row.is_null(12)};
}

StoredTicket ticket_from(const Row& row) {
  return {.mac = row.bytes(0),
          .tenant = row.id<TenantId>(1),
          .customer = row.id<CustomerRef>(2),
          .merchant = row.id_or_null<MerchantRef>(3),
          .purpose = word_at<Purpose>(row, 4),
          .frame_ancestors = row.text(5),
          .parent_origin = row.text(6),
          .state = word_at<TicketState>(row, 7),
          .card = row.id_or_null<CardId>(8),
          .filled_by = row.text_or_null(10).value_or(""),
          .expires_at = {row.integer(9)}};
}

SealedCard sealed_card_from(const Row& row) { return {.card = card_from(row), .key = subject_key_from(row, 9)}; }

std::optional<LockedCard> locked_card_from(const store::Rows& card, const store::Rows& sealed) {
  if (card.empty()) return std::nullopt;
  LockedCard locked{.sealed = {}, .ended = !card.front().is_null(0)};
  if (!sealed.empty()) locked.sealed = sealed_card_from(sealed.front());
  return locked;
}

base::Result<std::int64_t> count(store::ReadTx& tx, Sql sql, KeyId key) {
  KARV_TRY(const auto rows, tx.read_one({sql, {key}}));
  return rows.front().integer(0);
}

std::vector<store::Query> queries_of(Sql sql, const std::vector<KeyedDigest>& digests) {
  std::vector<store::Query> batch;
  batch.reserve(digests.size());
  for (const auto& digest : digests) batch.push_back({sql, {digest.digest}});
  return batch;
}

std::optional<Row> first_row(std::span<const store::Rows> answers) {
  for (const auto& rows : answers)
    if (!rows.empty()) return rows.front();
  return std::nullopt;
}

template <class Make>
auto first_or_none(base::Result<store::Rows> rows, const Make& make)
    -> base::Result<std::optional<decltype(make(std::declval<const Row&>()))>> {
  using Found = std::optional<decltype(make(std::declval<const Row&>()))>;
  if (!rows.ok()) return std::move(rows).error();
  if (rows.value().empty()) return Found();
  return Found(make(rows.value().front()));
}

}  // namespace

StoredCard card_from(const Row& row) {
  return {.id = row.id<CardId>(0),
          .tenant = row.id<TenantId>(1),
          .customer = row.id<CustomerRef>(2),
          .subject_key = row.id<SubjectKeyId>(3),
          .sealed = row.bytes(4),
          .fingerprint = row.bytes(5),
          .fingerprint_key = row.id<KeyId>(6),
          .brand = row.text(7),
          .last4 = row.text(8)};
}
base::Result<std::optional<SealedCard>> find_card(store::ReadTx& tx, CardId id) {
  return first_or_none(tx.read_one({kFindCard, {id}}), sealed_card_from);
}
store::Query card_by_fingerprint_query(TenantId tenant, CustomerRef customer, const base::Bytes& fingerprint) {
  return {kFindCardByFingerprint, {tenant, customer, fingerprint}};
}
void insert_card(store::Tx& tx, const StoredCard& c, base::Instant now) {
  tx.write({kInsertCard,
            {c.id, c.tenant, c.customer, c.subject_key, c.sealed, c.fingerprint, c.fingerprint_key, c.brand, c.last4,
             now.ms}},
           1);
}
void update_card(store::Tx& tx, const StoredCard& before, const StoredCard& c) {
  tx.write(
      {kUpdateCard,
       {c.subject_key, c.sealed, c.fingerprint, c.fingerprint_key, c.id, before.subject_key, before.fingerprint_key}},
      1);
}
void update_fingerprint(store::Tx& tx, const StoredCard& before, const StoredCard& c) {
  tx.write({kUpdateFingerprint, {c.fingerprint, c.fingerprint_key, c.id, before.fingerprint_key}}, 1);
}
base::Result<std::vector<StoredCard>> find_cards_under(store::ReadTx& tx, SubjectKeyId key) {
  KARV_TRY(const auto rows, tx.read_one({kFindCardsUnder, {key}}));
  std::vector<StoredCard> cards;
  cards.reserve(rows.size());
  for (const auto& row : rows) cards.push_back(card_from(row));
  return cards;
}
base::Result<std::vector<SealedCard>> find_cards_by_fingerprint_key(store::ReadTx& tx, KeyId key, std::int64_t limit) {
  KARV_TRY(const auto rows, tx.read_one({kFindByFingerprintKey, {key, limit}}));
  std::vector<SealedCard> cards;
  cards.reserve(rows.size());
  for (const auto& row : rows) cards.push_back(sealed_card_from(row));
  return cards;
}
base::Result<std::int64_t> count_cards_by_fingerprint_key(store::ReadTx& tx, KeyId key) {
  return count(tx, kCountByFingerprintKey, key);
}

base::Result<std::optional<LockedCard>> lock_card(store::Tx& tx, CardId id) {
  KARV_TRY(const auto answers, tx.read({{kLockCard, {id}, true}, {kFindCard, {id}}}));
  return locked_card_from(answers[0], answers[1]);
}
void revive_card(store::Tx& tx, CardId id) { tx.write({kReviveCard, {id}}, 1); }

base::Result<std::int64_t> count_tokens_by_key(store::ReadTx& tx, KeyId key) {
  return count(tx, kCountTokensByKey, key);
}
base::Result<std::optional<StoredToken>> find_token_of(store::ReadTx& tx, const std::vector<KeyedDigest>& digests) {
  KARV_TRY(const auto answers, tx.read(queries_of(kFindToken, digests)));
  const auto row = first_row(answers);
  return row ? std::optional(token_from(*row)) : std::nullopt;
}
base::Result<std::vector<std::optional<TokenWithCard>>> find_tokens_with_cards(
    store::ReadTx& tx, const std::vector<std::vector<KeyedDigest>>& digests) {
  std::vector<store::Query> batch;
  for (const auto& of_one : digests)
    for (const auto& digest : of_one) {
      batch.push_back({kFindToken, {digest.digest}});
      batch.push_back({kFindCardOfToken, {digest.digest}});
    }
  KARV_TRY(const auto answers, tx.read(std::move(batch)));
  std::vector<std::optional<TokenWithCard>> found;
  std::size_t at = 0;
  for (const auto& of_one : digests) {
    found.emplace_back();
    for (std::size_t i = 0; i < of_one.size(); ++i, at += 2) {
      const auto& card = answers[at + 1];
      if (!answers[at].empty() && !found.back())
        found.back() =
            TokenWithCard{.token = token_from(answers[at].front()),
                          .card = card.empty() ? std::nullopt : std::optional(sealed_card_from(card.front()))};
    }
  }
  return found;
}
base::Result<std::optional<StoredToken>> find_token(store::ReadTx& tx, const base::Bytes& mac) {
  return first_or_none(tx.read_one({kFindToken, {mac}}), token_from);
}
// In this order: what is read after the lock is as it is now that nobody else changes it.
std::vector<store::Query> lock_token_queries(const std::vector<KeyedDigest>& digests) {
  std::vector<store::Query> batch;
  for (const auto& digest : digests) {
    batch.push_back({kLockCardOfToken, {digest.digest}, true});
    batch.push_back({kFindCardOfToken, {digest.digest}});
    batch.push_back({kFindToken, {digest.digest}});
  }
  return batch;
}
std::optional<LockedToken> locked_token_in(std::span<const store::Rows> answers) {
  for (std::size_t at = 0; at + 2 < answers.size(); at += 3) {
    auto card = locked_card_from(answers[at], answers[at + 1]);
    if (card && !answers[at + 2].empty())
      return LockedToken{token_from(answers[at + 2].front()), std::move(card->sealed), card->ended};
  }
  return std::nullopt;
}
base::Result<std::optional<LockedToken>> lock_token(store::Tx& tx, const std::vector<KeyedDigest>& digests) {
  KARV_TRY(const auto answers, tx.read(lock_token_queries(digests)));
  return locked_token_in(answers);
}
void insert_token(store::Tx& tx, const StoredToken& token, base::Instant now) {
  const Scope& s = token.scope;
  tx.write({kInsertToken,
            {token.mac, token.mac_key, s.card, s.customer, s.merchant, json::word(s.purpose), s.agreement, s.cap_minor,
             s.currency, ms_or_null(s.expires_at), token.used_minor, token.uses, now.ms, s.most_uses,
             ms_or_null(token.ended_at), ms_or_null(token.refund_until), s.most_each_minor}},
           1);
}
base::Result<void> insert_new_tokens(store::Tx& tx, const std::vector<StoredToken>& tokens, base::Instant now) {
  std::vector<store::Query> batch;
  batch.reserve(tokens.size());
  for (const auto& token : tokens) batch.push_back({kFindToken, {token.mac}});
  KARV_TRY(const auto known, tx.read(std::move(batch)));
  for (std::size_t i = 0; i < tokens.size(); ++i)
    if (known[i].empty()) insert_token(tx, tokens[i], now);
  return {};
}
void delete_token(store::Tx& tx, const StoredToken& before) {
  tx.write({kDeleteToken, {before.mac, before.used_minor, before.uses}}, 1);
}
void update_token_use(store::Tx& tx, const StoredToken& before, std::int64_t used_minor, std::int64_t uses) {
  tx.write({kUpdateTokenUse, {used_minor, uses, before.mac, before.used_minor, before.uses}}, 1);
}

base::Result<std::optional<StoredTicket>> find_ticket(store::ReadTx& tx, const std::vector<KeyedDigest>& digests) {
  KARV_TRY(const auto answers, tx.read(queries_of(kFindTicket, digests)));
  const auto row = first_row(answers);
  return row ? std::optional(ticket_from(*row)) : std::nullopt;
}
void insert_ticket(store::Tx& tx, const StoredTicket& ticket) {
  tx.write(
      {kInsertTicket,
       {ticket.mac, ticket.tenant, ticket.customer, ticket.merchant, json::word(ticket.purpose), ticket.frame_ancestors,
        ticket.parent_origin, json::word(ticket.state), ticket.card, ticket.expires_at.ms}},
      1);
}
void update_ticket(store::Tx& tx, const StoredTicket& before, TicketState to, CardId card,
                   const std::string& filled_by) {
  tx.write({kUpdateTicket, {json::word(to), card, filled_by, before.mac, json::word(before.state)}}, 1);
}
}  // namespace karv::vault
