#include "base/id.h"

#include <set>

#include <gtest/gtest.h>

namespace karv::base {
namespace {

struct OrderTag;
using OrderId = Id<OrderTag>;

// Fills with one byte, so that only the time and the fixed bits differ.
class ConstantRandom final : public Random {
 public:
  explicit ConstantRandom(std::uint8_t byte) : byte_(byte) {}
  void fill(std::span<std::uint8_t> out) override { std::fill(out.begin(), out.end(), byte_); }

 private:
  std::uint8_t byte_;
};

// Source: RFC 9562 appendix A.6: the time part of the example of 2022-02-22T19:22:22Z.
TEST(Id, carries_its_time_version_and_variant_where_the_rfc_says) {
  const ManualClock wall(*from_rfc3339("2022-02-22T19:22:22Z"));
  ConstantRandom ones(0xff);
  ConstantRandom zeros(0x00);
  EXPECT_EQ(make_id<OrderTag>(wall, ones).text(), "017f22e2-79b0-7fff-bfff-ffffffffffff");
  EXPECT_EQ(make_id<OrderTag>(wall, zeros).text(), "017f22e2-79b0-7000-8000-000000000000");
}

TEST(Id, later_ids_are_greater_as_text_and_as_bytes) {
  ManualClock wall(*from_rfc3339("2026-01-01T00:00:00Z"));
  SeededRandom random(3);
  OrderId last = make_id<OrderTag>(wall, random);
  for (int i = 0; i < 1000; ++i) {
    wall.advance(milliseconds(1 + static_cast<std::int64_t>(random.below(100'000))));
    const auto next = make_id<OrderTag>(wall, random);
    EXPECT_LT(last, next);
    EXPECT_LT(last.text(), next.text());
    EXPECT_LT(last.bytes(), next.bytes());
    last = next;
  }
}

TEST(Id, ids_of_one_millisecond_differ) {
  const ManualClock wall(Instant{1});
  SystemRandom random;
  std::set<OrderId> ids;
  for (int i = 0; i < 10'000; ++i) ids.insert(make_id<OrderTag>(wall, random));
  EXPECT_EQ(ids.size(), 10'000U);
}

TEST(Id, ids_differ_while_the_clock_goes_back_and_forth) {
  ManualClock wall(*from_rfc3339("2026-11-25T12:00:00Z"));
  SeededRandom random(5);
  std::set<OrderId> seen;
  for (int i = 0; i < 20'000; ++i) {
    wall.advance(milliseconds(i % 3 == 0 ? -2 : 1));  // the same few milliseconds again and again
    EXPECT_TRUE(seen.insert(make_id<OrderTag>(wall, random)).second);
  }
}

TEST(Id, text_and_bytes_survive_the_way_there_and_back) {
  const ManualClock wall(Instant{1'700'000'000'000});
  SeededRandom random(4);
  const auto id = make_id<OrderTag>(wall, random);
  EXPECT_EQ(OrderId::parse(id.text()), id);
  EXPECT_EQ(OrderId::from_bytes(id.bytes()), id);
  EXPECT_EQ(std::hash<OrderId>{}(id), std::hash<OrderId>{}(*OrderId::parse(id.text())));
  EXPECT_EQ(OrderId::parse("017F22E2-79B0-7CC3-98C4-DC0C0C07398F")->text(), "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
}

TEST(Id, malformed_text_and_bytes_are_refused) {
  for (const auto* text : {"", "017f22e2-79b0-7cc3-98c4-dc0c0c07398", "017f22e2-79b0-7cc3-98c4-dc0c0c07398ff",
                           "017f22e279b07cc398c4dc0c0c07398f", "{017f22e2-79b0-7cc3-98c4-dc0c0c07398}",
                           "017f22e2-79b0-7cc3-98c4-dc0c0c07398g", "017f22e27-9b0-7cc3-98c4-dc0c0c07398f",
                           "017f22e2-79b0-7cc3-98c4-dc0c0c0-398f", "017f22e2 79b0 7cc3 98c4 dc0c0c07398f",
                           " 017f22e2-79b0-7cc3-98c4-dc0c0c07398"})
    EXPECT_FALSE(OrderId::parse(text)) << text;
  EXPECT_FALSE(OrderId::from_bytes(Bytes(15)));
  EXPECT_FALSE(OrderId::from_bytes(Bytes(17)));
  EXPECT_FALSE(OrderId::from_bytes(Bytes()));
}

TEST(Id, the_default_is_nil) {
  EXPECT_TRUE(OrderId().is_nil());
  EXPECT_EQ(OrderId().text(), "00000000-0000-0000-0000-000000000000");
  EXPECT_FALSE(OrderId::parse("00000000-0000-0000-0000-000000000001")->is_nil());
}

}  // namespace
}  // namespace karv::base
