#include "vault/bank/statement_sealing.h"

#include "crypto/aead.h"
#include "crypto/hash.h"

namespace karv::vault {
namespace {

base::Bytes place_of(BankStatementId file, std::string_view place) {
  return crypto::framed({base::as_bytes("bank_statements"), file.view(), base::as_bytes(place)});
}

}  // namespace

std::string line_place(std::int64_t number) { return "line " + std::to_string(number); }

base::Bytes seal_statement_part(const SubjectKey& key, BankStatementId file, std::string_view place,
                                base::ByteView clear, base::Random& random) {
  return crypto::seal(key.clear, clear, place_of(file, place), random);
}

base::Result<base::SecretBytes> open_statement_part(const SubjectKey& key, BankStatementId file, std::string_view place,
                                                    base::ByteView sealed) {
  return crypto::open(key.clear, sealed, place_of(file, place));
}

base::Result<void> reseal_statement(const SubjectKey& from, const SubjectKey& to, StoredStatementFile& file,
                                    std::vector<StoredStatementLine>& lines, base::Random& random) {
  const auto again = [&](std::string_view place, base::Bytes& sealed) -> base::Result<void> {
    if (sealed.empty()) return {};  // of a file that could not be read
    KARV_TRY(const auto clear, open_statement_part(from, file.id, place, sealed));
    sealed = seal_statement_part(to, file.id, place, clear.expose(), random);
    return {};
  };
  KARV_TRY_VOID(again("original", file.original));
  KARV_TRY_VOID(again("heads", file.heads));
  for (auto& line : lines) KARV_TRY_VOID(again(line_place(line.number), line.sealed));
  file.subject_key = to.id;
  return {};
}

}  // namespace karv::vault
