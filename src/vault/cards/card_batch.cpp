#include "vault/cards/card_batch.h"

#include <algorithm>
#include <set>

#include "audit/record.h"
#include "json/words.h"
#include "vault/cards/card_desk.h"
#include "vault/cards/card_ending_repository.h"
#include "vault/cards/card_repository.h"
#include "vault/operations/operation_repository.h"
#include "vault/tokens/scope.h"
#include "vault_api/process_names.h"

namespace karv::vault {
namespace {

base::Result<void> check_size(std::size_t size) {
  if (size > 0 && size <= vault_api::kMostInBatch) return {};
  return base::public_error(base::ErrorCode::bad_value, "A list has 1 to 100 items: send it in parts.", "BATCH_SIZE");
}

StoredToken token_row(const KeyRing& ring, TenantId tenant, const CardWithToken& wanted, CardId card) {
  auto digest = std::move(ring.token_digests(tenant, wanted.token).front());
  StoredToken token;
  token.mac = std::move(digest.digest);
  token.mac_key = digest.key;
  token.scope.card = card;
  token.scope.customer = wanted.customer;
  token.scope.merchant = wanted.merchant;
  token.scope.purpose = wanted.merchant ? Purpose::purchase : Purpose::saved;
  return token;
}

// How many from `first` on are of different customers.
std::size_t size_of_wave(std::span<const CardWithToken> cards, std::size_t first) {
  std::set<CustomerRef> seen;
  std::size_t size = 0;
  while (first + size < cards.size() && seen.insert(cards[first + size].customer).second) ++size;
  return size;
}

}  // namespace

base::Result<bool> delete_unused_token(store::Tx& tx, const StoredToken& token) {
  KARV_TRY(const auto open, count_open_with_token(tx, token.mac));
  if (open > 0) return false;
  delete_token(tx, token);
  return true;
}

void CardBatch::append_audit(store::Tx& tx, std::string action, const std::string& who, std::int64_t done,
                             std::int64_t refused) {
  audit::append(tx, {.id = base::make_id<audit::RecordTag>(wall_, random_),
                     .actor = {.kind = audit::ActorKind::system, .id = who},
                     .action = std::move(action),
                     .subject = {.kind = "vault", .id = "batch"},
                     .reason = "",
                     .business_time = wall_.now(),
                     .wall_time = wall_.now(),
                     .correlation_id = "",
                     .details = audit::details_text({{"done", done}, {"refused", refused}})});
}

base::Result<std::vector<StoredCard>> CardBatch::keep(TenantId tenant, std::span<const CardWithToken> cards,
                                                      const std::function<base::Result<void>(store::Tx&)>& last) {
  std::vector<StoredCard> kept;
  if (cards.empty()) {
    KARV_TRY_VOID(database_.write<void>("vault_keep_cards", last));
    return kept;
  }
  for (std::size_t first = 0; first < cards.size();) {
    const auto wave = cards.subspan(first, size_of_wave(cards, first));
    first += wave.size();
    std::vector<CustomersCard> to_put;
    to_put.reserve(wave.size());
    for (const auto& one : wave) to_put.push_back({.customer = one.customer, .card = &one.card});
    KARV_TRY(const auto ring, keys_.get_fresh());
    KARV_TRY(auto rows, cards_.put_all("vault_keep_cards", tenant, to_put,
                                       [&](store::Tx& tx, const std::vector<StoredCard>& stored) -> base::Result<void> {
                                         std::vector<StoredToken> tokens;
                                         for (std::size_t i = 0; i < wave.size(); ++i)
                                           tokens.push_back(token_row(*ring, tenant, wave[i], stored[i].id));
                                         KARV_TRY_VOID(insert_new_tokens(tx, tokens, wall_.now()));
                                         return first == cards.size() ? last(tx) : base::Result<void>();
                                       }));
    std::ranges::move(rows, std::back_inserter(kept));
  }
  return kept;
}

base::Result<vault_api::TokenizeAnswer> CardBatch::tokenize(TenantId tenant, vault_api::TokenizeRequest request,
                                                            const std::string& who) {
  KARV_TRY_VOID(check_size(request.cards.size()));
  vault_api::TokenizeAnswer answer;
  std::vector<CardWithToken> good;
  std::vector<std::size_t> places;
  for (auto& typed : request.cards) {
    auto card = parse_kept_card({.number = std::move(typed.number),
                                 .expiry_month = typed.expiry_month,
                                 .expiry_year = typed.expiry_year,
                                 .code = {},
                                 .name = std::move(typed.name)},
                                wall_.now());
    auto& item = answer.cards.emplace_back();
    if (!card) {
      const auto& error = card.error().all().front();
      item.field = error.field;
      item.code = error.reason;
      continue;
    }
    places.push_back(answer.cards.size() - 1);
    good.push_back({.customer = typed.customer,
                    .merchant = typed.merchant,
                    .card = *std::move(card),
                    .token = vault_api::token_naming(keys_.settings().process, random_text(random_))});
  }
  const auto done = static_cast<std::int64_t>(good.size());
  const auto refused = static_cast<std::int64_t>(request.cards.size()) - done;
  KARV_TRY(const auto kept, keep(tenant, good, [&](store::Tx& tx) -> base::Result<void> {
             append_audit(tx, "vault_cards_tokenized", who, done, refused);
             return {};
           }));
  for (std::size_t i = 0; i < kept.size(); ++i) {
    auto& item = answer.cards[places[i]];
    item.vault_token = std::move(good[i].token);
    item.brand = kept[i].brand;
    item.last4 = kept[i].last4;
    item.fingerprint = base::to_hex(kept[i].fingerprint);
  }
  return answer;
}

base::Result<vault_api::DescribeAnswer> CardBatch::describe(TenantId tenant,
                                                            const vault_api::DescribeRequest& request) {
  KARV_TRY_VOID(check_size(request.tokens.size()));
  KARV_TRY(const auto ring, keys_.get());
  std::vector<std::vector<KeyedDigest>> digests;
  digests.reserve(request.tokens.size());
  for (const auto& wanted : request.tokens) digests.push_back(ring->token_digests(tenant, wanted.vault_token));
  using All = std::vector<std::optional<TokenWithCard>>;
  KARV_TRY(auto all, database_.read<All>("vault_describe_tokens",
                                         [&](store::ReadTx& tx) { return find_tokens_with_cards(tx, digests); }));
  for (std::size_t i = 0; i < all.size(); ++i)
    if (all[i] && all[i]->token.scope.customer != request.tokens[i].customer) all[i].reset();
  vault_api::DescribeAnswer answer;
  for (const auto& found : all) {
    auto& item = answer.tokens.emplace_back();
    if (!found) {
      item.code = "TOKEN_UNKNOWN";
      continue;
    }
    const auto clear = found->card ? cards_.open(*found->card) : base::Result<Card>(base::Error(base::ErrorCode::gone));
    if (!clear.ok() && clear.error().reason() == "VAULT_SEALED") return clear.error();
    item.purpose = json::word(found->token.scope.purpose);
    item.frozen = found->token.frozen;
    if (!clear.ok()) {
      item.code = "CARD_UNREADABLE";
      continue;
    }
    item.brand = found->card->card.brand;
    item.last4 = found->card->card.last4;
    item.expiry_month = clear->expiry.month;
    item.expiry_year = clear->expiry.year;
    item.fingerprint = base::to_hex(found->card->card.fingerprint);
  }
  return answer;
}

base::Result<vault_api::DeletedToken> CardBatch::remove_one(store::Tx& tx, const vault_api::TokenOf& wanted,
                                                            const std::vector<KeyedDigest>& digests) {
  KARV_TRY(const auto token, find_token_of(tx, digests));
  if (!token || token->scope.customer != wanted.customer) return vault_api::DeletedToken{.code = "TOKEN_UNKNOWN"};
  KARV_TRY(const auto left, lock_card_left(tx, token->scope.card, wall_.now()));
  KARV_TRY(const auto deleted, delete_unused_token(tx, *token));
  if (!deleted) return vault_api::DeletedToken{.code = "TOKEN_IN_USE"};
  if (left && left->tokens == 1 && left->open_operations == 0 && left->forms == 0) delete_card(tx, token->scope.card);
  return vault_api::DeletedToken{};
}

base::Result<vault_api::DeleteAnswer> CardBatch::remove(TenantId tenant, const vault_api::DeleteRequest& request,
                                                        const std::string& who) {
  KARV_TRY_VOID(check_size(request.tokens.size()));
  KARV_TRY(const auto ring, keys_.get());
  std::vector<std::vector<KeyedDigest>> digests;
  digests.reserve(request.tokens.size());
  for (const auto& wanted : request.tokens) digests.push_back(ring->token_digests(tenant, wanted.vault_token));
  return database_.write<vault_api::DeleteAnswer>(
      "vault_delete_tokens", [&](store::Tx& tx) -> base::Result<vault_api::DeleteAnswer> {
        vault_api::DeleteAnswer answer;
        for (std::size_t i = 0; i < digests.size(); ++i) {
          KARV_TRY(auto item, remove_one(tx, request.tokens[i], digests[i]));
          answer.tokens.push_back(std::move(item));
        }
        const auto done = std::ranges::count_if(answer.tokens, [](const auto& item) { return item.code.empty(); });
        append_audit(tx, "vault_tokens_deleted", who, done, std::ssize(answer.tokens) - done);
        return answer;
      });
}

}  // namespace karv::vault
