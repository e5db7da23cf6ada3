// Which C++ types JSON maps to, and the derivation of their Shape.
//
//   struct OrderLine { std::string name; std::int64_t quantity = 0; std::optional<std::string> reference; };
//   BOOST_DESCRIBE_STRUCT(OrderLine, (), (name, quantity, reference))
//
//   bool, integers           booleans; integers (never 1.0, 1e3 or out of range)
//   std::string              text
//   a described enum         one of its words (json/words.h)
//   a type with parse()      text: static std::optional<T> parse(std::string_view), std::string text() const
//   base::SecretBytes        text, kept in wiped memory only
//   std::optional, Nullable  absent or null is empty; written as nothing, or as null
//   std::vector              a list; required, like everything that is not optional
//   a described struct       an object; a member's trailing underscore is not part of its name. One whose wire names
//   are
//                            no C++ names ("document-uri") lists them in order: static constexpr std::array kWireNames
//   Raw                      any value, kept as text
// There is no floating point: money and rates are integers.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/members.hpp>

#include "json/shape.h"
#include "json/words.h"

namespace karv::json {

// An optional whose emptiness is written as null instead of being left out.
template <class T>
struct Nullable : std::optional<T> {
  using std::optional<T>::optional;
};

template <class T>
concept ParsedText = requires(std::string_view text) {
  { T::parse(text) } -> std::same_as<std::optional<T>>;
};

template <class T>
concept DescribedStruct = std::is_class_v<T> && boost::describe::has_describe_members<T>::value;

namespace detail {

template <class T>
inline constexpr bool kIsVector = false;
template <class T>
inline constexpr bool kIsVector<std::vector<T>> = true;
template <class T>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;
template <class T>
inline constexpr bool kIsOptional<Nullable<T>> = true;
template <class T>
inline constexpr bool kUnsupported = false;

template <class T>
concept Integer = std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char>;

template <class T>
using PublicMembers = boost::describe::describe_members<T, boost::describe::mod_public>;

// Whether decoding a T handles secret text anywhere. `Above` are the types it is part of: types may contain themselves.
template <class T, class... Above>
constexpr bool holds_secret() {
  constexpr bool kBeingLookedAt = (std::same_as<T, Above> || ...);
  if constexpr (!kBeingLookedAt && (kIsOptional<T> || kIsVector<T>)) {
    return holds_secret<typename T::value_type, T, Above...>();
  } else if constexpr (!kBeingLookedAt && DescribedStruct<T>) {
    bool found = false;
    boost::mp11::mp_for_each<PublicMembers<T>>([&](auto d) {
      found = found || holds_secret<std::remove_cvref_t<decltype(std::declval<T&>().*d.pointer)>, T, Above...>();
    });
    return found;
  } else {
    return std::same_as<T, base::SecretBytes>;
  }
}

template <class T>
const Shape& shape_of();

template <class T>
Shape integer_shape() {
  return {.kind = Kind::integer, .expected = "an integer", .set_integer = [](void* where, std::int64_t value) {
            if (!std::in_range<T>(value)) return false;
            *static_cast<T*>(where) = static_cast<T>(value);
            return true;
          }};
}

inline Shape text_shape() {
  return {.kind = Kind::text,
          .expected = "text",
          .takes_integers_too = true,
          .set_text = [](void* where, std::string_view value) {
            static_cast<std::string*>(where)->assign(value);
            return true;
          }};
}

template <DescribedEnum E>
Shape word_shape() {
  return {.kind = Kind::text,
          .expected = "one of " + all_words<E>(),
          .may_be_shown = true,
          .set_text = [](void* where, std::string_view value) {
            const auto parsed = parse_word<E>(value);
            if (parsed) *static_cast<E*>(where) = *parsed;
            return parsed.has_value();
          }};
}

template <ParsedText T>
Shape parsed_shape() {
  return {.kind = Kind::text, .expected = "text of its form", .set_text = [](void* where, std::string_view value) {
            auto parsed = T::parse(value);
            if (!parsed) return false;
            *static_cast<T*>(where) = std::move(*parsed);
            return true;
          }};
}

template <class T>
constexpr std::string_view wire_name(std::string_view declared, std::size_t index) {
  if constexpr (requires { T::kWireNames; }) {
    static_assert(T::kWireNames.size() == boost::mp11::mp_size<PublicMembers<T>>::value, "one wire name a member");
    return T::kWireNames[index];
  } else {
    return without_trailing_underscore(declared);
  }
}

template <DescribedStruct T>
std::span<const Member> members_of() {
  static const std::vector<Member> members = [] {
    std::vector<Member> out;
    boost::mp11::mp_for_each<PublicMembers<T>>([&](auto d) {
      using Descriptor = decltype(d);
      using Type = std::remove_cvref_t<decltype(std::declval<T&>().*Descriptor::pointer)>;
      out.push_back({wire_name<T>(Descriptor::name, out.size()), &shape_of<Type>,
                     [](void* object) -> void* { return &(static_cast<T*>(object)->*Descriptor::pointer); },
                     !kIsOptional<Type>});
    });
    return out;
  }();
  static_assert(boost::mp11::mp_size<PublicMembers<T>>::value <= 64, "the decoder counts members in a 64-bit set");
  return members;
}

template <class T>
Shape make_shape() {
  if constexpr (std::same_as<T, bool>) {
    return {.kind = Kind::boolean, .expected = "true or false", .set_boolean = [](void* where, bool value) {
              *static_cast<bool*>(where) = value;
            }};
  } else if constexpr (Integer<T>) {
    return integer_shape<T>();
  } else if constexpr (std::same_as<T, std::string>) {
    return text_shape();
  } else if constexpr (std::same_as<T, base::SecretBytes>) {
    return {.kind = Kind::secret, .expected = "text", .set_secret = [](void* where, base::SecretBytes value) {
              *static_cast<base::SecretBytes*>(where) = std::move(value);
            }};
  } else if constexpr (std::same_as<T, Raw>) {
    return {.kind = Kind::raw, .expected = "a value", .set_raw = [](void* where, Raw value) {
              *static_cast<Raw*>(where) = std::move(value);
            }};
  } else if constexpr (DescribedEnum<T>) {
    return word_shape<T>();
  } else if constexpr (kIsOptional<T>) {
    using Inner = typename T::value_type;
    return {.kind = Kind::optional,
            .expected = shape_of<Inner>().expected,
            .add = [](void* where) -> void* { return &static_cast<T*>(where)->emplace(); },
            .inner = &shape_of<Inner>};
  } else if constexpr (kIsVector<T>) {
    using Inner = typename T::value_type;
    static_assert(!std::same_as<Inner, bool>, "std::vector<bool> has no addressable items");
    return {.kind = Kind::list,
            .expected = "a list",
            .add = [](void* where) -> void* { return &static_cast<T*>(where)->emplace_back(); },
            .inner = &shape_of<Inner>};
  } else if constexpr (DescribedStruct<T>) {
    return {.kind = Kind::object, .expected = "an object", .members = members_of<T>()};
  } else if constexpr (ParsedText<T>) {
    return parsed_shape<T>();
  } else {
    static_assert(kUnsupported<T>, "JSON does not map to this type: see json/describe.h");
  }
}

template <class T>
const Shape& shape_of() {
  static const Shape shape = make_shape<T>();
  return shape;
}

}  // namespace detail
}  // namespace karv::json
