// kill -9 while many threads write: every row that was acknowledged is there afterwards, whole.
#include <array>
#include <chrono>
#include <cstdlib>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/random.h"
#include "store/temporary.h"

namespace karv::store {
namespace {

constexpr const char* kPathVariable = "KARV_CRASH_TEST_PATH";
constexpr int kAcknowledgments = 3;  // the descriptor on which the child tells what was acknowledged

constexpr Sql kInsertHead = "insert into head (item_id) values ($1)";
constexpr Sql kInsertPart = "insert into part (part_id, item_id) values ($1, $2)";
constexpr Sql kFindItems =
    "select h.item_id, count(p.part_id) from head h left join part p on p.item_id = h.item_id group by h.item_id";

std::span<const Migration> schema() {
  static const std::vector<Migration> all{
      {9001,
       "parts",
       {"create table head (item_id BIGINT primary key)",
        "create table part (part_id BIGINT primary key, item_id BIGINT not null)"}}};
  return all;
}

// The child: writes until it is killed. Run by the test below, in a process of its own.
TEST(CrashWriter, DISABLED_writes_until_it_is_killed) {
  const char* path = std::getenv(kPathVariable);
  if (path == nullptr) GTEST_SKIP() << "runs inside the other test only";
  auto db = open_sqlite({.path = path, .wal_limit_pages = 64});
  ASSERT_TRUE(db.ok());
  const std::int64_t life = getpid() * 1'000'000LL;
  std::vector<std::thread> writers;
  for (int thread = 0; thread < 8; ++thread) {
    writers.emplace_back([&, thread] {
      for (std::int64_t i = 0;; ++i) {
        const std::int64_t item = life + thread * 100'000 + i;
        const auto written = (*db)->write<void>("item", [&](Tx& tx) -> Result<void> {
          tx.write({kInsertHead, {item}}, 1);
          for (int part = 0; part < 3; ++part) tx.write({kInsertPart, {item * 3 + part, item}}, 1);
          return {};
        });
        if (written.ok() && ::write(kAcknowledgments, &item, sizeof item) != sizeof item) std::abort();
      }
    });
  }
  for (auto& writer : writers) writer.join();
}

class Child {
 public:
  explicit Child(const std::string& path) {
    std::array<int, 2> pipe{};
    EXPECT_EQ(pipe2(pipe.data(), O_CLOEXEC), 0);
    setenv(kPathVariable, path.c_str(), 1);
    pid_ = fork();
    if (pid_ == 0) {
      dup2(pipe[1], kAcknowledgments);  // the copy is not closed on exec
      const int null = open("/dev/null", O_WRONLY);
      dup2(null, STDOUT_FILENO);
      execl("/proc/self/exe", "store_test", "--gtest_also_run_disabled_tests", "--gtest_filter=CrashWriter.*", nullptr);
      _exit(127);
    }
    ::close(pipe[1]);
    unsetenv(kPathVariable);
    read_end_ = pipe[0];
  }
  // Kills the child once it has acknowledged `count` items; answers all it acknowledged.
  std::vector<std::int64_t> kill_after(std::size_t count) {
    std::vector<std::int64_t> acknowledged;
    std::int64_t item = 0;
    bool killed = false;
    while (::read(read_end_, &item, sizeof item) == sizeof item) {
      acknowledged.push_back(item);
      if (acknowledged.size() >= count && !killed) {
        kill(pid_, SIGKILL);
        killed = true;
      }
    }
    int status = 0;
    waitpid(pid_, &status, 0);
    EXPECT_TRUE(killed && WIFSIGNALED(status));
    ::close(read_end_);
    return acknowledged;
  }

 private:
  pid_t pid_ = -1;
  int read_end_ = -1;
};

TEST(CrashTest, every_acknowledged_row_survives_kill_9) {
  auto db = TemporaryDatabase::create_file(schema());
  const std::string path = db.path();
  db.close();
  base::SeededRandom random(11);
  std::vector<std::int64_t> acknowledged;
  for (int round = 0; round < 6; ++round) {
    const auto more = Child(path).kill_after(50 + random.below(1500));
    acknowledged.insert(acknowledged.end(), more.begin(), more.end());
    auto reopened = open_sqlite({.path = path, .use = StoreUse::server});
    ASSERT_TRUE(reopened.ok());
    const auto rows = (*reopened)->read<Rows>("items", [](ReadTx& tx) { return tx.read_one({kFindItems, {}}); });
    ASSERT_TRUE(rows.ok());
    std::map<std::int64_t, std::int64_t> parts;
    for (const auto& row : *rows) parts[row.integer(0)] = row.integer(1);
    for (const auto item : acknowledged) EXPECT_EQ(parts[item], 3) << item;
    for (const auto& [item, count] : parts) EXPECT_EQ(count, 3) << item;  // whole or not there
  }
}

}  // namespace
}  // namespace karv::store
