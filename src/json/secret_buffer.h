// A growing run of secret bytes: what it outgrows is wiped, and so is the rest when it goes. Used to assemble a
// SecretBytes of unknown length; never std::string, whose old buffers survive.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/secret.h"

namespace karv::json {

class SecretBuffer {
 public:
  void append(std::string_view text);
  void push_back(char c) { append({&c, 1}); }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // The bytes so far, exactly; leaves the buffer empty.
  base::SecretBytes take();

 private:
  base::SecretBytes data_;
  std::size_t size_ = 0;
};

}  // namespace karv::json
