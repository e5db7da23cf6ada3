// Writes JSON text, one value after the other, always well-formed: names and commas are the writer's business, misuse
// (a name in a list, an unclosed object) fails the request, and bytes that are not UTF-8 become U+FFFD.
//
//   json::Writer out;
//   out.begin_object().member("order_id", id.text()).member("captures").begin_array().end_array().end_object();
//   return std::move(out).take();
//
// SecretWriter does the same in memory that is wiped, and is the only one that takes secrets. For whole structs:
// json/encode.h. Source: RFC 8259.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/secret.h"
#include "json/raw.h"
#include "json/secret_buffer.h"

namespace karv::json {

template <class Buffer>
class BasicWriter {
 public:
  BasicWriter& begin_object();
  BasicWriter& end_object();
  BasicWriter& begin_array();
  BasicWriter& end_array();
  // The name of the next value. Pre: inside an object.
  BasicWriter& member(std::string_view name);

  BasicWriter& text(std::string_view value);
  BasicWriter& number(std::int64_t value);
  BasicWriter& boolean(bool value);
  BasicWriter& null();
  BasicWriter& raw(const Raw& value);
  BasicWriter& secret(const base::SecretBytes& value)
    requires std::same_as<Buffer, SecretBuffer>;

  BasicWriter& member(std::string_view name, std::convertible_to<std::string_view> auto const& value) {
    return member(name).text(value);
  }
  BasicWriter& member(std::string_view name, std::same_as<bool> auto value) { return member(name).boolean(value); }
  BasicWriter& member(std::string_view name, std::integral auto value)
    requires(!std::same_as<decltype(value), bool> && !std::same_as<decltype(value), char>)
  {
    return member(name).number(static_cast<std::int64_t>(value));
  }
  BasicWriter& member(std::string_view name, std::nullptr_t) { return member(name).null(); }
  BasicWriter& member(std::string_view name, const Raw& value) { return member(name).raw(value); }
  BasicWriter& secret_member(std::string_view name, const base::SecretBytes& value)
    requires std::same_as<Buffer, SecretBuffer>
  {
    return member(name).secret(value);
  }

  // The finished document: std::string, or SecretBytes from a SecretWriter. Pre: one value, everything closed.
  std::conditional_t<std::same_as<Buffer, SecretBuffer>, base::SecretBytes, std::string> take() &&;

 private:
  void before_value();
  BasicWriter& begin(char bracket);
  BasicWriter& end(char bracket);
  void quoted(std::string_view value);

  Buffer out_;
  std::string open_;    // '{' and '[' not closed yet
  bool first_ = true;   // nothing yet in the innermost one
  bool named_ = false;  // a name waits for its value
  bool finished_ = false;
};

using Writer = BasicWriter<std::string>;
using SecretWriter = BasicWriter<SecretBuffer>;

extern template class BasicWriter<std::string>;
extern template class BasicWriter<SecretBuffer>;

}  // namespace karv::json
