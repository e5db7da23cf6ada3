// A file that is damaged, misplaced or served already is refused with a sentence that says what to do; one that merely
// survived a crash is not.
#include "store/sqlite/start_check.h"

#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/random.h"
#include "store/temporary.h"

namespace karv::store {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;

constexpr std::size_t kPage = 4096;
constexpr Sql kInsert = "insert into item (item_id, name, filler) values ($1, $2, $3)";
constexpr Sql kAll = "select item_id from item order by item_id";

std::span<const Migration> schema() {
  static const std::vector<Migration> all{
      {9001,
       "items",
       {"create table item (item_id BIGINT primary key, name TEXT not null, filler BYTEA not null)",
        "create index item_name on item (name)", "create table key_only (key_id BYTEA primary key, n BIGINT)"}}};
  return all;
}

Result<void> put(Database& db, std::int64_t item) {
  return db.write<void>("put", [&](Tx& tx) -> Result<void> {
    tx.write({kInsert, {item, "name " + std::to_string(item * 7919 % 1000), Bytes(300, 7)}}, 1);
    return {};
  });
}
std::size_t items_in(Database& db) {
  const auto rows = db.read<Rows>("all", [](ReadTx& tx) { return tx.read_one({kAll, {}}); });
  return rows.ok() ? rows->size() : 0;
}

void flip(const std::string& file, std::size_t offset, std::uint8_t bits = 0x10) {
  std::fstream io(file, std::ios::in | std::ios::out | std::ios::binary);
  io.seekg(static_cast<std::streamoff>(offset));
  const int byte = io.get();
  io.seekp(static_cast<std::streamoff>(offset));
  io.put(static_cast<char>(byte ^ bits));
}
std::uint8_t byte_at(const std::string& file, std::size_t offset) {
  std::ifstream in(file, std::ios::binary);
  in.seekg(static_cast<std::streamoff>(offset));
  return static_cast<std::uint8_t>(in.get());
}

// A database file at rest, and a copy of it for each try.
class StartCheckTest : public testing::Test {
 protected:
  StartCheckTest() {
    for (int i = 0; i < 300; ++i) EXPECT_TRUE(put(*db, i).ok());
    db.close();  // the last connection writes the log back
  }
  std::string copy(const std::string& name = "copy.db") {
    const std::string path = db.folder() + "/" + name;
    for (const auto* suffix : {"", "-wal", "-shm"}) fs::remove(path + suffix);
    fs::copy_file(db.path(), path);
    return path;
  }
  // What a kill leaves after `count` more transactions: the file and its log.
  std::string crashed_copy(int count) {
    const std::string path = db.folder() + "/crashed.db";
    for (const auto* suffix : {"", "-wal", "-shm"}) fs::remove(path + suffix);
    const std::string live = copy("live.db");
    auto writer = open_sqlite({.path = live});
    EXPECT_TRUE(writer.ok());
    for (int i = 0; i < count; ++i) EXPECT_TRUE(put(**writer, 10'000 + i).ok());
    for (const auto* suffix : {"", "-wal"}) fs::copy_file(live + suffix, path + suffix);
    return path;
  }
  static Result<std::unique_ptr<Database>> serve(const std::string& path) {
    return open_sqlite({.path = path, .use = StoreUse::server});
  }
  static std::string refusal(const std::string& path) {
    const auto opened = serve(path);
    EXPECT_FALSE(opened.ok()) << path;
    if (opened.ok()) return {};
    EXPECT_NE(opened.error().internal_text().find(fs::path(path).parent_path().string()), std::string::npos);
    return opened.error().internal_text();
  }
  static void expect_sentence(const std::string& said, const std::string& part) {
    EXPECT_NE(said.find(part), std::string::npos) << said;
  }

  TemporaryDatabase db = TemporaryDatabase::create_file(schema());
};

TEST_F(StartCheckTest, a_whole_file_is_served) {
  auto opened = serve(copy());
  ASSERT_TRUE(opened.ok()) << opened.error().internal_text();
  EXPECT_EQ(items_in(**opened), 300U);
  EXPECT_EQ((*opened)->state(), StorageState::writable);
}

// ---- one server ----

TEST_F(StartCheckTest, a_second_server_is_refused_while_a_tool_is_let_in) {
  const std::string path = copy();
  auto first = serve(path);
  ASSERT_TRUE(first.ok());
  const auto second = serve(path);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code(), ErrorCode::conflict);
  expect_sentence(second.error().internal_text(), "is served by process " + std::to_string(::getpid()) + ": stop that");
  auto tool = open_sqlite({.path = path});
  ASSERT_TRUE(tool.ok());
  EXPECT_TRUE(put(**tool, 7'000).ok());
  EXPECT_TRUE(put(**first, 7'001).ok());
  first->reset();
  EXPECT_TRUE(serve(path).ok());
}

TEST_F(StartCheckTest, the_same_file_by_another_name_is_the_same_file) {
  const std::string path = copy();
  const std::string link = db.folder() + "/link.db";
  fs::create_symlink(path, link);
  auto first = serve(path);
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(serve(link).error().code(), ErrorCode::conflict);
}

TEST_F(StartCheckTest, the_lock_of_a_server_that_was_killed_is_no_obstacle) {
  const std::string path = copy();
  std::array<int, 2> ready{};
  ASSERT_EQ(pipe(ready.data()), 0);
  const pid_t child = fork();
  if (child == 0) {
    auto held = serve(path);
    std::ignore = ::write(ready[1], held.ok() ? "y" : "n", 1);
    while (true) pause();
  }
  char answer = 0;
  ASSERT_EQ(::read(ready[0], &answer, 1), 1);
  ASSERT_EQ(answer, 'y');
  EXPECT_EQ(serve(path).error().code(), ErrorCode::conflict);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_TRUE(fs::exists(path + ".lock"));
  EXPECT_TRUE(serve(path).ok());
  ::close(ready[0]);
  ::close(ready[1]);
}

// ---- the place ----

TEST_F(StartCheckTest, a_place_where_no_database_can_be_is_named) {
  expect_sentence(refusal(db.folder() + "/none/karv.db"), "make it, or correct `database`");
  expect_sentence(refusal(db.path() + "/karv.db"), "is no folder");
  fs::create_directory(db.folder() + "/folder.db");
  expect_sentence(refusal(db.folder() + "/folder.db"), "is no file");
  expect_sentence(refusal(db.folder() + "/" + std::string(300, 'x')), "correct `database`");
}

TEST_F(StartCheckTest, a_file_that_others_may_read_is_refused) {
  const std::string path = copy();
  for (const mode_t mode : {0640U, 0604U, 0660U, 0644U}) {
    ASSERT_EQ(chmod(path.c_str(), mode), 0);
    expect_sentence(refusal(path), "chmod 600 it");
  }
  ASSERT_EQ(chmod(path.c_str(), 0600), 0);
  EXPECT_TRUE(serve(path).ok());
}

// Root may write everything, so the asking is done as somebody else when this runs as root.
TEST_F(StartCheckTest, what_cannot_be_written_is_refused_with_who_should_own_it) {
  const std::string path = copy();
  ASSERT_EQ(chmod(db.folder().c_str(), 0755), 0);
  struct Case {
    mode_t folder, file;
    const char* sentence;
  };
  for (const auto& [folder, file, sentence] : {Case{0555, 0600, "own the folder"}, Case{0777, 0400, "own it"}}) {
    ASSERT_EQ(chmod(path.c_str(), file), 0);
    ASSERT_EQ(chmod(db.folder().c_str(), folder), 0);
    const pid_t child = fork();
    if (child == 0) {
      if (::geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) _exit(2);
      const auto checked = sqlite::check_place(path);
      _exit(!checked.ok() && checked.error().internal_text().find(sentence) != std::string::npos ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << sentence << status;
  }
  ASSERT_EQ(chmod(db.folder().c_str(), 0700), 0);
}

// ---- the file ----

TEST_F(StartCheckTest, what_is_no_database_is_refused) {
  const std::string path = db.folder() + "/other.db";
  for (const std::string& text : {std::string("x"), std::string(5000, 'k'), std::string(kPage * 3, '\0')}) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
    ASSERT_EQ(chmod(path.c_str(), 0600), 0);
    expect_sentence(refusal(path), "is no database");
  }
  std::ofstream(path, std::ios::binary | std::ios::trunc).close();
  EXPECT_TRUE(serve(path).ok());  // nothing in it yet
}

TEST_F(StartCheckTest, a_file_that_was_cut_off_is_refused) {
  const auto whole = fs::file_size(db.path());
  for (const auto size : {whole - kPage, whole / 2, std::uintmax_t{kPage}, std::uintmax_t{600}}) {
    const std::string path = copy();
    fs::resize_file(path, size);
    expect_sentence(refusal(path), "is damaged");
  }
}

TEST_F(StartCheckTest, a_bit_flipped_in_the_structure_of_any_page_is_found) {
  const auto pages = fs::file_size(db.path()) / kPage;
  ASSERT_GT(pages, 20U);
  int found = 0;
  for (std::size_t page = 0; page < pages; ++page) {
    const std::size_t start = page * kPage + (page == 0 ? 100 : 0);
    const std::uint8_t kind = byte_at(db.path(), start);
    if (kind != 2 && kind != 5 && kind != 10 && kind != 13) continue;  // no b-tree page
    const std::size_t pointers = start + (kind == 2 || kind == 5 ? 12 : 8);
    const bool has_cells = byte_at(db.path(), start + 3) + byte_at(db.path(), start + 4) > 0;
    for (const std::size_t offset : {start, start + 4, pointers}) {  // kind, number of cells, where the first one is
      if (offset == pointers && !has_cells) continue;
      const std::string path = copy();
      flip(path, offset, 0x08);
      EXPECT_FALSE(serve(path).ok()) << "page " << page << " offset " << offset - start;
      ++found;
    }
  }
  EXPECT_GT(found, 60);
}

// The structure holds; what no longer fits is an index and its table. Only the whole check reads that.
TEST_F(StartCheckTest, an_index_that_no_longer_fits_its_table_is_found_by_the_whole_check) {
  const std::string path = copy();
  EXPECT_TRUE(check_sqlite(path)->findings.empty());
  std::ifstream in(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  const auto at = bytes.rfind("name 5");
  ASSERT_NE(at, std::string::npos);
  flip(path, at, 0x01);
  const auto done = check_sqlite(path);
  ASSERT_TRUE(done.ok());
  ASSERT_FALSE(done->findings.empty());
  EXPECT_NE(done->findings[0].find("item_name"), std::string::npos) << done->findings[0];
}

TEST_F(StartCheckTest, a_large_file_is_checked_beside_the_service_which_then_takes_no_more_writes) {
  const std::string path = copy();
  const auto pages = fs::file_size(path) / kPage;
  std::size_t leaf = 0;
  for (std::size_t page = pages - 1; page > 0 && leaf == 0; --page)
    if (byte_at(path, page * kPage) == 13) leaf = page;  // the last leaf of a table
  ASSERT_GT(leaf, 0U);
  flip(path, leaf * kPage + 8, 0x08);
  auto opened = open_sqlite({.path = path, .use = StoreUse::server, .check_at_start_bytes = 0});
  ASSERT_TRUE(opened.ok());
  for (int i = 0; i < 2000 && (*opened)->state() != StorageState::damaged; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  EXPECT_EQ((*opened)->state(), StorageState::damaged);
  EXPECT_EQ(put(**opened, 5'000).error().code(), ErrorCode::unavailable);
  EXPECT_TRUE((*opened)
                  ->read<Rows>("tables", [](ReadTx& tx) { return tx.read_one({"select name from sqlite_master", {}}); })
                  .ok());
}

TEST_F(StartCheckTest, a_large_file_that_is_whole_is_served_and_stays_writable) {
  auto opened = open_sqlite({.path = copy(), .use = StoreUse::server, .check_at_start_bytes = 0});
  ASSERT_TRUE(opened.ok());
  EXPECT_TRUE(put(**opened, 5'000).ok());
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ((*opened)->state(), StorageState::writable);
}

// ---- the log ----

TEST_F(StartCheckTest, what_a_crash_left_in_the_log_is_taken_over) {
  const std::string path = crashed_copy(50);
  auto opened = serve(path);
  ASSERT_TRUE(opened.ok()) << opened.error().internal_text();
  EXPECT_EQ(items_in(**opened), 350U);
}

TEST_F(StartCheckTest, a_bit_flipped_anywhere_before_the_last_transaction_of_the_log_is_found) {
  base::SeededRandom random(4);
  for (int round = 0; round < 30; ++round) {
    const std::string path = crashed_copy(20);
    const auto size = fs::file_size(path + "-wal");
    const auto frames = (size - 32) / (kPage + 24);
    // Two transactions at the end stay as they are (a transaction is at most ten frames here).
    const std::size_t offset = random.below(static_cast<std::uint64_t>((frames - 20) * (kPage + 24)));
    flip(path + "-wal", offset, static_cast<std::uint8_t>(1U << random.below(8)));
    const auto opened = serve(path);
    EXPECT_FALSE(opened.ok()) << "offset " << offset;
    if (!opened.ok()) expect_sentence(opened.error().internal_text(), "log");
    // SQLite alone says nothing, and has lost what was behind the flip.
    auto alone = open_sqlite({.path = path});
    if (alone.ok()) EXPECT_LT(items_in(**alone), 320U);
  }
}

TEST_F(StartCheckTest, a_log_that_ends_in_the_middle_of_a_transaction_is_what_a_crash_leaves) {
  const std::string path = crashed_copy(20);
  const auto size = fs::file_size(path + "-wal");
  for (const std::size_t cut : {1U, 100U, 4000U, 5000U}) {
    const std::string torn = db.folder() + "/torn.db";
    for (const auto* suffix : {"", "-wal", "-shm"}) fs::remove(torn + suffix);
    for (const auto* suffix : {"", "-wal"}) fs::copy_file(path + suffix, torn + suffix);
    fs::resize_file(torn + "-wal", size - cut);
    auto opened = serve(torn);
    ASSERT_TRUE(opened.ok()) << opened.error().internal_text();
    EXPECT_GE(items_in(**opened), 318U);
  }
}

TEST_F(StartCheckTest, a_log_that_is_no_log_is_refused) {
  const std::string path = crashed_copy(5);
  std::ofstream(path + "-wal", std::ios::binary | std::ios::trunc) << std::string(10'000, 'x');
  expect_sentence(refusal(path), "log was overwritten");
}

}  // namespace
}  // namespace karv::store
