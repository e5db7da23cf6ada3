// Replaces the C library's free() and realloc() in this executable by ones that overwrite what is given back. operator
// delete, the C++ library, OpenSSL, SQLite and the HSM's module all end here, so a card number that passed through any
// of them is gone when its memory is. Not in sanitizer builds: they bring an allocator of their own.
// Source: glibc manual 3.2.5 "Replacing malloc" (the __libc_ names are glibc's exported implementation).
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <malloc.h>

#include "apps/vault/hardening.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define KARV_VAULT_PLAIN_FREE 1
#endif
#endif

#ifndef KARV_VAULT_PLAIN_FREE

extern "C" {
void __libc_free(void* memory);  // NOLINT(bugprone-reserved-identifier)

void free(void* memory) {
  if (memory == nullptr) return;
  const int kept = errno;
  explicit_bzero(memory, malloc_usable_size(memory));
  __libc_free(memory);
  errno = kept;
}

// Never the library's own: it may move the bytes and leave the old ones behind.
void* realloc(void* memory, std::size_t size) {
  if (memory == nullptr) return malloc(size);
  if (size == 0) {
    free(memory);
    return nullptr;
  }
  const std::size_t old_size = malloc_usable_size(memory);
  if (size <= old_size && size >= old_size / 2) return memory;
  void* const moved = malloc(size);
  if (moved == nullptr) return nullptr;
  std::memcpy(moved, memory, size < old_size ? size : old_size);
  free(memory);
  return moved;
}
}

namespace karv::apps::vault {
bool wipes_freed_memory() { return true; }
}  // namespace karv::apps::vault

#else

namespace karv::apps::vault {
bool wipes_freed_memory() { return false; }
}  // namespace karv::apps::vault

#endif
