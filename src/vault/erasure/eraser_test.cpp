#include "vault/erasure/eraser.h"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include <gtest/gtest.h>

#include "audit/record.h"
#include "store/sqlite/sqlite.h"
#include "vault/card_repository.h"
#include "vault/key_rotation.h"
#include "vault/keys/repository.h"
#include "vault/test_support.h"

namespace karv::vault {
namespace {

using vault_api::ErasureRequest;

class ErasureTest : public ::testing::Test {
 protected:
  ErasureTest() { EXPECT_TRUE(reopen().ok()); }

  // The vault is sealed and opened again, as at a start.
  base::Result<void> reopen() {
    vault.keys->on_unseal([this](crypto::Hsm& hsm, const KeyRing& ring) { return eraser->open(hsm, ring); });
    vault.keys->seal("a test");
    return vault.keys->unseal(disk.hsm);
  }
  // Another run of the process.
  base::Result<void> restart() {
    eraser.emplace(*vault.database, *vault.keys, vault.wall, vault.random, settings);
    return reopen();
  }
  ErasureRequest request(std::optional<std::string> force = {}) {
    ErasureRequest out;
    out.request = base::make_id<vault_api::ErasureRequestTag>(vault.wall, vault.random);
    out.customer = vault.customer;
    out.force = std::move(force);
    return out;
  }
  Tenant tenant() const { return {.id = vault.tenant, .name = "karv-server"}; }
  base::Result<vault_api::ErasureAnswer> erase(const ErasureRequest& what) { return eraser->erase(tenant(), what); }
  std::string reason_of_erasing(std::optional<std::string> force = {}) {
    const auto done = erase(request(std::move(force)));
    return done.ok() ? "" : done.error().reason();
  }
  std::string reason(OperationKind kind, const vault_api::CardOperation& what) {
    const auto done = vault.operations->run(vault.tenant, kind, what);
    return done.ok() ? "" : done.error().reason();
  }
  vault_api::ErasureProof proven(const vault_api::ErasureAnswer& answer) {
    return vault_api::verify_erasure_proof(answer.proof, eraser->proof_keys().value()).value();
  }
  bool is_there(const SealedCard& sealed) {
    return vault.database
        ->read<bool>("test",
                     [&](store::ReadTx& tx) -> base::Result<bool> {
                       KARV_TRY(const auto found, find_card(tx, sealed.card.id));
                       return found.has_value();
                     })
        .value();
  }
  std::int64_t count(store::Sql sql) {
    return vault.database
        ->read<std::int64_t>("test",
                             [&](store::ReadTx& tx) -> base::Result<std::int64_t> {
                               KARV_TRY(const auto rows, tx.read_one({sql, {}}));
                               return rows.front().integer(0);
                             })
        .value();
  }
  // As a backup from before brings them back: rows of the customer, and no word of the erasure.
  void bring_back(const SealedCard& sealed) {
    ASSERT_TRUE(
        vault.database
            ->write<void>("test",
                          [&](store::Tx& tx) -> base::Result<void> {
                            KARV_TRY(const auto rows, tx.read_one({"select count(*) from erasures", {}}));
                            tx.write({"delete from erasures", {}}, rows.front().integer(0));
                            tx.write(
                                {"update erasure_journals set head_position = 0, head_mac = $1", {base::Bytes(32)}}, 1);
                            insert_subject_key(tx, sealed.key);
                            insert_card(tx, sealed.card, vault.wall.now());
                            return {};
                          })
            .ok());
    ASSERT_TRUE(is_there(sealed));
  }
  std::string journal_text() {
    std::ifstream in(settings.journal, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void overwrite_journal(const std::string& text) {
    std::ofstream(settings.journal, std::ios::binary) << text;
    std::filesystem::permissions(settings.journal,
                                 std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  }
  // Until no operation is open; repeats wait on the clock.
  bool settles() {
    return testing::eventually([&] {
      vault.wall.advance(base::seconds(1));
      return count("select count(*) from open_operations") == 0;
    });
  }
  void accept_loss(const std::string& why = "case 12: the disk is gone") {
    ASSERT_TRUE(accept_journal_loss(*vault.database,
                                    {.path = settings.journal, .reason = why, .accepted_at = vault.wall.now()},
                                    "uid 1000", vault.wall, vault.random)
                    .ok());
  }

  testing::Disk disk;
  testing::FakePeer peer;
  testing::TestVault vault{disk, &peer};
  EraserSettings settings{.journal = (disk.folder / "journal").string()};
  std::optional<Eraser> eraser{std::in_place, *vault.database, *vault.keys, vault.wall, vault.random, settings};
};
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

TEST_F(ErasureTest, control_10_without_its_journal_the_vault_stays_shut) {
  const auto sealed = vault.sealed_card(vault.make_card().vault_token);
  const auto before = journal_text();
  ASSERT_TRUE(erase(request()).ok());
  const auto after = journal_text();
  bring_back(sealed);
  const auto expect_shut = [&](const char* reason) {
    const auto opened = restart();
    EXPECT_EQ(opened.error().reason(), reason);
    EXPECT_NE(vault.keys->sealed_because().find("erasure journal"), std::string::npos) << vault.keys->sealed_because();
    EXPECT_EQ(vault.cards->open(sealed).error().reason(), "VAULT_SEALED");
    EXPECT_TRUE(is_there(sealed));
  };
  std::filesystem::remove(settings.journal);
  expect_shut("ERASURE_JOURNAL_MISSING");
  overwrite_journal(before);
  expect_shut("ERASURE_JOURNAL_REFUSED");  // an older copy: the HSM knows of another line
  auto changed = after;
  changed[changed.size() - 100] ^= 1;
  overwrite_journal(changed);
  expect_shut("ERASURE_JOURNAL_REFUSED");
  overwrite_journal("");
  expect_shut("ERASURE_JOURNAL_REFUSED");
  const auto named = std::exchange(settings.journal, "");
  expect_shut("ERASURE_JOURNAL_MISSING");
  settings.journal = named;
  // The tables' own word is not needed: the HSM remembers that there was a journal.
  ASSERT_TRUE(vault.database
                  ->write<void>("test",
                                [&](store::Tx& tx) -> base::Result<void> {
                                  tx.write({"delete from erasure_journals", {}}, 1);
                                  return {};
                                })
                  .ok());
  std::filesystem::remove(settings.journal);
  expect_shut("ERASURE_JOURNAL_MISSING");
  overwrite_journal(after);
  ASSERT_TRUE(restart().ok());
  EXPECT_FALSE(is_there(sealed));
}

TEST_F(ErasureTest, another_stores_journal_is_refused) {
  vault.make_card();
  ASSERT_TRUE(erase(request()).ok());
  const auto ours = journal_text();
  eraser.reset();
  const HsmTools tools{.hsm = *disk.hsm, .prefix = vault.keys->settings().hsm_prefix};
  std::filesystem::remove(settings.journal);
  {
    const auto foreign =
        Journal::begin(settings.journal, tools, base::make_id<ErasureStoreTag>(vault.wall, vault.random), {},
                       vault.wall, vault.random);
    ASSERT_TRUE(foreign.ok());
  }
  EXPECT_EQ(restart().error().reason(), "ERASURE_JOURNAL_REFUSED");
  overwrite_journal(ours);
  EXPECT_TRUE(restart().ok());
}

TEST_F(ErasureTest, a_lost_journal_is_begun_anew_when_an_operator_says_so_once) {
  vault.make_card();
  const auto answer = erase(request()).value();
  std::filesystem::remove(settings.journal);
  EXPECT_EQ(accept_journal_loss(*vault.database, {.path = settings.journal, .reason = "", .accepted_at = {}},
                                "uid 1000", vault.wall, vault.random)
                .error()
                .reason(),
            "BAD_VALUE");
  accept_loss();
  ASSERT_TRUE(restart().ok());
  EXPECT_NE(journal_text().find(answer.erasure.text()), std::string::npos);  // what the store still knew
  EXPECT_EQ(count("select count(*) from audit_records where action = 'erasure_journal_loss_accepted'"), 1);
  EXPECT_EQ(count("select count(*) from audit_records where action = 'erasure_journal_begun'"), 2);
  vault.make_card();
  EXPECT_EQ(proven(erase(request()).value()).position, 2);
  ASSERT_TRUE(restart().ok());
  std::filesystem::remove(settings.journal);
  EXPECT_EQ(restart().error().reason(), "ERASURE_JOURNAL_MISSING");  // it was accepted once
  overwrite_journal("nonsense");
  accept_loss();
  ASSERT_TRUE(restart().ok());
  int aside = 0;  // what was refused is kept for whoever wants to look
  for (const auto& entry : std::filesystem::directory_iterator(disk.folder))
    aside += entry.path().filename().string().starts_with("journal.refused-") ? 1 : 0;
  EXPECT_EQ(aside, 1);
}

TEST_F(ErasureTest, processes_on_one_database_follow_each_others_erasures) {
  KeyHolder keys(*vault.database, vault.wall, vault.random, {});
  const EraserSettings theirs{.journal = (disk.folder / "journal-2").string()};
  std::optional<Eraser> second(std::in_place, *vault.database, keys, vault.wall, vault.random, theirs);
  keys.on_unseal([&](crypto::Hsm& hsm, const KeyRing& ring) { return second->open(hsm, ring); });
  EXPECT_EQ(keys.unseal(disk.hsm).error().reason(), "ERASURE_JOURNAL_MISSING");  // a new process is let in
  ASSERT_TRUE(
      accept_journal_loss(*vault.database,
                          {.path = theirs.journal, .reason = "a second process", .accepted_at = vault.wall.now()},
                          "uid 1000", vault.wall, vault.random)
          .ok());
  ASSERT_TRUE(keys.unseal(disk.hsm).ok());

  const auto sealed = vault.sealed_card(vault.make_card().vault_token);
  const auto once = request();
  const auto answer = erase(once).value();
  EXPECT_EQ(second->erase(tenant(), once).value().proof, answer.proof);
  ASSERT_TRUE(second->catch_up().ok());
  ASSERT_TRUE(second->catch_up().ok());
  // The first journal is lost together with the store: the second one forgets.
  ASSERT_TRUE(vault.database
                  ->write<void>("test",
                                [&](store::Tx& tx) -> base::Result<void> {
                                  tx.write({"delete from erasures", {}}, 1);
                                  insert_subject_key(tx, sealed.key);
                                  insert_card(tx, sealed.card, vault.wall.now());
                                  return {};
                                })
                  .ok());
  second.emplace(*vault.database, keys, vault.wall, vault.random, theirs);
  keys.seal("a test");
  ASSERT_TRUE(keys.unseal(disk.hsm).ok());
  EXPECT_FALSE(is_there(sealed));
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

TEST_F(ErasureTest, lines_go_when_no_backup_from_before_them_can_be_opened) {
  KeyRotation rotation(*vault.database, *vault.keys, *vault.cards, vault.wall, vault.random);
  vault.make_card();
  ASSERT_TRUE(erase(request()).ok());
  vault.wall.advance(base::days(1) + base::milliseconds(1));
  const auto epoch = vault.keys->refresh().value()->find_active(KeyClass::epoch)->row.id;
  ASSERT_TRUE(rotation.rotate(epoch).ok());
  vault.make_card();
  ASSERT_TRUE(erase(request()).ok());
  while (rotation.work().value()) {
  }
  ASSERT_TRUE(eraser->catch_up().ok());
  const auto lines = [&] { return std::ranges::count(journal_text(), '\n'); };
  EXPECT_EQ(lines(), 3);  // the old epoch still opens backups from before both
  vault.wall.advance(base::days(7));
  ASSERT_FALSE(rotation.work().value());
  ASSERT_TRUE(eraser->catch_up().ok());
  EXPECT_EQ(lines(), 2);
  ASSERT_TRUE(restart().ok());
  EXPECT_EQ(lines(), 2);  // and does not come back from the table
  vault.make_card();
  EXPECT_EQ(proven(erase(request()).value()).position, 3);
}

TEST_F(ErasureTest, proofs_outlive_the_rotation_of_their_key) {
  KeyRotation rotation(*vault.database, *vault.keys, *vault.cards, vault.wall, vault.random);
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
  for (const auto& text :
       {std::string(testing::kVisa), vault.customer.text(), std::string("1111"), base::to_hex(sealed.card.fingerprint)})
    EXPECT_EQ(journal_text().find(text), std::string::npos);
  EXPECT_NE(journal_text().find(sealed.key.id.text()), std::string::npos);
}

}  // namespace
}  // namespace karv::vault
