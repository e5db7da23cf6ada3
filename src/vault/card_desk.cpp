#include "vault/card_desk.h"

#include <algorithm>

#include "base/check.h"
#include "base/log.h"
#include "vault/card_repository.h"
#include "vault/restore.h"
#include "vault/scope.h"

namespace karv::vault {
namespace {

constexpr std::size_t kMostAncestors = 20;
constexpr std::int64_t kTicketsPerSweep = 500;

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

Scope scope_of(CardId card, CustomerRef customer, std::optional<MerchantRef> merchant, Purpose purpose) {
  Scope scope;
  scope.card = card;
  scope.customer = customer;
  scope.merchant = merchant;
  scope.purpose = purpose;
  return scope;
}

}  // namespace

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

base::Result<vault_api::TicketAnswer> CardDesk::create_ticket(const vault_api::TicketRequest& request) {
  if (request.merchant.has_value() == (request.purpose == Purpose::saved))
    return refused(base::ErrorCode::bad_value, "A saved card belongs to no merchant, everything else to one.",
                   "INVALID_SCOPE");
  if (request.purpose != Purpose::purchase && request.purpose != Purpose::saved)
    return refused(base::ErrorCode::bad_value, "A card form is for a purchase or a saved card.", "INVALID_SCOPE");
  KARV_TRY(const auto ancestors, joined_origins(request));
  const std::string text = random_text(random_);
  StoredTicket ticket;
  ticket.mac = keys_.ticket_mac(text);
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

base::Result<StoredTicket> CardDesk::find_open_ticket(store::ReadTx& tx, const base::Bytes& mac) const {
  KARV_TRY(auto found, find_ticket(tx, mac));
  if (!found) return ticket_unknown();
  if (found->state != TicketState::open) return ticket_used();
  if (wall_.now() >= found->expires_at) return ticket_expired();
  return *std::move(found);
}

base::Result<FrameFacts> CardDesk::find_frame(std::string_view ticket) {
  const auto mac = keys_.ticket_mac(ticket);
  return database_.read<FrameFacts>("vault_find_frame", [&](store::ReadTx& tx) -> base::Result<FrameFacts> {
    KARV_TRY(const auto found, find_open_ticket(tx, mac));
    return FrameFacts{.frame_ancestors = found.frame_ancestors, .parent_origin = found.parent_origin};
  });
}

base::Result<StoredCard> CardDesk::store_card(store::Tx& tx, CustomerRef customer, const Card& card) {
  const auto fingerprint = keys_.fingerprint(customer, card.number);
  KARV_TRY(auto known, find_card_by_fingerprint(tx, customer, fingerprint));
  if (known) {  // the same card again, perhaps with a new expiry
    keys_.seal(card, *known, random_);
    update_card(tx, *known);
    return *std::move(known);
  }
  const auto number = card.number.expose_text();
  StoredCard row{.id = base::make_id<CardTag>(wall_, random_),
                 .customer = customer,
                 .key_version = 0,
                 .sealed = {},
                 .fingerprint = fingerprint,
                 .brand = std::string(brand_of(number)),
                 .last4 = last4_of(number)};
  keys_.seal(card, row, random_);
  insert_card(tx, row, wall_.now());
  return row;
}

base::Result<FilledCard> CardDesk::fill_ticket(std::string_view ticket, CardFields fields) {
  const auto mac = keys_.ticket_mac(ticket);
  const auto find_open = [&](store::ReadTx& tx) { return find_open_ticket(tx, mac); };
  KARV_TRY_VOID(database_.read<StoredTicket>("vault_check_ticket", find_open));  // before anything else is said
  KARV_TRY(auto typed, parse_card(std::move(fields), wall_.now()));
  const Card& card = typed.card;
  KARV_TRY(const auto stored,
           database_.write<StoredCard>("vault_fill_ticket", [&](store::Tx& tx) -> base::Result<StoredCard> {
             KARV_TRY(const auto open, find_open(tx));
             KARV_TRY(auto row, store_card(tx, open.customer, card));
             update_ticket(tx, open, TicketState::filled, row.id);
             return row;
           }));
  codes_.put(stored.id, std::move(typed.code), wall_.now());
  base::log::info("card_ticket_filled", {{"card_id", stored.id.text()}, {"brand", stored.brand}});
  return FilledCard{.brand = stored.brand, .last4 = stored.last4, .expiry = card.expiry};
}

base::Result<vault_api::CardAnswer> CardDesk::card_answer(const StoredCard& card, std::string token) const {
  KARV_TRY(const auto clear, keys_.open_card(card));
  return vault_api::CardAnswer{.vault_token = std::move(token),
                               .brand = card.brand,
                               .last4 = card.last4,
                               .expiry_month = clear.expiry.month,
                               .expiry_year = clear.expiry.year,
                               .fingerprint = base::to_hex(card.fingerprint)};
}

base::Result<vault_api::CardAnswer> CardDesk::collect_ticket(const vault_api::CollectRequest& request) {
  const auto mac = keys_.ticket_mac(request.ticket);
  const std::string token = random_text(random_);
  KARV_TRY(const auto card,
           database_.write<StoredCard>("vault_collect_ticket", [&](store::Tx& tx) -> base::Result<StoredCard> {
             KARV_TRY(const auto ticket, find_ticket(tx, mac));
             if (!ticket) return ticket_unknown();
             if (ticket->customer != request.customer || ticket->merchant != request.merchant)
               return refused(base::ErrorCode::forbidden, "The card ticket is somebody else's.", "TICKET_FOREIGN");
             if (ticket->state == TicketState::collected) return ticket_used();
             if (wall_.now() >= ticket->expires_at) return ticket_expired();
             if (ticket->state == TicketState::open || !ticket->card)
               return refused(base::ErrorCode::not_matching, "The card form is not filled in yet.",
                              "TICKET_NOT_FILLED");
             KARV_TRY(auto found, find_card(tx, *ticket->card));
             KARV_REQUIRE(found.has_value());
             update_ticket(tx, *ticket, TicketState::collected, found->id);
             const auto scope = scope_of(found->id, ticket->customer, ticket->merchant, ticket->purpose);
             insert_token(tx, {.mac = keys_.token_mac(token), .scope = scope}, wall_.now());
             return *std::move(found);
           }));
  return card_answer(card, token);
}

base::Result<vault_api::DeriveAnswer> CardDesk::derive_token(const vault_api::DeriveRequest& request) {
  const auto mac = keys_.token_mac(request.vault_token);
  const std::string token = random_text(random_);
  KARV_TRY_VOID(database_.write<void>("vault_derive_token", [&](store::Tx& tx) -> base::Result<void> {
    KARV_TRY(const auto source, find_token(tx, mac));
    if (!source) return refused(base::ErrorCode::not_found, "There is no such vault token.", "TOKEN_UNKNOWN");
    KARV_TRY_VOID(require_not_frozen(*source, OperationKind::hold));
    Scope scope = scope_of(source->scope.card, request.customer, request.merchant, request.purpose);
    scope.agreement = request.agreement;
    scope.cap_minor = request.cap_minor;
    scope.currency = request.currency;
    if (request.expires_at) scope.expires_at = base::Instant{*request.expires_at};
    KARV_TRY_VOID(check_scope(scope));
    KARV_TRY_VOID(decide_derive(*source, scope, {request.business_time}));
    insert_token(tx, {.mac = keys_.token_mac(token), .scope = scope}, wall_.now());
    return {};
  }));
  return vault_api::DeriveAnswer{.vault_token = token};
}

base::Result<vault_api::CardAnswer> CardDesk::take_test_card(const vault_api::TestCardRequest& request,
                                                             CardFields fields) {
  KARV_TRY(auto typed, parse_card(std::move(fields), wall_.now()));
  const Card& card = typed.card;
  const std::string token = random_text(random_);
  KARV_TRY(const auto stored,
           database_.write<StoredCard>("vault_take_test_card", [&](store::Tx& tx) -> base::Result<StoredCard> {
             KARV_TRY(auto row, store_card(tx, request.customer, card));
             const auto scope = scope_of(row.id, request.customer, request.merchant, request.purpose);
             KARV_TRY_VOID(check_scope(scope));
             insert_token(tx, {.mac = keys_.token_mac(token), .scope = scope}, wall_.now());
             return row;
           }));
  codes_.put(stored.id, std::move(typed.code), wall_.now());
  return card_answer(stored, token);
}

base::Result<void> CardDesk::remove_old_tickets() {
  const auto before = wall_.now() - base::days(1);
  return database_.write<void>("vault_remove_tickets", [&](store::Tx& tx) -> base::Result<void> {
    KARV_TRY(const auto macs, find_tickets_over(tx, before, kTicketsPerSweep));
    delete_tickets(tx, macs);
    return {};
  });
}

}  // namespace karv::vault
