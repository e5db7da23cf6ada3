#include "vault/erasure/journal.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <latch>
#include <thread>

#include <gtest/gtest.h>

#include "vault/test_support.h"

namespace karv::vault {
namespace {

class JournalTest : public ::testing::Test {
 protected:
  ErasureRecord record(std::int64_t erased_at = 1000) {
    ErasureRecord out;
    out.erasure = base::make_id<vault_api::ErasureTag>(wall, random);
    out.request = base::make_id<vault_api::ErasureRequestTag>(wall, random);
    out.tenant = "karv-server";
    out.subject = "5f";
    out.erased_at = erased_at;
    out.keys = {{.key = base::make_id<vault_api::ErasedKeyTag>(wall, random), .version = 1}};
    return out;
  }
  std::unique_ptr<Journal> begin(const std::vector<ErasureRecord>& records = {}) {
    return Journal::begin(path, tools, store, records, wall, random).value();
  }
  std::string why() {
    const auto opened = Journal::open(path, tools);
    return opened.ok() ? "" : opened.error().reason() + " " + opened.error().public_text();
  }
  std::string bytes() {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void overwrite(const std::string& text) { std::ofstream(path, std::ios::binary) << text; }
  ErasureStoreId new_store() { return base::make_id<ErasureStoreTag>(wall, random); }

  testing::Disk disk;
  base::ManualClock wall{*base::from_rfc3339("2026-11-22T12:00:00Z")};
  base::SystemRandom random;
  std::string path = (disk.folder / "journal").string();
  std::string prefix = "karv";
  HsmTools tools{.hsm = *disk.hsm, .prefix = prefix};
  ErasureStoreId store = new_store();
};

TEST_F(JournalTest, what_was_appended_is_there_after_opening_in_its_order_and_once) {
  const auto first = record();
  const auto second = record();
  {
    const auto journal = begin({first});
    EXPECT_EQ(journal->append(tools, second).value(), 2);
    EXPECT_EQ(journal->append(tools, second).value(), 2);
    EXPECT_EQ(journal->append(tools, first).value(), 1);
  }
  const auto journal = Journal::open(path, tools).value();
  ASSERT_EQ(journal->records().size(), 2U);
  EXPECT_EQ(journal->records()[1].erasure, second.erasure);
  EXPECT_EQ(journal->records()[1].keys.front().key, second.keys.front().key);
  EXPECT_EQ(journal->head().position, 2);
  EXPECT_EQ(journal->head().store, store);
  EXPECT_EQ(std::filesystem::status(path).permissions() & std::filesystem::perms::all,
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(JournalTest, no_byte_of_it_can_be_changed_unnoticed) {
  {
    const auto journal = begin({record()});
    std::ignore = journal->append(tools, record());
    ASSERT_TRUE(journal->drop_anchors(tools, 2).ok());
  }
  const auto text = bytes();
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto changed = text;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    overwrite(changed);
    EXPECT_NE(why(), "") << "byte " << i;
  }
  overwrite(text);
  EXPECT_EQ(why(), "");
}

TEST_F(JournalTest, lines_left_out_swapped_doubled_or_cut_off_are_noticed) {
  {
    const auto journal = begin({record()});
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(journal->append(tools, record()).ok());
    ASSERT_TRUE(journal->drop_anchors(tools, 4).ok());
  }
  const auto text = bytes();
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = text.find('\n', at) + 1;
    lines.push_back(text.substr(at, end - at));
    at = end;
  }
  ASSERT_EQ(lines.size(), 5U);
  const auto of = [&](std::initializer_list<std::size_t> which) {
    std::string out;
    for (const auto i : which) out += lines[i];
    return out;
  };
  for (const auto& changed : {of({0, 2, 3, 4}), of({0, 1, 3, 2, 4}), of({0, 1, 2, 2, 3, 4}), of({1, 2, 3, 4}), of({0}),
                              of({0, 1}), of({0, 1, 2, 3}), of({0, 1, 2, 3, 4, 4}), std::string(), std::string("\n")}) {
    overwrite(changed);
    EXPECT_TRUE(why().starts_with("ERASURE_JOURNAL_REFUSED")) << why();
  }
  overwrite(text);
  EXPECT_EQ(why(), "");
}

TEST_F(JournalTest, an_older_copy_of_it_is_noticed) {
  std::string older;
  {
    const auto journal = begin();
    ASSERT_TRUE(journal->append(tools, record()).ok());
    older = bytes();
    ASSERT_TRUE(journal->append(tools, record()).ok());
    ASSERT_TRUE(journal->drop_anchors(tools, 1).ok());
    EXPECT_TRUE(
        Journal::is_anchored(tools, {.journal = journal->head().journal, .store = store, .position = 1, .mac = {}})
            .value());
    ASSERT_TRUE(journal->drop_anchors(tools, 2).ok());
  }
  const auto newer = bytes();
  overwrite(older);
  EXPECT_NE(why().find("older copy"), std::string::npos);
  overwrite(newer);
  EXPECT_EQ(why(), "");
}

TEST_F(JournalTest, a_line_that_a_crash_cut_off_is_taken_away_and_the_next_one_takes_its_place) {
  const auto last = record();
  {
    const auto journal = begin({record()});
    ASSERT_TRUE(journal->append(tools, record()).ok());
  }
  const auto whole = bytes();
  overwrite(whole + R"({"erasure":"0190a1b2-c3d4)");
  {
    const auto journal = Journal::open(path, tools).value();
    EXPECT_EQ(bytes(), whole);
    EXPECT_EQ(journal->append(tools, last).value(), 3);
  }
  EXPECT_EQ(Journal::open(path, tools).value()->records().back().erasure, last.erasure);
}

TEST_F(JournalTest, anchors_that_stayed_are_dropped_later_and_after_opening) {
  std::string older;
  const auto before = disk.hsm->count();
  {
    const auto journal = begin();
    older = bytes();
    disk.hsm->keep_keys(true);
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(journal->append(tools, record()).ok());
    EXPECT_FALSE(journal->drop_anchors(tools, 3).ok());
    disk.hsm->keep_keys(false);
    ASSERT_TRUE(journal->drop_anchors(tools, 1).ok());
  }
  EXPECT_EQ(disk.hsm->count(), before + 4);  // the wrapping key, and those of the lines 1, 2 and 3
  {
    const auto journal = Journal::open(path, tools).value();
    ASSERT_TRUE(journal->drop_anchors(tools, 3).ok());
    ASSERT_TRUE(journal->drop_anchors(tools, 4).ok());  // never the last one's
  }
  EXPECT_EQ(disk.hsm->count(), before + 2);
  EXPECT_EQ(why(), "");
  overwrite(older);
  EXPECT_NE(why().find("older copy"), std::string::npos);
}

// Hangs in the middle of unwrapping until it is let go.
class HangingHsm final : public crypto::Hsm {
 public:
  explicit HangingHsm(crypto::Hsm& inner) : inner_(inner) {}
  base::Result<base::SecretBytes> make_data_key() override { return inner_.make_data_key(); }
  base::Result<void> ensure_key(std::string_view label) override { return inner_.ensure_key(label); }
  base::Result<bool> has_key(std::string_view label) override { return inner_.has_key(label); }
  base::Result<void> destroy_key(std::string_view label) override { return inner_.destroy_key(label); }
  base::Result<bool> key_is_confined(std::string_view label) override { return inner_.key_is_confined(label); }
  base::Result<base::Bytes> wrap(std::string_view label, const base::SecretBytes& key, base::ByteView aad) override {
    return inner_.wrap(label, key, aad);
  }
  base::Result<base::SecretBytes> unwrap(std::string_view label, base::ByteView wrapped, base::ByteView aad) override {
    hangs.count_down();
    let_go.wait();
    return inner_.unwrap(label, wrapped, aad);
  }
  base::Result<void> health(std::string_view label) override { return inner_.health(label); }

