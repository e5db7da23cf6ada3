#include "vault/erasure/eraser.h"

#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "store/plans_for_test.h"
#include "vault/erasure/erasing_for_test.h"
#include "vault/key_rotation.h"

namespace karv::vault {
namespace {

using testing::ErasureTest;

TEST_F(ErasureTest, control_10_an_erased_customer_is_known_to_nothing) {
  const auto token = vault.make_card().vault_token;
  const auto saved = vault.make_card(testing::kMastercard, Purpose::saved).vault_token;
  const auto derived = vault.derive(saved, Purpose::purchase);
  const auto sealed = vault.sealed_card(token);
  vault_api::TicketRequest open;
  open.customer = vault.customer;
  open.merchant = vault.merchant;
  open.parent_origin = "https://pay.localhost:8443";
  const auto ticket = vault.desk->create_ticket(vault.tenant, open).value().ticket;
  ASSERT_TRUE(vault.desk->fill_ticket(ticket, testing::checked_card()).ok());
  const auto account = vault.make_account("DE89370400440532013000", BankPurpose::refund).bank_token;

  const auto answer = erase(request()).value();
  EXPECT_FALSE(is_there(sealed));
  for (const auto& one : {token, saved, derived}) {
    EXPECT_EQ(reason(OperationKind::hold, vault.operation(one, 100)), "TOKEN_UNKNOWN");
    const auto again = vault.desk->derive_token(
        vault.tenant, {.vault_token = one, .customer = vault.customer, .merchant = vault.merchant});
    EXPECT_EQ(again.error().reason(), "TOKEN_UNKNOWN");
  }
  EXPECT_EQ(vault.desk->find_frame(ticket).error().reason(), "TICKET_UNKNOWN");
  EXPECT_EQ(
      vault.desk
          ->collect_ticket(vault.tenant, {.ticket = ticket, .customer = vault.customer, .merchant = vault.merchant})
          .error()
          .reason(),
      "TICKET_UNKNOWN");
  EXPECT_EQ(count("select count(*) from subject_keys"), 0);
  EXPECT_EQ(count("select count(*) from cards"), 0);
  EXPECT_EQ(count("select count(*) from vault_tokens"), 0);
  EXPECT_EQ(count("select count(*) from card_tickets"), 0);
  EXPECT_EQ(count("select count(*) from bank_accounts"), 0);
  EXPECT_FALSE(vault.bank_desk->describe(vault.tenant, {.bank_token = account, .customer = vault.customer}).ok());
  EXPECT_EQ(peer.count("0100"), 0);

  const auto proof = proven(answer);
  EXPECT_EQ(proof.record.subject, vault_api::erased_subject("karv-server", vault.customer));
  EXPECT_EQ(proof.record.erased_at, vault.wall.now().ms);
  ASSERT_EQ(proof.record.keys.size(), 1U);
  EXPECT_EQ(proof.record.keys.front().key.text(), sealed.key.id.text());
  EXPECT_EQ(proof.position, 1);
  for (const auto& [what, rows] : proof.record.removed)
    EXPECT_EQ(rows, what == "cards" ? 2 : what == "vault_tokens" ? 3 : what == "card_tickets" ? 3 : 1) << what;
}

TEST_F(ErasureTest, everybody_else_stays_and_the_customer_may_come_back_as_a_new_one) {
  const auto first = vault.customer;
  const auto gone = vault.sealed_card(vault.make_card().vault_token);
  vault.customer = CustomerRef(vault.agreement.uuid());
  const auto other = vault.make_card().vault_token;
  vault.customer = first;
  ASSERT_TRUE(erase(request()).ok());
  EXPECT_TRUE(vault.cards->open(vault.sealed_card(other)).ok());
  const auto back = vault.sealed_card(vault.make_card().vault_token);
  EXPECT_EQ(back.key.version, 1);
  EXPECT_NE(back.key.id, gone.key.id);
  ASSERT_TRUE(restart().ok());
  ASSERT_TRUE(eraser->catch_up().ok());
  EXPECT_TRUE(is_there(back));
}

TEST_F(ErasureTest, the_same_request_has_the_same_proof_and_another_content_is_refused) {
  vault.make_card();
  const auto once = request();
  const auto answer = erase(once).value();
  vault.wall.advance(base::days(1));
  EXPECT_EQ(erase(once).value().proof, answer.proof);
  ASSERT_TRUE(restart().ok());
  EXPECT_EQ(erase(once).value().proof, answer.proof);
  auto other = once;
  other.customer = CustomerRef(vault.agreement.uuid());
  EXPECT_EQ(erase(other).error().code(), base::ErrorCode::idempotency_conflict);
  other = once;
  other.reason = ErasureReason::legal_order;
  EXPECT_EQ(erase(other).error().code(), base::ErrorCode::idempotency_conflict);
  EXPECT_TRUE(proven(erase(request()).value()).record.keys.empty());  // nothing was left
}

TEST_F(ErasureTest, another_tenants_customer_and_one_that_never_was_are_the_same) {
  const auto token = vault.make_card().vault_token;
  KeyHolder both(*vault.database, vault.wall, vault.random, {.tenants = {"karv-server", "another-server"}});
  ASSERT_TRUE(both.unseal(disk.hsm).ok());
  const Tenant other{.id = both.get().value()->find_tenant("another-server").value(), .name = "another-server"};
  const auto foreign = eraser->erase(other, request()).value();
  auto never = request();
  never.customer = CustomerRef(vault.agreement.uuid());
  const auto unknown = eraser->erase(other, never).value();
  EXPECT_TRUE(proven(foreign).record.keys.empty());
  EXPECT_TRUE(proven(unknown).record.keys.empty());
  EXPECT_EQ(foreign.proof.size(), unknown.proof.size());
  EXPECT_TRUE(vault.cards->open(vault.sealed_card(token)).ok());
}

TEST_F(ErasureTest, nonsense_is_refused_and_changes_nothing) {
  const auto token = vault.make_card().vault_token;
  auto wrong = request();
  wrong.request = {};
  EXPECT_EQ(erase(wrong).error().reason(), "BAD_VALUE");
  wrong = request();
  wrong.customer = {};
  EXPECT_EQ(erase(wrong).error().reason(), "BAD_VALUE");
  EXPECT_EQ(reason_of_erasing(""), "BAD_VALUE");
  EXPECT_EQ(reason_of_erasing(std::string(201, 'x')), "BAD_VALUE");
  EXPECT_TRUE(vault.cards->open(vault.sealed_card(token)).ok());
  EXPECT_EQ(count("select count(*) from erasures"), 0);
}

TEST_F(ErasureTest, a_sealed_vault_erases_nobody) {
  vault.make_card();
  vault.keys->seal("a test");
  EXPECT_EQ(reason_of_erasing(), "VAULT_SEALED");
  EXPECT_EQ(eraser->proof_keys().error().reason(), "VAULT_SEALED");
  EXPECT_TRUE(eraser->catch_up().ok());
  EXPECT_EQ(count("select count(*) from subject_keys"), 1);
}

TEST_F(ErasureTest, money_that_may_have_to_go_back_keeps_the_card_for_a_time_or_until_it_is_forced) {
  const auto token = vault.make_card().vault_token;
  const auto hold = vault.operation(token, 1000);
  ASSERT_EQ(reason(OperationKind::hold, hold), "");
  EXPECT_EQ(reason_of_erasing(), "REFUND_WINDOW");
  ASSERT_EQ(reason(OperationKind::complete, vault.operation(token, 400, hold.operation)), "");
  ASSERT_EQ(reason(OperationKind::reverse, vault.operation(token, 0, hold.operation)), "");
  ASSERT_TRUE(settles());
  EXPECT_EQ(reason_of_erasing(), "REFUND_WINDOW");  // 400 were moved
  const auto refund_token = vault.derive(vault.make_card().vault_token, Purpose::refund);
  ASSERT_EQ(reason(OperationKind::refund, vault.operation(refund_token, 400, hold.operation)), "");
  EXPECT_EQ(reason_of_erasing(), "");

  const auto another = vault.operation(vault.make_card().vault_token, 1000);
  ASSERT_EQ(reason(OperationKind::hold, another), "");
  vault.wall.advance(settings.refund_window);
  EXPECT_EQ(reason_of_erasing(), "REFUND_WINDOW");
  vault.wall.advance(base::milliseconds(1));
  EXPECT_EQ(reason_of_erasing(), "");

  ASSERT_EQ(reason(OperationKind::hold, vault.operation(vault.make_card().vault_token, 1000)), "");
  const auto forced = request("case 12: the court wants it today");
  EXPECT_TRUE(proven(erase(forced).value()).record.forced);
  EXPECT_EQ(journal_text().find("court"), std::string::npos);
}

TEST_F(ErasureTest, what_needs_no_card_settles_after_a_forced_erasure) {
  const auto token = vault.make_card().vault_token;
  const auto approved = vault.operation(token, 500);
  ASSERT_EQ(reason(OperationKind::hold, approved), "");
  peer.ignore_advices(1000);
  ASSERT_EQ(reason(OperationKind::complete, vault.operation(token, 200, approved.operation)), "");
  ASSERT_EQ(reason(OperationKind::reverse, vault.operation(token, 0, approved.operation)), "");
  peer.set_behavior(testing::Behavior::hang_up);
  const auto lost = vault.operation(token, 1000);
  ASSERT_EQ(vault.operations->run(vault.tenant, OperationKind::hold, lost).value().outcome, Outcome::unknown);
  EXPECT_EQ(reason_of_erasing(), "OPERATIONS_OPEN");
  EXPECT_EQ(reason_of_erasing("case 12"), "");
  EXPECT_EQ(count("select count(*) from vault_tokens"), 0);
  peer.ignore_advices(0);
  EXPECT_TRUE(settles());
  EXPECT_EQ(vault.state_of(lost.operation), OperationState::reversed);
  EXPECT_EQ(vault.state_of(approved.operation), OperationState::released);
}

TEST_F(ErasureTest, a_refund_under_way_keeps_the_card_whatever_is_said) {
  const auto token = vault.make_card().vault_token;
  const auto hold = vault.operation(token, 1000);
  ASSERT_EQ(reason(OperationKind::hold, hold), "");
  ASSERT_EQ(reason(OperationKind::complete, vault.operation(token, 1000, hold.operation)), "");
  ASSERT_TRUE(settles());
  const auto refund_token = vault.derive(token, Purpose::refund);
  peer.set_behavior(testing::Behavior::hang_up);
  const auto refund = vault.operation(refund_token, 1000, hold.operation);
  ASSERT_EQ(vault.operations->run(vault.tenant, OperationKind::refund, refund).value().outcome, Outcome::unknown);
  EXPECT_EQ(reason_of_erasing("case 12"), "OPERATIONS_OPEN");
  peer.set_behavior(testing::Behavior::approve);
  EXPECT_TRUE(testing::eventually([&] {
    vault.wall.advance(base::seconds(5));
    return vault.state_of(refund.operation) == OperationState::approved;
  }));
  EXPECT_EQ(reason_of_erasing(), "");
}

TEST_F(ErasureTest, of_an_erasure_and_operations_at_once_none_is_left_that_needs_the_card) {
  for (int round = 0; round < 5; ++round) {
    const auto token = vault.make_card().vault_token;
    std::atomic<bool> stop = false;
    {
      std::vector<std::jthread> shoppers;
      shoppers.reserve(3);
      for (int i = 0; i < 3; ++i)
        shoppers.emplace_back([&] {
          while (!stop) {
            const auto done = vault.operations->run(vault.tenant, OperationKind::hold, vault.operation(token, 10));
            if (!done.ok() && done.error().reason() == "TOKEN_UNKNOWN") return;
            EXPECT_TRUE(done.ok() || done.error().code() == base::ErrorCode::conflict);
          }
        });
      EXPECT_TRUE(testing::eventually([&] { return reason_of_erasing("case 12").empty(); }));
      stop = true;
    }
    EXPECT_EQ(count("select count(*) from vault_tokens"), 0);
    EXPECT_EQ(count("select count(*) from cards"), 0);
    EXPECT_EQ(count("select count(*) from subject_keys"), 0);
    EXPECT_TRUE(settles());
  }
}

TEST_F(ErasureTest, proofs_outlive_the_rotation_of_their_key) {
  KeyRotation rotation(*vault.database, *vault.keys, *vault.cards, *vault.accounts, vault.wall, vault.random);
  const auto old_proof = erase(request()).value();
  const auto old_key = vault.keys->refresh().value()->find_active(KeyClass::proof)->row.id;
  ASSERT_TRUE(rotation.rotate(old_key).ok());
  for (int i = 0; i < 5; ++i) {
    while (rotation.work().value()) {
    }
    vault.wall.advance(base::days(2));
  }
  const auto new_proof = erase(request()).value();
  EXPECT_EQ(eraser->proof_keys().value().keys.size(), 2U);
  EXPECT_EQ(proven(old_proof).position, 1);
  EXPECT_EQ(proven(new_proof).position, 2);
  ASSERT_TRUE(rotation.end_key(old_key, KeyCommand::compromise).ok());
  EXPECT_EQ(vault_api::verify_erasure_proof(old_proof.proof, eraser->proof_keys().value()).error().code(),
            base::ErrorCode::not_found);
}

TEST_F(ErasureTest, no_row_of_an_erasure_is_looked_for_among_all_others) {
  vault.make_card();
  ASSERT_TRUE(erase(request()).ok());
  vault.make_card();
  disk.store.reopen();
  settings.journal += "-2";
  accept_loss("a second process");
  Eraser watched(*disk.store, *vault.keys, vault.wall, vault.random, settings);
  store::StatementLog log;
  disk.store.watch(log.watcher());
  ASSERT_TRUE(watched.open(*disk.hsm, *vault.keys->get().value()).ok());
  ASSERT_TRUE(watched.erase(tenant(), request()).ok());
  ASSERT_TRUE(watched.catch_up().ok());
  const auto steps = store::steps_of(disk.store, log);
  EXPECT_GT(steps.size(), 20U);
  for (const auto& step : steps) {
    if (step.statement.contains("from erasure_journals")) continue;  // a row for each process
    EXPECT_FALSE(step.scans) << step.statement << ": " << step.words;
  }
}

TEST_F(ErasureTest, every_erasure_is_in_the_audit_log_without_the_customer) {
  vault.make_card();
  ASSERT_TRUE(erase(request("case 12")).ok());
  const auto rows =
      vault.database
          ->read<store::Rows>(
              "test",
              [](store::ReadTx& tx) {
                return tx.read_one({"select reason, details from audit_records where action = 'subject_erased'", {}});
              })
          .value();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows.front().text(0), "case 12");
  EXPECT_NE(rows.front().text(1).find(vault_api::erased_subject("karv-server", vault.customer)), std::string::npos);
  EXPECT_EQ(rows.front().text(1).find(vault.customer.text()), std::string::npos);
}

}  // namespace
}  // namespace karv::vault
