// The vault's admin door: operators look, seal and rotate; custodians accept their duty, unseal, hand over, and end
// keys together. A Unix socket of its own over mutual TLS, so that karv-server, another user with another certificate,
// cannot knock.
#pragma once

#include "net/certificate_watch.h"
#include "net/http.h"
#include "vault/custody/exchange.h"
#include "vault/custody/key_endings.h"
#include "vault/custody/unsealing.h"
#include "vault/import/card_import.h"
#include "vault/rotation/key_keeper.h"
#include "vault/rotation/key_rotation.h"

namespace karv::vault {

inline constexpr const char* kOperatorName = "karv-operator";  // common name of the certificate

struct AdminDoor {
  CustodyDesk& custody;
  CustodyExchange& exchange;
  KeyEndings& endings;
  KeyHolder& keys;
  KeyRotation& rotation;
  KeyKeeper& keeper;
  store::Database& database;
  CardImport* imports = nullptr;                        // null: no such paths
  const net::CertificateWatch* certificates = nullptr;  // what the process presents
};

// Whether an operator asks. Errors: forbidden.
base::Result<void> check_operator(const net::Request& request);
// Who came, for the record: the operator's certificate, and the user that the kernel says it is.
std::string operator_text(const net::Request& request);

// `door` must outlive the router.
net::Router admin_routes(AdminDoor& door);

}  // namespace karv::vault
