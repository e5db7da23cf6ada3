// The tables of this module, as numbered migrations.
#pragma once

#include <span>

#include "store/database.h"

namespace karv::identity {

std::span<const store::Migration> migrations();

}  // namespace karv::identity
