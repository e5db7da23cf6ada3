#include "vault/bank/store.h"

#include "base/check.h"
#include "crypto/hash.h"
#include "vault/bank/repository.h"
#include "vault/bank/sealing.h"
#include "vault/keys/repository.h"
#include "vault/rotation/subject_renewal.h"

namespace karv::vault {
namespace {

constexpr int kTries = 4;  // each is overtaken only by somebody who stored this owner's account, card or first key

}  // namespace

base::Result<BankStore::Prepared> BankStore::prepare(TenantId tenant, const BankOwner& owner,
                                                     const BankAccount& account) {
  KARV_TRY(const auto ring, holder_.get_fresh());
  const auto fingerprints = ring->fingerprints(tenant, canonical(account));
  KARV_REQUIRE(!fingerprints.empty());
  std::vector<store::Query> batch{subject_key_query(tenant, owner.id)};
  for (const auto& f : fingerprints) batch.push_back(bank_account_query(tenant, owner, f.digest));
  KARV_TRY(const auto found, database_.read<std::vector<store::Rows>>(
                                 "vault_find_bank_account", [&](store::ReadTx& tx) { return tx.read(batch); }));
  Prepared out;
  for (std::size_t i = 1; i < found.size(); ++i)
    if (!found[i].empty() && !out.before) out.before = bank_account_from(found[i].front());
  if (out.before) {
    out.row = *out.before;
  } else {
    out.row.id = base::make_id<BankAccountTag>(wall_, random_);
    out.row.tenant = tenant;
    out.row.owner = owner;
    out.row.kind = account.kind;
    out.row.masked = mask_bank_account(account);
  }
  out.row.fingerprint = fingerprints.front().digest;
  out.row.fingerprint_key = fingerprints.front().key;
  std::optional<StoredSubjectKey> last;
  if (!found.front().empty()) last = subject_key_from(found.front().front());
  KARV_TRY_VOID(seal(out, last, account));
  return out;
}

base::Result<void> BankStore::seal(Prepared& prepared, const std::optional<StoredSubjectKey>& last,
                                   const BankAccount& account) {
  StoredBankAccount& row = prepared.row;
  if (last && last->state == KeyState::active) {
    if (last->uses >= policy_of(holder_.settings().policies, KeyClass::subject).most_uses) {
      KARV_TRY_VOID(renew_subject_key(database_, subject_keys_, random_, *last));
      return base::Error(base::ErrorCode::conflict);  // prepared anew with the new key
    }
    KARV_TRY(const auto key, subject_keys_.open(*last));
    seal_bank_account(key, account, row, random_);
    return {};
  }
  KARV_TRY(auto made, subject_keys_.make(row.tenant, row.owner.id, last ? last->version + 1 : 1));
  seal_bank_account(made.key, account, row, random_);
  prepared.new_key = std::move(made.row);
  return {};
}

void BankStore::store(store::Tx& tx, const Prepared& prepared) {
  if (prepared.new_key) insert_subject_key(tx, *prepared.new_key);
  count_subject_key_use(tx, prepared.row.subject_key);
  if (prepared.before) {
    update_bank_account(tx, *prepared.before, prepared.row);
  } else {
    insert_bank_account(tx, prepared.row, wall_.now());
  }
}

base::Result<StoredBankAccount> BankStore::put(std::string_view use_case, TenantId tenant, const BankOwner& owner,
                                               const BankAccount& account, const Work& work) {
  base::Error overtaken(base::ErrorCode::conflict);
  for (int i = 0; i < kTries; ++i) {
    const auto prepared = prepare(tenant, owner, account);
    auto stored = prepared.ok() ? database_.write<void>(use_case,
                                                        [&](store::Tx& tx) -> base::Result<void> {
                                                          KARV_TRY_VOID(work(tx, prepared->row));
                                                          store(tx, *prepared);
                                                          return {};
                                                        })
                                : base::Result<void>(prepared.error());
    if (stored.ok()) return prepared->row;
    if (stored.error().code() != base::ErrorCode::conflict) return std::move(stored).error();
    overtaken = std::move(stored).error();
  }
  return overtaken;
}

base::Result<BankAccount> BankStore::open(const SealedBankAccount& sealed) {
  KARV_TRY(const auto key, subject_keys_.open(sealed.key));
  return open_bank_account(key, sealed.account);
}

base::Result<StoredBankAccount> BankStore::fingerprinted(const SealedBankAccount& sealed, bool again) {
  KARV_TRY(const auto ring, holder_.get_fresh());
  KARV_TRY(const auto account, open(sealed));
  StoredBankAccount out = sealed.account;
  const OpenKey* const key = ring->find_active(KeyClass::fingerprint, out.tenant);
  KARV_REQUIRE(key != nullptr);
  out.fingerprint = crypto::hmac_sha256(key->clear, canonical(account).expose());
  if (again) out.fingerprint = crypto::hmac_sha256(key->clear, crypto::framed({out.fingerprint, out.id.view()}));
  out.fingerprint_key = key->row.id;
  return out;
}

}  // namespace karv::vault
