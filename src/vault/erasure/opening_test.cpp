// Which journal a vault opens with, and with which it stays shut.
#include <array>
#include <filesystem>
#include <latch>
#include <thread>

#include <gtest/gtest.h>

#include "vault/erasure/test_support.h"
#include "vault/rotation/key_rotation.h"

namespace karv::vault {
namespace {

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

TEST_F(ErasureTest, an_acceptance_ends_when_the_journal_fits_and_after_an_hour) {
  vault.make_card();
  ASSERT_TRUE(erase(request()).ok());
  accept_loss();
  ASSERT_TRUE(restart().ok());  // it was found again
  EXPECT_EQ(count("select count(*) from journal_acceptances"), 0);
  std::filesystem::rename(settings.journal, settings.journal + ".away");
  EXPECT_EQ(restart().error().reason(), "ERASURE_JOURNAL_MISSING");
  accept_loss();
  vault.wall.advance(base::hours(1));
  EXPECT_EQ(restart().error().reason(), "ERASURE_JOURNAL_MISSING");
  accept_loss();
  vault.wall.advance(base::minutes(59));
  EXPECT_TRUE(restart().ok());
  EXPECT_EQ(count("select count(*) from journal_acceptances"), 0);
}

TEST_F(ErasureTest, control_10_a_store_from_before_what_the_journal_let_go_of_is_never_opened) {
  KeyRotation rotation(*vault.database, *vault.keys, *vault.cards, *vault.accounts, vault.wall, vault.random);
  vault.make_card();
  ASSERT_TRUE(erase(request()).ok());
  vault.wall.advance(base::days(1) + base::milliseconds(1));
  ASSERT_TRUE(rotation.rotate(vault.keys->refresh().value()->find_active(KeyClass::epoch)->row.id).ok());
  while (rotation.work().value()) {
  }
  vault.wall.advance(base::days(7));
  ASSERT_FALSE(rotation.work().value());
  ASSERT_TRUE(eraser->catch_up().ok());
  change([&](store::Tx& tx) {
    tx.write({"update erasure_journals set head_position = 0, head_mac = $1", {base::Bytes(32)}}, 1);
  });
  EXPECT_EQ(restart().error().reason(), "ERASURE_JOURNAL_REFUSED");
  EXPECT_NE(vault.keys->sealed_because().find("no longer has"), std::string::npos);
  change([&](store::Tx& tx) { tx.write({"delete from erasure_journals", {}}, 1); });
  EXPECT_EQ(restart().error().reason(), "ERASURE_JOURNAL_REFUSED");
  accept_loss();
  EXPECT_TRUE(restart().ok());
}

// Two processes on one database; the second one's journal lies beside the first one's.
class ErasureOfTwoTest : public ErasureTest {
 protected:
  ErasureOfTwoTest() {
    accept(theirs.journal);
    EXPECT_TRUE(open_second().ok());
  }
  void accept(const std::string& path) {
    EXPECT_TRUE(accept_journal_loss(*vault.database,
                                    {.path = path, .reason = "case 13", .accepted_at = vault.wall.now()}, "uid 1000",
                                    vault.wall, vault.random)
                    .ok());
  }
  base::Result<void> open_second() {
    second.emplace(*vault.database, keys, vault.wall, vault.random, theirs);
    keys.on_unseal([this](crypto::Hsm& hsm, const KeyRing& ring) { return second->open(hsm, ring); });
    keys.seal("a test");
    return keys.unseal(disk.hsm);
  }
  // As a backup from before the erasure.
  void take_back(const SealedCard& sealed, const std::vector<JournalHead>& heads) {
    change([&](store::Tx& tx) {
      tx.write({"delete from erasures", {}}, 1);
      for (const auto& head : heads)
        tx.write({"update erasure_journals set head_position = $1, head_mac = $2 where journal_id = $3",
                  {head.position, head.mac, head.journal}},
                 1);
      insert_subject_key(tx, sealed.key);
      insert_card(tx, sealed.card, vault.wall.now());
    });
  }
  std::vector<JournalHead> heads() {
    return vault.database->read<std::vector<JournalHead>>("test", [](store::ReadTx& tx) { return load_journals(tx); })
        .value();
  }

