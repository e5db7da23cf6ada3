// Described enumerations and their wire words, which are the enumerators' names (a trailing underscore, needed where
// the word is a C++ keyword, is not part of the word).
//
//   BOOST_DEFINE_ENUM_CLASS(Intent, buy, tokenize, buy_and_tokenize)
//   json::word(Intent::buy) == "buy";   json::parse_word<Intent>("refund") == nullopt
//
// Where real clients spell a word differently, specialize WordPolicy:
//
//   template <> struct karv::json::WordPolicy<Status> {
//     static constexpr bool ignore_case = true;
//     static constexpr std::array aliases{std::pair{std::string_view("cancelled"), Status::CANCELED}};
//   };
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <boost/describe/enum.hpp>
#include <boost/describe/enumerators.hpp>
#include <boost/mp11/algorithm.hpp>

namespace karv::json {

template <class E>
struct WordPolicy {
  static constexpr bool ignore_case = false;
  static constexpr std::array<std::pair<std::string_view, E>, 0> aliases{};
};

template <class T>
concept DescribedEnum = std::is_enum_v<T> && boost::describe::has_describe_enumerators<T>::value;

namespace detail {

constexpr std::string_view without_trailing_underscore(std::string_view name) {
  if (name.ends_with('_')) name.remove_suffix(1);
  return name;
}

constexpr bool equal_word(std::string_view a, std::string_view b, bool ignore_case) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto lower = [&](char c) { return ignore_case && c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

}  // namespace detail

// Calls visit(E, word) for each enumerator, in order of declaration.
template <DescribedEnum E, class Visit>
constexpr void for_each_word(Visit visit) {
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>(
      [&](auto d) { visit(d.value, detail::without_trailing_underscore(d.name)); });
}

// The wire word; empty for a value that is not an enumerator.
template <DescribedEnum E>
constexpr std::string_view word(E value) {
  std::string_view found;
  for_each_word<E>([&](E each, std::string_view name) {
    if (each == value && found.empty()) found = name;
  });
  return found;
}

template <DescribedEnum E>
constexpr std::optional<E> parse_word(std::string_view text) {
  std::optional<E> found;
  for_each_word<E>([&](E each, std::string_view name) {
    if (detail::equal_word(name, text, WordPolicy<E>::ignore_case)) found = each;
  });
  if (found) return found;
  for (const auto& [name, each] : WordPolicy<E>::aliases)
    if (detail::equal_word(name, text, WordPolicy<E>::ignore_case)) return each;
  return std::nullopt;
}

// "buy, tokenize, buy_and_tokenize"
template <DescribedEnum E>
std::string all_words() {
  std::string out;
  for_each_word<E>([&](E, std::string_view name) {
    if (!out.empty()) out += ", ";
    out += name;
  });
  return out;
}

}  // namespace karv::json
