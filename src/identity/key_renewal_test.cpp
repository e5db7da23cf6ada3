#include "identity/key_renewal.h"

#include <gtest/gtest.h>

#include "identity/key_repository.h"
#include "identity/world_for_test.h"

namespace karv::identity {
namespace {

using base::ErrorCode;

class KeyRenewalTest : public testing::Test {
 protected:
  std::vector<SubjectKeyRow> store_keys(std::size_t count) {
    std::vector<SubjectKeyRow> rows;
    for (std::size_t i = 0; i < count; ++i) {
      const auto subject = world.sealer.make_subject(SubjectId(base::make_uuid_v7(world.wall, world.random))).value();
      rows.push_back({subject.key->subject, subject.stored});
    }
    put(rows);
    return rows;
  }
  void put(const std::vector<SubjectKeyRow>& rows) {
    ASSERT_TRUE(world
                    .write<void>([&](store::Tx& tx) -> base::Result<void> {
                      for (const auto& row : rows) insert_subject_key(tx, row);
                      return {};
                    })
                    .ok());
  }
  void turn() {
    world.vault.turn();
    ASSERT_TRUE(world.vault.ask(vault_api::ServerKeysLeft{0, 0}).ok());
    world.vault.told.clear();
  }
  base::Result<Renewal> renew() {
    return renew_subject_keys(*world.database, world.vault, [] { return false; });
  }
  std::int64_t before(std::int64_t epoch) {
    return world
        .read<std::int64_t>([&](store::ReadTx& tx) -> base::Result<std::int64_t> {
          KARV_TRY(const auto rows, tx.read_one(count_subject_keys_before(epoch)));
          return rows[0].integer(0);
        })
        .value();
  }
  base::Result<SubjectKeyPtr> load(Sealer& sealer, SubjectId id) {
    SealedDatabase database(*world.database, sealer);
    return database.read<SubjectKeyPtr>("load", [&](store::ReadTx& tx) { return sealer.load(tx, id); });
  }

  WorldForTest world;
};

TEST_F(KeyRenewalTest, all_rows_move_to_the_newest_epoch_and_open_as_before_when_the_old_one_is_destroyed) {
  const auto rows = store_keys(450);
  const std::vector samples{rows.front(), rows[199], rows[200], rows.back()};
  std::vector<SubjectKeyPtr> were;
  for (const auto& row : samples) were.push_back(load(world.sealer, row.subject).value());
  EXPECT_EQ(renew()->renewed, 0);  // nothing has turned
  turn();
  const auto done = renew();
  ASSERT_TRUE(done.ok());
  EXPECT_EQ(done->renewed, 450);
  EXPECT_EQ(done->left, 0);
  ASSERT_EQ(world.vault.told.size(), 1U);
  EXPECT_EQ(world.vault.told[0].before_epoch, 2);
  EXPECT_EQ(world.vault.told[0].rows, 0);
  world.vault.destroy(1);
  Sealer other(world.vault, world.wall, world.random);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const auto now = load(other, samples[i].subject);
    ASSERT_TRUE(now.ok());
    EXPECT_EQ((*now)->key, were[i]->key);
  }
  EXPECT_EQ(renew()->renewed, 0);
}

TEST_F(KeyRenewalTest, a_run_that_was_broken_off_is_gone_on_with_and_tells_nothing_before_it_is_done) {
  store_keys(450);
  turn();
  int pages = 0;
  const auto broken_off = renew_subject_keys(*world.database, world.vault, [&] { return ++pages > 2; });
  EXPECT_EQ(broken_off->renewed, 400);
  EXPECT_EQ(before(2), 50);
  EXPECT_TRUE(world.vault.told.empty());
  EXPECT_EQ(renew()->renewed, 50);
  EXPECT_EQ(before(2), 0);
}

TEST_F(KeyRenewalTest, with_the_vault_away_nothing_is_changed) {
  store_keys(3);
  turn();
  world.vault.away = true;
  EXPECT_EQ(renew().error().code(), ErrorCode::unavailable);
  EXPECT_EQ(before(2), 3);
  world.vault.away = false;
  EXPECT_EQ(renew()->renewed, 3);
}

TEST_F(KeyRenewalTest, what_the_vault_erased_goes_and_what_is_broken_stays_and_stands_in_nobodys_way) {
  auto rows = store_keys(250);
  std::vector<SubjectKeyRow> foreign;
  for (int i = 0; i < 201; ++i) {  // more than a page, before all others
    SubjectKeyRow row{SubjectId(base::Uuid{1, static_cast<std::uint8_t>(i)}), rows[0].stored};
    row.stored.wrapped = rows[1].stored.wrapped;
    foreign.push_back(row);
  }
  put(foreign);
  world.vault.erase(rows[7].stored.key);
  turn();
  const auto done = renew();
  ASSERT_TRUE(done.ok());
  EXPECT_EQ(done->renewed, 249);
  EXPECT_EQ(done->gone, 1);
  EXPECT_EQ(done->broken, 201);
  EXPECT_EQ(done->left, 201);
  EXPECT_EQ(world.vault.told.back().rows, 201);
  Sealer other(world.vault, world.wall, world.random);
  EXPECT_EQ(load(other, rows[7].subject).error().code(), ErrorCode::gone);
  EXPECT_TRUE(load(other, rows[8].subject).ok());
}

TEST_F(KeyRenewalTest, a_row_that_was_erased_while_the_vault_was_asked_does_not_come_back) {
  const auto rows = store_keys(3);
  turn();
  bool erased = false;
  world.vault.while_renewing = [&] {
    if (std::exchange(erased, true)) return;
    EXPECT_TRUE(world.write<void>([&](store::Tx& tx) { return world.sealer.erase_subject(tx, rows[1].subject); }).ok());
  };
  const auto done = renew();
  ASSERT_TRUE(done.ok());
  EXPECT_EQ(done->renewed, 2);
  EXPECT_EQ(load(world.sealer, rows[1].subject).error().code(), ErrorCode::gone);
  EXPECT_TRUE(load(world.sealer, rows[2].subject).ok());
}

TEST_F(KeyRenewalTest, before_any_answer_named_an_epoch_nothing_is_asked) {
  KeyVaultForTest silent;
  const auto done = renew_subject_keys(*world.database, silent, [] { return false; });
  ASSERT_TRUE(done.ok());
  EXPECT_TRUE(silent.told.empty());
}

}  // namespace
}  // namespace karv::identity
