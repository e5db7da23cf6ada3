// Bank files and statements at the private door: the messages of vault_api/bank_file_messages.h and
// bank_statement_messages.h.
#pragma once

#include <string>
#include <vector>

#include "net/http.h"
#include "vault/bank/files.h"
#include "vault/bank/signing.h"
#include "vault/bank/statements.h"

namespace karv::vault {

// All but `destinations` outlive the router.
struct BankFileDoor {
  BankFiles& files;
  BankStatements& statements;
  BankSigning& signing;
  const KeyHolder& keys;
  std::vector<std::string> destinations;
};
void add_bank_file_routes(net::Router& private_router, const BankFileDoor& door);

}  // namespace karv::vault
