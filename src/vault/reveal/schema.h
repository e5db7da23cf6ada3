// The tables of reveal: staff, their requests, their looks. Migrations 20070 and 20101.
#pragma once

#include "store/database.h"

namespace karv::vault {

store::Migration reveal_migration();
// Null: not known; then the last act counts.
inline constexpr const char* kStaffUsedAt = "alter table staff add column used_at BIGINT";

}  // namespace karv::vault
