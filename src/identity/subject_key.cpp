#include "identity/subject_key.h"

#include "crypto/aead.h"

namespace karv::identity {

base::Result<base::SecretBytes> read_clear_key(const base::SecretBytes& sent) {
  auto bytes = base::from_base64url(sent.expose_text());
  auto key = bytes ? base::SecretBytes::copy_of(*bytes) : base::SecretBytes();
  if (bytes) base::wipe(bytes->data(), bytes->size());
  if (key.size() != crypto::kAeadKeySize)
    return base::internal_error(base::ErrorCode::internal, "the vault sent a subject key that is none");
  return key;
}

}  // namespace karv::identity
