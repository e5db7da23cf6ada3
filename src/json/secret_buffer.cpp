#include "json/secret_buffer.h"

#include <algorithm>
#include <cstring>

namespace karv::json {

void SecretBuffer::append(std::string_view text) {
  if (text.empty()) return;
  if (size_ + text.size() > data_.size()) {
    base::SecretBytes larger(std::max<std::size_t>(128, 2 * (size_ + text.size())));
    if (size_ > 0) std::memcpy(larger.expose_mutable().data(), data_.expose().data(), size_);
    data_ = std::move(larger);
  }
  std::memcpy(data_.expose_mutable().data() + size_, text.data(), text.size());
  size_ += text.size();
}

base::SecretBytes SecretBuffer::take() {
  auto out = base::SecretBytes::copy_of(data_.expose().first(size_));
  data_.clear();
  size_ = 0;
  return out;
}

}  // namespace karv::json
