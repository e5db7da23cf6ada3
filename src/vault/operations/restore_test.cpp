#include "vault/operations/restore.h"

#include <gtest/gtest.h>

#include "vault/test_support.h"

namespace karv::vault {
namespace {

using testing::Disk;
using testing::FakePeer;
using testing::TestVault;
using vault_api::KnownOperation;
using vault_api::ServerKnows;

class RestoreTest : public ::testing::Test {
 protected:
  void freeze() {
    const auto frozen = freeze_restored(*vault.database, base::make_id<RestoreTag>(vault.wall, vault.random),
                                        "a backup", vault.wall.now());
    ASSERT_TRUE(frozen.ok());
    EXPECT_GE(*frozen, 1);
  }
  std::string reason(OperationKind kind, const vault_api::CardOperation& request) {
    const auto done = vault.operations->run(vault.tenant, kind, request);
    return done.ok() ? "" : done.error().reason();
  }
  KnownOperation known(OperationId id, ServerKnows knows) const {
    return {.operation = id,
            .customer = vault.customer,
            .kind = OperationKind::hold,
            .knows = knows,
            .amount_minor = 1000,
            .currency = vault_currency};
  }
  vault_api::Reconciliation reconcile(const vault_api::KnownBatch& batch) {
    Reconciler reconciler(*vault.database);
    EXPECT_TRUE(reconciler.compare(batch).ok());
    return reconciler.finish(vault.wall.now()).value();
  }

