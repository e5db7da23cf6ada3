// What a decoder accepts: sizes, and how forgiving it is. The defaults suit the merchant API: its clients send unknown
// members, nulls for what they leave out, and numbers where text is declared. Karv's own channels use kOwnChannel.
#pragma once

#include <cstddef>
#include <cstdint>

namespace karv::json {

enum class UnknownMembers : std::uint8_t { ignore, refuse };

struct Options {
  std::size_t max_bytes = 1'000'000;  // more is `too_large`
  std::size_t max_depth = 16;         // objects and lists inside each other
  std::size_t max_items = 2'000;      // items of one list
  std::size_t max_members = 200;      // members of one object
  std::size_t max_values = 50'000;    // everything together
  UnknownMembers unknown_members = UnknownMembers::ignore;
  bool integers_as_text = true;  // 1234 where text is declared becomes "1234"
};

// Between Karv's own processes and pages: what is not declared is a mistake.
inline constexpr Options kOwnChannel{.unknown_members = UnknownMembers::refuse, .integers_as_text = false};

}  // namespace karv::json
