#include "vault/input/typed_digits.h"

#include <cstddef>

namespace karv::vault {
namespace {
constexpr std::size_t kMaxTyped = 40;
}  // namespace

std::optional<base::SecretBytes> digits_of(const base::SecretBytes& typed) {
  if (typed.size() > kMaxTyped) return std::nullopt;
  base::SecretBytes room(typed.size());
  std::size_t count = 0;
  bool separated = true;  // no separator at the start, nor two in a row
  for (const char c : typed.expose_text()) {
    const bool digit = c >= '0' && c <= '9';
    if (digit) {
      room.expose_mutable()[count++] = static_cast<std::uint8_t>(c);
    } else if ((c != ' ' && c != '-') || separated) {
      return std::nullopt;
    }
    separated = !digit;
  }
  if (separated) return std::nullopt;
  return base::SecretBytes::copy_of(room.expose().first(count));
}

}  // namespace karv::vault
