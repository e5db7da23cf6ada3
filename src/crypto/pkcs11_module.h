// A loaded PKCS#11 module: the dynamic library, C_Initialize to C_Finalize, and its return values as errors. For
// hsm.cpp and token.cpp only.
#pragma once

#include <string>
#include <string_view>

#include <p11-kit/pkcs11.h>

#include "base/result.h"

namespace karv::crypto::pkcs11 {

class Module {
 public:
  // Errors: unavailable.
  static base::Result<Module> load(const std::string& path);
  Module(Module&& other) noexcept;
  Module& operator=(Module&& other) noexcept;
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;
  ~Module();  // C_Finalize; the library stays mapped (unloading crypto providers is asking for trouble)

  CK_FUNCTION_LIST* operator->() const { return functions_; }

  // The slot whose token carries `label`. Errors: unavailable.
  base::Result<CK_SLOT_ID> find_token(std::string_view label) const;
  // A slot whose token is not initialized yet. Errors: unavailable.
  base::Result<CK_SLOT_ID> find_free_slot() const;

 private:
  explicit Module(CK_FUNCTION_LIST* functions) : functions_(functions) {}
  CK_FUNCTION_LIST* functions_ = nullptr;
};

base::Error failure(std::string_view call, CK_RV value);

inline CK_BYTE* bytes_of(const void* data) { return static_cast<CK_BYTE*>(const_cast<void*>(data)); }

}  // namespace karv::crypto::pkcs11
