// Writes described structs (json/describe.h) as JSON: members in order of declaration, empty optionals left out.
//
//   std::string body = json::encode(answer);
//
// A struct with secrets in it does not compile here; encode_secret() writes it into memory that is wiped, for the one
// channel that carries secrets.
#pragma once

#include <string>

#include "json/describe.h"
#include "json/writer.h"

namespace karv::json {

template <class Buffer, class T>
void write(BasicWriter<Buffer>& out, const T& value);

namespace detail {

template <class Buffer, class T>
void write_members(BasicWriter<Buffer>& out, const T& value) {
  out.begin_object();
  std::size_t index = 0;
  boost::mp11::mp_for_each<PublicMembers<T>>([&](auto d) {
    const auto name = wire_name<T>(d.name, index++);
    const auto& inner = value.*d.pointer;
    using Inner = std::remove_cvref_t<decltype(inner)>;
    if constexpr (kIsOptional<Inner>) {
      constexpr bool kWritesNull = std::same_as<Inner, Nullable<typename Inner::value_type>>;
      if (!inner && !kWritesNull) return;
    }
    out.member(name);
    write(out, inner);
  });
  out.end_object();
}

}  // namespace detail

// Writes one value where `out` stands, for answers that are put together by hand around described parts.
template <class Buffer, class T>
void write(BasicWriter<Buffer>& out, const T& value) {
  if constexpr (std::same_as<T, bool>) {
    out.boolean(value);
  } else if constexpr (detail::Integer<T>) {
    static_assert(sizeof(T) < 8 || std::signed_integral<T>, "JSON integers are int64 at most");
    out.number(static_cast<std::int64_t>(value));
  } else if constexpr (std::convertible_to<const T&, std::string_view>) {
    out.text(value);
  } else if constexpr (std::same_as<T, base::SecretBytes>) {
    static_assert(std::same_as<Buffer, SecretBuffer>,
                  "a secret is not encodable: encode_secret() is for the vault's channel");
    if constexpr (std::same_as<Buffer, SecretBuffer>) out.secret(value);
  } else if constexpr (std::same_as<T, Raw>) {
    out.raw(value);
  } else if constexpr (DescribedEnum<T>) {
    out.text(word(value));
  } else if constexpr (detail::kIsOptional<T>) {
    if (value) {
      write(out, *value);
    } else {
      out.null();
    }
  } else if constexpr (detail::kIsVector<T>) {
    out.begin_array();
    for (const auto& item : value) write(out, item);
    out.end_array();
  } else if constexpr (DescribedStruct<T>) {
    detail::write_members(out, value);
  } else if constexpr (ParsedText<T>) {
    out.text(value.text());
  } else {
    static_assert(detail::kUnsupported<T>, "JSON does not map to this type: see json/describe.h");
  }
}

template <class T>
std::string encode(const T& value) {
  Writer out;
  write(out, value);
  return std::move(out).take();
}

template <class T>
base::SecretBytes encode_secret(const T& value) {
  SecretWriter out;
  write(out, value);
  return std::move(out).take();
}

}  // namespace karv::json
