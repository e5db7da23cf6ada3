// The hardware security module, by PKCS#11: holds one AES-256 wrapping key that cannot leave it, and wraps data keys.
//
// Data keys are unwrapped once per process and cached by their owner, so calls here are rare: one session behind one
// mutex (a session shared by two threads at once crashes SoftHSM2; a pool would buy nothing). Wrapping is AES-GCM
// with associated data, so that a wrapped key taken from one row does not unwrap in another's place.
// When the token is lost (removed, restarted) the module is closed and opened again, once per call.
// Used by the vault. Source: PKCS #11 v2.40.
#pragma once

#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secret.h"

namespace karv::crypto {

struct HsmSettings {
  std::string module_path;  // "/usr/lib/softhsm/libsofthsm2.so"
  std::string token_label;
  base::SecretBytes pin;
  std::string key_label;
};

class Hsm {
 public:
  // Loads the module, logs in, finds the wrapping key or makes it. One per process and module at a time.
  // Errors: unavailable (with the PKCS#11 return value in the log text), forbidden (wrong PIN).
  static base::Result<std::unique_ptr<Hsm>> open(HsmSettings settings);
  virtual ~Hsm() = default;

  // A fresh AES-256 data key from the module's random source.
  virtual base::Result<base::SecretBytes> make_data_key() = 0;
  virtual base::Result<base::Bytes> wrap(const base::SecretBytes& data_key, base::ByteView associated_data) = 0;
  // Errors: internal (not what was wrapped, or not there), unavailable.
  virtual base::Result<base::SecretBytes> unwrap(base::ByteView wrapped, base::ByteView associated_data) = 0;
  // Uses the key: a lost token still opens sessions, so anything less proves nothing.
  virtual base::Result<void> health() = 0;
  // Whether the module confirms that the wrapping key is sensitive and was never extractable.
  virtual base::Result<bool> key_is_confined() = 0;
};

// Makes a new token in a free slot of the module: for development and tests. In production the operator's key ceremony
// does this. The module must not be open in this process.
base::Result<void> initialize_token(const HsmSettings& settings, const base::SecretBytes& officer_pin);

// Writes `folder`/softhsm2.conf and the token folder next to it; its path goes into SOFTHSM2_CONF.
base::Result<std::string> write_softhsm_configuration(const std::string& folder);

}  // namespace karv::crypto
