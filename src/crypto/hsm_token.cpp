#include <algorithm>
#include <array>

#include <sys/stat.h>

#include "crypto/files.h"
#include "crypto/hsm.h"
#include "crypto/pkcs11_module.h"

namespace karv::crypto {
namespace {

using pkcs11::bytes_of;
using pkcs11::failure;

base::Result<void> set_user_pin(const pkcs11::Module& module, CK_SLOT_ID slot, base::ByteView officer_pin,
                                base::ByteView user_pin) {
  CK_SESSION_HANDLE session = 0;
  if (const CK_RV rv = module->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, nullptr, nullptr, &session);
      rv != CKR_OK)
    return failure("C_OpenSession", rv);
  if (const CK_RV rv = module->C_Login(session, CKU_SO, bytes_of(officer_pin.data()), officer_pin.size()); rv != CKR_OK)
    return failure("C_Login", rv);
  if (const CK_RV rv = module->C_InitPIN(session, bytes_of(user_pin.data()), user_pin.size()); rv != CKR_OK)
    return failure("C_InitPIN", rv);
  module->C_Logout(session);
  module->C_CloseSession(session);
  return {};
}

}  // namespace

base::Result<void> initialize_token(const HsmSettings& settings, const base::SecretBytes& officer_pin) {
  KARV_TRY(const auto module, pkcs11::Module::load(settings.module_path));
  if (module.find_token(settings.token_label).ok())
    return base::internal_error(base::ErrorCode::conflict, "a token with this label exists");
  KARV_TRY(const auto slot, module.find_free_slot());
  std::array<CK_BYTE, 32> label;
  label.fill(' ');
  std::copy_n(settings.token_label.begin(), std::min(label.size(), settings.token_label.size()), label.begin());
  const auto pin = officer_pin.expose();
  if (const CK_RV rv = module->C_InitToken(slot, bytes_of(pin.data()), pin.size(), label.data()); rv != CKR_OK)
    return failure("C_InitToken", rv);
  return set_user_pin(module, slot, pin, settings.pin.expose());
}

base::Result<void> change_pin(const HsmSettings& settings, const base::SecretBytes& new_pin) {
  KARV_TRY(const auto module, pkcs11::Module::load(settings.module_path));
  KARV_TRY(const auto slot, module.find_token(settings.token_label));
  CK_SESSION_HANDLE session = 0;
  if (const CK_RV rv = module->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, nullptr, nullptr, &session);
      rv != CKR_OK)
    return failure("C_OpenSession", rv);
  const auto old = settings.pin.expose();
  const auto pin = new_pin.expose();
  if (const CK_RV rv = module->C_Login(session, CKU_USER, bytes_of(old.data()), old.size()); rv != CKR_OK)
    return failure("C_Login", rv);
  if (const CK_RV rv = module->C_SetPIN(session, bytes_of(old.data()), old.size(), bytes_of(pin.data()), pin.size());
      rv != CKR_OK)
    return failure("C_SetPIN", rv);
  module->C_Logout(session);
  module->C_CloseSession(session);
  return {};
}

base::Result<std::string> write_softhsm_configuration(const std::string& folder) {
  const std::string tokens = folder + "/tokens";
  if (::mkdir(tokens.c_str(), 0700) != 0 && errno != EEXIST)
    return base::internal_error(base::ErrorCode::unavailable, "cannot make " + tokens);
  const std::string path = folder + "/softhsm2.conf";
  const std::string text = "directories.tokendir = " + tokens + "\nobjectstore.backend = file\nlog.level = ERROR\n";
  KARV_TRY_VOID(write_private_file(path, base::as_bytes(text)));
  return path;
}

}  // namespace karv::crypto
