// The vault's own tables, in its own database: nobody else reads them. Migrations 20001 and up.
#pragma once

#include <span>

#include "store/database.h"

namespace karv::vault {

std::span<const store::Migration> migrations();

}  // namespace karv::vault
