#include "vault/custody/exchange.h"

#include <algorithm>

#include <gmock/gmock.h>

#include "crypto/aead.h"
#include "crypto/shamir.h"
#include "vault/custody/custody_for_test.h"
#include "vault/custody/repository.h"

namespace karv::vault {
namespace {

using testing::Keyholder;

class CustodyExchangeTest : public testing::CustodyTest {
 protected:
  void SetUp() override {
    CustodyTest::SetUp();
    init();
    accept_all();
    for (const char* name : {"Dora", "Emil"}) newcomers.push_back(make_person(name));
    newcomers.push_back(make_person("Anna again"));
  }
  Keyholder make_person(const char* name) {
    return {.name = name,
            .signs = crypto::make_ed25519_pair(vault.random),
            .opens = crypto::make_x25519_pair(vault.random)};
  }
  std::vector<vault_api::CustodianCard> cards() const {
    std::vector<vault_api::CustodianCard> out;
    for (const auto& person : newcomers) out.push_back(person.card());
    return out;
  }
  vault_api::ExchangeRequest request_of(const Keyholder& person, std::vector<vault_api::CustodianCard> to,
                                        std::int64_t needed = 2) {
    vault_api::ExchangeRequest request;
    request.needed = needed;
    request.custodians = std::move(to);
    const auto plan = vault_api::exchange_digest(request.custodians, needed);
    sign(request, person, "exchange", vault_api::exchange_about(plan, person.share));
    request.share = base::SecretBytes::copy_of(base::to_base64url(person.share.expose()));
    return request;
  }
  base::Result<vault_api::ShareFile> fetch(const Keyholder& person) {
    vault_api::ShareRequest request;
    sign(request, person, "share", person.id.view());
    return exchange.fetch_share(request);
  }
  // Two of those of now agree; the newcomers fetch their shares.
  void agree() {
    EXPECT_FALSE(exchange.ask(request_of(people[0], cards()))->made);
    const auto made = exchange.ask(request_of(people[2], cards())).value();
    ASSERT_TRUE(made.made);
    for (auto& person : newcomers) {
      for (const auto& line : made.custodians)
        if (line.name == person.name) person.id = line.custodian;
      person.share = crypto::decrypt_jwe(person.opens.private_key, fetch(person)->share).value();
    }
  }
  void accept(const Keyholder& person) { ASSERT_TRUE(desk.accept(accept_of(person)).ok()); }
  static crypto::Share share_parts(const Keyholder& person) {
    const auto bytes = person.share.expose();
    return {.x = bytes[0], .y = base::SecretBytes::copy_of(bytes.subspan(1))};
  }
  bool next_is_waiting() {
    return vault.database
        ->read<bool>("test",
                     [](store::ReadTx& tx) -> base::Result<bool> {
                       KARV_TRY(const auto next, find_next_custody(tx));
                       return next.has_value();
                     })
        .value();
  }

