// karv vault custodian exchange|share: other custodians take over.
#pragma once

#include <string>
#include <vector>

#include "apps/cli/vault/acting.h"
#include "base/result.h"

namespace karv::apps::cli::vault {

// One custodian of now agrees to a plan, giving his share. `people`: .pub files of those who take over.
base::Result<int> run_exchange(const std::string& operator_file, const ActingFiles& me, int needed,
                               const std::vector<std::string>& people);
// One who takes over fetches his share into FOLDER/ID.share.
base::Result<int> run_fetch_share(const std::string& operator_file, const std::string& key_file,
                                  const std::string& passphrase_file, const std::string& folder);

}  // namespace karv::apps::cli::vault
