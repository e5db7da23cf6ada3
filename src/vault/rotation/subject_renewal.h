// Gives a subject (a customer, a merchant, the operator itself) a new key: everything that was sealed under the old one
// is sealed again and the old one is destroyed, in one transaction; who has nothing left gets none. Whatever is sealed
// under subject keys is listed here, or it would be lost with the old key.
#pragma once

#include "store/database.h"
#include "vault/keys/subject_keys.h"

namespace karv::vault {

// Errors: conflict (something came under the key meanwhile); those of SubjectKeys. Effects: subject_keys, cards,
// bank_accounts, bank_statement_files, bank_statement_lines. Names and texts in files of payments are not sealed again:
// they go with their file's key.
base::Result<void> renew_subject_key(store::Database& database, SubjectKeys& subject_keys, base::Random& random,
                                     const StoredSubjectKey& old_key);

}  // namespace karv::vault
