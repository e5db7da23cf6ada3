#include "crypto/hsm.h"

#include <array>
#include <chrono>
#include <optional>

#include "base/log.h"
#include "base/timed_mutex.h"
#include "crypto/pkcs11_session.h"

namespace karv::crypto {
namespace {

using pkcs11::failure;
using pkcs11::Session;

constexpr std::size_t kNonceSize = 12;
constexpr std::size_t kTagSize = 16;
constexpr std::chrono::milliseconds kBusyLimit{2000};

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
    if (wrapped.size() < kNonceSize + kTagSize)
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
    if (!mutex_.try_lock_for(kBusyLimit))
      return base::internal_error(base::ErrorCode::unavailable, "the HSM does not answer another call");
    const base::LockedBefore lock(mutex_);
    if (refused_) return *refused_;
    if (session_) {
      auto answer = work(*session_);
      if (answer.ok() || !may_be_lost(answer.error().code())) return answer;
      base::log::warn("hsm_may_be_lost", {{"detail", answer.error().internal_text()}});
      session_.reset();  // C_Finalize: the module only sees a returned token after a fresh C_Initialize
    }
    auto reopened = Session::open(settings_);
    if (!reopened.ok()) {
      if (reopened.error().code() == base::ErrorCode::forbidden) refused_ = reopened.error();
      return std::move(reopened).error();
    }
    session_.emplace(std::move(reopened).value());
    base::log::info("hsm_opened_again");
    return work(*session_);
  }

  static bool may_be_lost(base::ErrorCode code) {
    return code == base::ErrorCode::unavailable || code == base::ErrorCode::not_found;
  }

  const HsmSettings settings_;
  base::TimedMutex mutex_;  // held over calls of the module, which have no deadline
  std::optional<Session> session_ KARV_GUARDED_BY(mutex_);
  std::optional<base::Error> refused_ KARV_GUARDED_BY(mutex_);  // said of our PIN: said again, it would lock the HSM
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