  std::vector<Keyholder> newcomers;
  CustodyExchange exchange{*vault.database, desk, vault.wall, vault.random};
};

TEST_F(CustodyExchangeTest, those_of_now_agree_and_the_others_take_over_at_a_sealed_vault) {
  const auto former_pin = pin.clone();
  agree();
  EXPECT_TRUE(pin == former_pin);
  EXPECT_EQ(unseal(newcomers[0]).error().reason(), "CUSTODIAN_NOT_ACCEPTED");
  for (const auto& person : newcomers) accept(person);
  EXPECT_EQ(desk.status()->next_custodians.size(), 3U);
  EXPECT_EQ(unseal(newcomers[0])->given, 1);
  EXPECT_FALSE(unseal(newcomers[2])->sealed);
  EXPECT_FALSE(pin == former_pin);
  EXPECT_TRUE(vault.keys->get().ok());
  EXPECT_FALSE(next_is_waiting());
  EXPECT_EQ(unseal(people[0]).error().reason(), "CUSTODIAN_UNKNOWN");
  // And from then on.
  vault.keys->seal("a test");
  EXPECT_EQ(unseal(newcomers[1])->given, 1);
  EXPECT_FALSE(unseal(newcomers[0])->sealed);
  EXPECT_EQ(fetch(newcomers[0]).error().reason(), "CUSTODIAN_UNKNOWN");  // it is no longer kept
}

TEST_F(CustodyExchangeTest, until_they_take_over_those_of_now_open_it) {
  agree();
  accept(newcomers[0]);
  ASSERT_TRUE(unseal(newcomers[0]).ok());
  EXPECT_EQ(unseal(people[0])->given, 1);  // shares of two custodies never count together
  EXPECT_FALSE(unseal(people[1])->sealed);
  EXPECT_TRUE(next_is_waiting());
  EXPECT_EQ(unseal(newcomers[0]).error().reason(), "NOT_SEALED");
}

TEST_F(CustodyExchangeTest, control_29_one_person_agrees_once_and_only_to_what_he_signed) {
  EXPECT_EQ(exchange.ask(request_of(people[0], cards()))->given, 1);
  EXPECT_EQ(exchange.ask(request_of(people[0], cards()))->given, 1);
  auto others = cards();
  others[1] = make_person("Mallory").card();
  EXPECT_EQ(exchange.ask(request_of(people[1], others))->given, 1);  // another plan: the first one is forgotten
  EXPECT_EQ(exchange.ask(request_of(people[2], cards()))->given, 1);
  auto changed = request_of(people[1], cards());
  changed.custodians = others;
  EXPECT_EQ(exchange.ask(changed).error().reason(), "SIGNATURE_REFUSED");
  changed = request_of(people[1], cards());
  changed.needed = 3;
  EXPECT_EQ(exchange.ask(changed).error().reason(), "SIGNATURE_REFUSED");
  changed = request_of(people[1], cards());
  changed.share = base::SecretBytes::copy_of(base::to_base64url(people[0].share.expose()));
  EXPECT_EQ(exchange.ask(changed).error().reason(), "SIGNATURE_REFUSED");
  const auto said = request_of(people[1], cards());
  EXPECT_TRUE(exchange.ask(said)->made);
  EXPECT_EQ(exchange.ask(said).error().reason(), "SIGNATURE_REFUSED");  // again
  vault.wall.advance(base::minutes(4));
  auto reordered = cards();
  std::ranges::reverse(reordered);
  EXPECT_EQ(exchange.ask(request_of(people[0], cards()))->given, 1);
  EXPECT_TRUE(exchange.ask(request_of(people[1], reordered))->made);  // the same plan, in another order
}

TEST_F(CustodyExchangeTest, plans_that_are_none_are_refused) {
  for (const std::int64_t needed : {-1, 0, 1, 4})
    EXPECT_EQ(exchange.ask(request_of(people[0], cards(), needed)).error().reason(), "PLAN_REFUSED") << needed;
  auto twice = cards();
  twice[1] = twice[0];
  EXPECT_EQ(exchange.ask(request_of(people[0], twice)).error().reason(), "PLAN_REFUSED");
  EXPECT_EQ(exchange.ask(request_of(people[0], {})).error().reason(), "PLAN_REFUSED");
  auto no_key = cards();
  no_key[0].opens = "%%%";
  EXPECT_EQ(exchange.ask(request_of(people[0], no_key)).error().reason(), "PLAN_REFUSED");
  auto wrong = request_of(people[0], cards());
  wrong.share = base::SecretBytes::copy_of(std::string_view("AAAA"));
  EXPECT_EQ(exchange.ask(wrong).error().reason(), "SIGNATURE_REFUSED");
  people[0].share.expose_mutable()[3] ^= 1;
  EXPECT_EQ(exchange.ask(request_of(people[0], cards())).error().reason(), "SHARE_WRONG");
  EXPECT_FALSE(next_is_waiting());
}

TEST_F(CustodyExchangeTest, who_takes_over_does_nothing_else_before) {
  agree();
  for (const auto& person : newcomers) accept(person);
  EXPECT_EQ(exchange.ask(request_of(newcomers[0], cards())).error().reason(), "CUSTODIAN_UNKNOWN");
  EXPECT_EQ(endings.ask(end_of(newcomers[0], KeyId(), "destroy")).error().reason(), "CUSTODIAN_UNKNOWN");
  EXPECT_EQ(fetch(people[0]).error().reason(), "CUSTODIAN_UNKNOWN");  // no share of those of now is stored
  EXPECT_FALSE(crypto::decrypt_jwe(newcomers[0].opens.private_key, fetch(newcomers[1])->share).ok());
}

// The HSM or the process may go at any step of taking over: the newcomers do it again, and somebody always opens it.
TEST_F(CustodyExchangeTest, taking_over_that_was_broken_off_is_done_again) {
  agree();
  for (const auto& person : newcomers) accept(person);
  power = false;
  ASSERT_TRUE(unseal(newcomers[0]).ok());
  EXPECT_EQ(unseal(newcomers[1]).error().code(), base::ErrorCode::unavailable);
  EXPECT_EQ(exchange.ask(request_of(people[0], cards())).error().reason(), "CUSTODY_CHANGING");
  ASSERT_TRUE(unseal(people[0]).ok());  // the PIN is still the former one
  EXPECT_FALSE(unseal(people[1])->sealed);
  EXPECT_FALSE(exchange.ask(request_of(people[0], cards()))->made);  // so another plan may follow
  vault.keys->seal("a test");
  ASSERT_TRUE(unseal(newcomers[0]).ok());
  EXPECT_EQ(unseal(newcomers[1]).error().code(), base::ErrorCode::unavailable);
  // Now the PIN is changed, and what should have been written after it was not.
  power = true;
  const auto next =
      vault.database->read<std::optional<NextCustody>>("test", [](store::ReadTx& tx) { return find_next_custody(tx); })
          .value();
  ASSERT_TRUE(next->changing);
  std::vector<crypto::Share> shares;
  shares.push_back(share_parts(newcomers[0]));
  shares.push_back(share_parts(newcomers[1]));
  const auto key = crypto::combine(shares);
  pin = crypto::open(key.value(), next->custody.sealed_pin, pin_place(next->custody.id)).value();
  ASSERT_TRUE(unseal(people[0]).ok());
  EXPECT_EQ(unseal(people[1]).error().reason(), "PIN_CHANGED");
  ASSERT_TRUE(unseal(newcomers[1]).ok());
  EXPECT_FALSE(unseal(newcomers[2])->sealed);
  EXPECT_FALSE(next_is_waiting());
}

TEST_F(CustodyExchangeTest, shares_of_two_custodies_are_never_put_together) {
  EXPECT_EQ(exchange.ask(request_of(people[0], cards()))->given, 1);
  agree();
  for (const auto& person : newcomers) accept(person);
  ASSERT_TRUE(unseal(newcomers[0]).ok());
  ASSERT_FALSE(unseal(newcomers[1])->sealed);
  EXPECT_EQ(exchange.ask(request_of(newcomers[0], cards()))->given, 1);
  vault.wall.advance(base::minutes(15) + base::milliseconds(1));
  exchange.forget_old_shares();
  desk.forget_old_shares();
  EXPECT_EQ(exchange.ask(request_of(newcomers[1], cards()))->given, 1);
}

TEST_F(CustodyExchangeTest, every_act_is_recorded) {
  agree();
  for (const auto& person : newcomers) accept(person);
  ASSERT_TRUE(unseal(newcomers[0]).ok());
  ASSERT_TRUE(unseal(newcomers[1]).ok());
  EXPECT_THAT(actions_of(newcomers[0].id.text()),
              ::testing::IsSupersetOf({std::string("vault_share_fetched"), std::string("vault_duty_accepted")}));
  const auto custody =
      vault.database->read<std::optional<Custody>>("test", [](store::ReadTx& tx) { return find_custody(tx); }).value();
  EXPECT_THAT(actions_of(custody->id.text()),
              ::testing::IsSupersetOf({std::string("vault_exchange_agreed"), std::string("vault_custody_exchanged"),
                                       std::string("vault_unsealed")}));
}

}  // namespace
}  // namespace karv::vault
