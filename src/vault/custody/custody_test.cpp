#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "vault/custody/custody_for_test.h"
#include "vault/custody/repository.h"
#include "vault/doors/admin_door.h"
#include "vault/keys/repository.h"

namespace karv::vault {
namespace {

using testing::CustodyTest;
using testing::Keyholder;

constexpr store::Sql kSpoil = "update custody set sealed_pin = $1";

TEST_F(CustodyTest, control_29_two_different_people_open_it_and_one_persons_two_attempts_count_once) {
  init();
  accept_all();
  EXPECT_EQ(unseal(people[0])->given, 1);
  EXPECT_EQ(unseal(people[0])->given, 1);
  EXPECT_TRUE(unseal(people[0])->sealed);
  EXPECT_EQ(opened, 0);
  const auto done = unseal(people[2]).value();
  EXPECT_FALSE(done.sealed);
  EXPECT_EQ(opened, 1);
  EXPECT_TRUE(vault.keys->get().ok());
  EXPECT_EQ(desk.status()->given, 0);  // no share is kept
  vault.make_card();
  EXPECT_EQ(unseal(people[1]).error().reason(), "NOT_SEALED");
}

TEST_F(CustodyTest, control_31_a_custodian_who_has_not_accepted_opens_nothing) {
  init();
  ASSERT_TRUE(desk.accept(accept_of(people[0])).ok());
  ASSERT_TRUE(unseal(people[0]).ok());
  EXPECT_EQ(unseal(people[1]).error().reason(), "CUSTODIAN_NOT_ACCEPTED");
  EXPECT_FALSE(vault.keys->get().ok());
  ASSERT_TRUE(desk.accept(accept_of(people[1])).ok());
  EXPECT_TRUE(desk.accept(accept_of(people[1])).ok());  // again: nothing happens
  EXPECT_FALSE(unseal(people[1])->sealed);
  const auto status = desk.status().value();
  EXPECT_EQ(status.needed, 2);
  EXPECT_EQ(std::ranges::count(status.custodians, true, &vault_api::CustodianLine::accepted), 2);
}

TEST_F(CustodyTest, control_23_custodians_are_few_and_each_is_one_person) {
  auto with = plan();
  with.needed = 1;
  EXPECT_FALSE(hold(with).ok());
  with.needed = 4;
  EXPECT_FALSE(hold(with).ok());
  with = plan();
  with.custodians[1].name = "Anna";
  EXPECT_FALSE(hold(with).ok());
  with = plan();
  with.custodians[1].opens = with.custodians[0].opens;
  EXPECT_FALSE(hold(with).ok());
  with = plan();
  with.custodians[1].signs = "AAAA";
  EXPECT_FALSE(hold(with).ok());
  with = plan();
  for (int i = 0; i < 20; ++i) {
    Keyholder one{.name = "P" + std::to_string(i),
                  .signs = crypto::make_ed25519_pair(vault.random),
                  .opens = crypto::make_x25519_pair(vault.random)};
    with.custodians.push_back(one.card());
  }
  EXPECT_FALSE(hold(with).ok());
  EXPECT_TRUE(delivered.empty());
  EXPECT_TRUE(pin.empty());
  EXPECT_TRUE(hold(plan()).ok());
  EXPECT_EQ(hold(plan()).error().reason(), "CUSTODY_EXISTS");
}

TEST_F(CustodyTest, who_has_the_hsms_pin_may_hold_another_ceremony_in_place_of_lost_custodians) {
  init();
  accept_all();
  auto again = plan();
  again.replace = true;
  auto wrong_pin = hands();
  wrong_pin.check_pin = [] { return base::Result<void>(base::Error(base::ErrorCode::forbidden)); };
  EXPECT_FALSE(hold_ceremony(*vault.database, again, wrong_pin, vault.wall, vault.random).ok());
  EXPECT_EQ(unseal(people[0])->given, 1);  // those of before are still there
  const auto before = people[0].id;
  ASSERT_TRUE(hold(again).ok());
  EXPECT_NE(delivered[0].custodian, before);
  EXPECT_EQ(unseal(people[0]).error().reason(), "CUSTODIAN_UNKNOWN");
  for (std::size_t i = 0; i < people.size(); ++i) {
    people[i].id = delivered[i].custodian;
    people[i].share = crypto::decrypt_jwe(people[i].opens.private_key, delivered[i].share).value();
  }
  accept_all();
  ASSERT_TRUE(unseal(people[0]).ok());
  EXPECT_FALSE(unseal(people[2])->sealed);
}

TEST_F(CustodyTest, a_ceremony_that_was_broken_off_is_held_again) {
  auto broken = hands();
  broken.deliver = [](const auto&) { return base::Result<void>(base::Error(base::ErrorCode::unavailable)); };
  EXPECT_FALSE(hold_ceremony(*vault.database, plan(), broken, vault.wall, vault.random).ok());
  EXPECT_TRUE(pin.empty());
  broken.check_pin = [] { return base::Result<void>(base::Error(base::ErrorCode::forbidden)); };
  EXPECT_EQ(hold_ceremony(*vault.database, plan(), broken, vault.wall, vault.random).error().code(),
            base::ErrorCode::forbidden);
  init();
  accept_all();
  ASSERT_TRUE(unseal(people[0]).ok());
  EXPECT_FALSE(unseal(people[1])->sealed);
}

TEST_F(CustodyTest, control_22_the_pin_and_the_shares_are_nowhere_in_the_store) {
  init();
  const auto custody =
      vault.database->read<std::optional<Custody>>("test", [](store::ReadTx& tx) { return find_custody(tx); }).value();
  EXPECT_EQ(pin.size(), 32U);
  const auto sealed = std::string(base::as_text(custody->sealed_pin));
  EXPECT_EQ(sealed.find(std::string(pin.expose_text())), std::string::npos);
  for (const auto& person : people) {
    EXPECT_EQ(person.share.size(), 33U);  // an x, and as many bytes as the key has
    EXPECT_FALSE(crypto::decrypt_jwe(people[0].opens.private_key, delivered[1].share).ok());
  }
}

TEST_F(CustodyTest, a_wrong_share_is_told_and_never_reaches_the_hsm) {
  init();
  accept_all();
  auto wrong = people[0].share.clone();
  wrong.expose_mutable()[5] ^= 1;
  EXPECT_EQ(desk.unseal(unseal_of(people[0], wrong)).error().reason(), "SHARE_WRONG");
  EXPECT_EQ(desk.unseal(unseal_of(people[0], people[1].share)).error().reason(), "SHARE_WRONG");  // somebody else's
  EXPECT_EQ(desk.unseal(unseal_of(people[0], base::SecretBytes(0))).error().reason(), "SHARE_WRONG");
  auto no_text = unseal_of(people[0], base::SecretBytes(0));
  no_text.share = base::SecretBytes::copy_of(std::string_view("%%%"));
  EXPECT_EQ(desk.unseal(no_text).error().reason(), "SHARE_WRONG");
  EXPECT_EQ(opened, 0);
  EXPECT_EQ(desk.status()->given, 0);
}

TEST_F(CustodyTest, only_fresh_signatures_of_the_custodian_count_and_each_once) {
  init();
  accept_all();
  auto request = unseal_of(people[0], people[0].share);
  ASSERT_TRUE(desk.unseal(request).ok());
  EXPECT_EQ(desk.unseal(request).error().reason(), "SIGNATURE_REFUSED");  // said again
  request = unseal_of(people[1], people[1].share);
  request.custodian = people[2].id;
  EXPECT_EQ(desk.unseal(request).error().reason(), "SIGNATURE_REFUSED");
  request = unseal_of(people[1], people[1].share);
  request.at += 1;
  EXPECT_EQ(desk.unseal(request).error().reason(), "SIGNATURE_REFUSED");
  request = unseal_of(people[1], people[1].share);
  request.nonce.clear();
  EXPECT_EQ(desk.unseal(request).error().reason(), "SIGNATURE_REFUSED");
  request = unseal_of(people[1], people[1].share);
  vault.wall.advance(base::minutes(5) + base::milliseconds(1));
  EXPECT_EQ(desk.unseal(request).error().reason(), "SIGNATURE_REFUSED");
  request.custodian = CustodianId();
  EXPECT_EQ(desk.unseal(request).error().reason(), "CUSTODIAN_UNKNOWN");
}

TEST_F(CustodyTest, a_share_is_forgotten_after_a_quarter_of_an_hour) {
  init();
  accept_all();
  ASSERT_TRUE(unseal(people[0]).ok());
  vault.wall.advance(base::minutes(15) + base::milliseconds(1));
  EXPECT_EQ(unseal(people[1])->given, 1);
}

TEST_F(CustodyTest, one_operator_seals_it_and_every_act_is_recorded) {
  init();
  accept_all();
  ASSERT_TRUE(unseal(people[0]).ok());
  ASSERT_TRUE(unseal(people[1]).ok());
  EXPECT_FALSE(desk.seal({.reason = ""}, "op").ok());
  EXPECT_FALSE(desk.seal({.reason = std::string(201, 'x')}, "op").ok());
  ASSERT_TRUE(desk.seal({.reason = "an intruder was seen"}, "karv-operator uid 1000").ok());
  EXPECT_EQ(desk.status()->because, "an intruder was seen");
  EXPECT_EQ(vault.keys->get().error().reason(), "VAULT_SEALED");
  const auto custody =
      vault.database->read<std::optional<Custody>>("test", [](store::ReadTx& tx) { return find_custody(tx); }).value();
  EXPECT_THAT(actions_of(custody->id.text()),
              ::testing::UnorderedElementsAre("vault_share_given", "vault_share_given", "vault_unsealed"));
  EXPECT_EQ(actions_of("vault"), std::vector<std::string>{"vault_sealed"});
}

TEST_F(CustodyTest, a_sealed_pin_that_was_changed_opens_nothing) {
  init();
  accept_all();
  ASSERT_TRUE(vault.database
                  ->write<void>("test",
                                [&](store::Tx& tx) -> base::Result<void> {
                                  KARV_TRY(auto custody, find_custody(tx));
                                  custody->sealed_pin[15] ^= 1;
                                  tx.write({kSpoil, {custody->sealed_pin}}, 1);
                                  return {};
                                })
                  .ok());
  ASSERT_TRUE(unseal(people[0]).ok());
  EXPECT_EQ(unseal(people[1]).error().reason(), "CUSTODY_ALTERED");
  EXPECT_EQ(opened, 0);
}

TEST_F(CustodyTest, without_custodians_nobody_unseals) {
  vault_api::UnsealRequest request;
  request.custodian = CustodianId();
  EXPECT_EQ(desk.unseal(request).error().reason(), "CUSTODIAN_UNKNOWN");
  EXPECT_EQ(desk.status()->needed, 0);
}

TEST_F(CustodyTest, control_29_a_key_is_ended_by_two_different_people) {
  init();
  accept_all();
  ASSERT_TRUE(unseal(people[0]).ok());
  ASSERT_TRUE(unseal(people[1]).ok());
  const auto ticket_key = vault.keys->get().value()->find_active(KeyClass::ticket)->row.id;
  const auto state = [&] {
    return std::ranges::find(vault.keys->get().value()->rows(), ticket_key, &StoredKey::id)->state;
  };
  ASSERT_TRUE(endings.ask(end_of(people[0], ticket_key, "destroy")).ok());
  EXPECT_EQ(endings.ask(end_of(people[1], ticket_key, "destroy")).error().reason(), "KEY_IN_USE");  // it is active
  ASSERT_TRUE(rotation.rotate(ticket_key).ok());
  ASSERT_TRUE(endings.ask(end_of(people[0], ticket_key, "compromise")).ok());
  ASSERT_TRUE(endings.ask(end_of(people[0], ticket_key, "compromise")).ok());
  EXPECT_EQ(endings.ask(end_of(people[2], ticket_key, "destroy")).error().reason(), "KEY_IN_USE");  // a moment ago
  EXPECT_EQ(state(), KeyState::decrypt_only);
  vault.wall.advance(base::hours(1) + base::milliseconds(1));
  ASSERT_TRUE(endings.ask(end_of(people[1], ticket_key, "compromise")).ok());  // the first one is forgotten
  EXPECT_EQ(state(), KeyState::decrypt_only);
  ASSERT_TRUE(endings.ask(end_of(people[2], ticket_key, "compromise")).ok());
  EXPECT_EQ(state(), KeyState::compromised);
  EXPECT_EQ(endings.ask(end_of(people[0], ticket_key, "retire")).error().reason(), "BAD_VALUE");
  EXPECT_FALSE(rotation.work().value());  // its rotation is over
}

TEST_F(CustodyTest, the_admin_door_takes_operators_alone_and_refuses_what_it_cannot_read) {
  init();
  KeyKeeper keeper(*vault.keys, rotation);
  CustodyExchange exchange(*vault.database, desk, vault.wall, vault.random);
  AdminDoor door{.custody = desk,
                 .exchange = exchange,
                 .endings = endings,
                 .keys = *vault.keys,
                 .rotation = rotation,
                 .keeper = keeper,
                 .database = *vault.database};
  const auto router = admin_routes(door);
  const auto ask = [&](net::Method method, std::string path, std::string body, std::string peer = kOperatorName) {
    net::Request request;
    request.method = method;
    request.path = std::move(path);
    request.body = std::move(body);
    request.peer_certificate_cn = std::move(peer);
    return std::get<net::Response>(router.handle(request));
  };
  EXPECT_EQ(ask(net::Method::get, "/admin/v1/status", "").status, 200);
  EXPECT_EQ(ask(net::Method::get, "/admin/v1/keys", "").status, 200);
  for (const char* peer : {"", "karv-server", "karv-vault"}) {
    EXPECT_EQ(ask(net::Method::get, "/admin/v1/status", "", peer).status, 403);
    EXPECT_EQ(ask(net::Method::post, "/admin/v1/seal", R"({"reason":"x"})", peer).status, 403);
  }
  for (const char* body : {"", "{", "[]", "{}", R"({"custodian":1})", R"({"reason":1})"}) {
    EXPECT_EQ(ask(net::Method::post, "/admin/v1/seal", body).status, 400) << body;
    EXPECT_EQ(ask(net::Method::post, "/admin/v1/unseal", body).status, 400) << body;
    EXPECT_EQ(ask(net::Method::post, "/admin/v1/keys/rotate", body).status, 400) << body;
  }
  EXPECT_EQ(ask(net::Method::post, "/admin/v1/keys/rotate", R"({"key":"x"})").status, 404);
  EXPECT_EQ(ask(net::Method::post, "/admin/v1/seal", R"({"reason":"a drill"})").status, 200);
  EXPECT_EQ(ask(net::Method::get, "/private/v1/health", "").status, 404);
}

}  // namespace
}  // namespace karv::vault
