#include "json/field_errors.h"

#include <fmt/format.h>

#include "base/check.h"

namespace karv::json {

void FieldErrors::add(std::string path, std::string message) {
  if (!full()) errors_.push_back({std::move(path), std::move(message)});
}

void FieldErrors::mismatch(std::string path, std::int64_t received, std::int64_t expected) {
  add(std::move(path), fmt::format("received {}, expected {}", received, expected));
}

base::Result<> FieldErrors::result() const {
  if (empty()) return {};
  return error();
}

base::Error FieldErrors::error(base::ErrorCode code) const {
  KARV_REQUIRE(!errors_.empty());
  std::string text = "Bad value: ";
  for (std::size_t i = 0; i < errors_.size(); ++i) {
    bool named = false;  // a field with two mistakes is named once
    for (std::size_t j = 0; j < i; ++j) named = named || errors_[j].path == errors_[i].path;
    if (named) continue;
    if (i > 0) text += ", ";
    text += errors_[i].path;
  }
  for (const auto& error : errors_)
    if (!error.message.empty()) text += fmt::format("\n{}: {}", error.path, error.message);
  return base::public_error(code, std::move(text));
}

std::string item_path(std::string_view list, std::size_t index, std::string_view member) {
  return member.empty() ? fmt::format("{}[{}]", list, index) : fmt::format("{}[{}].{}", list, index, member);
}

std::vector<std::string> message_lines(const base::Error& error) {
  std::vector<std::string> lines;
  const std::string text = error.public_text();
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t to = std::min(text.find('\n', from), text.size());
    lines.push_back(text.substr(from, to - from));
    from = to + 1;
  }
  return lines;
}

}  // namespace karv::json
