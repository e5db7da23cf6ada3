#include "store/outbox.h"

#include <gtest/gtest.h>

#include "base/check.h"
#include "base/random.h"
#include "store/sequencer.h"
#include "store/temporary.h"

namespace karv::store::outbox {
namespace {

using base::ErrorCode;

class OutboxTest : public testing::Test {
 protected:
  EntryId put_one(const std::string& topic, base::Duration from_now = {}) {
    wall.advance(base::milliseconds(1));
    const NewEntry entry{.id = base::make_id<EntryTag>(wall, random),
                         .topic = topic,
                         .key = "order-1",
                         .payload = {1, 2, 3},
                         .created_at = wall.now(),
                         .available_at = wall.now() + from_now};
    EXPECT_TRUE(db->write<void>("put", [&](Tx& tx) -> Result<void> {
                    put(tx, entry);
                    return {};
                  }).ok());
    return entry.id;
  }
  std::vector<Entry> claim_now(const std::string& topic, std::int64_t limit = 10) {
    auto claimed = db->write<std::vector<Entry>>(
        "claim", [&](Tx& tx) { return claim(tx, topic, wall.now(), base::minutes(1), limit); });
    EXPECT_TRUE(claimed.ok());
    return *claimed;
  }
  Result<void> settle(const std::function<void(Tx&)>& how) {
    return db->write<void>("settle", [&](Tx& tx) -> Result<void> {
      how(tx);
      return {};
    });
  }
  Entry get(EntryId id) {
    return **db->read<std::optional<Entry>>("get", [&](ReadTx& tx) { return find(tx, id); });
  }

  base::ManualClock wall{{1'700'000'000'000}};
  base::SeededRandom random{5};
  TemporaryDatabase db = TemporaryDatabase::create(migrations());
};

TEST_F(OutboxTest, an_entry_is_claimed_once_and_completed) {
  const auto id = put_one("mail");
  put_one("webhook");
  const auto claimed = claim_now("mail");
  ASSERT_EQ(claimed.size(), 1U);
  EXPECT_EQ(claimed[0].id, id);
  EXPECT_EQ(claimed[0].payload, (Bytes{1, 2, 3}));
  EXPECT_EQ(claimed[0].attempts, 1);
  EXPECT_TRUE(claim_now("mail").empty());
  EXPECT_TRUE(settle([&](Tx& tx) { complete(tx, claimed[0]); }).ok());
  EXPECT_EQ(get(id).state, State::done);
  EXPECT_EQ(settle([&](Tx& tx) { complete(tx, claimed[0]); }).error().code(), ErrorCode::conflict);
  wall.advance(base::days(1));
  EXPECT_TRUE(claim_now("mail").empty());
}

TEST_F(OutboxTest, an_entry_of_a_transaction_that_failed_does_not_exist) {
  const auto failed = db->write<void>("put", [&](Tx& tx) -> Result<void> {
    put(tx, {.id = base::make_id<EntryTag>(wall, random),
             .topic = "mail",
             .key = "",
             .payload = {},
             .created_at = {},
             .available_at = {}});
    return base::Error(ErrorCode::refused);
  });
  EXPECT_FALSE(failed.ok());
  EXPECT_TRUE(claim_now("mail").empty());
}

TEST_F(OutboxTest, an_entry_waits_until_it_is_available_and_oldest_goes_first) {
  const auto later = put_one("mail", base::seconds(10));
  const auto now = put_one("mail");
  ASSERT_EQ(claim_now("mail").at(0).id, now);
  wall.advance(base::seconds(10));
  const auto soon = put_one("mail");
  const auto claimed = claim_now("mail", 2);
  ASSERT_EQ(claimed.size(), 2U);
  EXPECT_EQ(claimed[0].id, later);
  EXPECT_EQ(claimed[1].id, soon);
}

TEST_F(OutboxTest, a_worker_that_lost_its_lease_cannot_settle) {
  const auto id = put_one("mail");
  const auto lost = claim_now("mail").at(0);
  wall.advance(base::minutes(1));
  const auto again = claim_now("mail").at(0);
  EXPECT_EQ(again.attempts, 2);
  EXPECT_EQ(settle([&](Tx& tx) { complete(tx, lost); }).error().code(), ErrorCode::conflict);
  EXPECT_EQ(settle([&](Tx& tx) { fail(tx, lost, "X"); }).error().code(), ErrorCode::conflict);
  EXPECT_TRUE(settle([&](Tx& tx) { retry_later(tx, again, wall.now() + base::seconds(5), "TIMEOUT"); }).ok());
  EXPECT_EQ(get(id).state, State::ready);
  EXPECT_EQ(get(id).last_error, "TIMEOUT");
  EXPECT_TRUE(claim_now("mail").empty());
  wall.advance(base::seconds(5));
  const auto third = claim_now("mail").at(0);
  EXPECT_TRUE(settle([&](Tx& tx) { fail(tx, third, "GONE"); }).ok());
  EXPECT_EQ(get(id).state, State::failed);
  wall.advance(base::days(1));
  EXPECT_TRUE(claim_now("mail").empty());
}

TEST_F(OutboxTest, the_same_id_twice_is_a_conflict) {
  const NewEntry entry{.id = base::make_id<EntryTag>(wall, random),
                       .topic = "mail",
                       .key = "",
                       .payload = {},
                       .created_at = {},
                       .available_at = {}};
  EXPECT_TRUE(settle([&](Tx& tx) { put(tx, entry); }).ok());
  EXPECT_EQ(settle([&](Tx& tx) { put(tx, entry); }).error().code(), ErrorCode::conflict);
  EXPECT_THROW(std::ignore = settle([&](Tx& tx) {
                 put(tx, {.id = {}, .topic = "mail", .key = "", .payload = {}, .created_at = {}, .available_at = {}});
               }),
               base::RequirementFailed);
}

TEST_F(OutboxTest, numbers_are_given_after_the_commit_without_gaps) {
  const auto first = put_one("mail");
  const auto second = put_one("webhook");
  EXPECT_EQ(get(first).number, std::nullopt);
  Sequencer sequencer(
      {{"outbox", [&] { return db->write<std::int64_t>("number", [](Tx& tx) { return assign_numbers(tx, 1); }); }}},
      base::milliseconds(50));
  sequencer.run_now();
  EXPECT_EQ(get(first).number, 1);
  EXPECT_EQ(get(second).number, 2);
  const auto third = put_one("mail");
  sequencer.start();
  sequencer.stop();  // finishes what is waiting
  EXPECT_EQ(get(third).number, 3);
  const auto after = db->read<std::vector<Entry>>("feed", [](ReadTx& tx) { return list_after(tx, "mail", 1, 10); });
  ASSERT_EQ(after->size(), 1U);
  EXPECT_EQ(after->at(0).id, third);
  const auto by_key =
      db->read<std::vector<Entry>>("key", [](ReadTx& tx) { return list_by_key(tx, "mail", "order-1"); });
  EXPECT_EQ(by_key->size(), 2U);
}

TEST(SequencerTest, a_step_that_fails_or_throws_does_not_stop_the_others) {
  int ran = 0;
  Sequencer sequencer({{"fails", [] { return Result<std::int64_t>(base::Error(ErrorCode::unavailable)); }},
                       {"throws", []() -> Result<std::int64_t> { throw std::runtime_error("bug"); }},
                       {"works", [&] { return Result<std::int64_t>(++ran < 3 ? 1 : 0); }}},
                      base::milliseconds(50));
  sequencer.run_now();
  EXPECT_EQ(ran, 3);
  sequencer.stop();
}

}  // namespace
}  // namespace karv::store::outbox
