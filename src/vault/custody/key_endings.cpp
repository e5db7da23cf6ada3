#include "vault/custody/key_endings.h"

#include "json/words.h"

namespace karv::vault {
namespace {

constexpr std::size_t kPeople = 2;
constexpr base::Duration kWishHolds = base::hours(1);

}  // namespace

bool KeyEndings::note(const std::string& wish, const Custodian& custodian) {
  const base::Lock lock(mutex_);
  const base::Instant now = wall_.now();
  std::erase_if(wishes_, [&](const auto& entry) { return entry.second.first_at + kWishHolds < now; });
  auto& noted = wishes_.try_emplace(wish, Wish{.by = {}, .first_at = now}).first->second;
  noted.by.insert(custodian.signs);
  return noted.by.size() >= kPeople;
}

void KeyEndings::forget(const std::string& wish) {
  const base::Lock lock(mutex_);
  wishes_.erase(wish);
}

base::Result<vault_api::Done> KeyEndings::ask(const vault_api::EndKeyRequest& request) {
  const auto command = json::parse_word<KeyCommand>(request.command);
  if (!command || *command == KeyCommand::retire)
    return base::public_error(base::ErrorCode::bad_value, "A key is ended by destroy or compromise.", "BAD_VALUE");
  const auto id = KeyId::parse(request.key);
  if (!id) return base::public_error(base::ErrorCode::not_found, "There is no such key.");
  KARV_TRY(const auto custodian, custody_.check_act({.act = json::word(*command),
                                                     .custodian = request.custodian,
                                                     .at = request.at,
                                                     .nonce = request.nonce,
                                                     .signature = request.signature,
                                                     .about = id->view()}));
  if (!custodian.accepted_at)
    return base::public_error(base::ErrorCode::forbidden, "This custodian has not accepted the duty.",
                              "CUSTODIAN_NOT_ACCEPTED");
  const std::string action = "vault_key_" + request.command;
  KARV_TRY_VOID(custody_.record(custodian.id.text(), action + "_asked", id->text(), ""));
  if (!note(request.command + " " + request.key, custodian))
    return vault_api::Done{.done = "noted; another custodian must ask for the same within an hour"};
  KARV_TRY_VOID(rotation_.end_key(*id, *command));
  forget(request.command + " " + request.key);
  KARV_TRY_VOID(custody_.record(custodian.id.text(), action, id->text(), ""));
  return vault_api::Done{.done = "done"};
}

}  // namespace karv::vault
