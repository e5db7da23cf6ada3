// Secret values: move-only, wiped when they go, not printable, compared in constant time.
//
// SecretBytes owns its bytes on the heap (never basic_string: its inline buffer survives a move). Secret<T> wraps a
// small value. The only way in is expose(), so that one search finds every use.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/bytes.h"

namespace karv::base {

// Overwrites memory in a way the compiler may not remove.
void wipe(void* memory, std::size_t size) noexcept;

// True when equal; takes the same time wherever they differ. Lengths are not secret.
bool equal_constant_time(ByteView a, ByteView b) noexcept;

class SecretBytes {
 public:
  SecretBytes() = default;
  explicit SecretBytes(std::size_t size) : data_(new std::uint8_t[size]{}), size_(size) {}
  static SecretBytes copy_of(ByteView bytes) {
    SecretBytes out(bytes.size());
    if (!bytes.empty()) std::memcpy(out.data_.get(), bytes.data(), bytes.size());
    return out;
  }
  static SecretBytes copy_of(std::string_view text) { return copy_of(as_bytes(text)); }

  SecretBytes(SecretBytes&& other) noexcept : data_(std::move(other.data_)), size_(std::exchange(other.size_, 0)) {}
  SecretBytes& operator=(SecretBytes&& other) noexcept {
    if (this != &other) {
      clear();
      data_ = std::move(other.data_);
      size_ = std::exchange(other.size_, 0);
    }
    return *this;
  }
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  ~SecretBytes() { clear(); }

  ByteView expose() const { return {data_.get(), size_}; }
  std::span<std::uint8_t> expose_mutable() { return {data_.get(), size_}; }
  std::string_view expose_text() const { return as_text(expose()); }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  SecretBytes clone() const { return copy_of(expose()); }
  void clear() noexcept {
    if (data_) wipe(data_.get(), size_);
    data_.reset();
    size_ = 0;
  }

  friend bool operator==(const SecretBytes& a, const SecretBytes& b) {
    return equal_constant_time(a.expose(), b.expose());
  }

 private:
  std::unique_ptr<std::uint8_t[]> data_;
  std::size_t size_ = 0;
};

template <class T>
  requires std::is_trivially_copyable_v<T>
class Secret {
 public:
  Secret() = default;
  explicit Secret(const T& value) : value_(value) {}
  Secret(Secret&& other) noexcept : value_(other.value_) { wipe(&other.value_, sizeof(T)); }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      value_ = other.value_;
      wipe(&other.value_, sizeof(T));
    }
    return *this;
  }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { wipe(&value_, sizeof(T)); }

  const T& expose() const { return value_; }
  T& expose_mutable() { return value_; }

 private:
  T value_{};
};

}  // namespace karv::base
