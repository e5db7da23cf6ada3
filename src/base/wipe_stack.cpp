#include "base/wipe_stack.h"

#include <array>
#include <cstddef>

#include <string.h>

namespace karv::base {

// Nothing of the compiler's own stands between the caller's frame and the room: neither a canary nor a sanitizer's
// zone.
[[gnu::noinline, clang::no_sanitize("address"), gnu::no_stack_protector]] void wipe_stack() {
  std::array<std::byte, std::size_t{64} * 1024> room;
  ::explicit_bzero(room.data(), room.size());
}

}  // namespace karv::base
