#include "vault_api/admin_messages.h"

#include <algorithm>

#include "crypto/hash.h"

namespace karv::vault_api {

base::Bytes signed_act(std::string_view act, CustodianId custodian, std::int64_t at, std::string_view nonce,
                       base::ByteView about) {
  const std::string time = std::to_string(at);
  return crypto::framed({base::as_bytes("karv vault custodian 1"), base::as_bytes(act), custodian.view(),
                         base::as_bytes(time), base::as_bytes(nonce), about});
}

base::Bytes exchange_digest(const std::vector<CustodianCard>& custodians, std::int64_t needed) {
  std::vector<std::string> people;
  people.reserve(custodians.size());
  for (const auto& one : custodians)
    people.push_back(
        base::to_hex(crypto::framed({base::as_bytes(one.name), base::as_bytes(one.signs), base::as_bytes(one.opens)})));
  std::ranges::sort(people);
  std::string text = std::to_string(needed);
  for (const auto& one : people) text += " " + one;
  return crypto::sha256(base::as_bytes(text));
}

base::Bytes exchange_about(base::ByteView plan, const base::SecretBytes& share) {
  return crypto::framed({plan, crypto::sha256(share.expose())});
}

}  // namespace karv::vault_api
