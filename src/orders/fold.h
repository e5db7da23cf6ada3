// Text as it is compared, not as it is shown: without white space, and in small letters of the Latin alphabets that the
// markets use. Shops upper-case addresses between authorizing and placing the order, and "UMEÅ " is still Umeå.
// Not a full case folding (no Greek, no ß = ss): what is left alone is compared as written.
// Source: Unicode, Latin-1 Supplement and Latin Extended-A.
#pragma once

#include <string>
#include <string_view>

namespace karv::orders {

// Pre: UTF-8, as JSON decoding leaves it.
std::string folded(std::string_view text);

}  // namespace karv::orders
