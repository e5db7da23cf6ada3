// The tables of this module.
#pragma once

#include <span>

#include "store/database.h"

namespace karv::rails {

std::span<const store::Migration> migrations();  // 52001..

}  // namespace karv::rails
