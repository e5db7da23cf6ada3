// The run-time description of a C++ type that JSON is decoded into: what kind of value is wanted and how to put one
// there. It is made once per type from Boost.Describe (json/describe.h), so that the decoder itself is one ordinary
// class in one source file. Nobody outside json/ uses it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/secret.h"
#include "json/raw.h"

namespace karv::json::detail {

struct Shape;
using ShapeOf = const Shape& (*)();  // a function, because types may contain themselves

struct Member {
  std::string_view name;  // the wire name
  ShapeOf shape;
  void* (*address)(void* object);
  bool required;
};

enum class Kind : std::uint8_t { boolean, integer, text, secret, raw, optional, list, object };

// Only the functions of its kind are set.
struct Shape {
  Kind kind = Kind::object;
  std::string expected;             // "an integer", for messages
  bool takes_integers_too = false;  // text: 1234 may stand for "1234"
  bool may_be_shown = false;        // text: a closed set of words, not what a person typed
  void (*set_boolean)(void* where, bool value) = nullptr;
  bool (*set_integer)(void* where, std::int64_t value) = nullptr;   // false: out of range
  bool (*set_text)(void* where, std::string_view value) = nullptr;  // false: not of the expected form
  void (*set_secret)(void* where, base::SecretBytes value) = nullptr;
  void (*set_raw)(void* where, Raw value) = nullptr;
  void* (*add)(void* where) = nullptr;  // optional, list: makes room for the inner value
  ShapeOf inner = nullptr;
  std::span<const Member> members = {};  // object
};

}  // namespace karv::json::detail
