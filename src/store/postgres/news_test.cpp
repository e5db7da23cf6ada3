#include <chrono>
#include <thread>

#include <gtest/gtest.h>

#include "base/mutex.h"
#include "store/open.h"
#include "store/postgres/cluster_for_test.h"

namespace karv::store {
namespace {

// One server: what it heard, in order.
class Server {
 public:
  explicit Server(const std::string& address)
      : news(open_news(address, [this](std::string_view text) {
               const base::Lock lock(mutex_);
               heard_.emplace_back(text);
             }).value()) {}
  std::vector<std::string> heard() {
    const base::Lock lock(mutex_);
    return heard_;
  }
  bool hears(const std::string& text) {
    for (int tries = 0; tries < 2000; ++tries) {
      for (const auto& one : heard())
        if (one == text) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return false;
  }
  // Until its line stands: before that, it may miss what others say.
  bool hears_from(Server& other) {
    for (int tries = 0; tries < 100; ++tries) {
      const std::string text = "hello " + std::to_string(tries);
      other.news->tell(text);
      for (int moment = 0; moment < 25; ++moment) {
        for (const auto& one : heard())
          if (one == text) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
      }
    }
    return false;
  }

 private:
  base::Mutex mutex_;
  std::vector<std::string> heard_ KARV_GUARDED_BY(mutex_);

 public:
  std::unique_ptr<News> news;  // last: ends before what it calls
};

TEST(PostgresNewsTest, what_one_server_tells_all_hear_and_itself_once) {
  const auto address = postgres::ClusterForTest::shared().address();
  Server one(address);
  Server two(address);
  ASSERT_TRUE(two.hears_from(one));
  ASSERT_TRUE(one.hears_from(two));
  one.news->tell("now");
  EXPECT_TRUE(two.hears("now"));
  EXPECT_EQ(std::ranges::count(one.heard(), "now"), 1);  // at once, not when it comes back
}

TEST(PostgresNewsTest, many_travel_together_and_none_is_lost_on_a_good_line) {
  const auto address = postgres::ClusterForTest::shared().address();
  Server one(address);
  Server two(address);
  ASSERT_TRUE(two.hears_from(one));
  const auto before = two.heard().size();
  constexpr int kMany = 2000;
  for (int i = 0; i < kMany; ++i) one.news->tell("number " + std::to_string(i));
  EXPECT_TRUE(two.hears("number " + std::to_string(kMany - 1)));
  EXPECT_EQ(two.heard().size() - before, static_cast<std::size_t>(kMany));
}

TEST(PostgresNewsTest, after_a_lost_line_everybody_is_told_to_look_again) {
  const auto& cluster = postgres::ClusterForTest::shared();
  Server one(cluster.address() + "&application_name=news_to_cut");
  Server two(cluster.address());
  ASSERT_TRUE(one.hears_from(two));
  auto database = open_database({.address = cluster.address()}).value();
  static constexpr Sql kCut =
      "select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = 'news_to_cut'";
  ASSERT_TRUE(database->read<Rows>("cut", [](ReadTx& tx) { return tx.read_one({kCut, {}}); }).ok());
  EXPECT_TRUE(one.hears(""));
  EXPECT_TRUE(one.hears_from(two));
}

TEST(NewsTest, the_embedded_engine_hears_what_it_tells) {
  std::vector<std::string> heard;
  auto news = open_news("/some/file.db", [&](std::string_view text) { heard.emplace_back(text); });
  ASSERT_TRUE(news.ok());
  (*news)->tell("now");
  EXPECT_EQ(heard, std::vector<std::string>{"now"});
}

}  // namespace
}  // namespace karv::store
