// Graded checks for bugs; both stay on in release builds. Never for input: bad input is a Result.
//
//   KARV_CHECK(x)    the process cannot go on: print where, abort.
//   KARV_REQUIRE(x)  this request cannot go on: throws RequirementFailed, which the worker turns into an `internal`
//                    error for the one request (base/check.h is the only place of Karv's own that throws).
// The expression's text is logged, never values: they may be secret.
#pragma once

#include <source_location>
#include <stdexcept>
#include <string>

namespace karv::base {

class RequirementFailed : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

[[noreturn]] void check_failed(const char* expression, std::source_location where);
[[noreturn]] void requirement_failed(const char* expression, std::source_location where);

}  // namespace karv::base

#define KARV_CHECK(expression) \
  ((expression) ? static_cast<void>(0) : ::karv::base::check_failed(#expression, std::source_location::current()))
#define KARV_REQUIRE(expression) \
  ((expression) ? static_cast<void>(0) : ::karv::base::requirement_failed(#expression, std::source_location::current()))
