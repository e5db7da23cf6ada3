// The key ceremony at the vault's machine: `karv vault init` calls it.
//
//   karv-vault init --config FILE --pin-file FILE --needed M --out FOLDER --custodian FILE [--custodian FILE]...
//
// `--pin-file`: the PIN that the HSM's user has now; it is changed to one that only the custodians together can open.
// `--custodian`: the public file of each (`karv vault custodian create`). `--out`: where their share files are written,
// each readable by its custodian's key alone. The vault must not be running: the HSM is opened.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/migrate.h"

namespace karv::apps::vault {

// Answers the exit code. Errors: bad_value, those of hold_ceremony() and of the HSM.
base::Result<int> run_init(std::span<const std::string_view> words, const std::vector<store::Migration>& migrations);

}  // namespace karv::apps::vault