  Disk disk;
  FakePeer peer;
  TestVault vault{disk, &peer};
  std::string vault_currency = vault.operation("x", 1).currency;
};

TEST_F(RestoreTest, a_frozen_token_moves_nothing_but_may_release) {
  const auto token = vault.make_card().vault_token;
  const auto hold = vault.operation(token, 1000);
  ASSERT_TRUE(vault.operations->run(vault.tenant, OperationKind::hold, hold).ok());
  freeze();
  const int asked = peer.count("0100");
  EXPECT_EQ(reason(OperationKind::hold, vault.operation(token, 10)), "TOKEN_FROZEN");
  EXPECT_EQ(reason(OperationKind::complete, vault.operation(token, 10, hold.operation)), "TOKEN_FROZEN");
  EXPECT_EQ(reason(OperationKind::charge, vault.operation(token, 10, hold.operation)), "TOKEN_FROZEN");
  EXPECT_EQ(peer.count("0100"), asked);
  const auto refused = vault.operations->run(vault.tenant, OperationKind::hold, vault.operation(token, 10));
  EXPECT_EQ(refused.error().code(), base::ErrorCode::unavailable);  // the caller says it again later
  EXPECT_EQ(reason(OperationKind::reverse, vault.operation(token, 0, hold.operation)), "");
  // What is known is still answered.
  EXPECT_EQ(vault.operations->run(vault.tenant, OperationKind::hold, hold)->outcome, Outcome::approved);
}

TEST_F(RestoreTest, a_frozen_token_is_derived_from_by_nobody_and_new_cards_work) {
  const auto saved = vault.make_card(testing::kVisa, Purpose::saved).vault_token;
  freeze();
  const auto derived = vault.desk->derive_token(
      vault.tenant, {.vault_token = saved, .customer = vault.customer, .merchant = vault.merchant});
  EXPECT_EQ(derived.error().reason(), "TOKEN_FROZEN");
  const auto fresh = vault.make_card(testing::kMastercard).vault_token;
  EXPECT_EQ(reason(OperationKind::hold, vault.operation(fresh, 10)), "");
}

TEST_F(RestoreTest, an_operation_that_a_restored_store_does_not_know_is_not_said_never_to_have_come) {
  std::ignore = vault.make_card();
  const auto never = vault.operation("x", 10).operation;
  freeze();
  const vault_api::BarRequest request{.operation = never, .kind = OperationKind::hold};
  EXPECT_EQ(vault.operations->bar(vault.tenant, request).error().reason(), "TOKEN_FROZEN");
  EXPECT_EQ(reconcile({}).still_frozen, 0);
  EXPECT_EQ(vault.operations->bar(vault.tenant, request)->state, OperationState::barred);
}

TEST_F(RestoreTest, tokens_move_money_again_when_server_and_vault_agree) {
  const auto token = vault.make_card().vault_token;
  const auto hold = vault.operation(token, 1000);
  ASSERT_TRUE(vault.operations->run(vault.tenant, OperationKind::hold, hold).ok());
  freeze();
  const auto done = reconcile({.operations = {known(hold.operation, ServerKnows::approved)}, .accepted = {}});
  EXPECT_EQ(done.compared, 1);
  EXPECT_EQ(done.disagreements, 0);
  EXPECT_GE(done.unfrozen, 1);
  EXPECT_EQ(done.still_frozen, 0);
  EXPECT_EQ(reason(OperationKind::hold, vault.operation(token, 10)), "");
}

TEST_F(RestoreTest, a_customer_about_whom_they_differ_stays_frozen_until_accepted) {
  const auto token = vault.make_card().vault_token;
  const auto lost = vault.operation(token, 1000).operation;  // the server knows it, the older vault does not
  freeze();
  vault_api::KnownBatch batch{.operations = {known(lost, ServerKnows::approved)}, .accepted = {}};
  const auto differs = reconcile(batch);
  EXPECT_EQ(differs.disagreements, 1);
  ASSERT_EQ(differs.first.size(), 1U);
  EXPECT_EQ(differs.first[0].customer, vault.customer);
  EXPECT_EQ(differs.unfrozen, 0);
  EXPECT_GE(differs.still_frozen, 1);
  EXPECT_EQ(reason(OperationKind::hold, vault.operation(token, 10)), "TOKEN_FROZEN");
  batch.accepted = {vault.customer};
  EXPECT_EQ(reconcile(batch).still_frozen, 0);
  EXPECT_EQ(reason(OperationKind::hold, vault.operation(token, 10)), "");
}

TEST(AgreementTest, what_each_side_knows_is_compared) {
  const base::ManualClock wall{*base::from_rfc3339("2026-11-22T12:00:00Z")};
  base::SystemRandom random;
  const base::Instant before = wall.now() - base::hours(1), after = wall.now() + base::hours(1);
  KnownOperation server{.operation = base::make_id<vault_api::OperationTag>(wall, random),
                        .customer = base::make_id<vault_api::CustomerTag>(wall, random),
                        .kind = OperationKind::hold,
                        .knows = ServerKnows::undecided,
                        .amount_minor = 1000,
                        .currency = "SEK"};
  // Made before the restore it may have left; made after it, the frozen vault refused it.
  EXPECT_NE(decide_agreement(server, std::nullopt, after), "");
  EXPECT_EQ(decide_agreement(server, std::nullopt, before), "");
  server.knows = ServerKnows::advised;
  EXPECT_NE(decide_agreement(server, std::nullopt, before), "");

  Operation operation;
  operation.id = server.operation;
  operation.customer = server.customer;
  operation.amount_minor = 1000;
  operation.currency = "SEK";
  operation.state = OperationState::recorded;
  EXPECT_EQ(decide_agreement(server, operation, after), "");
  server.knows = ServerKnows::approved;
  EXPECT_NE(decide_agreement(server, operation, after), "");
  for (const auto state : {OperationState::approved, OperationState::released}) {
    operation.state = state;
    EXPECT_EQ(decide_agreement(server, operation, after), "");
  }
  operation.amount_minor = 999;
  EXPECT_NE(decide_agreement(server, operation, after), "");
  operation.amount_minor = 1000;
  operation.currency = "NOK";
  EXPECT_NE(decide_agreement(server, operation, after), "");
  operation.currency = "SEK";
  operation.kind = OperationKind::charge;
  EXPECT_NE(decide_agreement(server, operation, after), "");
  operation.kind = OperationKind::hold;
  operation.customer = base::make_id<vault_api::CustomerTag>(wall, random);
  EXPECT_NE(decide_agreement(server, operation, after), "");
  operation.customer = server.customer;
  operation.state = OperationState::barred;
  EXPECT_NE(decide_agreement(server, operation, after), "");
}

}  // namespace
}  // namespace karv::vault
