// The operator's work on the vault's own store, done by the vault's program because only it knows its tables. `karv`
// calls these; nobody else needs to. They may run beside a karv-vault that serves.
//
//   karv-vault migrate status|plan|up --config FILE | --database ADDRESS
//   karv-vault init --config FILE ...                    the key ceremony (init_command.h)
//   karv-vault freeze --database ADDRESS --backup ID     a store that was just restored: no token moves money
//   karv-vault accept-journal-loss --config FILE --reason TEXT   the process may begin a new erasure journal
//   karv-vault reconcile --config FILE                   batches on standard input (vault_api/reconcile.h), a line
//   each;
//                                                        one JSON object on standard output
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "base/result.h"

namespace karv::apps::vault {

// Runs the command that the words are and answers its exit code; none when they are none of these.
std::optional<base::Result<int>> run_store_command(std::span<const std::string_view> words);

}  // namespace karv::apps::vault
