// A custodian at work: his key and his share, ready to sign acts (vault_api/admin_messages.h).
#pragma once

#include <string>

#include "apps/cli/vault/custodian_key.h"
#include "base/clock.h"
#include "base/random.h"
#include "crypto/ed25519.h"
#include "vault_api/admin_messages.h"

namespace karv::apps::cli::vault {

// Where they are. An empty passphrase file: asked for at the terminal.
struct ActingFiles {
  std::string key, share, passphrase_file;
};

struct Acting {
  CustodianKey key;
  vault_api::ShareFile share;
};

// Errors: bad_value (no such files), forbidden (another passphrase).
base::Result<Acting> acting_of(const ActingFiles& files);

// Fills in who, when and the signature of one act.
template <class Request>
void sign(Request& request, const CustodianKey& key, vault_api::CustodianId custodian, std::string_view act,
          base::ByteView about) {
  base::SystemRandom random;
  base::Bytes nonce(16);
  random.fill(nonce);
  request.custodian = custodian;
  request.at = base::SystemClock().now().ms;
  request.nonce = base::to_base64url(nonce);
  const auto bytes = vault_api::signed_act(act, custodian, request.at, request.nonce, about);
  request.signature = base::to_base64url(crypto::sign_ed25519(key.signs, bytes));
}
template <class Request>
void sign(Request& request, const Acting& acting, std::string_view act, base::ByteView about) {
  sign(request, acting.key, acting.share.custodian, act, about);
}

}  // namespace karv::apps::cli::vault
