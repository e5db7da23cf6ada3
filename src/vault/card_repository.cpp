#include "vault/card_repository.h"

#include "base/check.h"
#include "json/words.h"

namespace karv::vault {
namespace {

using store::Row;
using store::Sql;

constexpr Sql kLoadKeys = "select purpose, version, wrapped from data_keys order by version";
constexpr Sql kInsertKey = "insert into data_keys (purpose, version, wrapped, created_at) values ($1, $2, $3, $4)";

constexpr Sql kFindCard =
    "select card_id, customer_id, key_version, sealed, fingerprint, brand, last4 from cards where card_id = $1";
constexpr Sql kFindCardByFingerprint =
    "select card_id, customer_id, key_version, sealed, fingerprint, brand, last4 from cards"
    " where customer_id = $1 and fingerprint = $2";
constexpr Sql kInsertCard =
    "insert into cards (card_id, customer_id, key_version, sealed, fingerprint, brand, last4, created_at)"
    " values ($1, $2, $3, $4, $5, $6, $7, $8)";
constexpr Sql kUpdateCard = "update cards set key_version = $1, sealed = $2 where card_id = $3";

constexpr Sql kFindToken =
    "select token_mac, card_id, customer_id, merchant_id, purpose, agreement_id, cap_minor, currency, expires_at,"
    " used_minor, uses, frozen_at from vault_tokens where token_mac = $1";
constexpr Sql kInsertToken =
    "insert into vault_tokens (token_mac, card_id, customer_id, merchant_id, purpose, agreement_id, cap_minor,"
    " currency, expires_at, used_minor, uses, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
constexpr Sql kUpdateTokenUse =
    "update vault_tokens set used_minor = $1, uses = $2 where token_mac = $3 and used_minor = $4 and uses = $5";

constexpr Sql kFindTicket =
    "select ticket_mac, customer_id, merchant_id, purpose, frame_ancestors, parent_origin, state, card_id, expires_at"
    " from card_tickets where ticket_mac = $1";
constexpr Sql kInsertTicket =
    "insert into card_tickets (ticket_mac, customer_id, merchant_id, purpose, frame_ancestors, parent_origin, state,"
    " card_id, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
constexpr Sql kUpdateTicket = "update card_tickets set state = $1, card_id = $2 where ticket_mac = $3 and state = $4";
constexpr Sql kFindTicketsOver = "select ticket_mac from card_tickets where expires_at < $1 limit $2";
constexpr Sql kDeleteTicket = "delete from card_tickets where ticket_mac = $1";

// A word that we wrote ourselves and can no longer read is a bug, not input.
template <class E>
E word_at(const Row& row, std::size_t column) {
  const auto parsed = json::parse_word<E>(row.text(column));
  KARV_REQUIRE(parsed.has_value());
  return *parsed;
}

StoredCard card_from(const Row& row) {
  return {.id = row.id<CardId>(0),
          .customer = row.id<CustomerRef>(1),
          .key_version = row.integer(2),
          .sealed = row.bytes(3),
          .fingerprint = row.bytes(4),
          .brand = row.text(5),
          .last4 = row.text(6)};
}

std::optional<base::Instant> instant_or_null(const Row& row, std::size_t column) {
  if (row.is_null(column)) return std::nullopt;
  return base::Instant{row.integer(column)};
}

StoredToken token_from(const Row& row) {
  return {.mac = row.bytes(0),
          .scope = {.card = row.id<CardId>(1),
                    .customer = row.id<CustomerRef>(2),
                    .merchant = row.id_or_null<MerchantRef>(3),
                    .purpose = word_at<Purpose>(row, 4),
                    .agreement = row.id_or_null<AgreementRef>(5),
                    .cap_minor = row.integer_or_null(6),
                    .currency = row.text_or_null(7),
                    .expires_at = instant_or_null(row, 8)},
          .used_minor = row.integer(9),
          .uses = row.integer(10),
          .frozen = !row.is_null(11)};
}

StoredTicket ticket_from(const Row& row) {
  return {.mac = row.bytes(0),
          .customer = row.id<CustomerRef>(1),
          .merchant = row.id_or_null<MerchantRef>(2),
          .purpose = word_at<Purpose>(row, 3),
          .frame_ancestors = row.text(4),
          .parent_origin = row.text(5),
          .state = word_at<TicketState>(row, 6),
          .card = row.id_or_null<CardId>(7),
          .expires_at = {row.integer(8)}};
}

template <class Make>
auto first_or_none(base::Result<store::Rows> rows, const Make& make)
    -> base::Result<std::optional<decltype(make(std::declval<const Row&>()))>> {
  using Found = std::optional<decltype(make(std::declval<const Row&>()))>;
  if (!rows.ok()) return std::move(rows).error();
  if (rows.value().empty()) return Found();
  return Found(make(rows.value().front()));
}

std::optional<std::int64_t> ms_or_none(std::optional<base::Instant> instant) {
  return instant ? std::optional<std::int64_t>(instant->ms) : std::nullopt;
}

}  // namespace

base::Result<std::vector<WrappedKey>> load_keys(store::ReadTx& tx) {
  KARV_TRY(const auto rows, tx.read_one({kLoadKeys, {}}));
  std::vector<WrappedKey> keys;
  keys.reserve(rows.size());
  for (const auto& row : rows)
    keys.push_back({.purpose = row.text(0), .version = row.integer(1), .wrapped = row.bytes(2)});
  return keys;
}
void insert_key(store::Tx& tx, const WrappedKey& key, base::Instant now) {
  tx.write({kInsertKey, {key.purpose, key.version, key.wrapped, now.ms}}, 1);
}

base::Result<std::optional<StoredCard>> find_card(store::ReadTx& tx, CardId id) {
  return first_or_none(tx.read_one({kFindCard, {id}}), card_from);
}
base::Result<std::optional<StoredCard>> find_card_by_fingerprint(store::ReadTx& tx, CustomerRef customer,
                                                                 const base::Bytes& fingerprint) {
  return first_or_none(tx.read_one({kFindCardByFingerprint, {customer, fingerprint}}), card_from);
}
void insert_card(store::Tx& tx, const StoredCard& card, base::Instant now) {
  tx.write({kInsertCard,
            {card.id, card.customer, card.key_version, card.sealed, card.fingerprint, card.brand, card.last4, now.ms}},
           1);
}
void update_card(store::Tx& tx, const StoredCard& card) {
  tx.write({kUpdateCard, {card.key_version, card.sealed, card.id}}, 1);
}

base::Result<std::optional<StoredToken>> find_token(store::ReadTx& tx, const base::Bytes& mac) {
  return first_or_none(tx.read_one({kFindToken, {mac}}), token_from);
}
void insert_token(store::Tx& tx, const StoredToken& token, base::Instant now) {
  const Scope& s = token.scope;
  tx.write({kInsertToken,
            {token.mac, s.card, s.customer, s.merchant, json::word(s.purpose), s.agreement, s.cap_minor, s.currency,
             ms_or_none(s.expires_at), token.used_minor, token.uses, now.ms}},
           1);
}
void update_token_use(store::Tx& tx, const StoredToken& before, std::int64_t used_minor, std::int64_t uses) {
  tx.write({kUpdateTokenUse, {used_minor, uses, before.mac, before.used_minor, before.uses}}, 1);
}

base::Result<std::optional<StoredTicket>> find_ticket(store::ReadTx& tx, const base::Bytes& mac) {
  return first_or_none(tx.read_one({kFindTicket, {mac}}), ticket_from);
}
void insert_ticket(store::Tx& tx, const StoredTicket& ticket) {
  tx.write({kInsertTicket,
            {ticket.mac, ticket.customer, ticket.merchant, json::word(ticket.purpose), ticket.frame_ancestors,
             ticket.parent_origin, json::word(ticket.state), ticket.card, ticket.expires_at.ms}},
           1);
}
void update_ticket(store::Tx& tx, const StoredTicket& before, TicketState to, CardId card) {
  tx.write({kUpdateTicket, {json::word(to), card, before.mac, json::word(before.state)}}, 1);
}
base::Result<std::vector<base::Bytes>> find_tickets_over(store::ReadTx& tx, base::Instant before, std::int64_t limit) {
  KARV_TRY(const auto rows, tx.read_one({kFindTicketsOver, {before.ms, limit}}));
  std::vector<base::Bytes> macs;
  macs.reserve(rows.size());
  for (const auto& row : rows) macs.push_back(row.bytes(0));
  return macs;
}
void delete_tickets(store::Tx& tx, const std::vector<base::Bytes>& macs) {
  for (const auto& mac : macs) tx.write({kDeleteTicket, {mac}}, 1);
}

}  // namespace karv::vault