  KeyHolder keys{*vault.database, vault.wall, vault.random, {}};
  EraserSettings theirs{.journal = (disk.folder / "journal-2").string()};
  std::optional<Eraser> second;
};

TEST_F(ErasureOfTwoTest, control_10_a_restored_store_does_not_open_before_the_journal_that_has_gone_on) {
  const auto sealed = vault.sealed_card(vault.make_card().vault_token);
  const auto before = heads();
  second.reset();  // the second process is stopped, and knows nothing of the erasure
  ASSERT_TRUE(erase(request()).ok());
  take_back(sealed, before);
  EXPECT_EQ(open_second().error().reason(), "ERASURE_JOURNAL_MISSING");
  EXPECT_TRUE(is_there(sealed));
  EXPECT_EQ(vault.keys->sealed_because(), "");
  ASSERT_TRUE(restart().ok());
  EXPECT_FALSE(is_there(sealed));
  EXPECT_TRUE(open_second().ok());
}

TEST_F(ErasureOfTwoTest, two_that_have_both_gone_on_do_not_wait_for_each_other_for_ever) {
  const auto sealed = vault.sealed_card(vault.make_card().vault_token);
  const auto before = heads();
  ASSERT_TRUE(erase(request()).ok());
  ASSERT_TRUE(second->catch_up().ok());
  take_back(sealed, before);
  EXPECT_EQ(restart().error().reason(), "ERASURE_JOURNAL_MISSING");
  EXPECT_FALSE(is_there(sealed));
  EXPECT_TRUE(open_second().ok());
  EXPECT_TRUE(restart().ok());
}

TEST_F(ErasureOfTwoTest, a_journal_that_is_lost_with_its_machine_is_given_up_when_an_operator_says_so) {
  const auto sealed = vault.sealed_card(vault.make_card().vault_token);
  const auto before = heads();
  second.reset();
  ASSERT_TRUE(erase(request()).ok());
  take_back(sealed, before);
  eraser.reset();
  accept(theirs.journal);
  EXPECT_TRUE(open_second().ok());
  EXPECT_EQ(count("select count(*) from audit_records where action = 'erasure_journal_given_up'"), 1);
  EXPECT_EQ(heads().size(), 1U);
  EXPECT_TRUE(open_second().ok());
}

TEST_F(ErasureOfTwoTest, a_process_that_starts_while_another_erases_opens) {
  for (int i = 0; i < 5; ++i) {
    vault.make_card();
    std::jthread other([&] { EXPECT_TRUE(erase(request()).ok()); });
    EXPECT_TRUE(open_second().ok());
  }
}

TEST(ErasureStoreTest, of_two_processes_that_open_a_new_store_at_once_none_is_shut_out_for_good) {
  for (int round = 0; round < 5; ++round) {
    testing::Disk disk;
    testing::TestVault vault(disk, nullptr);
    const std::array<std::string, 2> paths{(disk.folder / "one").string(), (disk.folder / "two").string()};
    const auto open = [&](const std::string& path) {
      Eraser eraser(*vault.database, *vault.keys, vault.wall, vault.random, {.journal = path});
      return eraser.open(*disk.hsm, *vault.keys->get().value());
    };
    std::array<bool, 2> opened{};
    {
      std::latch both(2);
      std::vector<std::jthread> processes;
      for (std::size_t i = 0; i < paths.size(); ++i)
        processes.emplace_back([&, i] {
          both.arrive_and_wait();
          opened.at(i) = open(paths.at(i)).ok();
        });
    }
    EXPECT_NE(opened[0], opened[1]);
    for (std::size_t i = 0; i < paths.size(); ++i) {
      if (opened.at(i)) {
        EXPECT_TRUE(open(paths.at(i)).ok());
        continue;
      }
      ASSERT_TRUE(accept_journal_loss(*vault.database,
                                      {.path = paths.at(i), .reason = "a second one", .accepted_at = vault.wall.now()},
                                      "uid 1000", vault.wall, vault.random)
                      .ok());
      EXPECT_TRUE(open(paths.at(i)).ok());
    }
  }
}

}  // namespace
}  // namespace karv::vault
