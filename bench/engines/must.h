// What must not fail in a benchmark: the value, or the end with what went wrong.
#pragma once

#include <cstdio>
#include <type_traits>
#include <utility>

#include "base/check.h"
#include "base/result.h"

namespace karv::bench {

template <class T>
T must(base::Result<T> result) {
  if (!result.ok()) std::fprintf(stderr, "%s\n", result.error().internal_text().c_str());
  KARV_CHECK(result.ok());
  if constexpr (!std::is_void_v<T>) return std::move(result).value();
}

}  // namespace karv::bench
