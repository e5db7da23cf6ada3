#include "rails/card_endings.h"

#include <gtest/gtest.h>

#include "identity/world_for_test.h"
#include "rails/fake_vault_for_test.h"
#include "rails/repository.h"
#include "rails/schema.h"

namespace karv::rails {
namespace {

using Channel = FakeVaultForTest::Channel;

class CardEndingsTest : public testing::Test {
 protected:
  Context context() { return {world.wall, world.business, world.random}; }
  CustomerCard keep(const std::string& token, const std::string& fingerprint = "print") {
    world.advance(base::milliseconds(1));
    const CustomerCard card{base::make_id<CustomerCardTag>(world.wall, world.random),
                            customer,
                            token,
                            {"visa", "1111", "12/30"},
                            fingerprint,
                            true,
                            world.business.now()};
    EXPECT_TRUE(world
                    .write<void>([&](store::Tx& tx) -> base::Result<void> {
                      insert_customer_card(tx, card);
                      return {};
                    })
                    .ok());
    return card;
  }
  CardEnding end(const CustomerCard& card) {
    return world
        .write<CardEnding>([&](store::Tx& tx) -> base::Result<CardEnding> {
          retire_customer_card(tx, card.card_id);
          return end_card(tx, context(), card);
        })
        .value();
  }
  std::int64_t deliver() { return deliver_endings(*world.database, context(), {vault.ask()}, 100).value(); }

  identity::WorldForTest world{{migrations()}};
  identity::CustomerId customer{base::Uuid{1}};
  FakeVaultForTest vault;
};

TEST_F(CardEndingsTest, the_vault_is_told_once_of_a_card_that_ended) {
  const auto ending = end(keep("saved-1"));
  EXPECT_EQ(deliver(), 1);
  EXPECT_EQ(deliver(), 0);
  ASSERT_EQ(vault.endings().size(), 1U);
  const auto& said = vault.endings().front();
  EXPECT_EQ(said.vault_token, "saved-1");
  EXPECT_EQ(said.customer.uuid(), customer.uuid());
  EXPECT_EQ(said.replaced_by, std::nullopt);
  EXPECT_EQ(said.business_time, world.business.now().ms);
  EXPECT_EQ(said.refund_until, (world.business.now() + kRefundWindow).ms);
  EXPECT_EQ(ending.refund_until.ms, said.refund_until);
}

TEST_F(CardEndingsTest, a_lost_answer_is_followed_by_the_same_question) {
  end(keep("saved-1"));
  vault.channel = Channel::loses_answers;
  EXPECT_EQ(deliver(), 0);
  EXPECT_EQ(deliver(), 0);  // not at once
  EXPECT_EQ(vault.endings().size(), 1U);
  vault.channel = Channel::works;
  world.wall.advance(base::seconds(2));
  EXPECT_EQ(deliver(), 1);
  ASSERT_EQ(vault.endings().size(), 2U);
  EXPECT_EQ(vault.endings()[0].refund_until, vault.endings()[1].refund_until);
}

TEST_F(CardEndingsTest, a_card_of_which_the_vault_knows_nothing_any_more_has_ended) {
  EXPECT_TRUE(is_ended(FakeVaultForTest::problem(404, "TOKEN_UNKNOWN")));
  EXPECT_FALSE(is_ended(FakeVaultForTest::problem(404, "NOT_FOUND")));
  EXPECT_FALSE(is_ended(FakeVaultForTest::problem(503, "VAULT_SEALED")));
  EXPECT_FALSE(is_ended(base::Error(base::ErrorCode::timeout)));
}

TEST_F(CardEndingsTest, the_same_number_kept_later_goes_on_and_an_older_or_another_one_is_not_named) {
  keep("older");
  const auto card = keep("saved-1");
  keep("other", "another");
  end(card);
  EXPECT_EQ(deliver(), 1);
  EXPECT_EQ(vault.endings().back().replaced_by, std::nullopt);
  const auto again = keep("saved-2");
  end(again);
  keep("saved-3");
  EXPECT_EQ(deliver(), 1);
  EXPECT_EQ(vault.endings().back().replaced_by, "saved-3");
}

TEST_F(CardEndingsTest, an_ending_that_is_settled_twice_is_settled) {
  const auto ending = end(keep("saved-1"));
  for (int i = 0; i < 2; ++i)
    EXPECT_TRUE(world.write<void>([&](store::Tx& tx) { return settle_ending(tx, ending.card_id); }).ok());
  EXPECT_EQ(deliver(), 0);
}

TEST_F(CardEndingsTest, the_sweep_names_the_business_time_and_counts) {
  vault.swept = {.looked_at = 2, .tokens_removed = 3, .cards_removed = 1};
  EXPECT_EQ(sweep_ended_cards(context(), {vault.ask()}).value(), 4);
  EXPECT_EQ(sweep_ended_cards(context(), {vault.ask()}).value(), 0);
  vault.channel = Channel::refuses_connections;
  EXPECT_FALSE(sweep_ended_cards(context(), {vault.ask()}).ok());
}

}  // namespace
}  // namespace karv::rails
