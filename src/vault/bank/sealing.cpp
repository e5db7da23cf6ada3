#include "vault/bank/sealing.h"

#include "base/check.h"
#include "crypto/aead.h"
#include "crypto/hash.h"
#include "json/words.h"

namespace karv::vault {
namespace {

base::Bytes place_of(const StoredBankAccount& row) {
  return crypto::framed({base::as_bytes("bank_accounts"), row.id.view(), base::as_bytes(json::word(row.owner.kind)),
                         row.owner.id.view(), row.subject_key.view()});
}

}  // namespace

void seal_bank_account(const SubjectKey& key, const BankAccount& account, StoredBankAccount& row,
                       base::Random& random) {
  row.subject_key = key.id;
  row.sealed = crypto::seal(key.clear, canonical(account).expose(), place_of(row), random);
}

base::Result<BankAccount> open_bank_account(const SubjectKey& key, const StoredBankAccount& row) {
  KARV_REQUIRE(key.id == row.subject_key);
  KARV_TRY(const auto clear, crypto::open(key.clear, row.sealed, place_of(row)));
  auto account = parse_canonical(clear);
  if (!account) return base::internal_error(base::ErrorCode::internal, "a sealed bank account has another form");
  return *std::move(account);
}

}  // namespace karv::vault
