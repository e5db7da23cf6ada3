// What a card operation must be like before anything of it is stored or sent. Pure.
#pragma once

#include "base/result.h"
#include "vault/types.h"

namespace karv::vault {

// Errors: bad_value BAD_VALUE, saying which part.
base::Result<void> check_operation(OperationKind kind, const vault_api::CardOperation& request);

}  // namespace karv::vault
