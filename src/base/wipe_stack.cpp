#include "base/wipe_stack.h"

#include <array>
#include <cstddef>

#include <string.h>

namespace karv::base {

[[gnu::noinline]] void wipe_stack() {
  std::array<std::byte, std::size_t{64} * 1024> room;
  ::explicit_bzero(room.data(), room.size());
}

}  // namespace karv::base
