#include "vault/custody/exchange.h"

#include <algorithm>

#include "audit/record.h"
#include "crypto/aead.h"
#include "crypto/hash.h"
#include "vault/custody/repository.h"

namespace karv::vault {
namespace {

base::Error unknown() {
  return base::public_error(base::ErrorCode::not_found, "There is no such custodian.", "CUSTODIAN_UNKNOWN");
}

base::Result<std::int64_t> replaceable(store::ReadTx& tx) {
  KARV_TRY(const auto next, find_next_custody(tx));
  if (next && next->changing)
    return base::public_error(base::ErrorCode::conflict,
                              "The custodians that were named before have begun to take over: they open the vault.",
                              "CUSTODY_CHANGING");
  return next ? 1 : 0;
}

}  // namespace

base::SecretBytes CustodyExchange::take(const base::Bytes& plan, const Custodian& custodian,
                                        const base::SecretBytes& share, std::int64_t needed) {
  const base::Lock lock(mutex_);
  if (plan_ != plan) given_.clear();
  plan_ = plan;
  given_.give(custodian.id, share, wall_.now());
  return given_.combine(needed, wall_.now());
}

void CustodyExchange::forget_old_shares() { count_given(); }

std::int64_t CustodyExchange::count_given() {
  const base::Lock lock(mutex_);
  return given_.count(wall_.now());
}

base::Result<NextCustody> CustodyExchange::make_next(const CeremonyPlan& plan, const Custody& custody,
                                                     const base::SecretBytes& key) {
  KARV_TRY(const auto pin, desk_.open_pin(key, custody.sealed_pin, pin_place(custody.id)));
  KARV_TRY(auto made, make_custody(plan, wall_, random_));
  NextCustody next{.custody = std::move(made.custody),
                   .sealed_former_pin = {},
                   .changing = false,
                   .custodians = std::move(made.custodians),
                   .shares = std::move(made.files)};
  next.sealed_former_pin = crypto::seal(made.key, pin.expose(), former_pin_place(next.custody.id), random_);
  return next;
}

base::Result<vault_api::Exchanging> CustodyExchange::ask(const vault_api::ExchangeRequest& request) {
  const CeremonyPlan plan{.custodians = request.custodians, .needed = request.needed};
  if (!check_plan(plan).ok())
    return base::public_error(base::ErrorCode::bad_value,
                              "At least two people must be needed, at most 20 may be named, as many as are needed or "
                              "more, each once, with the keys that `karv vault custodian create` made for him.",
                              "PLAN_REFUSED");
  const auto digest = vault_api::exchange_digest(request.custodians, request.needed);
  const auto share = desk_.share_of(request.share);
  KARV_TRY(const auto custodian, desk_.check_act({.act = "exchange",
                                                  .custodian = request.custodian,
                                                  .at = request.at,
                                                  .nonce = request.nonce,
                                                  .signature = request.signature,
                                                  .about = vault_api::exchange_about(digest, share)}));
  KARV_TRY(const auto custody, desk_.check_share(custodian, share));
  KARV_TRY_VOID(database_.read<std::int64_t>("vault_find_next_custody", replaceable));
  KARV_TRY_VOID(desk_.record(custodian.id.text(), "vault_exchange_asked", custody.id.text(), base::to_hex(digest)));
  const auto key = take(crypto::framed({digest, custody.id.view()}), custodian, share, custody.needed);
  if (key.empty())
    return vault_api::Exchanging{.made = false, .given = count_given(), .needed = custody.needed, .custodians = {}};
  KARV_TRY(const auto next, make_next(plan, custody, key));
  KARV_TRY_VOID(database_.write<void>("vault_make_next_custody", [&](store::Tx& tx) -> base::Result<void> {
    KARV_TRY(const auto former, replaceable(tx));
    KARV_TRY(const auto people, find_next_custodians(tx));
    delete_unchanging_custody(tx, former, static_cast<std::int64_t>(people.size()));
    insert_next_custody(tx, next);
    return {};
  }));
  KARV_TRY_VOID(
      desk_.record(custodian.id.text(), "vault_exchange_agreed", next.custody.id.text(), base::to_hex(digest)));
  vault_api::Exchanging answer{.made = true, .given = custody.needed, .needed = custody.needed, .custodians = {}};
  for (const auto& person : next.custodians)
    answer.custodians.push_back({.custodian = person.id, .name = person.name, .accepted = false});
  return answer;
}

base::Result<vault_api::ShareFile> CustodyExchange::fetch_share(const vault_api::ShareRequest& request) {
  KARV_TRY(const auto custodian, desk_.check_act({.act = "share",
                                                  .custodian = request.custodian,
                                                  .at = request.at,
                                                  .nonce = request.nonce,
                                                  .signature = request.signature,
                                                  .about = request.custodian.view()}));
  KARV_TRY(const auto share, database_.read<std::string>("vault_find_next_share", [&](store::ReadTx& tx) {
    return find_next_share(tx, custodian.id);
  }));
  if (share.empty()) return unknown();  // a custodian of now: his was given to him at the ceremony
  KARV_TRY_VOID(desk_.record(custodian.id.text(), "vault_share_fetched", custodian.id.text(), ""));
  return vault_api::ShareFile{.custodian = custodian.id, .name = custodian.name, .share = share};
}

}  // namespace karv::vault
