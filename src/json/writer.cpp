#include "json/writer.h"

#include <fmt/format.h>

#include "base/check.h"
#include "json/utf8.h"

namespace karv::json {

template <class Buffer>
void BasicWriter<Buffer>::before_value() {
  KARV_REQUIRE(!finished_);
  if (open_.empty()) {
    finished_ = true;
  } else if (open_.back() == '[') {
    if (!first_) out_.push_back(',');
  } else {
    KARV_REQUIRE(named_);
  }
  named_ = false;
  first_ = false;
}

template <class Buffer>
BasicWriter<Buffer>& BasicWriter<Buffer>::begin(char bracket) {
  before_value();
  finished_ = false;
  open_.push_back(bracket);
  out_.push_back(bracket);
  first_ = true;
  return *this;
}

template <class Buffer>
BasicWriter<Buffer>& BasicWriter<Buffer>::end(char bracket) {
  KARV_REQUIRE(!named_);
  KARV_REQUIRE(!open_.empty() && open_.back() == (bracket == '}' ? '{' : '['));
  open_.pop_back();
  out_.push_back(bracket);
  first_ = false;
  finished_ = open_.empty();
  return *this;
}

template <class Buffer>
BasicWriter<Buffer>& BasicWriter<Buffer>::begin_object() {
  return begin('{');
}
template <class Buffer>
BasicWriter<Buffer>& BasicWriter<Buffer>::end_object() {
  return end('}');
}
template <class Buffer>
BasicWriter<Buffer>& BasicWriter<Buffer>::begin_array() {
  return begin('[');
}
template <class Buffer>
BasicWriter<Buffer>& BasicWriter<Buffer>::end_array() {
  return end(']');
}

template <class Buffer>
BasicWriter<Buffer>& BasicWriter<Buffer>::member(std::string_view name) {
  KARV_REQUIRE(!open_.empty() && open_.back() == '{' && !named_);
  if (!first_) out_.push_back(',');
  quoted(name);
  out_.push_back(':');
  named_ = true;
  return *this;
}

template <class Buffer>
BasicWriter<Buffer>& BasicWriter<Buffer>::text(std::string_view value) {
  before_value();
  quoted(value);
  return *this;
}

template <class Buffer>
BasicWriter<Buffer>& BasicWriter<Buffer>::number(std::int64_t value) {
  before_value();
  const fmt::format_int digits(value);
  out_.append(std::string_view(digits.data(), digits.size()));
  return *this;
}

template <class Buffer>
BasicWriter<Buffer>& BasicWriter<Buffer>::boolean(bool value) {
  before_value();
  out_.append(std::string_view(value ? "true" : "false"));
  return *this;
}

template <class Buffer>
BasicWriter<Buffer>& BasicWriter<Buffer>::null() {
  before_value();
  out_.append(std::string_view("null"));
  return *this;
}

template <class Buffer>
BasicWriter<Buffer>& BasicWriter<Buffer>::raw(const Raw& value) {
  before_value();
  out_.append(value.text());
  return *this;
}

template <class Buffer>
BasicWriter<Buffer>& BasicWriter<Buffer>::secret(const base::SecretBytes& value)
  requires std::same_as<Buffer, SecretBuffer>
{
  before_value();
  quoted(value.expose_text());
  return *this;
}

template <class Buffer>
void BasicWriter<Buffer>::quoted(std::string_view value) {
  constexpr std::string_view kShort = "\"\"\\\\\bb\ff\nn\rr\tt";  // pairs: character, letter after the backslash
  constexpr std::string_view kHex = "0123456789abcdef";
  out_.push_back('"');
  while (!value.empty()) {
    std::size_t plain = 0;  // one run of what needs no escape
    while (plain < value.size()) {
      const auto c = static_cast<unsigned char>(value[plain]);
      if (c < 0x20 || c == '"' || c == '\\') break;
      const std::size_t length = utf8_length(value.substr(plain));
      if (length == 0) break;
      plain += length;
    }
    out_.append(value.substr(0, plain));
    value.remove_prefix(plain);
    if (value.empty()) break;
    const char c = value.front();
    value.remove_prefix(1);
    std::size_t pair = 0;
    while (pair < kShort.size() && kShort[pair] != c) pair += 2;
    if (pair < kShort.size()) {
      out_.push_back('\\');
      out_.push_back(kShort[pair + 1]);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out_.append(std::string_view("\\u00"));
      out_.push_back(kHex[static_cast<unsigned char>(c) >> 4]);
      out_.push_back(kHex[static_cast<unsigned char>(c) & 15]);
    } else {
      out_.append(std::string_view("\xef\xbf\xbd"));  // U+FFFD
    }
  }
  out_.push_back('"');
}

template <class Buffer>
std::conditional_t<std::same_as<Buffer, SecretBuffer>, base::SecretBytes, std::string> BasicWriter<Buffer>::take() && {
  KARV_REQUIRE(finished_);
  if constexpr (std::same_as<Buffer, SecretBuffer>) {
    return out_.take();
  } else {
    return std::move(out_);
  }
}

template class BasicWriter<std::string>;
template class BasicWriter<SecretBuffer>;

}  // namespace karv::json
