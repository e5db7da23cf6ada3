#include "vault/erasure/eraser.h"

#include <atomic>
#include <filesystem>
#include <thread>

#include <gtest/gtest.h>

#include "audit/record.h"
#include "store/plans_for_test.h"
#include "store/sqlite/sqlite.h"
#include "vault/bank/files.h"
#include "vault/cards/card_repository.h"
#include "vault/erasure/test_support.h"
#include "vault/keys/repository.h"
#include "vault/rotation/key_rotation.h"

namespace karv::vault {

void ErasureTest::bring_back(const SealedCard& sealed) {
  change([&](store::Tx& tx) {
    const auto erasures = tx.read_one({"select count(*) from erasures", {}}).value();
    tx.write({"delete from erasures", {}}, erasures.front().integer(0));
    tx.write({"update erasure_journals set head_position = 0, head_mac = $1", {base::Bytes(32)}}, 1);
    insert_subject_key(tx, sealed.key);
    insert_card(tx, sealed.card, vault.wall.now());
  });
  ASSERT_TRUE(is_there(sealed));
}
bool ErasureTest::settles() {
  return testing::eventually([&] {
    vault.wall.advance(base::seconds(1));
    return count("select count(*) from open_operations") == 0;
  });
}

namespace {

using ErasureFilesTest = ErasureTest;

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
  const CustomerRef stranger(vault.agreement.uuid());
  const auto foreign =
      vault.desk->derive_token(vault.tenant, {.vault_token = token, .customer = stranger, .merchant = vault.merchant});
  ASSERT_FALSE(foreign.ok());
  ASSERT_EQ(count("select count(*) from token_refusals"), 1);

