// A custodian's own key, as a file: what signs his acts and opens his share, under his passphrase.
//
//   anna.key  {"name", "salt", "sealed"}      both private keys, AES-256-GCM under scrypt of the passphrase
//   anna.pub  {"name", "signs", "opens"}      for the ceremony; no secret
#pragma once

#include <string>

#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"
#include "vault_api/admin_messages.h"

namespace karv::apps::cli::vault {

struct CustodianKey {
  std::string name;
  base::SecretBytes signs;  // Ed25519 seed
  base::SecretBytes opens;  // X25519 private key
};

inline constexpr std::size_t kShortestPassphrase = 15;  // NIST SP 800-63B-4, a password that stands alone

// Writes FOLDER/SLUG.key (0600) and SLUG.pub; answers the path without the ending. Errors: bad_value (name, a
// passphrase that is too short), conflict (there is such a file), unavailable.
base::Result<std::string> make_custodian_key(const std::string& name, const std::string& folder,
                                             const base::SecretBytes& passphrase, base::Random& random);
// Errors: bad_value (no such file), forbidden (another passphrase, or changed).
base::Result<CustodianKey> open_custodian_key(const std::string& path, const base::SecretBytes& passphrase);

// The first line of the file, or asked for at the terminal without echo when no file is named. Errors: unavailable.
base::Result<base::SecretBytes> read_passphrase(const std::string& file);

}  // namespace karv::apps::cli::vault
