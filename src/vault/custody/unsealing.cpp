#include "vault/custody/unsealing.h"

#include <algorithm>

#include "audit/record.h"
#include "base/log.h"
#include "crypto/aead.h"
#include "crypto/ed25519.h"
#include "crypto/hash.h"
#include "crypto/shamir.h"
#include "vault/custody/ceremony.h"
#include "vault/custody/repository.h"

namespace karv::vault {
namespace {

constexpr base::Duration kShareWaits = base::minutes(15);
constexpr base::Duration kActIsFresh = base::minutes(5);
constexpr std::size_t kShareSize = 33;
constexpr std::size_t kLongestText = 200;

base::Error refused(base::ErrorCode code, const char* text, const char* reason) {
  return base::public_error(code, text, reason);
}

}  // namespace

base::Result<Custodian> CustodyDesk::check_act(const Act& act) {
  KARV_TRY(const auto custodians, database_.read<std::vector<Custodian>>(
                                      "vault_find_custodians", [](store::ReadTx& tx) { return find_custodians(tx); }));
  const auto found = std::ranges::find(custodians, act.custodian, &Custodian::id);
  if (found == custodians.end())
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
  const base::Lock lock(mutex_);
  std::erase_if(seen_, [&](const auto& seen) { return seen.second + kActIsFresh + kActIsFresh < now; });
  if (!seen_.emplace(base::to_hex(crypto::sha256(bytes)), now).second) return not_signed();
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

base::Result<Custody> CustodyDesk::get_custody() {
  KARV_TRY(auto custody, database_.read<std::optional<Custody>>("vault_find_custody",
                                                                [](store::ReadTx& tx) { return find_custody(tx); }));
  if (!custody)
    return refused(base::ErrorCode::not_matching, "This vault has no custodians: `karv vault init` names them.",
                   "NO_CUSTODY");
  return *std::move(custody);
}

std::int64_t CustodyDesk::count_given() {
  const base::Instant now = wall_.now();
  std::erase_if(given_, [&](const auto& given) { return given.second.at + kShareWaits < now; });
  return static_cast<std::int64_t>(given_.size());
}

base::SecretBytes CustodyDesk::combine_given(std::int64_t needed) {
  std::vector<crypto::Share> shares;
  {
    const base::Lock lock(mutex_);
    if (count_given() < needed) return {};
    for (const auto& [custodian, given] : given_) {
      const auto bytes = given.share.expose();
      shares.push_back({.x = bytes[0], .y = base::SecretBytes::copy_of(bytes.subspan(1))});
    }
    given_.clear();
  }
  auto key = crypto::combine(shares);
  return key.ok() ? std::move(key).value() : base::SecretBytes();
}

base::Result<void> CustodyDesk::open_with(const Custody& custody, const base::SecretBytes& key) {
  auto pin = crypto::open(key, custody.sealed_pin, pin_place(custody.id));
  if (!pin.ok()) {
    base::log::error("vault_pin_altered", {{"custody_id", custody.id.text()}});
    return refused(base::ErrorCode::not_matching, "The shares are right, but the sealed PIN is not what it was.",
                   "CUSTODY_ALTERED");
  }
  KARV_TRY(auto hsm, open_hsm_(std::move(pin).value()));
  KARV_TRY_VOID(keys_.unseal(std::move(hsm)));
  if (custody.confirmed) return {};
  return database_.write<void>("vault_confirm_custody", [&](store::Tx& tx) -> base::Result<void> {
    confirm_custody(tx, custody.id);
    return {};
  });
}

base::Result<vault_api::Unsealing> CustodyDesk::unseal(const vault_api::UnsealRequest& request) {
  auto share_text = base::from_base64url(request.share.expose_text());
  const auto share = base::SecretBytes::copy_of(share_text.value_or(base::Bytes()));
  if (share_text) base::wipe(share_text->data(), share_text->size());
  KARV_TRY(const auto custodian, check_act({.act = "unseal",
                                            .custodian = request.custodian,
                                            .at = request.at,
                                            .nonce = request.nonce,
                                            .signature = request.signature,
                                            .about = crypto::sha256(share.expose())}));
  if (!custodian.accepted_at)
    return refused(base::ErrorCode::forbidden,
                   "This custodian has not accepted the duty: `karv vault custodian accept`.",
                   "CUSTODIAN_NOT_ACCEPTED");
  KARV_TRY(const auto custody, get_custody());
  if (keys_.sealed_because().empty())
    return refused(base::ErrorCode::not_matching, "The vault is not sealed.", "NOT_SEALED");
  if (share.size() != kShareSize ||
      !base::equal_constant_time(share_digest(custodian.id, share), custodian.share_digest)) {
    base::log::warn("vault_share_wrong", {{"custodian_id", custodian.id.text()}});
    KARV_TRY_VOID(record(custodian.id.text(), "vault_share_wrong", custody.id.text(), ""));
    return refused(base::ErrorCode::bad_value, "This is not the share that this custodian was given.", "SHARE_WRONG");
  }
  KARV_TRY_VOID(record(custodian.id.text(), "vault_share_given", custody.id.text(), ""));
  std::int64_t given = 0;
  {
    const base::Lock lock(mutex_);
    given_.insert_or_assign(custodian.id, Given{.share = share.clone(), .at = wall_.now()});
    given = count_given();
  }
  const auto key = combine_given(custody.needed);
  if (key.empty()) return vault_api::Unsealing{.sealed = true, .given = given, .needed = custody.needed};
  KARV_TRY_VOID(open_with(custody, key));
  KARV_TRY_VOID(record(custodian.id.text(), "vault_unsealed", custody.id.text(), ""));
  return vault_api::Unsealing{.sealed = false, .given = given, .needed = custody.needed};
}

base::Result<vault_api::Done> CustodyDesk::seal(const vault_api::SealRequest& request, const std::string& who) {
  if (request.reason.empty() || request.reason.size() > kLongestText)
    return refused(base::ErrorCode::bad_value, "Say why, in 1 to 200 bytes.", "BAD_VALUE");
  keys_.seal(request.reason);  // first: the record must not be able to stop it
  KARV_TRY_VOID(record(who, "vault_sealed", "vault", request.reason));
  return vault_api::Done{.done = "the vault is sealed"};
}

base::Result<vault_api::VaultStatus> CustodyDesk::status() {
  struct Stored {
    std::optional<Custody> custody;
    std::vector<Custodian> custodians;
  };
  KARV_TRY(const auto stored,
           database_.read<Stored>("vault_custody_status", [](store::ReadTx& tx) -> base::Result<Stored> {
             Stored out;
             KARV_TRY(out.custody, find_custody(tx));
             KARV_TRY(out.custodians, find_custodians(tx));
             return out;
           }));
  vault_api::VaultStatus status;
  status.because = keys_.sealed_because();
  status.sealed = !status.because.empty();
  status.hsm = keys_.check_hsm().ok();
  status.key_alarms = keys_.alarms();
  status.needed = stored.custody ? stored.custody->needed : 0;
  for (const auto& c : stored.custodians)
    status.custodians.push_back({.custodian = c.id, .name = c.name, .accepted = c.accepted_at.has_value()});
  const base::Lock lock(mutex_);
  status.given = count_given();
  return status;
}

}  // namespace karv::vault
