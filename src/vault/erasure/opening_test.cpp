#include <algorithm>
#include <filesystem>

#include <gtest/gtest.h>

#include "store/sqlite/sqlite.h"
#include "vault/erasure/erasing_for_test.h"
#include "vault/key_rotation.h"

namespace karv::vault {
namespace {

using testing::ErasureTest;
using ErasureFilesTest = ErasureTest;

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

TEST_F(ErasureTest, an_accepted_loss_that_was_none_or_long_ago_opens_nothing_later) {
  const auto whole = journal_text();
  accept_loss();
  ASSERT_TRUE(restart().ok());
  EXPECT_EQ(journal_text(), whole);
  std::filesystem::remove(settings.journal);
  EXPECT_EQ(restart().error().reason(), "ERASURE_JOURNAL_MISSING");
  accept_loss();
  vault.wall.advance(base::days(1) + base::milliseconds(1));
  EXPECT_EQ(restart().error().reason(), "ERASURE_JOURNAL_MISSING");
  accept_loss();
  EXPECT_TRUE(restart().ok());
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
  KeyRotation rotation(*vault.database, *vault.keys, *vault.cards, *vault.accounts, vault.wall, vault.random);
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
