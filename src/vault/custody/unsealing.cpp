#include "vault/custody/unsealing.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "audit/record.h"
#include "base/log.h"
#include "crypto/aead.h"
#include "crypto/ed25519.h"
#include "crypto/hash.h"
#include "vault/custody/making.h"
#include "vault/custody/repository.h"
#include "vault/processes/process_register.h"

namespace karv::vault {
namespace {

constexpr base::Duration kActIsFresh = base::minutes(5);
constexpr std::size_t kShareSize = 33;
constexpr std::size_t kLongestText = 200;
// What a custodian may do before his custody is in force.
constexpr std::array<std::string_view, 3> kActsOfNext = {"share", "accept", "unseal"};

base::Error refused(base::ErrorCode code, const char* text, const char* reason) {
  return base::public_error(code, text, reason);
}

}  // namespace

base::Result<std::vector<Custodian>> CustodyDesk::find_everybody() {
  return database_.read<std::vector<Custodian>>("vault_find_custodians",
                                                [](store::ReadTx& tx) -> base::Result<std::vector<Custodian>> {
                                                  KARV_TRY(auto people, find_custodians(tx));
                                                  KARV_TRY(auto next, find_next_custodians(tx));
                                                  std::ranges::move(next, std::back_inserter(people));
                                                  return people;
                                                });
}

base::Result<Custodian> CustodyDesk::check_act(const Act& act) {
  KARV_TRY(const auto custodians, find_everybody());
  const auto found = std::ranges::find(custodians, act.custodian, &Custodian::id);
  if (found == custodians.end() || (found->next && std::ranges::find(kActsOfNext, act.act) == kActsOfNext.end()))
    return refused(base::ErrorCode::not_found, "There is no such custodian.", "CUSTODIAN_UNKNOWN");
  const auto not_signed = [] {
    return refused(base::ErrorCode::forbidden,
                   "The signature is not one of this custodian over this act, it is older than five minutes, or it was "
                   "used before.",
                   "SIGNATURE_REFUSED");
  };
  const base::Instant now = wall_.now();
  const base::Instant at{act.at};
  if (at > now + kActIsFresh || at + kActIsFresh < now || act.nonce.empty() || act.nonce.size() > kLongestText ||
      act.signature.size() > kLongestText)
    return not_signed();
  const auto signature = base::from_base64url(act.signature);
  const auto bytes = vault_api::signed_act(act.act, act.custodian, act.at, act.nonce, act.about);
  if (!signature || !crypto::verifies_ed25519(found->signs, bytes, *signature)) {
    base::log::warn("vault_act_not_signed", {{"custodian_id", act.custodian.text()}, {"act", act.act}});
    return not_signed();
  }
  const auto digest = crypto::sha256(bytes);
  auto noted = database_.write<bool>("vault_note_act", [&](store::Tx& tx) -> base::Result<bool> {
    KARV_TRY(const auto known, is_act_noted(tx, digest));
    if (!known) insert_act(tx, digest, now);
    return !known;
  });
  if (!noted.ok() && noted.error().code() == base::ErrorCode::conflict) return not_signed();  // at the same moment
  KARV_TRY(const auto first, std::move(noted));
  if (!first) return not_signed();
  return *found;
}

base::Result<void> CustodyDesk::record(const std::string& actor, std::string action, const std::string& subject,
                                       std::string reason) {
  const audit::Record record{.id = base::make_id<audit::RecordTag>(wall_, random_),
                             .actor = {.kind = audit::ActorKind::staff, .id = actor},
                             .action = std::move(action),
                             .subject = {.kind = "vault", .id = subject},
                             .reason = std::move(reason),
                             .business_time = wall_.now(),
                             .wall_time = wall_.now(),
                             .correlation_id = "",
                             .details = "{}"};
  return database_.write<void>("vault_record_act", [&](store::Tx& tx) -> base::Result<void> {
    audit::append(tx, record);
    return {};
  });
}

base::Result<vault_api::Done> CustodyDesk::accept(const vault_api::AcceptRequest& request) {
  KARV_TRY(auto custodian, check_act({.act = "accept",
                                      .custodian = request.custodian,
                                      .at = request.at,
                                      .nonce = request.nonce,
                                      .signature = request.signature,
                                      .about = base::as_bytes(vault_api::kCustodianDuty)}));
  if (custodian.accepted_at) return vault_api::Done{.done = custodian.name + " had accepted already"};
  custodian.accepted_at = wall_.now();
  custodian.acceptance = vault_api::signed_act("accept", request.custodian, request.at, request.nonce,
                                               base::as_bytes(vault_api::kCustodianDuty));
  const auto signature = *base::from_base64url(request.signature);
  custodian.acceptance.insert(custodian.acceptance.end(), signature.begin(), signature.end());
  KARV_TRY_VOID(database_.write<void>("vault_accept_custodian", [&](store::Tx& tx) -> base::Result<void> {
    accept_custodian(tx, custodian);
    return {};
  }));
  KARV_TRY_VOID(record(custodian.id.text(), "vault_duty_accepted", custodian.id.text(), ""));
  return vault_api::Done{.done = custodian.name + " has accepted"};
}

base::Result<Custody> CustodyDesk::get_custody(bool next) {
  KARV_TRY(auto custody, database_.read<std::optional<Custody>>(
                             "vault_find_custody", [&](store::ReadTx& tx) -> base::Result<std::optional<Custody>> {
                               if (!next) return find_custody(tx);
                               KARV_TRY(auto found, find_next_custody(tx));
                               return found ? std::optional(std::move(found->custody)) : std::nullopt;
                             }));
  if (!custody)
    return refused(base::ErrorCode::not_matching, "This vault has no custodians: `karv vault init` names them.",
                   "NO_CUSTODY");
  return *std::move(custody);
}

base::SecretBytes CustodyDesk::share_of(const base::SecretBytes& text) {
  auto bytes = base::from_base64url(text.expose_text());
  if (!bytes) return {};
  auto share = base::SecretBytes::copy_of(*bytes);
  base::wipe(bytes->data(), bytes->size());
  return share;
}

base::Result<Custody> CustodyDesk::check_share(const Custodian& custodian, const base::SecretBytes& share) {
  if (!custodian.accepted_at)
    return refused(base::ErrorCode::forbidden,
                   "This custodian has not accepted the duty: `karv vault custodian accept`.",
                   "CUSTODIAN_NOT_ACCEPTED");
  KARV_TRY(auto custody, get_custody(custodian.next));
  const bool right = share.size() == kShareSize &&
                     base::equal_constant_time(share_digest(custodian.id, share), custodian.share_digest);
  if (!right) base::log::warn("vault_share_wrong", {{"custodian_id", custodian.id.text()}});
  KARV_TRY_VOID(record(custodian.id.text(), right ? "vault_share_given" : "vault_share_wrong", custody.id.text(), ""));
  if (!right)
    return refused(base::ErrorCode::bad_value, "This is not the share that this custodian was given.", "SHARE_WRONG");
  return custody;
}

base::Result<base::SecretBytes> CustodyDesk::open_pin(const base::SecretBytes& key, base::ByteView sealed,
                                                      base::ByteView place) {
  auto pin = crypto::open(key, sealed, place);
  if (pin.ok()) return pin;
  base::log::error("vault_pin_altered");
  return refused(base::ErrorCode::not_matching, "The shares are right, but the sealed PIN is not what it was.",
                 "CUSTODY_ALTERED");
}

base::SecretBytes CustodyDesk::take(const Custody& custody, const Custodian& custodian, const base::SecretBytes& share,
                                    std::int64_t& given) {
  const base::Lock lock(mutex_);
  if (given_for_ != custody.id) given_.clear();  // the others' shares open nothing together with these
  given_for_ = custody.id;
  given_.give(custodian.id, share, wall_.now());
  given = given_.count(wall_.now());
  return given_.combine(custody.needed, wall_.now());
}

base::Result<void> CustodyDesk::open_with(const Custody& custody, const base::SecretBytes& key) {
  KARV_TRY(auto pin, open_pin(key, custody.sealed_pin, pin_place(custody.id)));
  auto hsm = hsm_.open(std::move(pin));
  if (!hsm.ok() && hsm.error().code() == base::ErrorCode::forbidden)
    return refused(base::ErrorCode::not_matching,
                   "The HSM has another PIN: the custodians who take over have changed it, and they open the vault.",
                   "PIN_CHANGED");
  if (!hsm.ok()) return std::move(hsm).error();
  KARV_TRY_VOID(keys_.unseal(std::move(hsm).value()));
  return database_.write<void>("vault_confirm_custody", [&](store::Tx& tx) -> base::Result<void> {
    if (!custody.confirmed) confirm_custody(tx, custody.id);
    KARV_TRY(const auto next, find_next_custody(tx));
    if (next && next->changing) unmark_changing(tx);  // broken off before the PIN was changed: another plan may follow
    return {};
  });
}

// Whatever ends this in the middle, the next custodians can do it again: the HSM has one of two PINs, and both are
// sealed under their key.
base::Result<std::shared_ptr<crypto::Hsm>> CustodyDesk::change_pin(const NextCustody& next,
                                                                   const base::SecretBytes& key) {
  KARV_TRY(auto pin, open_pin(key, next.custody.sealed_pin, pin_place(next.custody.id)));
  KARV_TRY(const auto former, open_pin(key, next.sealed_former_pin, former_pin_place(next.custody.id)));
  if (next.changing) {
    auto hsm = hsm_.open(pin.clone());
    if (hsm.ok() || hsm.error().code() != base::ErrorCode::forbidden) return hsm;
  }
  KARV_TRY_VOID(database_.write<void>("vault_begin_taking_over", [&](store::Tx& tx) -> base::Result<void> {
    mark_changing(tx, next.custody.id);
    return {};
  }));
  const auto changed = hsm_.change_pin(former, pin);
  // The HSM has it already where the store came out of a backup from the middle of this.
  if (!changed.ok() && changed.error().code() != base::ErrorCode::forbidden) return changed.error();
  return hsm_.open(std::move(pin));
}

base::Result<void> CustodyDesk::take_over(const base::SecretBytes& key) {
  KARV_TRY(const auto next, database_.read<std::optional<NextCustody>>(
                                "vault_find_next_custody", [](store::ReadTx& tx) { return find_next_custody(tx); }));
  if (!next) return refused(base::ErrorCode::not_found, "There is no such custodian.", "CUSTODIAN_UNKNOWN");
  KARV_TRY(auto hsm, change_pin(*next, key));
  KARV_TRY_VOID(keys_.unseal(std::move(hsm)));
  KARV_TRY_VOID(database_.write<void>("vault_take_over",
                                      [&](store::Tx& tx) { return put_next_into_force(tx, next->custody.id); }));
  return record(next->custody.id.text(), "vault_custody_exchanged", next->custody.id.text(), "");
}

base::Result<vault_api::Unsealing> CustodyDesk::unseal(const vault_api::UnsealRequest& request) {
  const auto share = share_of(request.share);
  KARV_TRY(const auto custodian, check_act({.act = "unseal",
                                            .custodian = request.custodian,
                                            .at = request.at,
                                            .nonce = request.nonce,
                                            .signature = request.signature,
                                            .about = crypto::sha256(share.expose())}));
  if (keys_.sealed_because().empty())
    return refused(base::ErrorCode::not_matching, "The vault is not sealed.", "NOT_SEALED");
  KARV_TRY(const auto custody, check_share(custodian, share));
  std::int64_t given = 0;
  const auto key = take(custody, custodian, share, given);
  if (key.empty()) return vault_api::Unsealing{.sealed = true, .given = given, .needed = custody.needed};
  if (custodian.next) {
    KARV_TRY_VOID(take_over(key));
  } else {
    KARV_TRY_VOID(open_with(custody, key));
  }
  KARV_TRY_VOID(record(custodian.id.text(), "vault_unsealed", custody.id.text(), ""));
  return vault_api::Unsealing{.sealed = false, .given = given, .needed = custody.needed};
}

void CustodyDesk::forget_old_shares() {
  const base::Lock lock(mutex_);
  given_.count(wall_.now());
}

base::Result<vault_api::Done> CustodyDesk::seal(const vault_api::SealRequest& request, const std::string& who) {
  if (request.reason.empty() || request.reason.size() > kLongestText)
    return refused(base::ErrorCode::bad_value, "Say why, in 1 to 200 bytes.", "BAD_VALUE");
  keys_.seal(request.reason);  // first: the record must not be able to stop it
  KARV_TRY_VOID(ask_others_to_seal(database_, keys_.settings().process, request.reason));
  KARV_TRY_VOID(record(who, "vault_sealed", "vault", request.reason));
  return vault_api::Done{.done = "the vault is sealed"};
}

base::Result<vault_api::VaultStatus> CustodyDesk::status() {
  struct Stored {
    std::optional<Custody> custody;
    std::vector<Custodian> custodians;
    std::vector<Custodian> next;
  };
  KARV_TRY(const auto stored,
           database_.read<Stored>("vault_custody_status", [](store::ReadTx& tx) -> base::Result<Stored> {
             Stored out;
             KARV_TRY(out.custody, find_custody(tx));
             KARV_TRY(out.custodians, find_custodians(tx));
             KARV_TRY(out.next, find_next_custodians(tx));
             return out;
           }));
  vault_api::VaultStatus status;
  status.because = keys_.sealed_because();
  status.sealed = !status.because.empty();
  status.hsm = keys_.check_hsm().ok();
  status.key_alarms = keys_.alarms();
  status.needed = stored.custody ? stored.custody->needed : 0;
  const auto line = [](const Custodian& c) {
    return vault_api::CustodianLine{.custodian = c.id, .name = c.name, .accepted = c.accepted_at.has_value()};
  };
  std::ranges::transform(stored.custodians, std::back_inserter(status.custodians), line);
  std::ranges::transform(stored.next, std::back_inserter(status.next_custodians), line);
  status.process = keys_.settings().process;
  KARV_TRY(status.processes, list_processes(database_, wall_.now()));
  const base::Lock lock(mutex_);
  status.given = given_.count(wall_.now());
  return status;
}

}  // namespace karv::vault
