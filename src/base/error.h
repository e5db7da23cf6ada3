// The closed catalogue of errors, and Error, one occurrence of one of them.
//
// An Error carries two texts that cannot be swapped: PublicText may be shown to whoever called; InternalDetail goes to
// the log only. Each API maps the code to its own dialect at its edge. Every code has one row in kErrorCatalog.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace karv::base {

// What a caller may do with the same request.
enum class Retry : std::uint8_t { never, same_key, later };
// Whether money may have moved although the call failed.
enum class MoneyMoved : std::uint8_t { no, yes, unknown };

enum class ErrorCode : std::uint8_t {
  bad_request,
  bad_value,
  unauthorized,
  forbidden,
  not_found,
  gone,
  conflict,
  idempotency_conflict,
  not_matching,
  not_allowed,
  wrong_code,
  code_expired,
  declined,
  refused,
  too_large,
  too_many_requests,
  unprocessable,
  unknown_outcome,
  unavailable,
  timeout,
  storage_full,
  internal,
};

struct ErrorRow {
  ErrorCode code;
  std::string_view name;  // stable, upper case, used in Karv's own APIs and in logs
  int http_status;
  std::string_view public_sentence;
  Retry retry;
  MoneyMoved money_moved;
};

// The whole catalogue, in the order of ErrorCode; docs/errors.md is checked against it.
std::span<const ErrorRow> error_catalog();
const ErrorRow& row_of(ErrorCode code);

// Text that the caller may read. Explicit, so that internal text never becomes public by accident.
class PublicText {
 public:
  PublicText() = default;
  explicit PublicText(std::string text) : text_(std::move(text)) {}
  const std::string& text() const { return text_; }
  bool empty() const { return text_.empty(); }

 private:
  std::string text_;
};

// Text for the log only.
class InternalDetail {
 public:
  InternalDetail() = default;
  explicit InternalDetail(std::string text) : text_(std::move(text)) {}
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

class [[nodiscard]] Error {
 public:
  explicit Error(ErrorCode code) : code_(code) {}
  Error(ErrorCode code, PublicText text) : code_(code), public_(std::move(text)) {}
  Error(ErrorCode code, InternalDetail detail) : code_(code), internal_(std::move(detail)) {}
  Error(ErrorCode code, PublicText text, InternalDetail detail)
      : code_(code), public_(std::move(text)), internal_(std::move(detail)) {}

  ErrorCode code() const { return code_; }
  int http_status() const { return row_of(code_).http_status; }
  // The occurrence's own sentence, or the catalogue's.
  std::string public_text() const {
    return public_.empty() ? std::string(row_of(code_).public_sentence) : public_.text();
  }
  const std::string& internal_text() const { return internal_.text(); }

  // The dialect word of an API that names errors more finely than the catalogue ("CAPTURE_NOT_ALLOWED"); may be empty.
  const std::string& reason() const { return reason_; }
  Error with_reason(std::string reason) && {
    reason_ = std::move(reason);
    return std::move(*this);
  }
  Error with_reason(std::string reason) const& { return Error(*this).with_reason(std::move(reason)); }

 private:
  ErrorCode code_;
  PublicText public_;
  InternalDetail internal_;
  std::string reason_;
};

// Short form: error(ErrorCode::not_found, "Invalid session id", "SESSION...") with a public sentence and a reason.
inline Error public_error(ErrorCode code, std::string text, std::string reason = {}) {
  return Error(code, PublicText(std::move(text))).with_reason(std::move(reason));
}
inline Error internal_error(ErrorCode code, std::string detail) { return {code, InternalDetail(std::move(detail))}; }

}  // namespace karv::base
