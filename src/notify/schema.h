// The table of this module, as a numbered migration. The mails themselves are in the outbox.
#pragma once

#include <span>

#include "store/database.h"

namespace karv::notify {

std::span<const store::Migration> migrations();

}  // namespace karv::notify