  std::latch hangs{1}, let_go{1};

 private:
  crypto::Hsm& inner_;
};

TEST_F(JournalTest, while_the_hsm_hangs_others_are_told_so_and_reading_goes_on) {
  const auto journal = begin({record()});
  HangingHsm hsm(*disk.hsm);
  std::jthread stuck([&] { EXPECT_EQ(journal->append({.hsm = hsm, .prefix = prefix}, record()).value(), 2); });
  hsm.hangs.wait();
  EXPECT_EQ(journal->append(tools, record()).error().code(), base::ErrorCode::unavailable);
  EXPECT_EQ(journal->head().position, 1);
  EXPECT_EQ(journal->records().size(), 1U);
  hsm.let_go.count_down();
  stuck.join();
  EXPECT_EQ(journal->append(tools, record()).value(), 3);
}

TEST_F(JournalTest, one_of_another_hsm_or_installation_is_refused) {
  {
    std::ignore = begin({record()});
  }
  testing::Disk elsewhere;
  const HsmTools theirs{.hsm = *elsewhere.hsm, .prefix = prefix};
  EXPECT_EQ(Journal::open(path, theirs).error().reason(), "ERASURE_JOURNAL_REFUSED");
  ASSERT_TRUE(elsewhere.hsm->ensure_key("karv-erasure-journal").ok());
  EXPECT_EQ(Journal::open(path, theirs).error().reason(), "ERASURE_JOURNAL_REFUSED");
  EXPECT_TRUE(Journal::was_ever_begun(tools).value());
  testing::Disk third;
  EXPECT_FALSE(Journal::was_ever_begun({.hsm = *third.hsm, .prefix = prefix}).value());
}

TEST_F(JournalTest, a_missing_one_one_open_to_others_and_one_in_use_are_told_apart) {
  EXPECT_EQ(Journal::open(path, tools).error().code(), base::ErrorCode::not_found);
  const auto journal = begin();
  EXPECT_EQ(Journal::open(path, tools).error().code(), base::ErrorCode::conflict);
  const auto linked = (disk.folder / "link").string();
  std::filesystem::create_symlink(path, linked);
  EXPECT_EQ(Journal::open(linked, tools).error().code(), base::ErrorCode::unavailable);
  EXPECT_EQ(Journal::open((disk.folder / "no" / "such" / "folder").string(), tools).error().code(),
            base::ErrorCode::unavailable);
  const auto open_to_all = (disk.folder / "open").string();
  std::filesystem::copy_file(path, open_to_all);
  std::filesystem::permissions(open_to_all, std::filesystem::perms::others_read, std::filesystem::perm_options::add);
  EXPECT_EQ(Journal::open(open_to_all, tools).error().code(), base::ErrorCode::unavailable);
}

TEST_F(JournalTest, what_could_not_be_written_is_not_in_it_and_can_be_written_later) {
  const auto journal = begin({record()});
  const auto later = record();
  disk.hsm->take_away(true);
  EXPECT_EQ(journal->append(tools, later).error().code(), base::ErrorCode::unavailable);
  disk.hsm->take_away(false);
  std::filesystem::rename(path, path + ".away");
  EXPECT_FALSE(journal->append(tools, later).ok());
  std::filesystem::rename(path + ".away", path);
  EXPECT_EQ(journal->head().position, 1);
  overwrite(bytes() + "half a line");  // as a full disk leaves it
  EXPECT_EQ(journal->append(tools, later).value(), 2);
  EXPECT_EQ(bytes().find("half"), std::string::npos);
  overwrite(bytes().substr(0, 10));
  EXPECT_EQ(journal->append(tools, record()).error().code(), base::ErrorCode::unavailable);
}

TEST_F(JournalTest, old_lines_go_and_the_rest_still_holds_together) {
  {
    const auto journal = begin({record(1000), record(2000), record(3000)});
    EXPECT_EQ(journal->prune(tools, base::Instant{1000}).value(), 0);
    const auto mac = journal->mac_at(2);
    EXPECT_EQ(journal->prune(tools, base::Instant{2500}).value(), 2);
    EXPECT_EQ(journal->mac_at(2), mac);
    EXPECT_FALSE(journal->mac_at(1));
    EXPECT_EQ(journal->append(tools, record(4000)).value(), 4);
  }
  {
    const auto journal = Journal::open(path, tools).value();
    EXPECT_EQ(journal->records().size(), 2U);
    EXPECT_EQ(journal->head().position, 4);
    EXPECT_EQ(journal->prune(tools, base::Instant{9000}).value(), 2);
    EXPECT_EQ(journal->head().position, 4);
  }
  const auto journal = Journal::open(path, tools).value();
  EXPECT_EQ(journal->append(tools, record(9000)).value(), 5);
  disk.hsm->take_away(true);
  EXPECT_FALSE(journal->prune(tools, base::Instant{10'000}).ok());
  EXPECT_EQ(journal->records().size(), 1U);
}

}  // namespace
}  // namespace karv::vault
