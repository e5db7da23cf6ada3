// Growing and clearing text that may hold a secret: std::string alone leaves copies behind when it grows. Internal to
// net; what outlives a request belongs in base::SecretBytes.
#pragma once

#include <algorithm>
#include <string>

#include "base/secret.h"
#include "net/tls.h"

namespace karv::net {

inline void wipe_text(std::string& text) {
  text.resize(text.capacity());
  base::wipe(text.data(), text.size());
  text.clear();
}

// Makes room for `capacity` bytes without leaving the old ones behind.
inline void reserve_text(std::string& text, std::size_t capacity, Wipe wipe) {
  if (capacity <= text.capacity()) return;
  std::string larger;
  larger.reserve(std::max(capacity, 2 * text.capacity()));
  larger.append(text);
  text.swap(larger);
  if (wipe == Wipe::yes) wipe_text(larger);
}

}  // namespace karv::net
