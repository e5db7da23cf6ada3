// Writes a stored file as the bank reads it: entries come from the database in pages, each account number is opened for
// its line and wiped. The text is the one place where the numbers are together; it exists once, for one sending.
#pragma once

#include <string>

#include "store/database.h"
#include "vault/bank/file_types.h"
#include "vault/bank/store.h"
#include "vault/keys/subject_keys.h"

namespace karv::vault {

class BankFileRendering {
 public:
  BankFileRendering(store::Database& database, KeyHolder& keys, BankStore& accounts, const base::Clock& wall,
                    base::Random& random)
      : database_(database), accounts_(accounts), subject_keys_(keys, wall, random) {}

  // The same bytes for the same file, every time. Errors: unavailable VAULT_SEALED; gone NUMBER_LOST (an account or its
  // key is not there any more); internal. Cost: a round trip for each 500 entries; about 600 bytes for an entry.
  base::Result<std::string> render(const StoredBankFile& file);

 private:
  struct Page;
  base::Result<Page> read_page(const StoredBankFile& file, std::int64_t after);

  store::Database& database_;
  BankStore& accounts_;
  SubjectKeys subject_keys_;
};

}  // namespace karv::vault
