#include "vault_api/staff_messages.h"

#include "crypto/hash.h"
#include "json/words.h"

namespace karv::vault_api {

base::Bytes staff_grant(StaffId staff, std::string_view name, Clearance clearance, std::string_view passkey) {
  return crypto::framed({base::as_bytes("karv staff grant 1"), staff.view(), base::as_bytes(name),
                         base::as_bytes(json::word(clearance)), base::as_bytes(passkey)});
}

}  // namespace karv::vault_api
