#include "crypto/memory.h"

#include <cstdlib>
#include <cstring>

#include <malloc.h>
#include <openssl/crypto.h>

#include "base/secret.h"

namespace karv::crypto {
namespace {

void* allocate(std::size_t size, const char*, int) { return std::malloc(size); }

void release(void* memory, const char*, int) {
  if (memory == nullptr) return;
  base::wipe(memory, malloc_usable_size(memory));
  std::free(memory);
}

void* reallocate(void* memory, std::size_t size, const char* file, int line) {
  if (memory == nullptr) return std::malloc(size);
  if (size == 0) {
    release(memory, file, line);
    return nullptr;
  }
  const std::size_t old_size = malloc_usable_size(memory);
  if (size <= old_size) return memory;
  void* const larger = std::malloc(size);  // never realloc(): it may move the bytes and leave the old ones
  if (larger == nullptr) return nullptr;
  std::memcpy(larger, memory, old_size);
  release(memory, file, line);
  return larger;
}

}  // namespace

bool wipe_openssl_memory_on_free() { return CRYPTO_set_mem_functions(allocate, reallocate, release) == 1; }

}  // namespace karv::crypto
