// A JSON value kept as text, for what Karv stores and gives back without looking inside. The text is canonical: no
// white space, shortest escapes, numbers as they were written, members in the order they came. Made by decoding only,
// so that writing one cannot break the document around it.
#pragma once

#include <string>
#include <utility>

namespace karv::json {

class Raw {
 public:
  Raw() = default;  // null
  // Takes text that an earlier Raw gave out, e.g. a stored column. Foreign text: decode<Raw>(text).
  static Raw from_canonical(std::string text) { return Raw(std::move(text)); }

  const std::string& text() const { return text_; }
  friend bool operator==(const Raw&, const Raw&) = default;

 private:
  explicit Raw(std::string text) : text_(std::move(text)) {}
  std::string text_ = "null";
};

}  // namespace karv::json
