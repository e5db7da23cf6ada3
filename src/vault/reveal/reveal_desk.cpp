#include "vault/reveal/reveal_desk.h"

#include <algorithm>

#include "json/words.h"
#include "vault/cards/card_repository.h"
#include "vault/reveal/repository.h"
#include "vault/reveal/words.h"

namespace karv::vault {
namespace {

using base::ErrorCode;
using base::public_error;
using base::Result;

constexpr base::Duration kDay = base::hours(24);
constexpr base::Duration kShownFor = base::seconds(60);

base::Error unknown_card() { return public_error(ErrorCode::not_found, "There is no such card.", "CARD_UNKNOWN"); }
base::Error unknown_request() {
  return public_error(ErrorCode::not_found, "There is no such request of yours.", "REQUEST_UNKNOWN");
}
audit::Subject card_subject(CardId card) { return {.kind = "card", .id = card.text()}; }

std::vector<audit::Detail> details_of(const RevealRequest& request) {
  return {{"request", request.id.text()},
          {"level", std::string(json::word(request.level))},
          {"reason", std::string(json::word(request.reason))}};
}

// The request that the words ask for, as far as they say.
RevealRequest request_of(const RevealWords& words, std::string text) {
  RevealRequest out;
  out.id = words.id;
  out.card = words.card;
  out.level = words.level;
  out.reason = words.reason;
  out.case_number = words.case_number;
  out.words = std::move(text);
  out.looks = words.looks;
  out.state = needs_approval(words.level) ? RevealState::requested : RevealState::approved;
  out.asked_at = {words.at};
  out.expires_at = {words.expires_at};
  return out;
}

// The person's row, held until the end. He was there when he signed, so none is a bug elsewhere: he counts as removed.
Result<Staff> get_locked(store::Tx& tx, StaffId id) {
  KARV_TRY(auto staff, lock_staff(tx, id));
  return std::move(staff).value_or(Staff{.id = id, .state = StaffState::removed});
}

Result<std::optional<Staff>> find_approver(store::ReadTx& tx, const RevealRequest& request) {
  if (!request.decided_by) return std::optional<Staff>();
  return find_staff(tx, *request.decided_by);
}

}  // namespace

RequestView RevealDesk::view_of(const RevealRequest& request, std::string requester) const {
  return {.request = request.id,
          .words = request.words,
          .requester = std::move(requester),
          .state = state_at(request, wall_.now()),
          .looks_left = request.looks - request.looks_taken,
          .expires_at = request.expires_at.ms};
}

base::Error RevealDesk::refused(const Signer& signer, const audit::Subject& subject, base::Error error) {
  gate_.record_refusal(signer.staff, "reveal_denied", subject, error);
  return error;
}

Result<RequestView> RevealDesk::ask(const SignedWords& from) {
  KARV_TRY(const auto words, read_reveal_words(from.words));
  KARV_TRY(const auto signer, gate_.admit(from, words.at));
  auto request = request_of(words, from.words);
  request.requester = signer.staff.id;
  request.asked_proof = signer.proof;
  auto asked = database_.write<RequestView>("vault_ask_reveal", [&](store::Tx& tx) -> Result<RequestView> {
    KARV_TRY(const auto staff, get_locked(tx, signer.staff.id));
    const base::Instant now = wall_.now();
    KARV_TRY(const auto today, count_requests(tx, staff.id, request.level, now - kDay));
    KARV_TRY_VOID(decide_request(staff, request, today, limits_, now));
    KARV_TRY(const auto card, find_card(tx, request.card));
    if (!card) return unknown_card();
    KARV_TRY(const auto taken, find_request(tx, request.id));
    if (taken) return public_error(ErrorCode::conflict, "There is such a request already.", "REQUEST_TAKEN");
    auto row = request;
    row.tenant = card->card.tenant;
    row.customer = card->card.customer;
    insert_request(tx, row);
    audit::append(tx, gate_.record(staff.id.text(), "reveal_requested", card_subject(row.card), row.case_number,
                                   details_of(row)));
    return view_of(row, staff.name);
  });
  if (!asked.ok()) return refused(signer, card_subject(request.card), std::move(asked).error());
  return asked;
}

Result<StaffView> RevealDesk::list(const SignedWords& from) {
  KARV_TRY(const auto words, read_act_words(from.words, "list"));
  KARV_TRY(const auto signer, gate_.admit(from, words.at));
  auto listed = database_.read<StaffView>("vault_list_reveals", [&](store::ReadTx& tx) -> Result<StaffView> {
    const base::Instant now = wall_.now();
    KARV_TRY(const auto people, list_staff(tx));
    const auto self = std::ranges::find(people, signer.staff.id, &Staff::id);
    if (self == people.end()) return unknown_request();
    KARV_TRY_VOID(decide_active(*self, now));
    StaffView out{.staff = self->id,
                  .name = self->name,
                  .clearance = self->clearance,
                  .review_due = self->review_due.ms,
                  .mine = {},
                  .to_decide = {}};
    KARV_TRY(const auto mine, find_requests_of(tx, self->id, now - kDay));
    for (const auto& request : mine) out.mine.push_back(view_of(request, self->name));
    if (self->clearance != Clearance::approve) return out;
    KARV_TRY(const auto waiting, find_waiting_requests(tx, now));
    for (const auto& request : waiting) {
      const auto requester = std::ranges::find(people, request.requester, &Staff::id);
      if (requester == people.end() || requester == self) continue;
      out.to_decide.push_back(view_of(request, requester->name));
    }
    return out;
  });
  if (!listed.ok()) return refused(signer, {.kind = "staff", .id = signer.staff.id.text()}, std::move(listed).error());
  return listed;
}

Result<RequestView> RevealDesk::approve(const SignedWords& from) {
  KARV_TRY(const auto words, read_reveal_words(from.words));
  KARV_TRY(const auto signer, gate_.admit(from, std::nullopt));
  return decide(signer, words.id, RevealCommand::approve, from.words);
}

Result<RequestView> RevealDesk::refuse(const SignedWords& from) {
  KARV_TRY(const auto words, read_act_words(from.words, "refuse"));
  KARV_TRY(const auto signer, gate_.admit(from, words.at));
  return decide(signer, *words.request, RevealCommand::refuse, "");
}

Result<RequestView> RevealDesk::decide(const Signer& signer, RevealId id, RevealCommand command,
                                       std::string_view words) {
  auto decided = database_.write<RequestView>("vault_decide_reveal", [&](store::Tx& tx) -> Result<RequestView> {
    KARV_TRY(const auto staff, get_locked(tx, signer.staff.id));
    KARV_TRY(const auto request, lock_request(tx, id));
    // What was signed must be what was asked for, to the letter.
    if (!request || (command == RevealCommand::approve && request->words != words)) return unknown_request();
    KARV_TRY(const auto requester, find_staff(tx, request->requester));
    KARV_TRY(const auto next, decide_decision(staff, requester, *request, command, wall_.now()));
    auto row = *request;
    row.state = next;
    row.decided_by = staff.id;
    row.decided_proof = signer.proof;
    update_request(tx, *request, row);
    audit::append(
        tx, gate_.record(staff.id.text(), command == RevealCommand::approve ? "reveal_approved" : "reveal_refused",
                         card_subject(row.card), row.case_number, details_of(row)));
    return view_of(row, requester ? requester->name : "");
  });
  if (!decided.ok()) return refused(signer, {.kind = "reveal", .id = id.text()}, std::move(decided).error());
  return decided;
}

Result<ShownCard> RevealDesk::look(const SignedWords& from) {
  KARV_TRY(const auto words, read_act_words(from.words, "look"));
  KARV_TRY(const auto signer, gate_.admit(from, words.at));
  struct Seen {
    std::optional<RevealRequest> request;
    std::optional<Staff> requester, approver;
    std::optional<SealedCard> card;
  };
  KARV_TRY(const auto seen, database_.read<Seen>("vault_find_reveal", [&](store::ReadTx& tx) -> Result<Seen> {
    Seen out;
    KARV_TRY(out.request, find_request(tx, *words.request));
    if (out.request) {
      KARV_TRY(out.card, find_card(tx, out.request->card));
      KARV_TRY(out.requester, find_staff(tx, out.request->requester));
      KARV_TRY(out.approver, find_approver(tx, *out.request));
    }
    return out;
  }));
  if (!seen.request || seen.request->requester != signer.staff.id)
    return refused(signer, {.kind = "staff", .id = signer.staff.id.text()}, unknown_request());
  const auto subject = card_subject(seen.request->card);
  if (!seen.card || !seen.requester) return refused(signer, subject, unknown_card());
  // Decided once before anything is opened, and again where it counts.
  if (auto may = decide_look(*seen.requester, seen.approver, *seen.request, 0, limits_, wall_.now()); !may.ok())
    return refused(signer, subject, std::move(may).error());
  auto shown = compose(*seen.request, *seen.card);
  if (!shown.ok()) return refused(signer, subject, std::move(shown).error());
  auto looked = take_look(signer, *seen.request, std::move(shown).value());
  if (!looked.ok()) return refused(signer, subject, std::move(looked).error());
  return looked;
}

// Before the look is durable, and wiped when it does not become so.
Result<ShownCard> RevealDesk::compose(const RevealRequest& request, const SealedCard& sealed) {
  ShownCard out;
  out.level = request.level;
  out.brand = sealed.card.brand;
  KARV_TRY_VOID(keys_.get());  // also what needs no key is shut when the vault is
  if (request.level == RevealLevel::masked) {
    out.number = base::SecretBytes::copy_of(std::string(12, '*') + sealed.card.last4);
    return out;
  }
  KARV_TRY(const auto card, cards_.open(sealed));
  const auto number = card.number.expose_text();
  if (request.level == RevealLevel::full) {
    out.number = card.number.clone();
    out.expiry = base::SecretBytes::copy_of(expiry_text(card.expiry));
    return out;
  }
  const auto masked = mask_card_number(number);
  const std::string hidden(number.size() - masked.bin.size() - masked.last4.size(), '*');
  out.number = base::SecretBytes::copy_of(masked.bin + hidden + masked.last4);
  return out;
}

Result<ShownCard> RevealDesk::take_look(const Signer& signer, const RevealRequest& seen, ShownCard shown) {
  struct Taken {
    std::int64_t looks_left = 0;
    base::Instant hide_at;
  };
  KARV_TRY(const auto taken, database_.write<Taken>("vault_take_look", [&](store::Tx& tx) -> Result<Taken> {
    KARV_TRY(const auto staff, get_locked(tx, signer.staff.id));
    KARV_TRY(const auto request, lock_request(tx, seen.id));
    if (!request || request->card != seen.card || request->level != seen.level) return unknown_request();
    KARV_TRY(const auto approver, find_approver(tx, *request));
    const base::Instant now = wall_.now();
    KARV_TRY(const auto today, count_looks(tx, staff.id, request->level, now - kDay));
    KARV_TRY(const auto next, decide_look(staff, approver, *request, today, limits_, now));
    auto row = *request;
    row.state = next;
    row.looks_taken += 1;
    update_request(tx, *request, row);
    insert_look(tx, {.id = base::make_id<LookTag>(wall_, random_),
                     .request = row.id,
                     .tenant = row.tenant,
                     .customer = row.customer,
                     .card = row.card,
                     .staff = staff.id,
                     .level = row.level,
                     .reason = row.reason,
                     .at = now});
    audit::append(
        tx, gate_.record(staff.id.text(), "reveal_looked", card_subject(row.card), row.case_number, details_of(row)));
    return Taken{.looks_left = row.looks - row.looks_taken, .hide_at = std::min(now + kShownFor, row.expires_at)};
  }));
  shown.looks_left = taken.looks_left;
  shown.hide_at = taken.hide_at.ms;
  return shown;
}

Result<vault_api::CardReferenceAnswer> RevealDesk::reference_of(TenantId tenant,
                                                                const vault_api::CardReferenceRequest& request) {
  KARV_TRY(const auto ring, keys_.get_fresh());
  const auto digests = ring->token_digests(tenant, request.vault_token);
  KARV_TRY(const auto token, database_.read<std::optional<StoredToken>>(
                                 "vault_find_token", [&](store::ReadTx& tx) { return find_token_of(tx, digests); }));
  if (!token || token->scope.customer != request.customer)
    return public_error(ErrorCode::not_found, "There is no such vault token.", "TOKEN_UNKNOWN");
  return vault_api::CardReferenceAnswer{.card = vault_api::CardReference(token->scope.card.uuid())};
}

Result<vault_api::LooksAnswer> RevealDesk::looks_at(TenantId tenant, const vault_api::LooksRequest& request) {
  KARV_TRY(const auto looks, database_.read<std::vector<Look>>("vault_find_looks", [&](store::ReadTx& tx) {
    return find_looks_at(tx, tenant, request.customer);
  }));
  vault_api::LooksAnswer out;
  for (const auto& look : looks)
    out.looks.push_back({.card = vault_api::CardReference(look.card.uuid()),
                         .at = look.at.ms,
                         .level = look.level,
                         .reason = look.reason});
  return out;
}

}  // namespace karv::vault
