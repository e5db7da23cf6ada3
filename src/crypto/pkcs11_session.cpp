#include "crypto/pkcs11_session.h"

#include <array>
#include <string>

#include "base/log.h"

namespace karv::crypto::pkcs11 {
namespace {

constexpr CK_ULONG kTagBits = 128;

CK_GCM_PARAMS gcm(base::ByteView nonce, base::ByteView aad) {
  return {bytes_of(nonce.data()), nonce.size(), nonce.size() * 8, bytes_of(aad.data()), aad.size(), kTagBits};
}

}  // namespace

base::Result<Session> Session::open(const HsmSettings& settings) {
  KARV_TRY(auto module, Module::load(settings.module_path));
  Session out(std::move(module));
  KARV_TRY(const auto slot, out.module_.find_token(settings.token_label));
  constexpr CK_FLAGS kFlags = CKF_SERIAL_SESSION | CKF_RW_SESSION;
  if (const CK_RV rv = out.module_->C_OpenSession(slot, kFlags, nullptr, nullptr, &out.session_); rv != CKR_OK)
    return failure("C_OpenSession", rv);
  const auto pin = settings.pin.expose();
  if (const CK_RV rv = out.module_->C_Login(out.session_, CKU_USER, bytes_of(pin.data()), pin.size()); rv != CKR_OK)
    return failure("C_Login", rv);
  return out;
}

base::Result<CK_OBJECT_HANDLE> Session::get_key(std::string_view label) const {
  CK_OBJECT_CLASS secret_key = CKO_SECRET_KEY;
  std::array<CK_ATTRIBUTE, 2> wanted{
      {{CKA_CLASS, &secret_key, sizeof secret_key}, {CKA_LABEL, bytes_of(label.data()), label.size()}}};
  if (const CK_RV rv = module_->C_FindObjectsInit(session_, wanted.data(), wanted.size()); rv != CKR_OK)
    return failure("C_FindObjectsInit", rv);
  CK_ULONG found = 0;
  std::array<CK_OBJECT_HANDLE, 2> keys{};
  const CK_RV rv = module_->C_FindObjects(session_, keys.data(), keys.size(), &found);
  module_->C_FindObjectsFinal(session_);
  if (rv != CKR_OK) return failure("C_FindObjects", rv);
  if (found > 1) return failure("two wrapping keys carry the same label", CKR_TEMPLATE_INCONSISTENT);
  if (found == 0) return base::internal_error(base::ErrorCode::not_found, "the HSM has no key " + std::string(label));
  return keys[0];
}

base::Result<void> Session::make_key(std::string_view label) const {
  CK_MECHANISM mechanism{CKM_AES_KEY_GEN, nullptr, 0};
  CK_BBOOL yes = CK_TRUE;
  CK_BBOOL no = CK_FALSE;
  CK_ULONG size = 32;
  CK_OBJECT_HANDLE made = 0;
  std::array<CK_ATTRIBUTE, 8> as{{{CKA_LABEL, bytes_of(label.data()), label.size()},
                                  {CKA_TOKEN, &yes, sizeof yes},
                                  {CKA_PRIVATE, &yes, sizeof yes},
                                  {CKA_SENSITIVE, &yes, sizeof yes},
                                  {CKA_EXTRACTABLE, &no, sizeof no},
                                  {CKA_ENCRYPT, &yes, sizeof yes},
                                  {CKA_DECRYPT, &yes, sizeof yes},
                                  {CKA_VALUE_LEN, &size, sizeof size}}};
  if (const CK_RV rv = module_->C_GenerateKey(session_, &mechanism, as.data(), as.size(), &made); rv != CKR_OK)
    return failure("C_GenerateKey", rv);
  base::log::info("hsm_wrapping_key_made", {{"label", label}});
  return {};
}

base::Result<void> Session::destroy(CK_OBJECT_HANDLE key) const {
  if (const CK_RV rv = module_->C_DestroyObject(session_, key); rv != CKR_OK) return failure("C_DestroyObject", rv);
  return {};
}

base::Result<base::SecretBytes> Session::random(std::size_t size) const {
  base::SecretBytes out(size);
  if (const CK_RV rv = module_->C_GenerateRandom(session_, out.expose_mutable().data(), size); rv != CKR_OK)
    return failure("C_GenerateRandom", rv);
  return out;
}

base::Result<base::Bytes> Session::encrypt(CK_OBJECT_HANDLE key, base::ByteView nonce, base::ByteView plaintext,
                                           base::ByteView aad) const {
  CK_GCM_PARAMS parameters = gcm(nonce, aad);
  CK_MECHANISM mechanism{CKM_AES_GCM, &parameters, sizeof parameters};
  if (const CK_RV rv = module_->C_EncryptInit(session_, &mechanism, key); rv != CKR_OK)
    return failure("C_EncryptInit", rv);
  base::Bytes out(plaintext.size() + 64);
  CK_ULONG size = out.size();
  const CK_RV rv = module_->C_Encrypt(session_, bytes_of(plaintext.data()), plaintext.size(), out.data(), &size);
  if (rv != CKR_OK) return failure("C_Encrypt", rv);
  out.resize(size);
  return out;
}

base::Result<base::SecretBytes> Session::decrypt(CK_OBJECT_HANDLE key, base::ByteView nonce, base::ByteView ciphertext,
                                                 base::ByteView aad) const {
  CK_GCM_PARAMS parameters = gcm(nonce, aad);
  CK_MECHANISM mechanism{CKM_AES_GCM, &parameters, sizeof parameters};
  if (const CK_RV rv = module_->C_DecryptInit(session_, &mechanism, key); rv != CKR_OK)
    return failure("C_DecryptInit", rv);
  base::SecretBytes room(ciphertext.size());
  CK_ULONG size = room.size();
  const CK_RV rv =
      module_->C_Decrypt(session_, bytes_of(ciphertext.data()), ciphertext.size(), room.expose_mutable().data(), &size);
  // SoftHSM2 answers a wrong tag with GENERAL_ERROR.
  if (rv == CKR_GENERAL_ERROR || rv == CKR_ENCRYPTED_DATA_INVALID || rv == CKR_ENCRYPTED_DATA_LEN_RANGE)
    return base::internal_error(base::ErrorCode::internal, "a wrapped key does not unwrap: wrong bytes or place");
  if (rv != CKR_OK) return failure("C_Decrypt", rv);
  return base::SecretBytes::copy_of(room.expose().first(size));
}

base::Result<bool> Session::flag(CK_OBJECT_HANDLE key, CK_ATTRIBUTE_TYPE type) const {
  CK_BBOOL value = CK_FALSE;
  CK_ATTRIBUTE attribute{type, &value, sizeof value};
  if (const CK_RV rv = module_->C_GetAttributeValue(session_, key, &attribute, 1); rv != CKR_OK)
    return failure("C_GetAttributeValue", rv);
  return value == CK_TRUE;
}

}  // namespace karv::crypto::pkcs11
