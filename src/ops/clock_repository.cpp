#include <array>

#include "ops/business_clock.h"

namespace karv::ops {
namespace {

using base::Result;

constexpr store::Sql kReadOffset = "select offset_ms from business_clock where clock_id = 1";
constexpr store::Sql kWriteOffset = R"(
  insert into business_clock (clock_id, offset_ms) values (1, $1)
  on conflict (clock_id) do update set offset_ms = excluded.offset_ms)";

const std::array<store::Migration, 1> kMigrations{{
    {100001,
     "business_clock",
     {"create table business_clock (clock_id BIGINT primary key, offset_ms BIGINT not null)"}},
}};

base::Duration offset_in(const store::Rows& rows) { return {rows.empty() ? std::int64_t{0} : rows.front().integer(0)}; }

}  // namespace

std::span<const store::Migration> migrations() { return kMigrations; }

Result<base::Duration> read_clock_offset(store::Database& database) {
  return database.read<base::Duration>("business_clock", [](store::ReadTx& tx) -> Result<base::Duration> {
    KARV_TRY(auto rows, tx.read_one({kReadOffset, {}}));
    return offset_in(rows);
  });
}

Result<base::Instant> advance_clock(store::Database& database, base::OffsetClock& clock, const base::Clock& wall,
                                    const calendar::Period& period) {
  KARV_TRY(auto offset, database.write<base::Duration>("advance_clock", [&](store::Tx& tx) -> Result<base::Duration> {
    KARV_TRY(auto rows, tx.read_for_update({{kReadOffset, {}}}));
    const auto before = offset_in(rows[0]);
    const auto after = calendar::add(wall.now() + before, period) - wall.now();
    if (after > kFurthest)
      return base::public_error(base::ErrorCode::bad_value, "The clock can be moved at most 50 years ahead.",
                                "BAD_VALUE");
    tx.write({kWriteOffset, {after.ms}}, 1);
    return after;
  }));
  clock.set_offset(offset);
  return clock.now();
}

}  // namespace karv::ops
