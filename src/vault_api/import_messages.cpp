#include "vault_api/import_messages.h"

#include "crypto/hash.h"

namespace karv::vault_api {

base::Bytes card_file_digest(std::int64_t rows, base::ByteView chunk_digests) {
  const std::string count = std::to_string(rows);
  return crypto::sha256(crypto::framed({base::as_bytes("karv card file 1"), base::as_bytes(count), chunk_digests}));
}

}  // namespace karv::vault_api
