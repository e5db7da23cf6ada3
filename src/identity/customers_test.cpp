#include "identity/customers.h"

#include <gtest/gtest.h>

#include "identity/key_repository.h"
#include "identity/world_for_test.h"

namespace karv::identity {
namespace {

using base::ErrorCode;

class CustomersTest : public ::testing::Test {
 protected:
  CustomerId ensure() {
    return world.write<EnsuredCustomer>([&](store::Tx& tx) { return ensure_customer(tx, world.context(), address); })
        .value()
        .customer_id;
  }
  base::Result<Email> read(CustomerId customer) {
    return world.read<Email>([&](store::ReadTx& tx) { return get_customer_email(tx, world.context(), customer); });
  }
  base::Result<void> erase(CustomerId customer) {
    return world.write<void>([&](store::Tx& tx) { return erase_customer(tx, world.context(), customer); });
  }
  // What a process keeps open is let go.
  void let_go() { world.advance(base::minutes(6)); }

  WorldForTest world;
  const Email address = WorldForTest::email("mira@example.com");
};

TEST_F(CustomersTest, whose_key_was_given_up_buys_again_under_a_new_one) {
  const auto customer = ensure();
  world.vault.turn();
  world.vault.destroy(1);
  let_go();
  EXPECT_EQ(read(customer).error().code(), ErrorCode::gone);
  EXPECT_EQ(ensure(), customer);
  EXPECT_EQ(read(customer).value().expose(), "mira@example.com");
  let_go();
  EXPECT_EQ(read(customer).value().expose(), "mira@example.com");
}

TEST_F(CustomersTest, whose_key_row_is_gone_buys_again_too) {
  const auto customer = ensure();
  ASSERT_TRUE(world
                  .write<void>([&](store::Tx& tx) -> base::Result<void> {
                    delete_subject_key(tx, subject_of(customer));
                    return {};
                  })
                  .ok());
  let_go();
  EXPECT_EQ(ensure(), customer);
  EXPECT_EQ(read(customer).value().expose(), "mira@example.com");
}

TEST_F(CustomersTest, a_key_that_the_vault_only_cannot_open_now_is_kept) {
  const auto customer = ensure();
  let_go();
  world.vault.away = true;
  const auto refused =
      world.write<EnsuredCustomer>([&](store::Tx& tx) { return ensure_customer(tx, world.context(), address); });
  EXPECT_EQ(refused.error().code(), ErrorCode::unavailable);
  world.vault.away = false;
  let_go();
  EXPECT_EQ(read(customer).value().expose(), "mira@example.com");
}

TEST_F(CustomersTest, a_customer_is_erased_also_when_the_key_went_before) {
  const auto customer = ensure();
  ASSERT_TRUE(world
                  .write<void>([&](store::Tx& tx) -> base::Result<void> {
                    delete_subject_key(tx, subject_of(customer));
                    return {};
                  })
                  .ok());
  EXPECT_TRUE(erase(customer).ok());
  EXPECT_FALSE(read(customer).ok());
  EXPECT_NE(ensure(), customer);
}

}  // namespace
}  // namespace karv::identity
