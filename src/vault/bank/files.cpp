#include "vault/bank/files.h"

#include <algorithm>
#include <map>

#include "base/check.h"
#include "base/log.h"
#include "json/words.h"
#include "vault/bank/entry_sealing.h"
#include "vault/bank/file_checks.h"
#include "vault/bank/file_repository.h"
#include "vault/bank/file_steps.h"
#include "vault/bank/repository.h"
#include "vault/bank/rules.h"
#include "vault/keys/repository.h"

namespace karv::vault {
namespace {

constexpr std::int64_t kOutcomesPage = 200;

base::Error refused(base::ErrorCode code, const char* text, const char* reason) {
  return base::public_error(code, text, reason);
}
base::Error token_unknown() {
  return refused(base::ErrorCode::not_found, "There is no such bank token.", "TOKEN_UNKNOWN");
}
base::Error closed() {
  return refused(base::ErrorCode::not_matching, "The file is not in a state for that.", "FILE_CLOSED");
}

base::Result<StoredBankFile> require_file(std::optional<StoredBankFile> found, TenantId tenant) {
  if (!found || found->tenant != tenant)
    return refused(base::ErrorCode::not_found, "There is no such bank file.", "FILE_UNKNOWN");
  return *std::move(found);
}

vault_api::BankFileAnswer answer_about(const StoredBankFile& file) {
  return {.state = file.state,
          .entries = file.entries,
          .sum_minor = file.sum_minor,
          .message_id = file.message_id(),
          .digest = base::to_hex(file.digest),
          .bank_status = file.bank_status,
          .bank_reason = file.bank_reason,
          .problem = file.problem};
}

// What was there of a command that is said again.
bool is_done(BankFileCommand command, BankFileState state) {
  if (command == BankFileCommand::commit) return state != BankFileState::collecting && state != BankFileState::canceled;
  return command == BankFileCommand::cancel && state == BankFileState::canceled;
}

}  // namespace

// A batch, with everything that takes time done before the transaction.
struct BankFiles::Batch {
  std::vector<StoredBankEntry> entries;  // without their accounts
  std::vector<std::vector<KeyedDigest>> tokens;
  SubjectKeyId key;
};

base::Result<vault_api::BankFileAnswer> BankFiles::begin(TenantId tenant, const vault_api::BankFileRequest& request) {
  KARV_TRY_VOID(check_bank_file(request));
  if (!destinations_.contains(request.destination)) {
    base::log::error("vault_bank_destination_unknown", {{"file_id", request.file.text()}});
    return refused(base::ErrorCode::not_found, "The vault knows no such destination.", "DESTINATION_UNKNOWN");
  }
  KARV_TRY(const auto ring, keys_.get());
  const auto digests = ring->token_digests(tenant, request.debtor_token);
  KARV_TRY(const auto key, subject_keys_.make(tenant, subject_of(request.file)));
  StoredBankFile file{.id = request.file,
                      .tenant = tenant,
                      .request_digest = digest_of(request),
                      .destination = request.destination,
                      .purpose = request.purpose,
                      .debtor_name = request.debtor_name,
                      .execution_date = request.execution_date,
                      .currency = request.currency,
                      .announced_entries = request.entries,
                      .announced_minor = request.sum_minor,
                      .created_at = wall_.now(),
                      .state_since = wall_.now()};
  const auto work = [&](store::Tx& tx) -> base::Result<StoredBankFile> {
    KARV_TRY(auto known, lock_bank_file(tx, file.id));
    if (known && (known->tenant != tenant || known->request_digest != file.request_digest))
      return base::Error(base::ErrorCode::idempotency_conflict);
    if (known) return *std::move(known);
    KARV_TRY(const auto token, find_bank_token(tx, digests));
    if (!token) return token_unknown();
    KARV_TRY_VOID(decide_bank_use(*token, token->used_minor,
                                  {.purpose = BankPurpose::own,
                                   .owner = {.kind = BankOwnerKind::house, .id = SubjectId(tenant.uuid())},
                                   .amount_minor = request.sum_minor,
                                   .currency = request.currency,
                                   .business_now = {request.business_time}}));
    update_bank_token_use(tx, *token, used_after(token->used_minor, request.sum_minor), token->uses + 1);
    StoredBankFile fresh = file;
    fresh.debtor = token->account;
    insert_subject_key(tx, key.row);
    insert_bank_file(tx, fresh);
    return fresh;
  };
  KARV_TRY(const auto begun, database_.write<StoredBankFile>("vault_begin_bank_file", work));
  return answer_about(begun);
}

base::Result<BankFiles::Batch> BankFiles::prepare(TenantId tenant, const vault_api::BankEntriesRequest& request) {
  KARV_TRY(const auto ring, keys_.get());
  KARV_TRY(const auto rows, database_.read<store::Rows>("vault_find_file_key", [&](store::ReadTx& tx) {
    return tx.read_one(subject_key_query(tenant, subject_of(request.file)));
  }));
  if (rows.empty()) return refused(base::ErrorCode::not_found, "There is no such bank file.", "FILE_UNKNOWN");
  KARV_TRY(const auto key, subject_keys_.open(subject_key_from(rows.front())));
  Batch batch{.entries = {}, .tokens = {}, .key = key.id};
  std::int64_t number = request.first;
  for (const auto& entry : request.entries) {
    batch.tokens.push_back(ring->token_digests(tenant, entry.bank_token));
    batch.entries.push_back(
        {.number = number,
         .id = entry.entry,
         .request_digest = digest_of(entry),
         .account = {},
         .amount_minor = entry.amount_minor,
         .sealed = seal_entry_texts(key, request.file, number, {.name = entry.name, .remittance = entry.remittance},
                                    random_)});
    ++number;
  }
  return batch;
}

base::Result<StoredBankFile> BankFiles::store(store::Tx& tx, TenantId tenant,
                                              const vault_api::BankEntriesRequest& request, Batch batch) {
  KARV_TRY(auto found, lock_bank_file(tx, request.file));
  KARV_TRY(auto file, require_file(std::move(found), tenant));
  const auto size = static_cast<std::int64_t>(batch.entries.size());
  if (request.first + size - 1 <= file.entries) {  // said again
    KARV_TRY(const auto digests, find_entry_digests(tx, file.id, request.first, size));
    const bool same = std::ranges::equal(digests, batch.entries, {}, {}, &StoredBankEntry::request_digest);
    if (!same) return base::Error(base::ErrorCode::idempotency_conflict);
    return file;
  }
  if (file.state != BankFileState::collecting) return closed();
  if (request.first != file.entries + 1)
    return refused(base::ErrorCode::not_matching, "The batch does not begin behind the last entry.", "ENTRY_GAP");
  StoredBankFile after = file;
  after.entries += size;
  if (after.entries > file.announced_entries)
    return refused(base::ErrorCode::bad_value, "More entries than were announced.", "TOO_MANY_ENTRIES");
  KARV_TRY(const auto tokens, find_bank_tokens(tx, batch.tokens));
  std::map<base::Bytes, std::pair<StoredBankToken, StoredBankToken>> used;  // before, after; in one order for all
  for (std::size_t i = 0; i < batch.entries.size(); ++i) {
    const auto& wanted = request.entries[i];
    const auto& token = tokens[i];
    if (!token) return token_unknown();
    auto& [before, now] = used.try_emplace(token->mac, *token, *token).first->second;
    KARV_TRY(const auto owner, bank_owner(tenant, wanted.customer, wanted.merchant));
    KARV_TRY_VOID(decide_bank_use(now, now.used_minor,
                                  {.purpose = file.purpose,
                                   .owner = owner,
                                   .amount_minor = wanted.amount_minor,
                                   .currency = file.currency,
                                   .business_now = {request.business_time}}));
    now.used_minor = used_after(now.used_minor, wanted.amount_minor);
    ++now.uses;
    batch.entries[i].account = token->account;
    after.sum_minor += wanted.amount_minor;  // at most 100,000 times 10^15: no overflow within the announced sum
    if (after.sum_minor > file.announced_minor)
      return refused(base::ErrorCode::bad_value, "A larger sum than was announced.", "TOO_MANY_ENTRIES");
  }
  for (const auto& [mac, change] : used)
    update_bank_token_use(tx, change.first, change.second.used_minor, change.second.uses);
  count_subject_key_use(tx, batch.key, size);
  insert_bank_entries(tx, file.id, batch.entries);
  update_bank_file(tx, file, after);
  return after;
}

base::Result<vault_api::BankFileAnswer> BankFiles::add(TenantId tenant, const vault_api::BankEntriesRequest& request) {
  KARV_TRY_VOID(check_bank_entries(request));
  KARV_TRY(const auto batch, prepare(tenant, request));
  KARV_TRY(const auto file, database_.write<StoredBankFile>("vault_add_bank_entries", [&](store::Tx& tx) {
    return store(tx, tenant, request, batch);
  }));
  return answer_about(file);
}

base::Result<vault_api::BankFileAnswer> BankFiles::step(std::string_view use_case, TenantId tenant, BankFileId id,
                                                        BankFileCommand command) {
  const auto work = [&](store::Tx& tx) -> base::Result<StoredBankFile> {
    KARV_TRY(auto found, lock_bank_file(tx, id));
    KARV_TRY(auto file, require_file(std::move(found), tenant));
    if (is_done(command, file.state)) return file;
    const auto after = stepped(file, command, wall_.now());
    if (!after) return closed();
    const bool whole = file.entries == file.announced_entries && file.sum_minor == file.announced_minor;
    if (command == BankFileCommand::commit && !whole)
      return refused(base::ErrorCode::not_matching, "Count or sum of the entries is not what was announced.",
                     "TOTALS_DIFFER");
    update_bank_file(tx, file, *after);
    return *after;
  };
  KARV_TRY(const auto file, database_.write<StoredBankFile>(use_case, work));
  base::log::info("bank_file", {{"file_id", id.text()},
                                {"command", json::word(command)},
                                {"state", json::word(file.state)},
                                {"entries", file.entries}});
  if (file.due_at) due_();
  return answer_about(file);
}

base::Result<vault_api::BankFileAnswer> BankFiles::commit(TenantId tenant,
                                                          const vault_api::BankCommitRequest& request) {
  return step("vault_commit_bank_file", tenant, request.file, BankFileCommand::commit);
}
base::Result<vault_api::BankFileAnswer> BankFiles::cancel(TenantId tenant,
                                                          const vault_api::BankCancelRequest& request) {
  return step("vault_cancel_bank_file", tenant, request.file, BankFileCommand::cancel);
}
base::Result<vault_api::BankFileAnswer> BankFiles::send_again(TenantId tenant,
                                                              const vault_api::BankSendAgainRequest& request) {
  return step("vault_send_bank_file_again", tenant, request.file, BankFileCommand::send_again);
}

base::Result<vault_api::BankFileAnswer> BankFiles::find(TenantId tenant, const vault_api::BankFileQuery& request) {
  return database_.read<vault_api::BankFileAnswer>("vault_find_bank_file",
                                                   [&](store::ReadTx& tx) -> base::Result<vault_api::BankFileAnswer> {
                                                     KARV_TRY(auto found, find_bank_file(tx, request.file));
                                                     KARV_TRY(const auto file, require_file(std::move(found), tenant));
                                                     return answer_about(file);
                                                   });
}

base::Result<vault_api::BankOutcomesAnswer> BankFiles::outcomes(TenantId tenant,
                                                                const vault_api::BankOutcomesQuery& request) {
  return database_.read<vault_api::BankOutcomesAnswer>(
      "vault_bank_file_outcomes", [&](store::ReadTx& tx) -> base::Result<vault_api::BankOutcomesAnswer> {
        KARV_TRY(auto found, find_bank_file(tx, request.file));
        KARV_TRY_VOID(require_file(std::move(found), tenant));
        vault_api::BankOutcomesAnswer page;
        KARV_TRY(page.entries, find_entry_outcomes(tx, request.file, request.after, kOutcomesPage));
        if (std::ssize(page.entries) == kOutcomesPage) page.next = page.entries.back().number;
        return page;
      });
}

}  // namespace karv::vault
