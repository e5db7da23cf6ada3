// For the tests of reveal: people with passkeys at a vault, who sign as a browser would.
#pragma once

#include <optional>

#include "factors/test_support.h"
#include "json/encode.h"
#include "vault/reveal/reveal_desk.h"
#include "vault/reveal/staff_desk.h"
#include "vault/reveal/words.h"
#include "vault/test_support.h"

namespace karv::vault::testing {

struct Person {
  StaffId id;
  std::string passkey;
  factors::testing::TestAuthenticator key;
};

// A vault with its staff desk and reveal desk, and no custodians: the operator confirms.
struct Reveals {
  explicit Reveals(TestVault& of, RevealLimits limits = {})
      : vault(of), reveal(*of.database, *of.keys, *of.cards, gate, of.wall, of.random, limits) {}

  static constexpr const char* kOperator = "karv-operator uid 7";

  vault_api::StaffInvitation invite(const std::string& name, Clearance clearance) {
    return staff.add({.name = name, .clearance = clearance}, kOperator).value();
  }
  static std::string secret_of(const vault_api::StaffInvitation& invitation) {
    return invitation.link.substr(invitation.link.find('=') + 1);
  }
  base::Result<Enrolled> enrol(const vault_api::StaffInvitation& invitation, Person& person) {
    const auto link = secret_of(invitation);
    const auto enrolment = staff.find_enrolment(link);
    if (!enrolment.ok()) return enrolment.error();
    return staff.enrol(link,
                       person.key.create(person.key.creating(party), *base::from_base64url(enrolment->challenge)));
  }
  base::Result<vault_api::Done> grant(const Person& person, std::string command = "approve") {
    return staff.grant({.command = std::move(command), .staff = person.id, .passkey = person.passkey}, kOperator);
  }
  // Invited, enrolled, confirmed.
  Person make_person(const std::string& name, Clearance clearance) {
    Person person = make_stranger();
    const auto invitation = invite(name, clearance);
    person.id = invitation.staff;
    person.passkey = enrol(invitation, person)->passkey;
    EXPECT_TRUE(grant(person).ok());
    return person;
  }
  Person make_stranger() { return {.id = {}, .passkey = "", .key = factors::testing::TestAuthenticator(vault.random)}; }

  SignedWords sign(Person& person, const std::string& words) { return sign(person, words, person.key.signing(party)); }
  static SignedWords sign(const Person& person, const std::string& words, const factors::testing::Moment& moment) {
    const auto response = person.key.sign(moment, words_challenge(words));
    return {.words = words,
            .credential = base::to_base64url(response.credential_id),
            .client_data = base::to_base64url(response.client_data),
            .authenticator_data = base::to_base64url(response.authenticator_data),
            .signature = base::to_base64url(response.signature),
            .user_handle = base::to_base64url(person.id.view())};
  }
  // Every act is newer than the last.
  std::int64_t moment() {
    vault.wall.advance(base::milliseconds(1));
    return vault.wall.now().ms;
  }
  RevealWords words(CardId card, RevealLevel level) {
    const auto at = moment();
    return {.act = "reveal",
            .id = base::make_id<RevealTag>(vault.wall, vault.random),
            .at = at,
            .card = card,
            .level = level,
            .reason = RevealReason::dispute,
            .case_number = "C-2026/12",
            .note = "the bank asks",
            .looks = 1,
            .expires_at = at + base::minutes(15).ms};
  }
  ActWords act(const std::string& name, std::optional<RevealId> request = std::nullopt) {
    return {.act = name, .at = moment(), .request = request};
  }
  base::Result<RequestView> ask(Person& person, const RevealWords& words) {
    return reveal.ask(sign(person, json::encode(words)));
  }
  base::Result<RequestView> approve(Person& person, const RequestView& request) {
    return reveal.approve(sign(person, request.words));
  }
  base::Result<RequestView> refuse(Person& person, RevealId request) {
    return reveal.refuse(sign(person, json::encode(act("refuse", request))));
  }
  base::Result<ShownCard> look(Person& person, RevealId request) {
    return reveal.look(sign(person, json::encode(act("look", request))));
  }
  base::Result<StaffView> list(Person& person) { return reveal.list(sign(person, json::encode(act("list")))); }

  CardId card_of(const std::string& token) {
    const auto answer = reveal.reference_of(vault.tenant, {.vault_token = token, .customer = vault.customer});
    return CardId(answer->card.uuid());
  }
  std::vector<std::string> actions_of(const audit::Subject& subject) {
    std::vector<std::string> out;
    for (const auto& record :
         vault.database
             ->read<std::vector<audit::Record>>(
                 "test", [&](store::ReadTx& tx) { return audit::list_by_subject(tx, subject, 100); })
             .value())
      out.push_back(record.action);
    return out;
  }

  TestVault& vault;
  factors::RelyingParty party{.id = "vault.localhost", .origin = "https://vault.localhost:8445"};
  StaffGate gate{*vault.database, party, vault.wall, vault.random};
  CustodyDesk custody{*vault.database, *vault.keys, vault.wall, vault.random,
                      HsmHands{.open = [](base::SecretBytes) -> base::Result<std::shared_ptr<crypto::Hsm>> {
                                 return base::Error(base::ErrorCode::unavailable);
                               },
                               .change_pin = {}}};
  StaffDesk staff{*vault.database, gate, custody, vault.wall, vault.random, party.origin, true};
  RevealDesk reveal;
};

inline std::string reason_of(const auto& result) { return result.ok() ? "" : result.error().reason(); }

}  // namespace karv::vault::testing
