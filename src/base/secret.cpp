#include "base/secret.h"

#include <string.h>  // explicit_bzero

namespace karv::base {

void wipe(void* memory, std::size_t size) noexcept { ::explicit_bzero(memory, size); }

bool equal_constant_time(ByteView a, ByteView b) noexcept {
  if (a.size() != b.size()) return false;
  volatile std::uint8_t difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) difference = static_cast<std::uint8_t>(difference | (a[i] ^ b[i]));
  return difference == 0;
}

}  // namespace karv::base
