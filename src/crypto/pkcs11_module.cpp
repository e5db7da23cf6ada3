#include "crypto/pkcs11_module.h"

#include <utility>
#include <vector>

#include <dlfcn.h>
#include <fmt/format.h>

namespace karv::crypto::pkcs11 {
namespace {

std::string_view label_of(const CK_TOKEN_INFO& info) {
  std::string_view label(reinterpret_cast<const char*>(info.label), sizeof info.label);
  while (!label.empty() && (label.back() == ' ' || label.back() == '\0')) label.remove_suffix(1);
  return label;
}

template <class Wanted>
base::Result<CK_SLOT_ID> find_slot(CK_FUNCTION_LIST* functions, const Wanted& wanted) {
  CK_ULONG count = 0;
  if (const CK_RV rv = functions->C_GetSlotList(CK_TRUE, nullptr, &count); rv != CKR_OK)
    return failure("C_GetSlotList", rv);
  std::vector<CK_SLOT_ID> slots(count);
  if (const CK_RV rv = functions->C_GetSlotList(CK_TRUE, slots.data(), &count); rv != CKR_OK)
    return failure("C_GetSlotList", rv);
  slots.resize(count);
  for (const CK_SLOT_ID slot : slots) {
    CK_TOKEN_INFO info{};
    if (functions->C_GetTokenInfo(slot, &info) == CKR_OK && wanted(info)) return slot;
  }
  return failure("looking for the token", CKR_TOKEN_NOT_PRESENT);
}

}  // namespace

base::Error failure(std::string_view call, CK_RV value) {
  const bool pin = value == CKR_PIN_INCORRECT || value == CKR_PIN_LOCKED || value == CKR_PIN_EXPIRED;
  const auto code = pin ? base::ErrorCode::forbidden : base::ErrorCode::unavailable;
  return base::internal_error(code, fmt::format("{}: PKCS#11 {:#x}", call, value));
}

base::Result<Module> Module::load(const std::string& path) {
  void* const library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr)
    return base::internal_error(base::ErrorCode::unavailable, "the PKCS#11 module cannot be loaded: " + path);
  const auto list = reinterpret_cast<CK_C_GetFunctionList>(::dlsym(library, "C_GetFunctionList"));
  CK_FUNCTION_LIST* functions = nullptr;
  if (list == nullptr || list(&functions) != CKR_OK)
    return base::internal_error(base::ErrorCode::unavailable, "not a PKCS#11 module: " + path);
  CK_C_INITIALIZE_ARGS arguments{};
  arguments.flags = CKF_OS_LOCKING_OK;
  if (const CK_RV rv = functions->C_Initialize(&arguments); rv != CKR_OK) return failure("C_Initialize", rv);
  return Module(functions);
}

Module::Module(Module&& other) noexcept : functions_(std::exchange(other.functions_, nullptr)) {}
Module& Module::operator=(Module&& other) noexcept {
  std::swap(functions_, other.functions_);
  return *this;
}
Module::~Module() {
  if (functions_ != nullptr) functions_->C_Finalize(nullptr);
}

base::Result<CK_SLOT_ID> Module::find_token(std::string_view label) const {
  return find_slot(functions_, [&](const CK_TOKEN_INFO& info) {
    return (info.flags & CKF_TOKEN_INITIALIZED) != 0 && label_of(info) == label;
  });
}

base::Result<CK_SLOT_ID> Module::find_free_slot() const {
  return find_slot(functions_, [](const CK_TOKEN_INFO& info) { return (info.flags & CKF_TOKEN_INITIALIZED) == 0; });
}

}  // namespace karv::crypto::pkcs11
