// What is wrong with a form that was typed, field by field: all of it at once, so that a page can mark each field.
//
// An entry is made of literals only (its constructor runs at compile time), so nothing that was typed can be in it.
// Used by the cards and the bank accounts; the doors render it.
#pragma once

#include <expected>
#include <span>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace karv::vault {

struct FieldError {
  consteval FieldError(const char* of_field, const char* with_reason, const char* to_do)
      : field(of_field), reason(with_reason), text(to_do) {}

  std::string_view field;   // as the form names it: "number"
  std::string_view reason;  // stable: "INVALID_CARD_NUMBER"
  std::string_view text;    // a sentence that says what to do
};

class FieldErrors {
 public:
  void add(FieldError error) { errors_.push_back(error); }
  bool empty() const { return errors_.empty(); }
  std::span<const FieldError> all() const { return errors_; }
  bool has(std::string_view field, std::string_view reason) const;
  // For who speaks of one error only: bad_value, with the first field's reason and sentence. Pre: !empty().
  base::Error first() const;

 private:
  std::vector<FieldError> errors_;
};

// The value, or every field that is wrong (never none).
template <class T>
using Checked = std::expected<T, FieldErrors>;

}  // namespace karv::vault
