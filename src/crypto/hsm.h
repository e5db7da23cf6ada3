// The hardware security module, by PKCS#11: holds AES-256 wrapping keys that cannot leave it, and wraps data keys.
//
// A wrapping key is known by its label. Data keys are unwrapped once per process and cached by their owner, so calls
// here are rare: one session behind one mutex (a session shared by two threads at once crashes SoftHSM2; a pool would
// buy nothing). Wrapping is AES-GCM with associated data, so that a wrapped key taken from one row does not unwrap in
// another's place (SoftHSM2 has that mechanism for encrypting only; its key wrap takes no associated data).
// When the token is lost (removed, restarted) the module is closed and opened again, once per call; a PIN that was
// refused then (it was changed meanwhile) is never sent again, because an HSM locks itself after a few. A call of the
// module has no deadline: while one hangs, its thread does, and all others are told so (unavailable) after two seconds.
// Used by the vault. Source: PKCS #11 v2.40.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secret.h"

namespace karv::crypto {

struct HsmSettings {
  std::string module_path;  // "/usr/lib/softhsm/libsofthsm2.so"
  std::string token_label;
  base::SecretBytes pin;
};

class Hsm {
 public:
  // Loads the module and logs in. One per process and module at a time.
  // Errors: unavailable (with the PKCS#11 return value in the log text), forbidden (wrong PIN).
  static base::Result<std::unique_ptr<Hsm>> open(HsmSettings settings);
  virtual ~Hsm() = default;

  // A fresh AES-256 data key from the module's random source.
  virtual base::Result<base::SecretBytes> make_data_key() = 0;

  // Makes the wrapping key `label`; nothing when it is there. Errors: unavailable.
  virtual base::Result<void> ensure_key(std::string_view label) = 0;
  virtual base::Result<bool> has_key(std::string_view label) = 0;
  // What it wrapped can never be unwrapped again. Nothing when it is not there.
  virtual base::Result<void> destroy_key(std::string_view label) = 0;
  // Whether the module confirms that the key is sensitive and was never extractable.
  virtual base::Result<bool> key_is_confined(std::string_view label) = 0;

  // Errors of both: not_found (no such wrapping key), unavailable.
  virtual base::Result<base::Bytes> wrap(std::string_view label, const base::SecretBytes& data_key,
                                         base::ByteView associated_data) = 0;
  // As above, and internal (not what was wrapped, or not there).
  virtual base::Result<base::SecretBytes> unwrap(std::string_view label, base::ByteView wrapped,
                                                 base::ByteView associated_data) = 0;
  // Uses the key: a lost token still opens sessions, so anything less proves nothing.
  virtual base::Result<void> health(std::string_view label) = 0;
};

// Loads the module's code, and what that loads, without opening a token: for a process that will not be allowed to load
// any when it opens the HSM. Errors: unavailable.
base::Result<void> load_hsm_module(const std::string& module_path);

// Makes a new token in a free slot of the module: for development and tests. In production the operator's key ceremony
// does this. The module must not be open in this process.
base::Result<void> initialize_token(const HsmSettings& settings, const base::SecretBytes& officer_pin);

// Gives the token another PIN for its user. Errors: forbidden (`settings` has a wrong PIN), unavailable. The module
// must not be open in this process.
base::Result<void> change_pin(const HsmSettings& settings, const base::SecretBytes& new_pin);

// Writes `folder`/softhsm2.conf and the token folder next to it; its path goes into SOFTHSM2_CONF.
base::Result<std::string> write_softhsm_configuration(const std::string& folder);

}  // namespace karv::crypto
