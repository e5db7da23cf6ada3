#include "base/check.h"

#include <cstdio>
#include <cstdlib>

#include <fmt/format.h>

namespace karv::base {

void check_failed(const char* expression, std::source_location where) {
  std::fprintf(stderr, "KARV_CHECK failed: %s at %s:%u in %s\n", expression, where.file_name(), where.line(),
               where.function_name());
  std::abort();
}

void requirement_failed(const char* expression, std::source_location where) {
  throw RequirementFailed(fmt::format("{} at {}:{}", expression, where.file_name(), where.line()));
}

}  // namespace karv::base
