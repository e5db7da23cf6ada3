#include "vault/cards/card_ending_repository.h"

#include "vault/row_values.h"

namespace karv::vault {
namespace {

using store::Sql;

constexpr Sql kEndCard = "update cards set ended_at = $1, refund_until = $2 where card_id = $3";
constexpr Sql kCountLiveTokens = "select count(*) from vault_tokens where card_id = $1 and ended_at is null";
constexpr Sql kEndTokens =
    "update vault_tokens set ended_at = $1, refund_until = $2 where card_id = $3 and ended_at is null";
constexpr Sql kCountTokensBefore =
    "select count(*) from vault_tokens where card_id = $1 and ended_at is null and created_at <= $2 and token_mac <> "
    "$3";
constexpr Sql kEndTokensBefore =
    "update vault_tokens set ended_at = $1, refund_until = $2"
    " where card_id = $3 and ended_at is null and created_at <= $4 and token_mac <> $5";
constexpr Sql kCloseFilled = "update card_tickets set state = 'collected' where card_id = $1 and state = 'filled'";
constexpr Sql kFindCardsOver =
    "select over_now.card_id from ("
    "  select card_id from cards where tenant_id = $1 and refund_until <= $2"
    "  union select t.card_id from vault_tokens t join cards c on c.card_id = t.card_id"
    "  where t.refund_until <= $3 and c.tenant_id = $4"
    "  union select t.card_id from vault_tokens t join cards c on c.card_id = t.card_id"
    "  where t.expires_at <= $5 and c.tenant_id = $6) over_now"
    " where not exists (select 1 from open_operations o join operations p on p.operation_id = o.operation_id"
    "  where p.card_id = over_now.card_id)"
    " limit $7";
constexpr Sql kLockCard = "select refund_until from cards where card_id = $1";
constexpr Sql kCountOpenOfCard =
    "select count(*) from open_operations o join operations p on p.operation_id = o.operation_id where p.card_id = $1";
constexpr Sql kCountTokens = "select count(*) from vault_tokens where card_id = $1";
constexpr Sql kCountTokensOver =
    "select count(*) from vault_tokens where card_id = $1 and (refund_until <= $2 or expires_at <= $3)";
constexpr Sql kDeleteTokensOver =
    "delete from vault_tokens where card_id = $1 and (refund_until <= $2 or expires_at <= $3)";
constexpr Sql kCountForms = "select count(*) from card_tickets where card_id = $1 and state = 'filled'";
constexpr Sql kDeleteCard = "delete from cards where card_id = $1";

}  // namespace

void end_card(store::Tx& tx, CardId id, const CardEnd& end) {
  tx.write({kEndCard, {end.ended_at.ms, end.refund_until.ms, id}}, 1);
}
base::Result<void> close_forms(store::Tx& tx, CardId id) {
  KARV_TRY(const auto rows, tx.read_one({kCountForms, {id}}));
  tx.write({kCloseFilled, {id}}, rows.front().integer(0));
  return {};
}
base::Result<std::int64_t> end_tokens(store::Tx& tx, CardId id, const CardEnd& end,
                                      const std::optional<StoredToken>& successor) {
  if (!successor) {
    KARV_TRY(const auto rows, tx.read_one({kCountLiveTokens, {id}}));
    const auto live = rows.front().integer(0);
    tx.write({kEndTokens, {end.ended_at.ms, end.refund_until.ms, id}}, live);
    return live;
  }
  const auto before = successor->created_at.ms;
  KARV_TRY(const auto rows, tx.read_one({kCountTokensBefore, {id, before, successor->mac}}));
  const auto live = rows.front().integer(0);
  tx.write({kEndTokensBefore, {end.ended_at.ms, end.refund_until.ms, id, before, successor->mac}}, live);
  return live;
}

base::Result<std::vector<CardId>> find_cards_over(store::ReadTx& tx, TenantId tenant, base::Instant business_now,
                                                  std::int64_t limit) {
  KARV_TRY(const auto rows, tx.read_one({kFindCardsOver,
                                         {tenant, business_now.ms, business_now.ms, tenant,
                                          (business_now - kExpiredTokensKept).ms, tenant, limit}}));
  std::vector<CardId> cards;
  cards.reserve(rows.size());
  for (const auto& row : rows) cards.push_back(row.id<CardId>(0));
  return cards;
}
base::Result<std::optional<CardLeft>> lock_card_left(store::Tx& tx, CardId id, base::Instant business_now) {
  KARV_TRY(const auto answers,
           tx.read({{kLockCard, {id}, true},
                    {kCountOpenOfCard, {id}},
                    {kCountTokens, {id}},
                    {kCountTokensOver, {id, business_now.ms, (business_now - kExpiredTokensKept).ms}},
                    {kCountForms, {id}}}));
  if (answers[0].empty()) return std::optional<CardLeft>();
  return std::optional(CardLeft{.refund_until = instant_or_null(answers[0].front(), 0),
                                .open_operations = answers[1].front().integer(0),
                                .tokens = answers[2].front().integer(0),
                                .tokens_over = answers[3].front().integer(0),
                                .forms = answers[4].front().integer(0)});
}
void delete_tokens_over(store::Tx& tx, CardId id, base::Instant business_now, std::int64_t count) {
  tx.write({kDeleteTokensOver, {id, business_now.ms, (business_now - kExpiredTokensKept).ms}}, count);
}
void delete_card(store::Tx& tx, CardId id) { tx.write({kDeleteCard, {id}}, 1); }

}  // namespace karv::vault
