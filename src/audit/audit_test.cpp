#include <chrono>
#include <thread>

#include <gtest/gtest.h>

#include "audit/chain.h"
#include "audit/record.h"
#include "base/check.h"
#include "base/random.h"
#include "store/sequencer.h"
#include "store/temporary.h"

namespace karv::audit {
namespace {

using store::Sql;
using store::Tx;

constexpr Sql kChangeAction = "update audit_records set action = 'nothing_happened' where action = $1";
constexpr Sql kChangeDigest = "update audit_records set digest = $1 where action = $2";
constexpr Sql kDeleteRecord = "delete from audit_records where action = $1";
constexpr Sql kDeleteLink = "delete from audit_chain where sequence = $1";
constexpr Sql kMoveLink = "update audit_chain set sequence = $1 where sequence = $2";
constexpr Sql kChangeHash = "update audit_chain set hash = $1 where sequence = $2";
constexpr Sql kForget = "delete from audit_waiting";

class AuditTest : public testing::Test {
 protected:
  void append_one(const std::string& action) {
    ASSERT_TRUE(db->write<void>("append", [&](Tx& tx) -> base::Result<void> {
                    append(tx, record(action));
                    return {};
                  }).ok());
  }
  Record record(const std::string& action) {
    wall.advance(base::milliseconds(1));
    return {.id = base::make_id<RecordTag>(wall, random),
            .actor = {ActorKind::merchant, "m-1"},
            .action = action,
            .subject = {"order", "o-1"},
            .reason = "",
            .business_time = wall.now(),
            .wall_time = wall.now(),
            .correlation_id = "c-1",
            .details = details_text({{"amount_minor", 1000}})};
  }
  void tamper(const Sql sql, std::vector<store::Value> parameters) {
    ASSERT_TRUE(db->write<void>("tamper", [&](Tx& tx) -> base::Result<void> {
                    tx.write({sql, parameters}, 1);
                    return {};
                  }).ok());
  }
  void fill_and_chain() {
    for (int i = 1; i <= 5; ++i) append_one("act_" + std::to_string(i));
    EXPECT_EQ(*chain_waiting(*db), 5);
  }
  std::vector<Finding> findings(const std::optional<Head>& remembered = {}) {
    auto verified = verify_chain(*db, remembered);
    EXPECT_TRUE(verified.ok());
    return verified->findings;
  }
  Head head() {
    return *db->read<Head>("head", [](store::ReadTx& tx) { return read_head(tx); });
  }

  base::ManualClock wall{{1'700'000'000'000}};
  base::SeededRandom random{1};
  store::TemporaryDatabase db = store::TemporaryDatabase::create(migrations());
};

TEST_F(AuditTest, an_untouched_chain_holds) {
  EXPECT_TRUE(findings().empty());
  fill_and_chain();
  auto verified = verify_chain(*db, head());
  ASSERT_TRUE(verified.ok());
  EXPECT_TRUE(verified->findings.empty());
  EXPECT_EQ(verified->records, 5);
  EXPECT_EQ(verified->waiting, 0);
  EXPECT_EQ(verified->head, head());
  EXPECT_EQ(verified->head.sequence, 5);
}

TEST_F(AuditTest, a_long_chain_holds_over_several_pages) {
  for (int batch = 0; batch < 3; ++batch)
    ASSERT_TRUE(db->write<void>("append", [&](Tx& tx) -> base::Result<void> {
                    for (int i = 0; i < 900; ++i) append(tx, record("many"));
                    return {};
                  }).ok());
  while (*chain_waiting(*db, 500) > 0) {
  }
  const auto verified = verify_chain(*db);
  EXPECT_EQ(verified->records, 2700);
  EXPECT_EQ(verified->head.sequence, 2700);
  EXPECT_TRUE(verified->findings.empty());
}

TEST_F(AuditTest, a_changed_record_is_found) {
  fill_and_chain();
  tamper(kChangeAction, {"act_3"});
  ASSERT_EQ(findings().size(), 1U);
  EXPECT_EQ(findings()[0].sequence, 3);
  EXPECT_EQ(findings()[0].what, "the record was changed");
}

TEST_F(AuditTest, a_changed_record_with_a_recomputed_digest_is_found) {
  fill_and_chain();
  auto found = db->read<std::vector<Record>>(
      "list", [](store::ReadTx& tx) { return list_by_subject(tx, {"order", "o-1"}, 10); });
  Record forged = found->at(2);
  forged.action = "nothing_happened";
  tamper(kChangeDigest, {digest_of(forged), "act_3"});
  tamper(kChangeAction, {"act_3"});
  ASSERT_EQ(findings().size(), 1U);
  EXPECT_EQ(findings()[0].what, "the link was changed");
}

TEST_F(AuditTest, a_deleted_record_is_found) {
  fill_and_chain();
  tamper(kDeleteRecord, {"act_2"});
  ASSERT_EQ(findings().size(), 1U);
  EXPECT_EQ(findings()[0].what, "the record is gone");
}

TEST_F(AuditTest, a_deleted_link_is_found) {
  fill_and_chain();
  tamper(kDeleteLink, {2});
  const auto found = findings();
  ASSERT_EQ(found.size(), 3U);  // a gap, a link that does not follow, a record without a link
  EXPECT_EQ(found[0].sequence, 3);
  EXPECT_EQ(found[2].what, "the record has no link");
}

TEST_F(AuditTest, reordered_links_are_found) {
  fill_and_chain();
  tamper(kMoveLink, {99, 2});
  tamper(kMoveLink, {2, 3});
  tamper(kMoveLink, {3, 99});
  EXPECT_GE(findings().size(), 3U);
}

TEST_F(AuditTest, a_changed_hash_is_found_at_the_link_and_its_follower) {
  fill_and_chain();
  tamper(kChangeHash, {base::Bytes(32, 7), 2});
  const auto found = findings();
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].sequence, 2);
  EXPECT_EQ(found[1].sequence, 3);
}

