// The messages between operators and custodians (`karv vault`) and karv-vault's admin door, and what a custodian signs.
//
// The door is a Unix socket of the vault's host over mutual TLS; karv-server cannot reach it. Whoever may open it may
// look and may seal; what opens the vault or ends a key is signed by custodians, each for himself.
// Units: times in milliseconds since 1970. Bytes as base64url without padding.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>

#include "base/bytes.h"
#include "base/id.h"
#include "base/secret.h"

namespace karv::vault_api {

struct CustodianTag;
using CustodianId = base::Id<CustodianTag>;

// What a custodian accepts before a share of his counts. PCI DSS v4.0.1 3.7.8.
inline constexpr std::string_view kCustodianDuty =
    "I hold one share of the key to this vault. I keep it and my own key apart from each other and from everybody "
    "else, use them for this vault only, and never let another person use them. I never hold two shares. I report at "
    "once when either is lost or may have been seen. I hand them back when my duty ends.";

// What the file of a custodian's public keys holds, and the ceremony reads.
struct CustodianCard {
  std::string name;   // "Anna Berg"
  std::string signs;  // Ed25519 public key
  std::string opens;  // X25519 public key
};
BOOST_DESCRIBE_STRUCT(CustodianCard, (), (name, signs, opens))

// What the ceremony gives to each custodian: a share that only his key opens.
struct ShareFile {
  CustodianId custodian;
  std::string name;
  std::string share;  // JWE of x (1 byte) and y (32 bytes)
};
BOOST_DESCRIBE_STRUCT(ShareFile, (), (custodian, name, share))

// The bytes that `custodian` signs for one act. `about`: what the act is about, or a digest of it.
base::Bytes signed_act(std::string_view act, CustodianId custodian, std::int64_t at, std::string_view nonce,
                       base::ByteView about);

// Answers of all that change something.
struct Done {
  std::string done;
};
BOOST_DESCRIBE_STRUCT(Done, (), (done))

// Signed as "accept" about the duty's text. Errors: 404 CUSTODIAN_UNKNOWN, 403 SIGNATURE_REFUSED.
struct AcceptRequest {
  using Answer = Done;
  static constexpr std::string_view kPath = "/admin/v1/custodians/accept";
  CustodianId custodian;
  std::int64_t at = 0;
  std::string nonce;
  std::string signature;
};
BOOST_DESCRIBE_STRUCT(AcceptRequest, (), (custodian, at, nonce, signature))

struct Unsealing {
  bool sealed = true;
  std::int64_t given = 0;  // by different custodians
  std::int64_t needed = 0;
};
BOOST_DESCRIBE_STRUCT(Unsealing, (), (sealed, given, needed))

// Signed as "unseal" about the SHA-256 of the share. A custodian's second share replaces the first. Shares are
// forgotten after 15 minutes. Errors: as above; 403 CUSTODIAN_NOT_ACCEPTED, 400 SHARE_WRONG, 409 NOT_SEALED, 409
// NO_CUSTODY.
struct UnsealRequest {
  using Answer = Unsealing;
  static constexpr std::string_view kPath = "/admin/v1/unseal";
  CustodianId custodian;
  std::int64_t at = 0;
  std::string nonce;
  std::string signature;
  base::SecretBytes share;  // base64url of x and y
};
BOOST_DESCRIBE_STRUCT(UnsealRequest, (), (custodian, at, nonce, signature, share))

// A plan for the next custody, as a custodian of now signs it. Of the people only order does not matter.
base::Bytes exchange_digest(const std::vector<CustodianCard>& custodians, std::int64_t needed);
base::Bytes exchange_about(base::ByteView plan, const base::SecretBytes& share);

struct CustodianLine {
  CustodianId custodian;
  std::string name;
  bool accepted = false;
};
BOOST_DESCRIBE_STRUCT(CustodianLine, (), (custodian, name, accepted))

struct Exchanging {
  bool made = false;                      // the next custody waits for its custodians
  std::int64_t given = 0;                 // shares for this plan
  std::int64_t needed = 0;                // of the custodians of now
  std::vector<CustodianLine> custodians;  // the next ones, once it is made
};
BOOST_DESCRIBE_STRUCT(Exchanging, (), (made, given, needed, custodians))

// Other custodians take over. As many of those of now as are needed say the same plan within 15 minutes, each signing
// "exchange" about exchange_about(). Errors: as of unsealing but for NOT_SEALED; 400 PLAN_REFUSED, 409
// CUSTODY_CHANGING.
struct ExchangeRequest {
  using Answer = Exchanging;
  static constexpr std::string_view kPath = "/admin/v1/custodians/exchange";
  CustodianId custodian;
  std::int64_t at = 0;
  std::string nonce;
  std::string signature;
  base::SecretBytes share;  // base64url of x and y
  std::int64_t needed = 2;
  std::vector<CustodianCard> custodians;
};
BOOST_DESCRIBE_STRUCT(ExchangeRequest, (), (custodian, at, nonce, signature, share, needed, custodians))

// A custodian who takes over fetches his share, signed as "share" about his own id. Errors: 404, 403.
struct ShareRequest {
  using Answer = ShareFile;
  static constexpr std::string_view kPath = "/admin/v1/custodians/share";
  CustodianId custodian;
  std::int64_t at = 0;
  std::string nonce;
  std::string signature;
};
BOOST_DESCRIBE_STRUCT(ShareRequest, (), (custodian, at, nonce, signature))

// One operator is enough. Every karv-vault on the same database seals itself, the others within seconds.
struct SealRequest {
  using Answer = Done;
  static constexpr std::string_view kPath = "/admin/v1/seal";
  std::string reason;
};
BOOST_DESCRIBE_STRUCT(SealRequest, (), (reason))

// One of several karv-vaults on one database; each is unsealed for itself.
struct ProcessLine {
  std::string name;
  std::string because;  // why it is sealed; empty: it is open
  bool network = false;
  bool here = false;  // it has said so in the last seconds
  std::int64_t seen_at = 0;
};
BOOST_DESCRIBE_STRUCT(ProcessLine, (), (name, because, network, here, seen_at))

// A certificate that the process presents.
struct CertificateLine {
  std::string name;
  std::string serial;
  std::int64_t not_after = 0;
  std::int64_t refused = 0;  // exchanges since the start: files that did not fit
};
BOOST_DESCRIBE_STRUCT(CertificateLine, (), (name, serial, not_after, refused))

// Of the process that was asked; `processes`: all of them, when there are several.
struct VaultStatus {
  bool sealed = true;
  std::string because;  // empty: it is not sealed
  bool hsm = false;
  std::int64_t key_alarms = 0;
  std::int64_t given = 0;   // shares so far
  std::int64_t needed = 0;  // 0: no custodians; the PIN comes from a file (sandbox mode)
  std::vector<CustodianLine> custodians;
  std::vector<CustodianLine> next_custodians;  // who take over when enough of them unseal it
  std::string process;                         // its name; empty: it is the only one
  std::vector<ProcessLine> processes = {};
  std::vector<CertificateLine> certificates = {};
};
BOOST_DESCRIBE_STRUCT(VaultStatus, (),
                      (sealed, because, hsm, key_alarms, given, needed, custodians, next_custodians, process, processes,
                       certificates))

// One key of the hierarchy: its description by its row (PCI DSS 3.6.1.1).
struct KeyLine {
  std::string key;
  std::string key_class;
  std::string tenant;  // empty: the whole vault's
  std::int64_t version = 0;
  std::string state;
  std::string algorithm;
  std::string protects;
  std::string place;
  std::int64_t uses = 0;
  std::int64_t created_at = 0;
  std::int64_t next_at = 0;  // when its period ends; 0: it is not active
};
BOOST_DESCRIBE_STRUCT(KeyLine, (),
                      (key, key_class, tenant, version, state, algorithm, protects, place, uses, created_at, next_at))
struct RotationLine {
  std::string key;
  std::string key_class;
  std::string state;
  std::int64_t done = 0;
  std::int64_t total = 0;
  std::int64_t started_at = 0;
  std::int64_t destroy_at = 0;
};
BOOST_DESCRIBE_STRUCT(RotationLine, (), (key, key_class, state, done, total, started_at, destroy_at))
struct KeyList {
  std::vector<KeyLine> keys;
  std::vector<RotationLine> rotations;
};
BOOST_DESCRIBE_STRUCT(KeyList, (), (keys, rotations))

// Errors: 404, 409 (just rotated by somebody else).
struct RotateRequest {
  using Answer = RotationLine;
  static constexpr std::string_view kPath = "/admin/v1/keys/rotate";
  std::string key;
};
BOOST_DESCRIBE_STRUCT(RotateRequest, (), (key))

// Ends a key before its time. Two custodians ask for the same within an hour, each signing "destroy" or "compromise"
// about the key's id; until the second the answer says who is missing. Errors: as of unsealing; 404, 409 KEY_IN_USE.
struct EndKeyRequest {
  using Answer = Done;
  static constexpr std::string_view kPath = "/admin/v1/keys/end";
  std::string key;
  std::string command;  // "destroy", "compromise"
  CustodianId custodian;
  std::int64_t at = 0;
  std::string nonce;
  std::string signature;
};
BOOST_DESCRIBE_STRUCT(EndKeyRequest, (), (key, command, custodian, at, nonce, signature))

}  // namespace karv::vault_api
