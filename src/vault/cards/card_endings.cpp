#include "vault/cards/card_endings.h"

#include "base/log.h"
#include "vault/cards/card_ending_repository.h"
#include "vault/cards/card_repository.h"

namespace karv::vault {

base::Result<std::optional<std::int64_t>> CardEndings::end_in(store::Tx& tx, TenantId tenant,
                                                              const vault_api::EndCardRequest& request,
                                                              const std::vector<KeyedDigest>& token,
                                                              const std::vector<KeyedDigest>& replaced_by) {
  KARV_TRY(const auto held, lock_token(tx, token));
  if (!held || held->token.scope.customer != request.customer) {
    KARV_TRY_VOID(refusals_.count(tx, {.tenant = tenant,
                                       .customer = held ? held->token.scope.customer : request.customer,
                                       .merchant = {},
                                       .reason = held ? RefusalReason::customer : RefusalReason::unknown}));
    return std::optional<std::int64_t>();
  }
  const CardId card = held->token.scope.card;
  const CardEnd end{.ended_at = {request.business_time}, .refund_until = {request.refund_until}};
  KARV_TRY(const auto successor, replaced_by.empty() ? std::optional<StoredToken>() : find_token_of(tx, replaced_by));
  if (successor && successor->scope.card == card && successor->mac != held->token.mac) {
    KARV_TRY(const auto before, end_tokens(tx, card, end, successor));
    return std::optional(before);
  }
  if (!held->card_ended) end_card(tx, card, end);
  KARV_TRY_VOID(close_forms(tx, card));
  KARV_TRY(const auto all, end_tokens(tx, card, end, std::nullopt));
  return std::optional(all);
}

// The tokens that are over, and the card if nothing leads to it any more.
base::Result<vault_api::SweepCardsAnswer> CardEndings::remove(store::Tx& tx, CardId card, base::Instant now) {
  vault_api::SweepCardsAnswer removed{.looked_at = 1};
  KARV_TRY(const auto left, lock_card_left(tx, card, now));
  if (!left || left->open_operations > 0) return removed;
  if (left->tokens_over > 0) delete_tokens_over(tx, card, now, left->tokens_over);
  removed.tokens_removed = left->tokens_over;
  const bool over = left->refund_until ? *left->refund_until <= now : left->forms == 0;
  if (!over || left->tokens > left->tokens_over) return removed;
  delete_card(tx, card);
  removed.cards_removed = 1;
  return removed;
}

base::Result<vault_api::EndCardAnswer> CardEndings::end(TenantId tenant, const vault_api::EndCardRequest& request) {
  if (request.refund_until < request.business_time)
    return base::public_error(base::ErrorCode::bad_value, "The refund window ends before it begins.", "BAD_VALUE");
  KARV_TRY(const auto ring, keys_.get());
  const auto token = ring->token_digests(tenant, request.vault_token);
  const auto replaced_by =
      request.replaced_by ? ring->token_digests(tenant, *request.replaced_by) : std::vector<KeyedDigest>();
  using Ended = std::optional<std::int64_t>;
  KARV_TRY(const auto ended, database_.write<Ended>("vault_end_card", [&](store::Tx& tx) {
    return end_in(tx, tenant, request, token, replaced_by);
  }));
  if (!ended) return refusal_error(RefusalReason::unknown);
  base::log::info("card_ended", {{"customer_id", request.customer.text()}, {"tokens", *ended}});
  return vault_api::EndCardAnswer{.tokens_ended = *ended};
}

base::Result<vault_api::SweepCardsAnswer> CardEndings::sweep(TenantId tenant,
                                                             const vault_api::SweepCardsRequest& request) {
  const base::Instant now{request.business_time};
  KARV_TRY(const auto over, database_.read<std::vector<CardId>>("vault_find_cards_over", [&](store::ReadTx& tx) {
    return find_cards_over(tx, tenant, now, vault_api::kMostSwept);
  }));
  vault_api::SweepCardsAnswer answer;
  for (const auto& card : over) {
    KARV_TRY(const auto removed, database_.write<vault_api::SweepCardsAnswer>(
                                     "vault_remove_card", [&](store::Tx& tx) { return remove(tx, card, now); }));
    answer.looked_at += removed.looked_at;
    answer.tokens_removed += removed.tokens_removed;
    answer.cards_removed += removed.cards_removed;
  }
  return answer;
}

}  // namespace karv::vault