TEST_F(AuditTest, a_cut_off_end_is_found_by_whoever_remembers_the_head) {
  fill_and_chain();
  const Head remembered = head();
  tamper(kDeleteRecord, {"act_5"});
  tamper(kDeleteLink, {5});
  EXPECT_TRUE(findings().empty());
  ASSERT_EQ(findings(remembered).size(), 1U);
  EXPECT_EQ(findings(remembered)[0].what, "the newest links are missing");
}

TEST_F(AuditTest, a_rewritten_end_is_found_by_whoever_remembers_the_head) {
  fill_and_chain();
  const Head remembered = head();
  tamper(kDeleteRecord, {"act_5"});
  tamper(kDeleteLink, {5});
  append_one("something_else");
  EXPECT_EQ(*chain_waiting(*db), 1);
  EXPECT_TRUE(findings().empty());
  ASSERT_EQ(findings(remembered).size(), 1U);
  EXPECT_EQ(findings(remembered)[0].what, "differs from the remembered head");
}

TEST_F(AuditTest, a_record_taken_out_of_the_line_is_found) {
  append_one("act_1");
  tamper(kForget, {});
  EXPECT_EQ(*chain_waiting(*db), 0);
  ASSERT_EQ(findings().size(), 1U);
  EXPECT_EQ(findings()[0].what, "the record has no link");
}

TEST_F(AuditTest, a_record_deleted_before_it_was_chained_leaves_a_gap) {
  append_one("act_1");
  tamper(kDeleteRecord, {"act_1"});
  EXPECT_EQ(*chain_waiting(*db), 1);
  ASSERT_EQ(findings().size(), 1U);
  EXPECT_EQ(findings()[0].what, "the record is gone");
}

TEST_F(AuditTest, what_a_crash_left_unchained_is_chained_at_the_next_start) {
  append_one("act_1");
  db.close();  // stopped between the commit and the chaining
  auto reopened = db.open();
  ASSERT_TRUE(reopened.ok());
  EXPECT_EQ(verify_chain(**reopened)->waiting, 1);
  store::Sequencer sequencer({{"audit_chain", [&] { return chain_waiting(**reopened); }}}, base::milliseconds(10));
  sequencer.start();
  for (int i = 0; i < 500 && verify_chain(**reopened)->waiting > 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  sequencer.stop();
  const auto verified = verify_chain(**reopened);
  EXPECT_EQ(verified->waiting, 0);
  EXPECT_EQ(verified->head.sequence, 1);
  EXPECT_TRUE(verified->findings.empty());
}

TEST_F(AuditTest, a_record_of_a_transaction_that_failed_is_not_there) {
  const auto failed = db->write<void>("append", [&](Tx& tx) -> base::Result<void> {
    append(tx, record("never"));
    return base::Error(base::ErrorCode::refused);
  });
  EXPECT_FALSE(failed.ok());
  EXPECT_EQ(verify_chain(*db)->records, 0);
}

TEST_F(AuditTest, card_numbers_in_a_reason_are_masked) {
  Record made = record("looked");
  made.reason = "caller said 4111111111111111";
  made.details = details_text({{"note", "4111 1111 1111 1111"}});
  ASSERT_TRUE(db->write<void>("append", [&](Tx& tx) -> base::Result<void> {
                  append(tx, made);
                  return {};
                }).ok());
  auto found = db->read<std::vector<Record>>(
      "list", [](store::ReadTx& tx) { return list_by_subject(tx, {"order", "o-1"}, 10); });
  EXPECT_EQ(found->at(0).reason, "caller said ************1111");
  EXPECT_EQ(found->at(0).details.find("4111 1111"), std::string::npos);
  EXPECT_EQ(*chain_waiting(*db), 1);
  EXPECT_TRUE(findings().empty());
}

TEST(DetailsTest, the_same_facts_give_the_same_text) {
  EXPECT_EQ(details_text({{"b", "x\"\n"}, {"a", -5}}), details_text({{"a", -5}, {"b", "x\"\n"}}));
  EXPECT_EQ(details_text({{"b", "x\"\n"}, {"a", -5}}), R"({"a":-5,"b":"x\"\u000a"})");
  EXPECT_EQ(details_text({}), "{}");
  EXPECT_THROW(details_text({{"a", 1}, {"a", 2}}), base::RequirementFailed);
}

}  // namespace
}  // namespace karv::audit
