#include "ops/business_clock.h"

#include <gtest/gtest.h>

#include "store/temporary.h"

namespace karv::ops {
namespace {

calendar::Period period(std::string_view text) { return calendar::Period::parse(text).value(); }

class BusinessClockTest : public testing::Test {
 protected:
  base::Instant advance(std::string_view by) { return advance_clock(*database, business, wall, period(by)).value(); }
  base::ManualClock wall{*base::from_rfc3339("2026-01-31T12:00:00Z")};
  base::OffsetClock business{wall};
  store::TemporaryDatabase database = store::TemporaryDatabase::create(migrations());
};

TEST_F(BusinessClockTest, it_starts_with_the_wall) {
  EXPECT_EQ(read_clock_offset(*database)->ms, 0);
  EXPECT_EQ(business.now(), wall.now());
}

TEST_F(BusinessClockTest, it_moves_on_from_where_it_stands_and_keeps_running) {
  EXPECT_EQ(base::to_rfc3339(advance("P30D")), "2026-03-02T12:00:00.000Z");
  wall.advance(base::hours(1));
  EXPECT_EQ(base::to_rfc3339(business.now()), "2026-03-02T13:00:00.000Z");
  EXPECT_EQ(base::to_rfc3339(advance("PT1H")), "2026-03-02T14:00:00.000Z");
}

TEST_F(BusinessClockTest, a_month_ends_on_the_last_day_there_is) {
  EXPECT_EQ(base::to_rfc3339(advance("P1M")), "2026-02-28T12:00:00.000Z");
}

TEST_F(BusinessClockTest, what_is_stored_survives_a_restart) {
  const auto before = advance("P30DT2H");
  base::OffsetClock restarted{wall};
  restarted.set_offset(*read_clock_offset(*database));
  EXPECT_EQ(restarted.now(), before);
}

TEST_F(BusinessClockTest, it_does_not_leave_the_calendar) {
  for (int i = 0; i < 300; ++i) {
    const auto moved = advance_clock(*database, business, wall, period("P10Y"));
    if (i >= 5) EXPECT_EQ(moved.error().code(), base::ErrorCode::bad_value);
  }
  EXPECT_FALSE(advance_clock(*database, business, wall, period("P60Y")).ok());
  EXPECT_LE(business.now() - wall.now(), kFurthest);
}

TEST_F(BusinessClockTest, a_clock_that_cannot_be_stored_does_not_move) {
  auto empty = store::TemporaryDatabase::create(store::migrations());  // without the table
  EXPECT_FALSE(advance_clock(*empty, business, wall, period("P1D")).ok());
  EXPECT_EQ(business.now(), wall.now());
}

}  // namespace
}  // namespace karv::ops
