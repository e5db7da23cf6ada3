#include "identity/sealing.h"

#include <array>
#include <utility>

#include "crypto/aead.h"
#include "crypto/hash.h"
#include "identity/key_repository.h"

namespace karv::identity {
namespace {

using base::ErrorCode;
using base::Result;

// Of the subject's key; a later version will have a key of its own.
constexpr std::array<std::uint8_t, 1> kKeyVersion = {1};

base::Bytes place_bytes(const SubjectKey& key, const SealedField& place, base::ByteView version) {
  return crypto::framed(
      {key.subject.view(), base::as_bytes(place.table), place.record, base::as_bytes(place.field), version});
}

Result<SubjectKeyPtr> key_of(const OpenedKeys::Opened& opened) {
  switch (opened.state) {
    case vault_api::ServerKeyState::ok:
      return opened.key;
    case vault_api::ServerKeyState::gone:
      return base::internal_error(ErrorCode::gone, "the vault has erased the subject's key");
    case vault_api::ServerKeyState::broken:
      break;
  }
  return base::internal_error(ErrorCode::internal, "the vault did not wrap this subject's key");
}

}  // namespace

Result<NewSubject> Sealer::make_subject(SubjectId subject) {
  KARV_TRY(auto made, stock_.take());
  return NewSubject{std::make_shared<const SubjectKey>(subject, std::move(made.clear)), std::move(made.stored)};
}

void Sealer::insert(store::Tx& tx, const NewSubject& subject) {
  insert_subject_key(tx, {subject.key->subject, subject.stored});
  tx.after_commit([this, key = subject.key] { opened_.put(key); });
}

SubjectKeyPtr Sealer::find_open(SubjectId subject) const {
  const auto opened = opened_.find(subject);
  return opened ? opened->key : nullptr;
}

store::Query Sealer::key_query(SubjectId subject) { return find_subject_key(subject); }

Result<SubjectKeyPtr> Sealer::load_from(SubjectId subject, const store::Rows& rows) {
  auto row = read_subject_key(rows);
  if (!row) return base::internal_error(ErrorCode::gone, "the subject's key was destroyed");
  if (const auto opened = opened_.find(subject)) return key_of(*opened);
  if (auto* noted = Noting::noted_) noted->push_back(*std::move(row));
  return base::internal_error(ErrorCode::unavailable, "the subject's key is not open")
      .with_reason(std::string(kNotOpen));
}

Result<SubjectKeyPtr> Sealer::load(store::ReadTx& tx, SubjectId subject) {
  if (auto open = find_open(subject)) return open;
  KARV_TRY(const store::Rows rows, tx.read_one(key_query(subject)));
  return load_from(subject, rows);
}

Result<void> Sealer::erase_subject(store::Tx& tx, SubjectId subject) {
  KARV_TRY(const store::Rows rows, tx.read_one(key_query(subject)));
  if (rows.empty()) return base::Error(ErrorCode::not_found);
  delete_subject_key(tx, subject);
  tx.after_commit([this, subject] { opened_.forget(subject); });
  return {};
}

Result<std::vector<vault_api::ServerKeyId>> Sealer::key_ids(store::ReadTx& tx, std::span<const SubjectId> subjects) {
  std::vector<vault_api::ServerKeyId> ids;
  if (subjects.empty()) return ids;
  std::vector<store::Query> batch;
  for (const auto& subject : subjects) batch.push_back(key_query(subject));
  KARV_TRY(const auto answers, tx.read(std::move(batch)));
  for (const auto& rows : answers)
    if (const auto row = read_subject_key(rows)) ids.push_back(row->stored.key);
  return ids;
}

base::Bytes Sealer::seal(const SubjectKey& key, const SealedField& place, base::ByteView plain) const {
  base::Bytes out(kKeyVersion.begin(), kKeyVersion.end());
  const base::Bytes sealed = crypto::seal(key.key, plain, place_bytes(key, place, kKeyVersion), random_);
  out.insert(out.end(), sealed.begin(), sealed.end());
  return out;
}

Result<base::SecretBytes> Sealer::open(const SubjectKey& key, const SealedField& place, base::ByteView sealed) {
  if (sealed.empty() || sealed[0] != kKeyVersion[0])
    return base::internal_error(ErrorCode::internal, "sealed value of an unknown version");
  return crypto::open(key.key, sealed.subspan(1), place_bytes(key, place, sealed.first(1)));
}

}  // namespace karv::identity
