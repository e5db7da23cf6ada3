// The tables of reveal: staff, their requests, their looks. Migration 20070.
#pragma once

#include "store/database.h"

namespace karv::vault {

store::Migration reveal_migration();

}  // namespace karv::vault