  const auto answer = erase(request()).value();
  EXPECT_FALSE(is_there(sealed));
  EXPECT_EQ(count("select count(*) from token_refusals"), 0);
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

TEST_F(ErasureTest, a_bank_file_that_may_be_sent_yet_keeps_the_account_whatever_is_said) {
  const auto own = vault.make_account("DE89370400440532013000", vault_api::BankPurpose::own).bank_token;
  const auto account = vault.make_account("BE68539007547034", vault_api::BankPurpose::refund).bank_token;
  BankFiles files(*vault.database, *vault.keys, vault.wall, vault.random, {"test-bank"});
  const auto file = base::make_id<vault_api::BankFileTag>(vault.wall, vault.random);
  ASSERT_TRUE(files
                  .begin(vault.tenant, {.file = file,
                                        .destination = "test-bank",
                                        .purpose = vault_api::BankPurpose::refund,
                                        .debtor_token = own,
                                        .debtor_name = "Karv",
                                        .execution_date = "2026-11-23",
                                        .currency = "EUR",
                                        .entries = 1,
                                        .sum_minor = 500,
                                        .business_time = vault.wall.now().ms})
                  .ok());
  const vault_api::BankFileEntry entry{.entry = base::make_id<vault_api::BankEntryTag>(vault.wall, vault.random),
                                       .bank_token = account,
                                       .customer = vault.customer,
                                       .name = "Ann Berg",
                                       .amount_minor = 500,
                                       .remittance = "Refund 1"};
  EXPECT_EQ(reason_of_erasing(), "");  // nobody is named in it yet
  const auto again = vault.make_account("BE68539007547034", vault_api::BankPurpose::refund).bank_token;
  auto named = entry;
  named.bank_token = again;
  const auto added =
      files.add(vault.tenant, {.file = file, .first = 1, .entries = {named}, .business_time = vault.wall.now().ms});
  ASSERT_TRUE(added.ok()) << added.error().public_text() << added.error().internal_text();
  EXPECT_EQ(reason_of_erasing("case 12"), "OPERATIONS_OPEN");
  ASSERT_TRUE(files.commit(vault.tenant, {file}).ok());
  EXPECT_EQ(reason_of_erasing("case 12"), "OPERATIONS_OPEN");
  ASSERT_TRUE(files.cancel(vault.tenant, {file}).ok());
  EXPECT_EQ(reason_of_erasing(), "");
  EXPECT_EQ(count("select count(*) from bank_accounts where owner_kind = 'customer'"), 0);
}

TEST_F(ErasureTest, a_payout_under_way_keeps_the_card_whatever_is_said) {
  const auto saved = vault.make_card(testing::kVisa, Purpose::saved).vault_token;
  const auto token = vault.derive(saved, Purpose::payout, 1000);
  peer.set_behavior(testing::Behavior::garbage);
  const auto payout = vault.operation(token, 1000);
  ASSERT_EQ(vault.operations->run(vault.tenant, OperationKind::payout, payout).value().outcome, Outcome::unknown);
  ASSERT_EQ(vault.state_of(payout.operation), OperationState::repeating);
  EXPECT_EQ(reason_of_erasing("case 12"), "OPERATIONS_OPEN");
  peer.set_behavior(testing::Behavior::approve);
  EXPECT_TRUE(settles());
  EXPECT_EQ(vault.state_of(payout.operation), OperationState::approved);
  EXPECT_EQ(reason_of_erasing(), "");
}

TEST_F(ErasureTest, a_payout_of_a_restored_store_whose_card_was_erased_waits_and_holds_up_nobody) {
  const auto saved = vault.make_card(testing::kVisa, Purpose::saved).vault_token;
  const auto sealed = vault.sealed_card(saved);
  const auto payout = vault.operation(vault.derive(saved, Purpose::payout, 1000), 1000);
  peer.set_behavior(testing::Behavior::garbage);
  ASSERT_EQ(vault.operations->run(vault.tenant, OperationKind::payout, payout).value().outcome, Outcome::unknown);
  change([&](store::Tx& tx) { tx.write({"delete from cards where card_id = $1", {sealed.card.id}}, 1); });
  const auto attempts = [&] { return count("select attempts from open_operations"); };
  const auto before = attempts();
  EXPECT_TRUE(testing::eventually([&] {
    vault.wall.advance(base::seconds(5));
    return attempts() >= before + 2;  // it is looked at again and again
  }));
  EXPECT_EQ(vault.state_of(payout.operation), OperationState::repeating);
  peer.set_behavior(testing::Behavior::approve);
  change([&](store::Tx& tx) { insert_card(tx, sealed.card, vault.wall.now()); });
  EXPECT_TRUE(settles());
  EXPECT_EQ(vault.state_of(payout.operation), OperationState::approved);
}

TEST_F(ErasureTest, a_merchants_account_and_the_houses_do_not_go_with_a_customer_who_is_said_to_have_their_id) {
  const auto payout = vault.make_account("DE89370400440532013000", BankPurpose::payout).bank_token;
  const auto before = count("select count(*) from subject_keys");
  for (const auto& id : {vault.merchant.uuid(), vault.tenant.uuid()}) {
    if (id == vault.tenant.uuid()) vault.make_account("DE89370400440532013000", BankPurpose::own);
    auto theirs = request("case 12");
    theirs.customer = CustomerRef(id);
    EXPECT_EQ(erase(theirs).error().reason(), "BAD_VALUE");
  }
  EXPECT_EQ(count("select count(*) from subject_keys"), before + 1);
  EXPECT_EQ(count("select count(*) from bank_accounts"), 2);
  EXPECT_TRUE(vault.bank_desk->describe(vault.tenant, {.bank_token = payout, .merchant = vault.merchant}).ok());
  // A form that is open belongs to its merchant too.
  vault.merchant = MerchantRef(vault.agreement.uuid());
  vault_api::BankTicketRequest open;
  open.purpose = BankPurpose::payout;
  open.merchant = vault.merchant;
  ASSERT_TRUE(vault.bank_desk->create_ticket(vault.tenant, open).ok());
  const auto tickets = count("select count(*) from bank_tickets");
  auto theirs = request();
  theirs.customer = CustomerRef(vault.merchant.uuid());
  EXPECT_TRUE(erase(theirs).ok());
  EXPECT_EQ(count("select count(*) from bank_tickets"), tickets);
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

TEST_F(ErasureTest, an_erasure_that_could_not_be_journaled_is_done_but_not_answered_until_it_is) {
  const auto sealed = vault.sealed_card(vault.make_card().vault_token);
  const auto once = request();
  std::filesystem::rename(settings.journal, settings.journal + ".away");
  EXPECT_EQ(erase(once).error().reason(), "ERASURE_NOT_JOURNALED");
  EXPECT_FALSE(is_there(sealed));
  std::filesystem::rename(settings.journal + ".away", settings.journal);
  const auto erased_at = vault.wall.now();
  vault.wall.advance(base::minutes(1));
  ASSERT_TRUE(restart().ok());  // journals what the store knows
  EXPECT_NE(journal_text().find(sealed.key.id.text()), std::string::npos);
  const auto answer = erase(once).value();
  EXPECT_EQ(answer.erased_at, erased_at.ms);
  EXPECT_EQ(proven(answer).position, 1);
}

TEST_F(ErasureTest, control_10_a_store_from_before_the_erasure_forgets_again_before_it_opens) {
  const auto sealed = vault.sealed_card(vault.make_card().vault_token);
  const auto once = request();
  const auto answer = erase(once).value();
  bring_back(sealed);
  EXPECT_TRUE(vault.cards->open(sealed).ok());  // the copy would open, so the journal it is that forgets
  ASSERT_TRUE(restart().ok());
  EXPECT_FALSE(is_there(sealed));
  EXPECT_EQ(count("select count(*) from subject_keys"), 0);
  EXPECT_EQ(erase(once).value().proof, answer.proof);
  // And a store that goes back while it is served.
  bring_back(sealed);
  ASSERT_TRUE(eraser->catch_up().ok());
  EXPECT_FALSE(is_there(sealed));
  // Also one in which somebody has noted the erasure and kept the key.
  ASSERT_TRUE(vault.database
                  ->write<void>("test",
                                [&](store::Tx& tx) -> base::Result<void> {
                                  insert_subject_key(tx, sealed.key);
                                  insert_card(tx, sealed.card, vault.wall.now());
                                  return {};
                                })
                  .ok());
  ASSERT_TRUE(restart().ok());
  EXPECT_FALSE(is_there(sealed));
}

TEST_F(ErasureTest, an_erasure_does_not_hide_that_the_store_went_back_while_it_was_served) {
  const auto sealed = vault.sealed_card(vault.make_card().vault_token);
  ASSERT_TRUE(erase(request()).ok());
  bring_back(sealed);
  auto another = request();
  another.customer = CustomerRef(vault.agreement.uuid());
  ASSERT_TRUE(erase(another).ok());
  EXPECT_TRUE(is_there(sealed));
  ASSERT_TRUE(eraser->catch_up().ok());
  EXPECT_FALSE(is_there(sealed));
}

TEST_F(ErasureTest, control_10_an_older_copy_that_still_opens_because_the_hsm_was_busy_soon_does_not) {
  vault.make_card();
  const auto older = journal_text();
  disk.hsm->keep_keys(true);
  ASSERT_TRUE(erase(request()).ok());
  disk.hsm->keep_keys(false);
  ASSERT_TRUE(eraser->catch_up().ok());
  eraser.reset();
  overwrite_journal(older);
  EXPECT_EQ(restart().error().reason(), "ERASURE_JOURNAL_REFUSED");
}

TEST_F(ErasureTest, what_others_erased_while_the_hsm_was_away_is_followed_afterwards) {
  const auto sealed = vault.sealed_card(vault.make_card().vault_token);
  std::filesystem::rename(settings.journal, settings.journal + ".away");
  EXPECT_EQ(reason_of_erasing(), "ERASURE_NOT_JOURNALED");  // as another process would do it: in the table alone
  std::filesystem::rename(settings.journal + ".away", settings.journal);
  disk.hsm->take_away(true);
  EXPECT_FALSE(eraser->catch_up().ok());
  vault.wall.advance(base::hours(5));
  disk.hsm->take_away(false);
  ASSERT_TRUE(eraser->catch_up().ok());
  EXPECT_NE(journal_text().find(sealed.key.id.text()), std::string::npos);
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

TEST_F(ErasureFilesTest, control_10_a_backup_from_before_the_erasure_opens_with_the_journal_alone_and_forgets) {
  const auto sealed = vault.sealed_card(vault.make_card().vault_token);
  const std::string backup = disk.store.folder() + "/backup.db";
  for (const char* end : {"", "-wal"})
    if (std::filesystem::exists(disk.store.path() + end))
      std::filesystem::copy_file(disk.store.path() + end, backup + end);
  ASSERT_TRUE(erase(request()).ok());
  eraser.reset();  // lets go of the journal
  const auto open_from = [&](const std::string& path, const std::string& journal) {
    const auto restored = store::open_sqlite({.path = path}).value();
    KeyHolder holder(*restored, vault.wall, vault.random, {});
    Eraser its(*restored, holder, vault.wall, vault.random, {.journal = journal});
    holder.on_unseal([&](crypto::Hsm& hsm, const KeyRing& ring) { return its.open(hsm, ring); });
    const auto opened = holder.unseal(disk.hsm);
    if (!opened.ok()) return opened.error().reason();
    const auto found = restored->read<std::optional<SealedCard>>(
        "test", [&](store::ReadTx& tx) { return find_card(tx, sealed.card.id); });
    return std::string(found.value() ? "it is there" : "forgotten");
  };
  EXPECT_EQ(open_from(backup, disk.folder.string() + "/nowhere"), "ERASURE_JOURNAL_MISSING");
  EXPECT_EQ(open_from(backup, ""), "ERASURE_JOURNAL_MISSING");
  EXPECT_EQ(open_from(backup, settings.journal), "forgotten");
}

TEST_F(ErasureFilesTest, control_10_and_17_neither_number_nor_customer_is_in_the_journal_and_no_key_in_the_store) {
  const auto sealed = vault.sealed_card(vault.make_card().vault_token);
  ASSERT_TRUE(erase(request()).ok());
  for (const auto& text : {std::string(testing::kVisa), vault.customer.text(), base::to_hex(sealed.card.fingerprint)})
    EXPECT_EQ(journal_text().find(text), std::string::npos);
  EXPECT_NE(journal_text().find(sealed.key.id.text()), std::string::npos);
}

}  // namespace
}  // namespace karv::vault
