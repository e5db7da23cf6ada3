// The name on a card as it was typed: letters of any script, nothing invisible, and not the card's number.
#pragma once

#include <optional>

#include "base/secret.h"
#include "vault/input/field_errors.h"

namespace karv::vault {

// INVALID_NAME for the field "name": nothing visible, more than 60 bytes, not UTF-8, control or direction-changing
// characters, or so many digits (of any common script) that it is a card number typed into the wrong field.
std::optional<FieldError> check_card_name(const base::SecretBytes& name);

}  // namespace karv::vault
