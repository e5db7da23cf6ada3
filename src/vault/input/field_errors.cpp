#include "vault/input/field_errors.h"

#include <algorithm>
#include <string>

#include "base/check.h"

namespace karv::vault {

bool FieldErrors::has(std::string_view field, std::string_view reason) const {
  return std::ranges::any_of(errors_, [&](const auto& e) { return e.field == field && e.reason == reason; });
}

base::Error FieldErrors::first() const {
  KARV_REQUIRE(!errors_.empty());
  const auto& error = errors_.front();
  return base::public_error(base::ErrorCode::bad_value, std::string(error.text), std::string(error.reason));
}

}  // namespace karv::vault
