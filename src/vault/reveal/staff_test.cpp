#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crypto/ed25519.h"
#include "crypto/jwe.h"
#include "vault/custody/ceremony.h"
#include "vault/operations/restore.h"
#include "vault/reveal/test_people.h"

namespace karv::vault {
namespace {

using testing::Person;
using testing::reason_of;
using ::testing::UnorderedElementsAre;

class StaffTest : public ::testing::Test {
 protected:
  testing::Disk disk;
  testing::TestVault vault{disk, nullptr};
  testing::Reveals at{vault};
};

TEST_F(StaffTest, a_person_is_invited_enrolled_confirmed_and_listed) {
  Person anna = at.make_stranger();
  const auto invitation = at.invite("Anna Berg", Clearance::approve);
  EXPECT_TRUE(invitation.link.starts_with("https://vault.localhost:8445/staff/v1/#enrol="));
  EXPECT_EQ(invitation.until, (vault.wall.now() + base::minutes(30)).ms);
  const auto enrolment = at.staff.find_enrolment(at.secret_of(invitation)).value();
  EXPECT_EQ(enrolment.name, "Anna Berg");
  EXPECT_EQ(enrolment.staff, invitation.staff);
  anna.id = invitation.staff;
  anna.passkey = at.enrol(invitation, anna)->passkey;
  EXPECT_EQ(reason_of(at.list(anna)), "STAFF_NOT_ACTIVE");  // nobody has confirmed it
  ASSERT_TRUE(at.grant(anna).ok());
  EXPECT_EQ(at.list(anna)->name, "Anna Berg");
  const auto line = at.staff.list()->people.front();
  EXPECT_EQ(line.state, StaffState::active);
  EXPECT_EQ(line.passkey, anna.passkey);
  EXPECT_EQ(line.approved_by, at.kOperator);
  EXPECT_THAT(at.actions_of({.kind = "staff", .id = anna.id.text()}),
              UnorderedElementsAre("staff_invited", "staff_enrolled", "reveal_denied", "staff_approved"));
}

TEST_F(StaffTest, an_invitation_works_once_for_half_an_hour_and_says_nothing_else) {
  const auto invitation = at.invite("Anna", Clearance::masked);
  Person anna = at.make_stranger();
  ASSERT_TRUE(at.enrol(invitation, anna).ok());
  Person thief = at.make_stranger();
  EXPECT_EQ(reason_of(at.enrol(invitation, thief)), "INVITATION_UNKNOWN");
  const auto late = at.invite("Bela", Clearance::masked);
  vault.wall.advance(base::minutes(30));
  EXPECT_EQ(reason_of(at.enrol(late, thief)), "INVITATION_UNKNOWN");
  for (const std::string& never : {std::string(), std::string("x"), std::string(100'000, 'x')})
    EXPECT_EQ(reason_of(at.staff.find_enrolment(never)), "INVITATION_UNKNOWN");
  const auto removed = at.invite("Cleo", Clearance::masked);
  ASSERT_TRUE(at.staff.remove({.staff = removed.staff}, at.kOperator).ok());
  EXPECT_EQ(reason_of(at.enrol(removed, thief)), "INVITATION_UNKNOWN");
}

TEST_F(StaffTest, a_passkey_over_another_invitation_is_refused) {
  const auto first = at.invite("Anna", Clearance::masked);
  const auto second = at.invite("Bela", Clearance::approve);
  Person anna = at.make_stranger();
  const auto challenge = *base::from_base64url(at.staff.find_enrolment(at.secret_of(first))->challenge);
  const auto response = anna.key.create(anna.key.creating(at.party), challenge);
  EXPECT_EQ(reason_of(at.staff.enrol(at.secret_of(second), response)), "PASSKEY_REFUSED");
  EXPECT_TRUE(at.staff.enrol(at.secret_of(first), response).ok());
}

TEST_F(StaffTest, control_60_a_passkey_that_belongs_to_somebody_is_refused) {
  Person anna = at.make_person("Anna", Clearance::full_request);
  const auto invitation = at.invite("Bela", Clearance::approve);
  EXPECT_EQ(reason_of(at.enrol(invitation, anna)), "PASSKEY_TAKEN");
  // Also when its owner has left: what he signed must stay his.
  ASSERT_TRUE(at.staff.remove({.staff = anna.id}, at.kOperator).ok());
  EXPECT_EQ(reason_of(at.enrol(invitation, anna)), "PASSKEY_TAKEN");
  Person bela = at.make_stranger();
  EXPECT_TRUE(at.enrol(invitation, bela).ok());
}

TEST_F(StaffTest, control_46_an_overdue_review_suspends_the_grant_until_it_is_reviewed) {
  Person anna = at.make_person("Anna", Clearance::approve);
  for (int i = 0; i < 2; ++i) {
    vault.wall.advance(base::days(89));
    EXPECT_TRUE(at.list(anna).ok());
  }
  vault.wall.advance(base::days(4) - base::minutes(1));
  EXPECT_TRUE(at.list(anna).ok());
  EXPECT_FALSE(at.staff.list()->people.front().suspended);
  vault.wall.advance(base::minutes(1));
  EXPECT_EQ(reason_of(at.list(anna)), "REVIEW_OVERDUE");
  EXPECT_TRUE(at.staff.list()->people.front().suspended);
  EXPECT_EQ(reason_of(at.grant(anna, "approve")), "NOT_MATCHING");
  ASSERT_TRUE(at.grant(anna, "review").ok());
  EXPECT_TRUE(at.list(anna).ok());
}

TEST_F(StaffTest, control_51_ninety_days_unused_means_disabled_until_confirmed_again) {
  Person anna = at.make_person("Anna", Clearance::approve);
  Person bela = at.make_person("Bela", Clearance::full_request);
  vault.wall.advance(base::days(89));
  EXPECT_TRUE(at.list(anna).ok());  // a use counts from then
  vault.wall.advance(base::days(1));
  EXPECT_EQ(reason_of(at.list(bela)), "STAFF_UNUSED");
  EXPECT_EQ(reason_of(at.list(bela)), "STAFF_UNUSED");  // to try is no use
  EXPECT_TRUE(at.list(anna).ok());
  const auto people = at.staff.list()->people;
  EXPECT_FALSE(std::ranges::find(people, anna.id, &vault_api::StaffLine::staff)->suspended);
  EXPECT_TRUE(std::ranges::find(people, bela.id, &vault_api::StaffLine::staff)->suspended);
  ASSERT_TRUE(at.grant(bela, "review").ok());
  EXPECT_TRUE(at.list(bela).ok());
}

TEST_F(StaffTest, control_50_whoever_left_signs_nothing_any_more) {
  Person anna = at.make_person("Anna", Clearance::approve);
  ASSERT_TRUE(at.list(anna).ok());
  ASSERT_TRUE(at.staff.remove({.staff = anna.id}, at.kOperator).ok());
  EXPECT_EQ(reason_of(at.list(anna)), "STAFF_NOT_ACTIVE");
  EXPECT_EQ(reason_of(at.staff.remove({.staff = anna.id}, at.kOperator)), "STAFF_UNKNOWN");
  EXPECT_EQ(reason_of(at.grant(anna, "review")), "NOT_MATCHING");
}

TEST_F(StaffTest, after_a_restore_everybody_is_confirmed_anew) {
  Person anna = at.make_person("Anna", Clearance::approve);
  ASSERT_TRUE(at.list(anna).ok());
  ASSERT_TRUE(freeze_restored(*vault.database, base::make_id<RestoreTag>(vault.wall, vault.random), "a backup",
                              vault.wall.now())
                  .ok());
  EXPECT_EQ(reason_of(at.list(anna)), "REVIEW_OVERDUE");
  ASSERT_TRUE(at.grant(anna, "review").ok());
  EXPECT_TRUE(at.list(anna).ok());
}

TEST_F(StaffTest, what_operators_say_wrongly_is_refused) {
  for (const std::string& name :
       {std::string(), std::string(101, 'x'), std::string("a\nb"), std::string(testing::kVisa)})
    EXPECT_EQ(reason_of(at.staff.add({.name = name, .clearance = Clearance::masked}, at.kOperator)), "BAD_VALUE");
  EXPECT_EQ(reason_of(at.staff.remove({.staff = StaffId(base::Uuid{9})}, at.kOperator)), "STAFF_UNKNOWN");
  Person anna = at.make_stranger();
  const auto invitation = at.invite("Anna", Clearance::masked);
  anna.id = invitation.staff;
  EXPECT_EQ(reason_of(at.grant(anna)), "NOT_MATCHING");  // before there is a passkey
  anna.passkey = at.enrol(invitation, anna)->passkey;
  EXPECT_EQ(reason_of(at.grant(anna, "review")), "NOT_MATCHING");
  for (const char* command : {"enrol", "remove", "", "APPROVE"})
    EXPECT_EQ(reason_of(at.grant(anna, command)), "BAD_VALUE");
  anna.passkey = "0000000000000000";
  EXPECT_EQ(reason_of(at.grant(anna)), "NOT_MATCHING");
  EXPECT_EQ(reason_of(StaffDesk(*vault.database, at.gate, at.custody, vault.wall, vault.random, "", true)
                          .add({.name = "Anna", .clearance = Clearance::masked}, at.kOperator)),
            "NO_STAFF_DOOR");
}

TEST_F(StaffTest, control_45_in_production_nobody_is_confirmed_before_there_are_custodians) {
  Person anna = at.make_stranger();
  const auto invitation = at.invite("Anna", Clearance::approve);
  anna.id = invitation.staff;
  anna.passkey = at.enrol(invitation, anna)->passkey;
  StaffDesk production(*vault.database, at.gate, at.custody, vault.wall, vault.random, at.party.origin, false);
  vault_api::StaffGrantRequest request;
  request.command = "approve";
  request.staff = anna.id;
  request.passkey = anna.passkey;
  EXPECT_EQ(reason_of(production.grant(request, at.kOperator)), "GRANT_NEEDS_ANOTHER");
  EXPECT_EQ(reason_of(at.grant(anna)), "");  // in the sandbox the operator's word is enough
}

// Where there are custodians, one of them confirms; the operator alone does not.
class StaffCustodyTest : public StaffTest {
 protected:
  struct Custodian {
    std::string name;
    crypto::Ed25519Pair signs;
    crypto::X25519Pair opens;
    CustodianId id;
  };
  void SetUp() override {
    CeremonyPlan plan;
    for (const char* name : {"Anna", "Cora"})
      custodians.push_back({.name = name,
                            .signs = crypto::make_ed25519_pair(vault.random),
                            .opens = crypto::make_x25519_pair(vault.random),
                            .id = {}});
    for (const auto& c : custodians)
      plan.custodians.push_back({.name = c.name,
                                 .signs = base::to_base64url(c.signs.public_key),
                                 .opens = base::to_base64url(c.opens.public_key)});
    std::vector<vault_api::ShareFile> shares;
    CeremonyHands hands{.check_pin = [] { return base::Result<void>(); },
                        .deliver =
                            [&](const std::vector<vault_api::ShareFile>& delivered) {
                              shares = delivered;
                              return base::Result<void>();
                            },
                        .change_pin = [](const base::SecretBytes&) { return base::Result<void>(); }};
    ASSERT_TRUE(hold_ceremony(*vault.database, plan, hands, vault.wall, vault.random).ok());
    for (std::size_t i = 0; i < custodians.size(); ++i) custodians[i].id = shares[i].custodian;
  }
  void accept(const Custodian& by) {
    vault_api::AcceptRequest request{.custodian = by.id, .at = vault.wall.now().ms, .nonce = "accept", .signature = ""};
    request.signature = base::to_base64url(crypto::sign_ed25519(
        by.signs.seed,
        vault_api::signed_act("accept", by.id, request.at, request.nonce, base::as_bytes(vault_api::kCustodianDuty))));
    ASSERT_TRUE(at.custody.accept(request).ok());
  }
  vault_api::StaffGrantRequest grant_by(const Custodian& by, const Person& person, const std::string& name,
                                        Clearance clearance) {
    vault_api::StaffGrantRequest request{.command = "approve",
                                         .staff = person.id,
                                         .passkey = person.passkey,
                                         .custodian = by.id,
                                         .at = vault.wall.now().ms,
                                         .nonce = std::to_string(++nonces),
                                         .signature = ""};
    request.signature = base::to_base64url(crypto::sign_ed25519(
        by.signs.seed, vault_api::signed_act("staff_approve", by.id, request.at, request.nonce,
                                             vault_api::staff_grant(person.id, name, clearance, person.passkey))));
    return request;
  }
  Person enrolled(const std::string& name, Clearance clearance) {
    Person person = at.make_stranger();
    const auto invitation = at.invite(name, clearance);
    person.id = invitation.staff;
    person.passkey = at.enrol(invitation, person)->passkey;
    return person;
  }
  std::string granted(const vault_api::StaffGrantRequest& request) {
    return reason_of(at.staff.grant(request, at.kOperator));
  }

  std::vector<Custodian> custodians;
  int nonces = 0;
};

TEST_F(StaffCustodyTest, control_45_a_grant_needs_a_custodian_and_never_the_person_himself) {
  Person anna = enrolled("Anna", Clearance::approve);
  EXPECT_EQ(reason_of(at.grant(anna)), "GRANT_NEEDS_ANOTHER");
  EXPECT_EQ(granted(grant_by(custodians[1], anna, "Anna", Clearance::approve)), "CUSTODIAN_NOT_ACCEPTED");
  accept(custodians[0]);
  accept(custodians[1]);
  EXPECT_EQ(granted(grant_by(custodians[0], anna, "Anna", Clearance::approve)), "GRANT_NEEDS_ANOTHER");
  // Signed for less than what was asked for, or for another passkey.
  EXPECT_EQ(granted(grant_by(custodians[1], anna, "Anna", Clearance::masked)), "SIGNATURE_REFUSED");
  auto other = grant_by(custodians[1], anna, "Anna", Clearance::approve);
  other.passkey = "0000000000000000";
  EXPECT_EQ(granted(other), "SIGNATURE_REFUSED");
  const auto good = grant_by(custodians[1], anna, "Anna", Clearance::approve);
  EXPECT_EQ(granted(good), "");
  EXPECT_EQ(granted(good), "SIGNATURE_REFUSED");  // once
  EXPECT_EQ(at.staff.list()->people.front().approved_by, custodians[1].id.text());
  EXPECT_TRUE(at.list(anna).ok());
}

}  // namespace
}  // namespace karv::vault
