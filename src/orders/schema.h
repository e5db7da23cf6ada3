// The tables of this module. See db/README.md for the rules of the SQL.
#pragma once

#include <span>

#include "store/database.h"

namespace karv::orders {

std::span<const store::Migration> migrations();

}  // namespace karv::orders
