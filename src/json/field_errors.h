// What is wrong with which fields of a request, collected so that a caller learns of all of them at once.
//
// The decoder fills one; the API edge fills another with what only it can know (amounts that do not add up):
//
//   json::FieldErrors errors;
//   if (line.total_amount != total) errors.mismatch(json::item_path("order_lines", i, "total_amount"),
//   line.total_amount, total); KARV_TRY_VOID(errors.result());
//
// The Error's public text is one summary line, "Bad value: order_lines[0].quantity, locale", which clients of the
// merchant API know, then one line per field saying what was received and expected; message_lines() takes it apart.
// Not for secrets or personal data: what is added here is shown to the caller.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace karv::json {

struct FieldError {
  std::string path;     // "order_lines[0].quantity"
  std::string message;  // "expected an integer, received text"; may be empty
};

class FieldErrors {
 public:
  static constexpr std::size_t kMost = 20;  // later ones are dropped: nobody reads them

  void add(std::string path, std::string message = {});
  void missing(std::string path) { add(std::move(path), "is required"); }
  void mismatch(std::string path, std::int64_t received, std::int64_t expected);

  bool empty() const { return errors_.empty(); }
  bool full() const { return errors_.size() >= kMost; }
  const std::vector<FieldError>& all() const { return errors_; }

  // Success when nothing was added, else `bad_value`.
  base::Result<> result() const;
  // Pre: not empty.
  base::Error error(base::ErrorCode code = base::ErrorCode::bad_value) const;

 private:
  std::vector<FieldError> errors_;
};

// "order_lines[3].quantity"; without a member, "order_lines[3]".
std::string item_path(std::string_view list, std::size_t index, std::string_view member = {});

// The summary line and the details of an error made from FieldErrors; of any other error, its public text.
std::vector<std::string> message_lines(const base::Error& error);

}  // namespace karv::json
