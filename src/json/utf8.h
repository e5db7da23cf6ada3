// UTF-8 by the table of well-formed sequences: no overlong forms, no surrogates, nothing above U+10FFFF.
// Source: RFC 3629 section 4, Unicode 15 table 3-7.
#pragma once

#include <cstddef>
#include <string_view>

namespace karv::json {

// The length (1 to 4) of the well-formed character at the start of `text`; 0 when there is none. Pre: not empty.
std::size_t utf8_length(std::string_view text);

bool is_utf8(std::string_view text);

}  // namespace karv::json
