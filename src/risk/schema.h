// The table of this module, as a numbered migration.
#pragma once

#include <span>

#include "store/database.h"

namespace karv::risk {

std::span<const store::Migration> migrations();

}  // namespace karv::risk
