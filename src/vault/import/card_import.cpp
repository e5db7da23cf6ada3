#include "vault/import/card_import.h"

#include <algorithm>

#include "base/check.h"
#include "base/log.h"
#include "crypto/aead.h"
#include "crypto/hash.h"
#include "crypto/jwe.h"
#include "vault/custody/repository.h"
#include "vault/import/card_file_rows.h"
#include "vault/keys/repository.h"

namespace karv::vault {
namespace {

constexpr std::size_t kDigestSize = 32;
constexpr std::int64_t kPeople = 2;
constexpr base::Duration kApprovalHolds = base::days(3);
// The owner of the key under which the import key's private half is sealed: none of the customers.
constexpr std::string_view kOwner = "6b617276-0000-7000-8000-696d706f7274";

base::Error refused(base::ErrorCode code, const char* text, const char* reason) {
  return base::public_error(code, text, reason);
}
base::Error unreadable() {
  return refused(base::ErrorCode::bad_value,
                 "The chunk is not encrypted to this vault's import key, or is none of a card file.",
                 "IMPORT_UNREADABLE");
}
base::Error finished() {
  return refused(base::ErrorCode::not_matching, "This file was taken in and is finished.", "IMPORT_FINISHED");
}
base::Error out_of_order() {
  return refused(base::ErrorCode::not_matching, "Chunks come in their order, and all of them.", "IMPORT_OUT_OF_ORDER");
}

SubjectId owner() { return *SubjectId::parse(kOwner); }

base::Bytes key_place(base::ByteView public_key) {
  return crypto::framed({base::as_bytes("karv import key 1"), public_key});
}

std::int64_t chunks_of(const StoredImport& import) {
  return static_cast<std::int64_t>(import.chunk_digests.size() / kDigestSize);
}

// The same for the same row of the same file, as long as the tenant's token key is the same one.
std::string token_text(const KeyRing& ring, TenantId tenant, const base::Bytes& file, std::int64_t row) {
  const std::string place = "karv import token 1 " + base::to_hex(file) + " " + std::to_string(row);
  return base::to_base64url(ring.token_digests(tenant, place).front().digest);
}

base::Result<StoredImport> read_file(const vault_api::CardFile& file) {
  const auto wrong = [] {
    return refused(base::ErrorCode::bad_value, "These are not the digests of a card file's chunks.", "IMPORT_FILE");
  };
  const auto chunks = std::ssize(file.chunks);
  if (chunks < 1 || chunks > vault_api::kMostChunks || file.rows < chunks ||
      file.rows > chunks * vault_api::kRowsPerChunk)
    return wrong();
  StoredImport import{.rows = file.rows};
  for (const auto& text : file.chunks) {
    const auto digest = base::from_base64url(text);
    if (!digest || digest->size() != kDigestSize) return wrong();
    import.chunk_digests.insert(import.chunk_digests.end(), digest->begin(), digest->end());
  }
  import.digest = vault_api::card_file_digest(import.rows, import.chunk_digests);
  return import;
}

}  // namespace

base::Result<TenantId> CardImport::tenant() const {
  KARV_TRY(const auto ring, keys_.get());
  const auto tenant = ring->find_tenant(keys_.settings().tenants.front());
  KARV_REQUIRE(tenant.has_value());  // unsealing has made it
  return *tenant;
}

base::Result<base::SecretBytes> CardImport::open_key(TenantId tenant, const StoredImportKey& stored) {
  KARV_TRY(const auto rows, database_.read<store::Rows>("vault_find_import_key_owner", [&](store::ReadTx& tx) {
    return tx.read_one(subject_key_query(tenant, owner()));
  }));
  const base::Error gone(base::ErrorCode::gone);
  if (rows.empty()) return gone;
  const auto row = subject_key_from(rows.front());
  if (row.id != stored.subject_key || row.state != KeyState::active) return gone;
  KARV_TRY(const auto key, subject_keys_.open(row));
  return crypto::open(key.clear, stored.sealed, key_place(stored.public_key));
}

base::Result<vault_api::ImportKeyAnswer> CardImport::key() {
  KARV_TRY(const auto of, tenant());
  KARV_TRY(const auto known, database_.read<std::optional<StoredImportKey>>(
                                 "vault_find_import_key", [](store::ReadTx& tx) { return find_import_key(tx); }));
  if (known) {
    const auto opened = open_key(of, *known);
    if (opened.ok()) return vault_api::ImportKeyAnswer{.opens = base::to_base64url(known->public_key)};
    if (opened.error().code() != base::ErrorCode::gone) return opened.error();
  }
  KARV_TRY(const auto rows, database_.read<store::Rows>("vault_find_import_key_owner", [&](store::ReadTx& tx) {
    return tx.read_one(subject_key_query(of, owner()));
  }));
  const std::int64_t version = rows.empty() ? 1 : subject_key_from(rows.front()).version + 1;
  KARV_TRY(const auto made, subject_keys_.make(of, owner(), version));
  const auto pair = crypto::make_x25519_pair(random_);
  const StoredImportKey fresh{
      .subject_key = made.row.id,
      .public_key = pair.public_key,
      .sealed = crypto::seal(made.key.clear, pair.private_key.expose(), key_place(pair.public_key), random_)};
  KARV_TRY_VOID(database_.write<void>("vault_make_import_key", [&](store::Tx& tx) -> base::Result<void> {
    if (!rows.empty() && subject_key_from(rows.front()).state == KeyState::active)
      destroy_subject_key(tx, subject_key_from(rows.front()));
    insert_subject_key(tx, made.row);
    put_import_key(tx, known, fresh, wall_.now());
    return {};
  }));
  return vault_api::ImportKeyAnswer{.opens = base::to_base64url(fresh.public_key)};
}

base::Result<CardImport::Known> CardImport::get_import(store::ReadTx& tx, const std::string& file) const {
  const auto digest = base::from_hex(file);
  std::optional<StoredImport> found;
  if (digest && digest->size() == kDigestSize) {
    KARV_TRY(found, find_import(tx, *digest));
  }
  if (!found) return refused(base::ErrorCode::not_found, "Nobody has approved such a file here.", "IMPORT_UNKNOWN");
  KARV_TRY(const auto approvals, find_approvals(tx, *digest));
  // Of those in office: whoever handed over and became a custodian again under another id would count twice.
  KARV_TRY(const auto custodians, find_custodians(tx));
  const base::Instant now = wall_.now();
  const auto counts = [&](const ImportApproval& approval) {
    return approval.at + kApprovalHolds > now &&
           std::ranges::find(custodians, approval.custodian, &Custodian::id) != custodians.end();
  };
  return Known{.import = *std::move(found), .approvals = std::ranges::count_if(approvals, counts)};
}

vault_api::ImportStatus CardImport::status_of(const Known& known) const {
  const auto& import = known.import;
  return {.file = base::to_hex(import.digest),
          .rows = import.rows,
          .chunks = chunks_of(import),
          .approvals = known.approvals,
          .next_chunk = import.next_chunk,
          .kept = import.kept,
          .refused = import.refused,
          .finished = import.finished_at.has_value()};
}

base::Result<vault_api::ImportStatus> CardImport::approve(const vault_api::ApproveImportRequest& request) {
  KARV_TRY(const auto file, read_file(request.file));
  KARV_TRY(const auto custodian, custody_.check_act({.act = "import",
                                                     .custodian = request.custodian,
                                                     .at = request.at,
                                                     .nonce = request.nonce,
                                                     .signature = request.signature,
                                                     .about = file.digest}));
  if (!custodian.accepted_at)
    return refused(base::ErrorCode::forbidden, "This custodian has not accepted the duty.", "CUSTODIAN_NOT_ACCEPTED");
  const std::string name = base::to_hex(file.digest);
  KARV_TRY(const auto known, database_.write<Known>("vault_approve_import", [&](store::Tx& tx) -> base::Result<Known> {
    KARV_TRY(const auto before, lock_import(tx, file.digest));
    if (before && before->finished_at) return finished();
    if (!before) insert_import(tx, file, wall_.now());
    put_approval(tx, file.digest, {.custodian = custodian.id, .at = wall_.now()});
    return get_import(tx, name);
  }));
  KARV_TRY_VOID(custody_.record(custodian.id.text(), "vault_import_approved", name, ""));
  return status_of(known);
}

base::Result<vault_api::ImportStatus> CardImport::find(const vault_api::FindImportRequest& request) {
  KARV_TRY(const auto known,
           database_.read<Known>("vault_find_import", [&](store::ReadTx& tx) { return get_import(tx, request.file); }));
  return status_of(known);
}

base::Result<void> CardImport::check_chunk(const Known& known, const vault_api::ImportChunkRequest& request) const {
  const auto& import = known.import;
  if (import.finished_at) return finished();
  if (known.approvals < kPeople)
    return refused(base::ErrorCode::not_matching, "Two custodians must have approved the file in the last three days.",
                   "IMPORT_NOT_APPROVED");
  if (request.chunk < 0 || request.chunk >= chunks_of(import) || request.chunk > import.next_chunk)
    return out_of_order();
  const auto wanted =
      base::ByteView(import.chunk_digests).subspan(static_cast<std::size_t>(request.chunk) * kDigestSize, kDigestSize);
  if (!std::ranges::equal(crypto::sha256(base::as_bytes(request.jwe)), wanted))
    return refused(base::ErrorCode::bad_value, "This is not the chunk of the approved file.", "IMPORT_CHUNK_CHANGED");
  return {};
}

base::Result<base::SecretBytes> CardImport::open_chunk(std::string_view jwe) {
  KARV_TRY(const auto of, tenant());
  KARV_TRY(const auto stored, database_.read<std::optional<StoredImportKey>>(
                                  "vault_find_import_key", [](store::ReadTx& tx) { return find_import_key(tx); }));
  if (!stored) return unreadable();
  const auto key = open_key(of, *stored);
  if (!key.ok() && key.error().code() == base::ErrorCode::gone) return unreadable();
  if (!key.ok()) return key.error();
  auto clear = crypto::decrypt_jwe(key.value(), jwe);
  if (!clear.ok()) return unreadable();
  return clear;
}

base::Result<vault_api::ImportChunkAnswer> CardImport::take_chunk(const vault_api::ImportChunkRequest& request,
                                                                  const std::string& who) {
  KARV_TRY(const auto known,
           database_.read<Known>("vault_find_import", [&](store::ReadTx& tx) { return get_import(tx, request.file); }));
  KARV_TRY_VOID(check_chunk(known, request));
  KARV_TRY(const auto of, tenant());
  KARV_TRY(const auto ring, keys_.get_fresh());
  KARV_TRY(const auto clear, open_chunk(request.jwe));
  KARV_TRY(auto rows, read_card_file_rows(clear, wall_.now()));
  vault_api::ImportChunkAnswer answer;
  std::vector<CardWithToken> cards;
  for (auto& row : rows) {
    auto& said = answer.rows.emplace_back(vault_api::ImportedRow{
        .row = row.row, .reference = row.reference, .vault_token = {}, .field = row.field, .code = row.code});
    if (!row.card) continue;
    said.vault_token = token_text(*ring, of, known.import.digest, row.row);
    row.card->token = said.vault_token;
    cards.push_back(*std::move(row.card));
  }
  const auto kept = std::ssize(cards);
  const auto wrong = std::ssize(rows) - kept;
  KARV_TRY_VOID(batch_.keep(of, cards, [&](store::Tx& tx) -> base::Result<void> {
    KARV_TRY(auto import, lock_import(tx, known.import.digest));
    KARV_REQUIRE(import.has_value());
    if (import->finished_at) return finished();
    if (import->next_chunk != request.chunk) return {};  // it came before
    ++import->next_chunk;
    import->kept += kept;
    import->refused += wrong;
    update_import(tx, *import, request.chunk);
    return {};
  }));
  if (request.chunk == 0) KARV_TRY_VOID(custody_.record(who, "vault_import_begun", request.file, ""));
  return answer;
}

base::Result<vault_api::ImportStatus> CardImport::finish(const vault_api::FinishImportRequest& request,
                                                         const std::string& who) {
  KARV_TRY(const auto known, database_.write<Known>("vault_finish_import", [&](store::Tx& tx) -> base::Result<Known> {
    KARV_TRY(auto found, get_import(tx, request.file));
    KARV_TRY(auto import, lock_import(tx, found.import.digest));
    KARV_REQUIRE(import.has_value());
    if (import->next_chunk != chunks_of(*import)) return out_of_order();
    if (!import->finished_at) {
      import->finished_at = wall_.now();
      update_import(tx, *import, import->next_chunk);
    }
    found.import = *std::move(import);
    return found;
  }));
  KARV_TRY_VOID(custody_.record(
      who, "vault_import_finished", request.file,
      std::to_string(known.import.kept) + " kept, " + std::to_string(known.import.refused) + " refused"));
  return status_of(known);
}

}  // namespace karv::vault
