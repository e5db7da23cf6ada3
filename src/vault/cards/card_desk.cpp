#include "vault/cards/card_desk.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "base/log.h"
#include "vault/cards/card_repository.h"
#include "vault/operations/restore.h"
#include "vault/tokens/scope.h"
#include "vault_api/process_names.h"

namespace karv::vault {
namespace {

constexpr std::size_t kMostAncestors = 20;

base::Error refused(base::ErrorCode code, const char* text, const char* reason) {
  return base::public_error(code, text, reason);
}
base::Error ticket_unknown() {
  return refused(base::ErrorCode::not_found, "There is no such card ticket.", "TICKET_UNKNOWN");
}
base::Error ticket_used() { return refused(base::ErrorCode::gone, "This card form was used before.", "TICKET_USED"); }
base::Error ticket_expired() { return refused(base::ErrorCode::gone, "This card form has expired.", "TICKET_EXPIRED"); }

base::Result<std::string> joined_origins(const vault_api::TicketRequest& request) {
  auto origins = request.frame_ancestors;
  if (std::ranges::find(origins, request.parent_origin) == origins.end()) origins.push_back(request.parent_origin);
  if (origins.size() > kMostAncestors || !std::ranges::all_of(origins, is_https_origin))
    return refused(base::ErrorCode::bad_value, "A frame ancestor is not an https origin.", "INVALID_ORIGIN");
  std::string joined;
  for (const auto& origin : origins) joined += (joined.empty() ? "" : " ") + origin;
  return joined;
}

vault_api::CardAnswer card_answer(const StoredCard& card, Expiry expiry, std::string token) {
  return {.vault_token = std::move(token),
          .brand = card.brand,
          .last4 = card.last4,
          .expiry_month = expiry.month,
          .expiry_year = expiry.year,
          .fingerprint = base::to_hex(card.fingerprint)};
}

StoredToken token_of(KeyedDigest digest, Scope scope) {
  StoredToken token;
  token.mac = std::move(digest.digest);
  token.mac_key = digest.key;
  token.scope = std::move(scope);
  return token;
}

Scope scope_of(CardId card, CustomerRef customer, std::optional<MerchantRef> merchant, Purpose purpose) {
  Scope scope;
  scope.card = card;
  scope.customer = customer;
  scope.merchant = merchant;
  scope.purpose = purpose;
  return scope;
}

}  // namespace

std::string random_text(base::Random& random) {
  std::array<std::uint8_t, 32> bytes{};
  random.fill(bytes);
  return base::to_base64url(bytes);
}

bool is_https_origin(std::string_view text) {
  constexpr std::string_view kScheme = "https://";
  if (!text.starts_with(kScheme) || text.size() > 200) return false;
  text.remove_prefix(kScheme.size());
  const auto colon = text.find(':');
  const auto host = text.substr(0, colon);
  const auto is_lower = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  const bool host_fine = !host.empty() && is_lower(host.front()) && is_lower(host.back()) &&
                         std::ranges::all_of(host, [&](char c) { return is_lower(c) || c == '.' || c == '-'; });
  if (colon == std::string_view::npos) return host_fine;
  const auto port = text.substr(colon + 1);
  return host_fine && !port.empty() && port.size() <= 5 &&
         std::ranges::all_of(port, [](char c) { return c >= '0' && c <= '9'; });
}

base::Result<void> CardDesk::check_open() const {
  KARV_TRY_VOID(keys_.get());
  return {};
}

base::Result<vault_api::TicketAnswer> CardDesk::create_ticket(TenantId tenant,
                                                              const vault_api::TicketRequest& request) {
  if (request.merchant.has_value() == (request.purpose == Purpose::saved))
    return refused(base::ErrorCode::bad_value, "A saved card belongs to no merchant, everything else to one.",
                   "INVALID_SCOPE");
  if (request.purpose != Purpose::purchase && request.purpose != Purpose::saved)
    return refused(base::ErrorCode::bad_value, "A card form is for a purchase or a saved card.", "INVALID_SCOPE");
  KARV_TRY(const auto ancestors, joined_origins(request));
  KARV_TRY(const auto ring, keys_.get_fresh());
  const std::string text = random_text(random_);
  StoredTicket ticket;
  ticket.mac = ring->ticket_digests(text).front().digest;
  ticket.tenant = tenant;
  ticket.customer = request.customer;
  ticket.merchant = request.merchant;
  ticket.purpose = request.purpose;
  ticket.frame_ancestors = ancestors;
  ticket.parent_origin = request.parent_origin;
  ticket.expires_at = wall_.now() + settings_.ticket_lifetime;
  KARV_TRY_VOID(database_.write<void>("vault_create_ticket", [&](store::Tx& tx) -> base::Result<void> {
    insert_ticket(tx, ticket);
    return {};
  }));
  return vault_api::TicketAnswer{.ticket = text,
                                 .frame_url = settings_.public_url + "/frame/v1/card?ticket=" + text,
                                 .expires_at = ticket.expires_at.ms};
}

base::Result<StoredTicket> CardDesk::find_open_ticket(store::ReadTx& tx,
                                                      const std::vector<KeyedDigest>& digests) const {
  KARV_TRY(auto found, find_ticket(tx, digests));
  if (!found) return ticket_unknown();
  if (found->state != TicketState::open) return ticket_used();
  if (wall_.now() >= found->expires_at) return ticket_expired();
  return *std::move(found);
}

base::Result<FrameFacts> CardDesk::find_frame(std::string_view ticket) {
  KARV_TRY(const auto ring, keys_.get());
  const auto digests = ring->ticket_digests(ticket);
  return database_.read<FrameFacts>("vault_find_frame", [&](store::ReadTx& tx) -> base::Result<FrameFacts> {
    KARV_TRY(const auto found, find_open_ticket(tx, digests));
    return FrameFacts{.frame_ancestors = found.frame_ancestors, .parent_origin = found.parent_origin};
  });
}

base::Result<void> CardDesk::check_ticket(std::string_view ticket) {
  KARV_TRY(const auto ring, keys_.get());
  const auto digests = ring->ticket_digests(ticket);
  KARV_TRY_VOID(database_.read<StoredTicket>("vault_check_ticket",
                                             [&](store::ReadTx& tx) { return find_open_ticket(tx, digests); }));
  return {};
}

base::Result<FilledCard> CardDesk::fill_ticket(std::string_view ticket, TypedCard typed) {
  KARV_TRY(const auto ring, keys_.get());
  const auto digests = ring->ticket_digests(ticket);
  const auto find_open = [&](store::ReadTx& tx) { return find_open_ticket(tx, digests); };
  KARV_TRY(const auto opened, database_.read<StoredTicket>("vault_find_ticket", find_open));
  KARV_TRY(const auto stored, cards_.put("vault_fill_ticket", opened.tenant, opened.customer, typed.card,
                                         [&](store::Tx& tx, const StoredCard& row) -> base::Result<void> {
                                           KARV_TRY(const auto open, find_open(tx));
                                           update_ticket(tx, open, TicketState::filled, row.id,
                                                         keys_.settings().process);
                                           return {};
                                         }));
  codes_.put(stored.id, std::move(typed.code), wall_.now());
  base::log::info("card_ticket_filled", {{"card_id", stored.id.text()}, {"brand", stored.brand}});
  return FilledCard{.brand = stored.brand, .last4 = stored.last4, .expiry = typed.card.expiry};
}

base::Result<vault_api::CardAnswer> CardDesk::collect_ticket(TenantId tenant,
                                                             const vault_api::CollectRequest& request) {
  KARV_TRY(const auto ring, keys_.get_fresh());
  const auto digests = ring->ticket_digests(request.ticket);
  const std::string random = random_text(random_);
  struct Collected {
    SealedCard card;
    std::string token;
  };
  KARV_TRY(const auto collected,
           database_.write<Collected>("vault_collect_ticket", [&](store::Tx& tx) -> base::Result<Collected> {
             KARV_TRY(const auto ticket, find_ticket(tx, digests));
             const bool own = ticket && ticket->tenant == tenant && ticket->customer == request.customer &&
                              ticket->merchant == request.merchant;
             if (!own) return ticket_unknown();  // nobody learns that somebody else's is there
             if (ticket->state == TicketState::collected) return ticket_used();
             if (wall_.now() >= ticket->expires_at) return ticket_expired();
             if (ticket->state == TicketState::open || !ticket->card)
               return refused(base::ErrorCode::not_matching, "The card form is not filled in yet.",
                              "TICKET_NOT_FILLED");
             KARV_TRY(auto found, lock_card(tx, *ticket->card));
             if (!found || !found->sealed) return ticket_expired();
             if (found->ended) revive_card(tx, *ticket->card);  // typed again since: forms from before are closed
             update_ticket(tx, *ticket, TicketState::collected, *ticket->card, ticket->filled_by);
             const auto scope = scope_of(*ticket->card, ticket->customer, ticket->merchant, ticket->purpose);
             std::string text = vault_api::token_naming(ticket->filled_by, random);
             insert_token(tx, token_of(ring->token_digests(tenant, text).front(), scope), wall_.now());
             return Collected{.card = *std::move(found->sealed), .token = std::move(text)};
           }));
  KARV_TRY(const auto clear, cards_.open(collected.card));
  return card_answer(collected.card.card, clear.expiry, collected.token);
}

base::Result<std::optional<RefusalReason>> CardDesk::derive(store::Tx& tx, TenantId tenant,
                                                            const vault_api::DeriveRequest& request,
                                                            const std::vector<KeyedDigest>& source,
                                                            const KeyedDigest& token) {
  KARV_TRY(const auto held, lock_token(tx, source));
  const StoredToken* found = held ? &held->token : nullptr;
  const Scope scope = wanted_scope(found == nullptr ? CardId() : found->scope.card, request);
  KARV_TRY_VOID(check_scope(scope));
  auto refused = found == nullptr ? RefusalReason::unknown : find_refusal(*found, scope, {request.business_time});
  if (!refused && scope.purpose == Purpose::payout && *scope.cap_minor > settings_.most_payout_minor)
    refused = RefusalReason::cap;
  if (refused) {
    KARV_TRY_VOID(refusals_.count(tx, {.tenant = tenant,
                                       .customer = found == nullptr ? request.customer : found->scope.customer,
                                       .merchant = request.merchant.value_or(MerchantRef()),
                                       .reason = *refused}));
    return refused;
  }
  KARV_TRY_VOID(require_not_frozen(*found, OperationKind::hold));
  StoredToken derived = token_of(token, scope);
  derived.ended_at = found->ended_at;
  derived.refund_until = found->refund_until;
  insert_token(tx, derived, wall_.now());
  return std::optional<RefusalReason>();
}

base::Result<vault_api::DeriveAnswer> CardDesk::derive_token(TenantId tenant, const vault_api::DeriveRequest& request) {
  KARV_TRY(const auto ring, keys_.get_fresh());
  const auto digests = ring->token_digests(tenant, request.vault_token);
  const std::string text =
      vault_api::token_naming(vault_api::process_named_in(request.vault_token), random_text(random_));
  const auto token = ring->token_digests(tenant, text).front();
  KARV_TRY(const auto refused, database_.write<std::optional<RefusalReason>>("vault_derive_token", [&](store::Tx& tx) {
    return derive(tx, tenant, request, digests, token);
  }));
  if (refused) return refusal_error(*refused);
  return vault_api::DeriveAnswer{.vault_token = text};
}

base::Result<vault_api::CardAnswer> CardDesk::take_test_card(TenantId tenant, const vault_api::TestCardRequest& request,
                                                             TypedCard typed) {
  KARV_TRY(const auto ring, keys_.get_fresh());
  const std::string text = vault_api::token_naming(keys_.settings().process, random_text(random_));
  const auto token = ring->token_digests(tenant, text).front();
  KARV_TRY(const auto stored, cards_.put("vault_take_test_card", tenant, request.customer, typed.card,
                                         [&](store::Tx& tx, const StoredCard& row) -> base::Result<void> {
                                           const auto scope =
                                               scope_of(row.id, request.customer, request.merchant, request.purpose);
                                           KARV_TRY_VOID(check_scope(scope));
                                           revive_card(tx, row.id);
                                           insert_token(tx, token_of(token, scope), wall_.now());
                                           return {};
                                         }));
  codes_.put(stored.id, std::move(typed.code), wall_.now());
  return card_answer(stored, typed.card.expiry, text);
}

}  // namespace karv::vault
