// What the browser says of the ceremony (clientDataJSON): its type, the challenge, and in which page it was.
// Source: WebAuthn Level 3 section 5.8.1.
#pragma once

#include <string_view>

#include "factors/passkeys.h"

namespace karv::factors {

// `type`: "webauthn.create" or "webauthn.get". Errors: bad_value.
base::Result<void> check_client_data(const Ceremony& ceremony, std::string_view type, base::ByteView client_data);

}  // namespace karv::factors
