#include "vault_api/admin_messages.h"

#include "crypto/hash.h"

namespace karv::vault_api {

base::Bytes signed_act(std::string_view act, CustodianId custodian, std::int64_t at, std::string_view nonce,
                       base::ByteView about) {
  const std::string time = std::to_string(at);
  return crypto::framed({base::as_bytes("karv vault custodian 1"), base::as_bytes(act), custodian.view(),
                         base::as_bytes(time), base::as_bytes(nonce), about});
}

}  // namespace karv::vault_api
