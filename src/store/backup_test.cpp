#include "store/backup.h"

#include <atomic>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "store/open.h"
#include "store/sqlite/server_lock.h"
#include "store/temporary.h"

namespace karv::store {
namespace {

using base::ErrorCode;

const Migration kPairs{9001, "pairs", {"create table pairs (n BIGINT primary key, same BIGINT not null)"}};
constexpr Sql kInsert = "insert into pairs (n, same) values ($1, $2)";
constexpr Sql kCount = "select count(*) from pairs where n = same";

class StoreBackupTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = (std::filesystem::temp_directory_path() / "karv-copy-XXXXXX").string();
    ASSERT_NE(mkdtemp(folder_.data()), nullptr);
    if (testing_on_postgres()) {
      // A database of this test's own, made from an empty one.
      const std::string empty = postgres::ClusterForTest::shared().address();
      ASSERT_TRUE(copy_to_file(empty, folder_ + "/empty").ok());
      static int made = 0;
      address_ = *address_beside(empty, "copy" + std::to_string(++made));
      const auto begun = make_from_copy(folder_ + "/empty", address_);
      ASSERT_TRUE(begun.ok()) << begun.error().internal_text();
    } else {
      address_ = folder_ + "/karv.db";
    }
    database_ = open_database({.address = address_, .connections = 1}).value();
    ASSERT_TRUE(migrate(*database_, std::vector<Migration>{kPairs}).ok());
  }
  void TearDown() override {
    database_.reset();
    std::ignore = remove_database(address_);
    std::filesystem::remove_all(folder_);
  }
  void insert(std::int64_t n) {
    const auto done = database_->write<void>("insert", [&](Tx& tx) -> Result<void> {
      tx.write({kInsert, {n, n}}, 1);
      return {};
    });
    ASSERT_TRUE(done.ok()) << done.error().internal_text();
  }
  static std::int64_t count(const std::string& address) {
    const auto database = open_database({.address = address, .connections = 1});
    if (!database.ok()) return -1;
    const auto rows = (*database)->read<Rows>("count", [](ReadTx& tx) { return tx.read_one({kCount, {}}); });
    return rows.ok() ? (*rows)[0].integer(0) : -1;
  }
  std::string file() const { return folder_ + "/copy"; }

  std::string folder_, address_;
  std::unique_ptr<Database> database_;
};

TEST_F(StoreBackupTest, a_copy_made_beside_writers_holds_all_that_was_answered_before_it) {
  for (std::int64_t n = 0; n < 20; ++n) insert(n);
  std::atomic<bool> enough{false};
  std::thread writer([&] {
    for (std::int64_t n = 20; !enough; ++n) insert(n);
  });
  const auto copied = copy_to_file(address_, file());
  enough = true;
  writer.join();
  ASSERT_TRUE(copied.ok()) << copied.error().internal_text();
  struct stat facts{};
  ASSERT_EQ(::stat(file().c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600U);
  const std::string restored = *address_beside(address_, "restored");
  ASSERT_FALSE(*database_exists(restored));
  ASSERT_TRUE(make_from_copy(file(), restored).ok());
  EXPECT_TRUE(*database_exists(restored));
  EXPECT_GE(count(restored), 20);
  EXPECT_LE(count(restored), count(address_));
  EXPECT_EQ(make_from_copy(file(), restored).error().code(), ErrorCode::conflict);
  ASSERT_TRUE(remove_database(restored).ok());
  EXPECT_FALSE(*database_exists(restored));
}

TEST_F(StoreBackupTest, a_file_or_a_database_that_is_there_is_not_written_over) {
  std::ofstream(file()) << "precious";
  EXPECT_EQ(copy_to_file(address_, file()).error().code(), ErrorCode::conflict);
  EXPECT_EQ(make_from_copy(file(), address_).error().code(), ErrorCode::conflict);
  EXPECT_EQ(std::filesystem::file_size(file()), 8U);
}

TEST_F(StoreBackupTest, a_password_is_found_in_the_addresss_file_alone) {
  if (!testing_on_postgres()) GTEST_SKIP() << "files have no passwords";
  const auto& cluster = postgres::ClusterForTest::shared();
  const auto copied = copy_to_file(cluster.address_over_tcp(), file());
  ASSERT_TRUE(copied.ok()) << copied.error().internal_text();
  std::string without = cluster.address_over_tcp();
  without.resize(without.find("&passfile="));
  const auto refused = copy_to_file(without, folder_ + "/none");
  EXPECT_EQ(refused.error().code(), ErrorCode::unavailable);
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/none"));
}

TEST_F(StoreBackupTest, what_is_no_copy_leaves_nothing) {
  std::ofstream(file()) << "a letter to grandmother";
  const std::string restored = *address_beside(address_, "restored");
  if (testing_on_postgres()) {
    EXPECT_EQ(make_from_copy(file(), restored).error().code(), ErrorCode::unavailable);
    EXPECT_FALSE(*database_exists(restored));
  } else {
    ASSERT_TRUE(make_from_copy(file(), restored).ok());
    EXPECT_FALSE(open_database({.address = restored, .connections = 1}).ok());
    ASSERT_TRUE(remove_database(restored).ok());
  }
  EXPECT_FALSE(copy_to_file(address_, folder_ + "/no/such/folder").ok());
}

TEST_F(StoreBackupTest, a_database_takes_anothers_place_only_when_nobody_uses_it) {
  insert(1);
  ASSERT_TRUE(copy_to_file(address_, file()).ok());
  insert(2);
  const std::string restored = *address_beside(address_, "restored"), aside = *address_beside(address_, "old");
  ASSERT_TRUE(make_from_copy(file(), restored).ok());
  if (testing_on_postgres()) {
    EXPECT_EQ(require_unused(address_).error().code(), ErrorCode::conflict);
    EXPECT_FALSE(rename_database(restored, address_, aside).ok());
  } else {
    const auto lock = sqlite::ServerLock::take(address_);
    EXPECT_EQ(require_unused(address_).error().code(), ErrorCode::conflict);
    EXPECT_EQ(rename_database(restored, address_, aside).error().code(), ErrorCode::conflict);
  }
  database_.reset();
  EXPECT_TRUE(require_unused(address_).ok());
  EXPECT_EQ(rename_database(restored, address_, {}).error().code(), ErrorCode::conflict);
  const auto renamed = rename_database(restored, address_, aside);
  ASSERT_TRUE(renamed.ok()) << renamed.error().internal_text();
  EXPECT_EQ(count(address_), 1);
  EXPECT_EQ(count(aside), 2);
  ASSERT_TRUE(remove_database(aside).ok());
}

}  // namespace
}  // namespace karv::store
