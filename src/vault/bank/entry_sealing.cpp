#include "vault/bank/entry_sealing.h"

#include "crypto/aead.h"
#include "crypto/hash.h"

namespace karv::vault {
namespace {

base::Bytes place_of(BankFileId file, std::int64_t number) {
  const auto digits = std::to_string(number);
  return crypto::framed({base::as_bytes("bank_file_entries"), file.view(), base::as_bytes(digits)});
}

}  // namespace

base::Bytes seal_entry_texts(const SubjectKey& key, BankFileId file, std::int64_t number, const BankEntryTexts& texts,
                             base::Random& random) {
  const auto clear = crypto::framed({base::as_bytes(texts.name), base::as_bytes(texts.remittance)});
  return crypto::seal(key.clear, clear, place_of(file, number), random);
}

base::Result<BankEntryTexts> open_entry_texts(const SubjectKey& key, BankFileId file, const StoredBankEntry& entry) {
  KARV_TRY(const auto clear, crypto::open(key.clear, entry.sealed, place_of(file, entry.number)));
  const auto bytes = clear.expose();
  constexpr std::size_t kLength = 4;  // as framed() writes it, big-endian
  std::size_t size = 0;
  for (std::size_t i = 0; i < kLength && i < bytes.size(); ++i) size = size * 256 + bytes[i];
  if (bytes.size() < 2 * kLength + size)
    return base::internal_error(base::ErrorCode::internal, "a sealed bank entry has another form");
  return BankEntryTexts{.name = std::string(base::as_text(bytes.subspan(kLength, size))),
                        .remittance = std::string(base::as_text(bytes.subspan(2 * kLength + size)))};
}

}  // namespace karv::vault
