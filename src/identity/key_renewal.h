// When the vault has turned its epoch: every stored subject key is wrapped anew under the newest one, and the vault is
// told how many are not. When none is left it destroys the old epoch, and every old copy of the table with it.
//
// In pages, each a call and then a transaction; run again at any point, it goes on with what is left. Run by the job
// subject_keys.
#pragma once

#include <cstdint>
#include <functional>

#include "base/result.h"
#include "identity/key_vault.h"
#include "store/database.h"

namespace karv::identity {

struct Renewal {
  std::int64_t renewed = 0;
  std::int64_t gone = 0;    // the vault has erased them: their rows, dead, went too
  std::int64_t broken = 0;  // not as the vault wrapped them: left as they are, for somebody to look at
  std::int64_t left = 0;    // under an older epoch at the end, as the vault was told
};

// Nothing when no answer of the vault has named an epoch yet, or `stopping` says so.
// Errors: unavailable (the vault); those of the database. What was renewed before is kept.
base::Result<Renewal> renew_subject_keys(store::Database& database, KeyVault& vault,
                                         const std::function<bool()>& stopping);

}  // namespace karv::identity
