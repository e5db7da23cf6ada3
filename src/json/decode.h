// Strict decoding of untrusted JSON into described structs; every door of Karv uses it.
//
//   KARV_TRY(auto request, json::decode<CreateSession>(body));
//
// Refused: anything but one RFC 8259 document in UTF-8; a member given twice, known or not; U+0000; 1e3, 1.0 and 2^64
// where an integer belongs; whatever Options limits. Wrong fields are collected (up to FieldErrors::kMost) and named by
// path. There is no document tree: values go straight into the struct, and secret text into wiped memory, after which
// the parser's own traces on the stack are wiped too. The text itself belongs to the caller, who wipes it.
#pragma once

#include <string_view>
#include <utility>

#include "base/result.h"
#include "json/describe.h"
#include "json/field_errors.h"
#include "json/options.h"

namespace karv::json {

namespace detail {
enum class Secrets : bool { none, some };
base::Result<> decode_into(std::string_view text, const Shape& shape, void* where, const Options& options,
                           Secrets secrets);
}  // namespace detail

// Errors: `too_large`; `bad_request` when it is not JSON or too deep; `bad_value` naming the fields.
template <class T>
base::Result<T> decode(std::string_view text, const Options& options = {}) {
  T value{};
  KARV_TRY_VOID(detail::decode_into(text, detail::shape_of<T>(), &value, options,
                                    detail::holds_secret<T>() ? detail::Secrets::some : detail::Secrets::none));
  return base::Result<T>(std::move(value));
}

}  // namespace karv::json
