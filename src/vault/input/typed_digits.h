// The digits of a number that somebody typed in groups: "4111 1111-1111 1111".
//
// Only the digits 0 to 9 with single spaces or dashes between them. Digits of other scripts are refused and not turned
// into these: what looks like the right number to one reader is another to the next.
#pragma once

#include <optional>

#include "base/secret.h"

namespace karv::vault {

// Without a value: something else was typed, nothing at all, or more than 40 bytes.
std::optional<base::SecretBytes> digits_of(const base::SecretBytes& typed);

}  // namespace karv::vault
