// The tables of this module, as numbered migrations.
#pragma once

#include <span>

#include "store/database.h"

namespace karv::credit {

std::span<const store::Migration> migrations();

}  // namespace karv::credit
