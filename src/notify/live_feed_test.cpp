#include "notify/live_feed.h"

#include <string>
#include <thread>

#include <gtest/gtest.h>

namespace karv::notify {
namespace {

class Page final : public FeedSink {
 public:
  bool push(std::string_view event, std::string_view data) override {
    if (gone) return false;
    news.push_back(std::string(event) + " " + std::string(data));
    return true;
  }
  bool gone = false;
  std::vector<std::string> news;
};

const identity::CustomerId kAnna{base::Uuid{1}};
const identity::CustomerId kBert{base::Uuid{2}};

TEST(LiveFeedTest, news_reach_all_pages_of_the_customer_and_nobody_else) {
  LiveFeed feed;
  const auto first = std::make_shared<Page>();
  const auto second = std::make_shared<Page>();
  const auto foreign = std::make_shared<Page>();
  EXPECT_TRUE(feed.subscribe(kAnna, first));
  EXPECT_TRUE(feed.subscribe(kAnna, second));
  EXPECT_TRUE(feed.subscribe(kBert, foreign));
  feed.publish_changed(kAnna, "0190");
  const std::vector<std::string> expected = {"changed {\"order_id\":\"0190\"}"};
  EXPECT_EQ(first->news, expected);
  EXPECT_EQ(second->news, expected);
  EXPECT_TRUE(foreign->news.empty());
}

TEST(LiveFeedTest, a_page_that_is_gone_is_dropped) {
  LiveFeed feed;
  const auto page = std::make_shared<Page>();
  feed.subscribe(kAnna, page);
  page->gone = true;
  feed.publish_changed(kAnna, "x");
  EXPECT_EQ(feed.size(), 0U);
  EXPECT_EQ(page.use_count(), 1);
  feed.publish_changed(kAnna, "x");
}

TEST(LiveFeedTest, the_oldest_page_of_a_customer_gives_way) {
  LiveFeed feed({2, 10});
  const auto first = std::make_shared<Page>();
  for (const auto& page : {first, std::make_shared<Page>(), std::make_shared<Page>()})
    EXPECT_TRUE(feed.subscribe(kAnna, page));
  EXPECT_EQ(feed.size(), 2U);
  EXPECT_EQ(first.use_count(), 1);
}

TEST(LiveFeedTest, too_many_pages_are_refused_until_one_is_gone) {
  LiveFeed feed({8, 2});
  const auto first = std::make_shared<Page>();
  EXPECT_TRUE(feed.subscribe(kAnna, first));
  EXPECT_TRUE(feed.subscribe(kAnna, std::make_shared<Page>()));
  EXPECT_FALSE(feed.subscribe(kBert, std::make_shared<Page>()));
  first->gone = true;
  EXPECT_TRUE(feed.subscribe(kBert, std::make_shared<Page>()));
  EXPECT_EQ(feed.size(), 2U);
}

TEST(LiveFeedTest, servers_share_their_news) {
  LiveFeed here;
  LiveFeed there;
  const auto tell_all = [&](std::string_view text) {
    here.hear(text);
    there.hear(text);
  };
  here.share_through(tell_all);
  there.share_through(tell_all);
  const auto page = std::make_shared<Page>();
  const auto far_page = std::make_shared<Page>();
  EXPECT_TRUE(here.subscribe(kAnna, page));
  EXPECT_TRUE(there.subscribe(kAnna, far_page));
  const std::string order = "0190b7a0-0000-7000-8000-000000000001";
  here.publish_changed(kAnna, order);
  there.publish_changed(kAnna, "");
  const std::vector<std::string> expected = {"changed {\"order_id\":\"" + order + "\"}", "changed {\"order_id\":\"\"}"};
  EXPECT_EQ(page->news, expected);
  EXPECT_EQ(far_page->news, expected);
}

TEST(LiveFeedTest, what_is_heard_is_not_believed_unless_it_is_well_formed) {
  LiveFeed feed;
  const auto page = std::make_shared<Page>();
  EXPECT_TRUE(feed.subscribe(kAnna, page));
  for (const std::string& text :
       {kAnna.text() + "\"}, {", kAnna.text() + "x", std::string("nonsense"), kAnna.text().substr(1)})
    feed.hear(text);
  EXPECT_TRUE(page->news.empty());
  feed.hear("");  // some were missed
  EXPECT_EQ(page->news, std::vector<std::string>{"changed {\"order_id\":\"\"}"});
}

TEST(LiveFeedTest, closing_ends_all_pages_of_one_customer) {
  LiveFeed feed;
  const auto page = std::make_shared<Page>();
  feed.subscribe(kAnna, page);
  feed.subscribe(kBert, std::make_shared<Page>());
  feed.close_all(kAnna);
  feed.close_all(kAnna);
  EXPECT_EQ(page.use_count(), 1);
  EXPECT_EQ(feed.size(), 1U);
}

// A page whose end is slow or calls back must not hold the feed's lock.
class Reentrant final : public FeedSink {
 public:
  explicit Reentrant(LiveFeed& feed) : feed_(feed) {}
  ~Reentrant() override { size_at_end = feed_.size(); }
  bool push(std::string_view, std::string_view) override { return feed_.size() > 100; }
  static inline std::size_t size_at_end = 99;

 private:
  LiveFeed& feed_;
};
TEST(LiveFeedTest, pages_may_call_back) {
  LiveFeed feed({1, 10});
  feed.subscribe(kAnna, std::make_shared<Reentrant>(feed));
  feed.subscribe(kAnna, std::make_shared<Reentrant>(feed));
  EXPECT_EQ(Reentrant::size_at_end, 1U);
  feed.publish_changed(kAnna, "x");
  EXPECT_EQ(feed.size(), 0U);
}

class Quiet final : public FeedSink {
 public:
  bool push(std::string_view, std::string_view) override { return true; }
};
TEST(LiveFeedTest, threads_may_come_and_go_at_once) {
  LiveFeed feed({4, 100});
  std::vector<std::thread> threads;
  for (std::uint8_t t = 0; t < 4; ++t)
    threads.emplace_back([&feed, t] {
      for (int i = 0; i < 200; ++i) {
        const identity::CustomerId customer{base::Uuid{t}};
        feed.subscribe(customer, std::make_shared<Quiet>());
        feed.publish_changed(identity::CustomerId{base::Uuid{static_cast<std::uint8_t>(3 - t)}}, "x");
        if (i % 50 == 0) feed.sweep();
      }
      feed.close_all(identity::CustomerId{base::Uuid{t}});
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(feed.size(), 0U);
}

}  // namespace
}  // namespace karv::notify
