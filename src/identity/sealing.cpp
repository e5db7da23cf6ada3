#include "identity/sealing.h"

#include <array>
#include <unordered_map>
#include <utility>

#include "base/check.h"
#include "crypto/aead.h"
#include "crypto/hash.h"
#include "identity/repository.h"

namespace karv::identity {
namespace {

constexpr std::size_t kCachedKeys = 20'000;
constexpr base::Duration kCacheTime = base::minutes(5);
// Of the subject's key; a later version will have a key of its own.
constexpr std::array<std::uint8_t, 1> kKeyVersion = {1};

std::array<std::uint8_t, 8> big_endian(std::int64_t number) {
  std::array<std::uint8_t, 8> out{};
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(number) >> (56 - 8 * i));
  return out;
}

base::Bytes wrapping_place(SubjectId subject, std::int64_t epoch) {
  return crypto::framed({base::as_bytes("subject_keys"), subject.view(), big_endian(epoch)});
}

base::Bytes place_bytes(const SubjectKey& key, const SealedField& place, base::ByteView version) {
  return crypto::framed(
      {key.subject.view(), base::as_bytes(place.table), place.record, base::as_bytes(place.field), version});
}

}  // namespace

Sealer::Sealer(std::vector<EpochKey> epochs, const base::Clock& wall, base::Random& random)
    : epochs_(std::move(epochs)), random_(random), cache_(wall, kCachedKeys, kCacheTime) {}

base::Result<std::unique_ptr<Sealer>> Sealer::create(std::vector<EpochKey> epochs, const base::Clock& wall,
                                                     base::Random& random) {
  if (epochs.empty()) return base::internal_error(base::ErrorCode::bad_value, "no epoch key");
  for (std::size_t i = 0; i < epochs.size(); ++i) {
    if (epochs[i].key.size() != crypto::kAeadKeySize)
      return base::internal_error(base::ErrorCode::bad_value, "an epoch key must have 32 bytes");
    if (i > 0 && epochs[i].epoch <= epochs[i - 1].epoch)
      return base::internal_error(base::ErrorCode::bad_value, "epochs must rise");
  }
  return std::unique_ptr<Sealer>(new Sealer(std::move(epochs), wall, random));
}

NewSubject Sealer::make_subject(SubjectId subject) const {
  base::SecretBytes key(crypto::kAeadKeySize);
  random_.fill(key.expose_mutable());
  const EpochKey& newest = epochs_.back();
  base::Bytes wrapped = crypto::seal(newest.key, key.expose(), wrapping_place(subject, newest.epoch), random_);
  return {std::make_shared<const SubjectKey>(subject, std::move(key)), std::move(wrapped), newest.epoch};
}

void Sealer::insert(store::Tx& tx, const NewSubject& subject) {
  insert_subject_key(tx, subject.key->subject, subject.wrapped_key, subject.epoch);
  tx.after_commit([this, key = subject.key] { cache_.put(key->subject, key); });
}

SubjectKeyPtr Sealer::find_cached(SubjectId subject) const { return cache_.find(subject).value_or(nullptr); }

store::Query Sealer::key_query(SubjectId subject) { return find_subject_key(subject); }

const EpochKey* Sealer::find_epoch(std::int64_t epoch) const {
  for (const EpochKey& candidate : epochs_)
    if (candidate.epoch == epoch) return &candidate;
  return nullptr;
}

base::Result<SubjectKeyPtr> Sealer::unwrap(SubjectId subject, const store::Rows& rows) {
  const std::optional<WrappedKeyRow> row = read_subject_key(rows);
  if (!row) return base::internal_error(base::ErrorCode::gone, "the subject's key was destroyed");
  const EpochKey* epoch = find_epoch(row->epoch);
  if (epoch == nullptr) return base::internal_error(base::ErrorCode::internal, "subject key of an unknown epoch");
  KARV_TRY(base::SecretBytes key, crypto::open(epoch->key, row->wrapped_key, wrapping_place(subject, row->epoch)));
  auto unwrapped = std::make_shared<const SubjectKey>(subject, std::move(key));
  cache_.put(subject, unwrapped);
  return SubjectKeyPtr(std::move(unwrapped));
}

base::Result<SubjectKeyPtr> Sealer::load(store::ReadTx& tx, SubjectId subject) {
  if (SubjectKeyPtr cached = find_cached(subject)) return cached;
  KARV_TRY(const store::Rows rows, tx.read_one(key_query(subject)));
  return unwrap(subject, rows);
}

base::Result<std::vector<SubjectKeyPtr>> Sealer::load_all(store::ReadTx& tx, std::span<const SubjectId> subjects) {
  std::vector<SubjectKeyPtr> keys(subjects.size());
  std::vector<store::Query> batch;
  std::vector<std::size_t> asked;
  for (std::size_t i = 0; i < subjects.size(); ++i) {
    keys[i] = find_cached(subjects[i]);
    if (keys[i]) continue;
    batch.push_back(key_query(subjects[i]));
    asked.push_back(i);
  }
  if (batch.empty()) return keys;
  KARV_TRY(const std::vector<store::Rows> answers, tx.read(std::move(batch)));
  for (std::size_t i = 0; i < asked.size(); ++i) {
    auto key = unwrap(subjects[asked[i]], answers[i]);
    if (key.ok()) {
      keys[asked[i]] = std::move(key).value();
    } else if (key.error().code() != base::ErrorCode::gone) {
      return std::move(key).error();
    }
  }
  return keys;
}

base::Result<void> Sealer::erase_subject(store::Tx& tx, SubjectId subject) {
  KARV_TRY(const store::Rows rows, tx.read_one(key_query(subject)));
  if (rows.empty()) return base::Error(base::ErrorCode::not_found);
  delete_subject_key(tx, subject);
  tx.after_commit([this, subject] { cache_.erase(subject); });
  return {};
}

base::Bytes Sealer::seal(const SubjectKey& key, const SealedField& place, base::ByteView plain) const {
  base::Bytes out(kKeyVersion.begin(), kKeyVersion.end());
  const base::Bytes sealed = crypto::seal(key.key, plain, place_bytes(key, place, kKeyVersion), random_);
  out.insert(out.end(), sealed.begin(), sealed.end());
  return out;
}

base::Result<base::SecretBytes> Sealer::open(const SubjectKey& key, const SealedField& place, base::ByteView sealed) {
  if (sealed.empty() || sealed[0] != kKeyVersion[0])
    return base::internal_error(base::ErrorCode::internal, "sealed value of an unknown version");
  return crypto::open(key.key, sealed.subspan(1), place_bytes(key, place, sealed.first(1)));
}

}  // namespace karv::identity
