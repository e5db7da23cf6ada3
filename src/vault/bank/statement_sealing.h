// The parts of a statement file as sealed bytes under the file's own key, each bound to its file and place.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "vault/bank/statement_types.h"

namespace karv::vault {

// Where in its file something belongs: "original", "heads", "line 7".
std::string line_place(std::int64_t number);

base::Bytes seal_statement_part(const SubjectKey& key, BankStatementId file, std::string_view place,
                                base::ByteView clear, base::Random& random);
// Errors: internal, when the part is not where and what it was.
base::Result<base::SecretBytes> open_statement_part(const SubjectKey& key, BankStatementId file, std::string_view place,
                                                    base::ByteView sealed);

// All parts of a file, under another key. Errors: as above.
base::Result<void> reseal_statement(const SubjectKey& from, const SubjectKey& to, StoredStatementFile& file,
                                    std::vector<StoredStatementLine>& lines, base::Random& random);

}  // namespace karv::vault
