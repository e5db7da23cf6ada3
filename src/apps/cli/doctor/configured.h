// The files that vault.toml and server.toml name: who may read them, and whether the two programs are users of their
// own.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "apps/cli/doctor/report.h"
#include "base/result.h"

namespace karv::apps::cli::doctor {

struct VaultFacts {
  bool production = false;
  bool pin_in_a_file = false;
  std::string private_listen;
  std::string database, erasure_journal;
  std::vector<std::int64_t> peer_uids;
  std::vector<std::string> switched_off;  // of [hardening]
  std::vector<std::string> secrets;       // files and folders for the vault alone
  std::vector<std::string> certificates;  // its own and the authorities
};
struct ServerFacts {
  std::string vault_address;  // empty: several vaults
  std::vector<std::string> secrets;
  std::vector<std::string> certificates;
};

// Errors: bad_value (no such file, not that program's configuration).
base::Result<VaultFacts> read_vault_facts(const std::string& configuration);
base::Result<ServerFacts> read_server_facts(const std::string& configuration);

// Answer the user that all files belong to; none when they differ or are root's, which was said.
std::optional<uid_t> look_at_vault(Report& report, const VaultFacts& vault);
std::optional<uid_t> look_at_server(Report& report, const ServerFacts& server);
// Between the two.
void look_at_separation(Report& report, const VaultFacts& vault, std::optional<uid_t> vault_user,
                        const ServerFacts& server, std::optional<uid_t> server_user);

}  // namespace karv::apps::cli::doctor
