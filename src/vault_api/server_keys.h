// Keys of a tenant's server: of each customer, session or order whose personal data the server seals with a key of its
// own. The server keeps the rows, wrapped; what wraps them is the vault's. So a copy of the server's database, or of
// all that is on its disk, opens nothing.
//
// A key is bound to its id, its tenant and the epoch, not to whom it belongs: new ones are made ahead, in stocks, and a
// purchase waits for no vault. The server binds what it seals to the subject.
//
//   MakeServerKeys{64}      ->  new keys, clear and wrapped
//   OpenServerKeys{rows}    ->  the same keys, clear; `gone` of an erased one, in every backup of the server's too
//   RenewServerKeys{rows}   ->  wrapped under the newest epoch; nothing clear
//   ServerKeysLeft{epoch,n} ->  when nothing is left before it, older epochs are destroyed
//
// An epoch is a number that rises; every answer names the newest, so the server knows when to renew.
// Clear keys are base64url without padding (43 characters), `wrapped` too; opaque to the server.
// Errors of all: 400 BATCH_SIZE (none, or more than 200), 503 VAULT_SEALED (the same again later).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "base/id.h"
#include "base/secret.h"
#include "vault_api/messages.h"

namespace karv::vault_api {

inline constexpr std::size_t kMostServerKeys = 200;

struct ServerKeyTag;
using ServerKeyId = base::Id<ServerKeyTag>;

// As the server stores it.
struct WrappedServerKey {
  ServerKeyId key;
  std::int64_t epoch = 0;
  std::string wrapped;
};
BOOST_DESCRIBE_STRUCT(WrappedServerKey, (), (key, epoch, wrapped))

struct MadeServerKey {
  WrappedServerKey stored;
  base::SecretBytes clear;
};
BOOST_DESCRIBE_STRUCT(MadeServerKey, (), (stored, clear))

struct MakeServerKeysAnswer {
  std::int64_t newest_epoch = 0;
  std::vector<MadeServerKey> keys;
};
BOOST_DESCRIBE_STRUCT(MakeServerKeysAnswer, (), (newest_epoch, keys))

struct MakeServerKeys {
  using Answer = MakeServerKeysAnswer;
  static constexpr std::string_view kPath = "/private/v1/server-keys/make";
  std::int64_t count = 0;
};
BOOST_DESCRIBE_STRUCT(MakeServerKeys, (), (count))

//   ok      open, or renewed
//   gone    erased, or of an epoch that was destroyed: nothing opens it any more
//   broken  not as the vault wrapped it: another tenant's, another id's, changed, cut
BOOST_DEFINE_ENUM_CLASS(ServerKeyState, ok, gone, broken)

struct OpenedServerKey {
  ServerKeyState state = ServerKeyState::broken;
  base::SecretBytes clear;  // empty unless ok
};
BOOST_DESCRIBE_STRUCT(OpenedServerKey, (), (state, clear))

struct OpenServerKeysAnswer {
  std::int64_t newest_epoch = 0;
  std::vector<OpenedServerKey> keys;  // in the order asked
};
BOOST_DESCRIBE_STRUCT(OpenServerKeysAnswer, (), (newest_epoch, keys))

// Errors: also 429 TOO_MANY_KEYS: more in an hour than the vault's configuration lets one server open.
struct OpenServerKeys {
  using Answer = OpenServerKeysAnswer;
  static constexpr std::string_view kPath = "/private/v1/server-keys/open";
  std::vector<WrappedServerKey> keys;
};
BOOST_DESCRIBE_STRUCT(OpenServerKeys, (), (keys))

struct RenewedServerKey {
  ServerKeyState state = ServerKeyState::broken;
  std::int64_t epoch = 0;
  std::string wrapped;  // empty unless ok
};
BOOST_DESCRIBE_STRUCT(RenewedServerKey, (), (state, epoch, wrapped))

struct RenewServerKeysAnswer {
  std::int64_t newest_epoch = 0;
  std::vector<RenewedServerKey> keys;  // in the order asked
};
BOOST_DESCRIBE_STRUCT(RenewServerKeysAnswer, (), (newest_epoch, keys))

struct RenewServerKeys {
  using Answer = RenewServerKeysAnswer;
  static constexpr std::string_view kPath = "/private/v1/server-keys/renew";
  std::vector<WrappedServerKey> keys;
};
BOOST_DESCRIBE_STRUCT(RenewServerKeys, (), (keys))

struct ServerKeysLeftAnswer {
  std::int64_t newest_epoch = 0;
};
BOOST_DESCRIBE_STRUCT(ServerKeysLeftAnswer, (), (newest_epoch))

// How many rows the server still has under epochs before `before_epoch`. Said every few hours, also when none is left:
// what was under way while it counted comes after. Errors: 400 BAD_VALUE (less than none; an epoch that is not there
// yet); there is no BATCH_SIZE.
struct ServerKeysLeft {
  using Answer = ServerKeysLeftAnswer;
  static constexpr std::string_view kPath = "/private/v1/server-keys/left";
  std::int64_t before_epoch = 0;
  std::int64_t rows = 0;
};
BOOST_DESCRIBE_STRUCT(ServerKeysLeft, (), (before_epoch, rows))

}  // namespace karv::vault_api
