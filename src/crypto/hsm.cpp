#include "crypto/hsm.h"

#include <array>
#include <optional>

#include "base/check.h"
#include "base/log.h"
#include "base/mutex.h"
#include "crypto/pkcs11_module.h"

namespace karv::crypto {
namespace {

using pkcs11::bytes_of;
using pkcs11::failure;

constexpr CK_ULONG kNonceSize = 12;
constexpr CK_ULONG kTagBits = 128;

// One login on one token.
class Session {
 public:
  static base::Result<Session> open(const HsmSettings& settings);

  // The handle of a wrapping key. Errors: not_found.
  base::Result<CK_OBJECT_HANDLE> get_key(std::string_view label) const;
  base::Result<void> make_key(std::string_view label) const;
  base::Result<void> destroy(CK_OBJECT_HANDLE key) const;

  base::Result<base::SecretBytes> random(std::size_t size) const;
  base::Result<base::Bytes> encrypt(CK_OBJECT_HANDLE key, base::ByteView nonce, base::ByteView plaintext,
                                    base::ByteView aad) const;
  base::Result<base::SecretBytes> decrypt(CK_OBJECT_HANDLE key, base::ByteView nonce, base::ByteView ciphertext,
                                          base::ByteView aad) const;
  base::Result<bool> flag(CK_OBJECT_HANDLE key, CK_ATTRIBUTE_TYPE type) const;

 private:
  explicit Session(pkcs11::Module module) : module_(std::move(module)) {}

  pkcs11::Module module_;
  CK_SESSION_HANDLE session_ = 0;
};

base::Result<Session> Session::open(const HsmSettings& settings) {
  KARV_TRY(auto module, pkcs11::Module::load(settings.module_path));
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

CK_GCM_PARAMS gcm(base::ByteView nonce, base::ByteView aad) {
  return {bytes_of(nonce.data()), nonce.size(), nonce.size() * 8, bytes_of(aad.data()), aad.size(), kTagBits};
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

class Pkcs11Hsm final : public Hsm {
 public:
  Pkcs11Hsm(HsmSettings settings, Session session) : settings_(std::move(settings)), session_(std::move(session)) {}

  base::Result<base::SecretBytes> make_data_key() override {
    return with_session([](const Session& session) { return session.random(32); });
  }

  base::Result<void> ensure_key(std::string_view label) override {
    return with_session([&](const Session& session) -> base::Result<void> {
      const auto key = session.get_key(label);
      if (key.ok()) return {};
      if (key.error().code() != base::ErrorCode::not_found) return key.error();
      return session.make_key(label);  // fails on a lost token, which has no objects either: tried again
    });
  }

  base::Result<bool> has_key(std::string_view label) override {
    const auto key = with_session([&](const Session& session) { return session.get_key(label); });
    if (key.ok()) return true;
    if (key.error().code() == base::ErrorCode::not_found) return false;
    return key.error();
  }

  base::Result<void> destroy_key(std::string_view label) override {
    KARV_TRY(const bool there, has_key(label));
    if (!there) return {};
    return with_session([&](const Session& session) -> base::Result<void> {
      KARV_TRY(const auto key, session.get_key(label));
      return session.destroy(key);
    });
  }

  base::Result<bool> key_is_confined(std::string_view label) override {
    return with_session([&](const Session& session) -> base::Result<bool> {
      KARV_TRY(const auto key, session.get_key(label));
      KARV_TRY(const bool sensitive, session.flag(key, CKA_SENSITIVE));
      KARV_TRY(const bool never_out, session.flag(key, CKA_NEVER_EXTRACTABLE));
      return sensitive && never_out;
    });
  }

  base::Result<base::Bytes> wrap(std::string_view label, const base::SecretBytes& data_key,
                                 base::ByteView aad) override {
    return with_session([&](const Session& session) -> base::Result<base::Bytes> {
      KARV_TRY(const auto key, session.get_key(label));
      KARV_TRY(const auto nonce, session.random(kNonceSize));
      const auto nonce_bytes = nonce.expose();
      KARV_TRY(const auto ciphertext, session.encrypt(key, nonce_bytes, data_key.expose(), aad));
      base::Bytes out(nonce_bytes.begin(), nonce_bytes.end());
      out.insert(out.end(), ciphertext.begin(), ciphertext.end());
      return out;
    });
  }

  base::Result<base::SecretBytes> unwrap(std::string_view label, base::ByteView wrapped, base::ByteView aad) override {
    if (wrapped.size() < kNonceSize + kTagBits / 8)
      return base::internal_error(base::ErrorCode::internal, "a wrapped key is too short");
    return with_session([&](const Session& session) -> base::Result<base::SecretBytes> {
      KARV_TRY(const auto key, session.get_key(label));
      return session.decrypt(key, wrapped.first(kNonceSize), wrapped.subspan(kNonceSize), aad);
    });
  }

  base::Result<void> health(std::string_view label) override {
    static constexpr std::array<std::uint8_t, 16> kProbe{'k', 'a', 'r', 'v', ' ', 'p', 'r', 'o', 'b', 'e'};
    const base::SecretBytes probe = base::SecretBytes::copy_of(kProbe);
    KARV_TRY(const auto wrapped, wrap(label, probe, base::as_bytes("probe")));
    KARV_TRY(const auto back, unwrap(label, wrapped, base::as_bytes("probe")));
    if (!(back == probe)) return failure("the wrapping key answers wrongly", CKR_DEVICE_ERROR);
    return {};
  }

 private:
  // Runs `work` on the session; when the token is gone, opens everything again and tries once more. So it does when a
  // key is missing: the objects of a lost token cannot be found either.
  template <class Work>
  auto with_session(const Work& work) -> decltype(work(std::declval<const Session&>())) {
    const base::Lock lock(mutex_);
    if (session_) {
      auto answer = work(*session_);
      if (answer.ok() || !may_be_lost(answer.error().code())) return answer;
      base::log::warn("hsm_may_be_lost", {{"detail", answer.error().internal_text()}});
      session_.reset();  // C_Finalize: the module only sees a returned token after a fresh C_Initialize
    }
    auto reopened = Session::open(settings_);
    if (!reopened.ok()) return std::move(reopened).error();
    session_.emplace(std::move(reopened).value());
    base::log::info("hsm_opened_again");
    return work(*session_);
  }

  static bool may_be_lost(base::ErrorCode code) {
    return code == base::ErrorCode::unavailable || code == base::ErrorCode::not_found;
  }

  const HsmSettings settings_;
  base::Mutex mutex_;
  std::optional<Session> session_ KARV_GUARDED_BY(mutex_);
};

}  // namespace

base::Result<void> load_hsm_module(const std::string& module_path) {
  auto module = pkcs11::Module::load(module_path);  // C_Initialize may load more code; C_Finalize follows
  return module.ok() ? base::Result<void>() : std::move(module).error();
}

base::Result<std::unique_ptr<Hsm>> Hsm::open(HsmSettings settings) {
  KARV_TRY(auto session, Session::open(settings));
  return std::unique_ptr<Hsm>(std::make_unique<Pkcs11Hsm>(std::move(settings), std::move(session)));
}

}  // namespace karv::crypto
