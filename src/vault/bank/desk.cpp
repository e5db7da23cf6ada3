#include "vault/bank/desk.h"

#include <algorithm>

#include "base/check.h"
#include "base/log.h"
#include "json/words.h"
#include "vault/bank/file_repository.h"
#include "vault/bank/repository.h"
#include "vault/bank/rules.h"
#include "vault/cards/card_desk.h"

namespace karv::vault {
namespace {

constexpr base::Duration kTicketLifetime = base::minutes(30);

base::Error refused(base::ErrorCode code, const char* text, const char* reason) {
  return base::public_error(code, text, reason);
}
base::Error ticket_unknown() {
  return refused(base::ErrorCode::not_found, "There is no such ticket.", "TICKET_UNKNOWN");
}
base::Error ticket_used() { return refused(base::ErrorCode::gone, "This form was used before.", "TICKET_USED"); }
base::Error ticket_expired() { return refused(base::ErrorCode::gone, "This form has expired.", "TICKET_EXPIRED"); }

vault_api::BankAccountAnswer answer_about(const StoredBankAccount& account, std::string token) {
  return {.bank_token = std::move(token),
          .kind = std::string(json::word(account.kind)),
          .country = account.masked.country,
          .last = account.masked.last,
          .fingerprint = base::to_hex(account.fingerprint)};
}

// A file that may still have to be written needs the number.
base::Result<void> require_unused(store::ReadTx& tx, BankAccountId account) {
  KARV_TRY(const auto states, find_states_of_files_naming(tx, account));
  if (std::ranges::none_of(states, needs_numbers)) return {};
  return refused(base::ErrorCode::not_matching, "A bank file that is still to be sent names this account.",
                 "ACCOUNT_IN_USE");
}

}  // namespace

base::Result<vault_api::BankTicketAnswer> BankDesk::create_ticket(TenantId tenant,
                                                                  const vault_api::BankTicketRequest& request) {
  StoredBankTicket ticket;
  ticket.tenant = tenant;
  KARV_TRY(ticket.scope.owner, bank_owner(tenant, request.customer, request.merchant));
  ticket.scope.purpose = request.purpose;
  ticket.scope.cap_minor = request.cap_minor;
  ticket.scope.currency = request.currency;
  if (request.expires_at) ticket.scope.expires_at = base::Instant{*request.expires_at};
  KARV_TRY_VOID(check_bank_scope(ticket.scope));
  KARV_TRY(const auto ring, keys_.get_fresh());
  const std::string text = random_text(random_);
  ticket.mac = ring->ticket_digests(text).front().digest;
  ticket.expires_at = wall_.now() + kTicketLifetime;
  KARV_TRY_VOID(database_.write<void>("vault_create_bank_ticket", [&](store::Tx& tx) -> base::Result<void> {
    insert_bank_ticket(tx, ticket);
    return {};
  }));
  return vault_api::BankTicketAnswer{
      .ticket = text, .post_url = public_url_ + kBankAccountPath, .expires_at = ticket.expires_at.ms};
}

base::Result<StoredBankTicket> BankDesk::find_open_ticket(store::ReadTx& tx,
                                                          const std::vector<KeyedDigest>& digests) const {
  KARV_TRY(auto found, find_bank_ticket(tx, digests));
  if (!found) return ticket_unknown();
  if (found->state != TicketState::open) return ticket_used();
  if (wall_.now() >= found->expires_at) return ticket_expired();
  return *std::move(found);
}

base::Result<void> BankDesk::check_ticket(std::string_view ticket) {
  KARV_TRY(const auto ring, keys_.get());
  const auto digests = ring->ticket_digests(ticket);
  KARV_TRY_VOID(database_.read<StoredBankTicket>("vault_check_bank_ticket",
                                                 [&](store::ReadTx& tx) { return find_open_ticket(tx, digests); }));
  return {};
}

base::Result<MaskedAccount> BankDesk::fill_ticket(std::string_view ticket, const BankAccount& account) {
  KARV_TRY(const auto ring, keys_.get());
  const auto digests = ring->ticket_digests(ticket);
  const auto find_open = [&](store::ReadTx& tx) { return find_open_ticket(tx, digests); };
  KARV_TRY(const auto opened, database_.read<StoredBankTicket>("vault_find_bank_ticket", find_open));
  KARV_TRY(const auto stored, accounts_.put("vault_fill_bank_ticket", opened.tenant, opened.scope.owner, account,
                                            [&](store::Tx& tx, const StoredBankAccount& row) -> base::Result<void> {
                                              KARV_TRY(const auto open, find_open(tx));
                                              update_bank_ticket(tx, open, TicketState::filled, row.id);
                                              return {};
                                            }));
  base::log::info("bank_ticket_filled", {{"account_id", stored.id.text()}, {"kind", json::word(stored.kind)}});
  return stored.masked;
}

base::Result<vault_api::BankAccountAnswer> BankDesk::collect_ticket(TenantId tenant,
                                                                    const vault_api::BankCollectRequest& request) {
  KARV_TRY(const auto owner, bank_owner(tenant, request.customer, request.merchant));
  KARV_TRY(const auto ring, keys_.get_fresh());
  const auto digests = ring->ticket_digests(request.ticket);
  const std::string text = random_text(random_);
  const auto digest = ring->token_digests(tenant, text).front();
  const auto collect = [&](store::Tx& tx) -> base::Result<StoredBankAccount> {
    KARV_TRY(const auto ticket, find_bank_ticket(tx, digests));
    if (!ticket || ticket->tenant != tenant || ticket->scope.owner != owner) return ticket_unknown();
    if (ticket->state == TicketState::collected) return ticket_used();
    if (wall_.now() >= ticket->expires_at) return ticket_expired();
    if (ticket->state == TicketState::open || !ticket->account)
      return refused(base::ErrorCode::not_matching, "The form is not filled in yet.", "TICKET_NOT_FILLED");
    KARV_TRY(const auto found, find_bank_account(tx, *ticket->account));
    if (!found) return ticket_expired();  // its number was deleted since
    update_bank_ticket(tx, *ticket, TicketState::collected, found->account.id);
    insert_bank_token(tx,
                      {.mac = digest.digest,
                       .mac_key = digest.key,
                       .tenant = tenant,
                       .account = found->account.id,
                       .scope = ticket->scope},
                      wall_.now());
    return found->account;
  };
  KARV_TRY(const auto account, database_.write<StoredBankAccount>("vault_collect_bank_ticket", collect));
  return answer_about(account, text);
}

base::Result<StoredBankToken> BankDesk::find_token_of(store::ReadTx& tx, const std::vector<KeyedDigest>& digests,
                                                      const BankOwner& owner) {
  KARV_TRY(auto token, find_bank_token(tx, digests));
  if (!token || !belongs_to(*token, owner))
    return refused(base::ErrorCode::not_found, "There is no such bank token.", "TOKEN_UNKNOWN");
  return *std::move(token);
}

base::Result<vault_api::BankAccountAnswer> BankDesk::describe(TenantId tenant,
                                                              const vault_api::BankDescribeRequest& request) {
  KARV_TRY(const auto owner, bank_owner(tenant, request.customer, request.merchant));
  KARV_TRY(const auto ring, keys_.get());
  const auto digests = ring->token_digests(tenant, request.bank_token);
  return database_.read<vault_api::BankAccountAnswer>(
      "vault_describe_bank_account", [&](store::ReadTx& tx) -> base::Result<vault_api::BankAccountAnswer> {
        KARV_TRY(const auto token, find_token_of(tx, digests, owner));
        KARV_TRY(const auto found, find_bank_account(tx, token.account));
        KARV_REQUIRE(found.has_value());  // it goes with its last token
        return answer_about(found->account, {});
      });
}

base::Result<vault_api::BankDeleteAnswer> BankDesk::remove(TenantId tenant,
                                                           const vault_api::BankDeleteRequest& request) {
  KARV_TRY(const auto owner, bank_owner(tenant, request.customer, request.merchant));
  KARV_TRY(const auto ring, keys_.get());
  const auto digests = ring->token_digests(tenant, request.bank_token);
  const auto work = [&](store::Tx& tx) -> base::Result<vault_api::BankDeleteAnswer> {
    KARV_TRY(const auto token, find_token_of(tx, digests, owner));
    KARV_TRY(const auto tokens, count_bank_tokens_of(tx, token.account));
    if (tokens == 1) KARV_TRY_VOID(require_unused(tx, token.account));
    delete_bank_token(tx, token.mac);
    if (tokens > 1) return vault_api::BankDeleteAnswer{.account_gone = false};
    delete_bank_account(tx, token.account);
    return vault_api::BankDeleteAnswer{.account_gone = true};
  };
  KARV_TRY(const auto answer, database_.write<vault_api::BankDeleteAnswer>("vault_delete_bank_account", work));
  base::log::info("bank_token_deleted", {{"account_gone", answer.account_gone ? 1 : 0}});
  return answer;
}

}  // namespace karv::vault
