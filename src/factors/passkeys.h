// Passkeys (WebAuthn Level 3): whether what a browser sends is a new passkey, or a signature by a known one over
// exactly the challenge that was given. Verification alone: no accounts, no storage, no time. The caller makes the
// challenge, uses it once, and stores the passkey that comes back.
//
//   KARV_TRY(const auto passkey, verify_registration({.party = party, .challenge = challenge}, response));
//   KARV_TRY(const auto after, verify_assertion({.party = party, .challenge = challenge}, stored, handle, response));
//
// Policy, the same for everybody: the user is present and verified (two kinds of factor). Attestation: `none`, and
// `packed` signed by the new key itself. Neither says who made the device, and nothing is derived from it: a person's
// passkey counts because another person confirms whose it is. Every other format was not asked for and is refused.
// A signature counter that did not grow is refused: it may be a copy (staff; the specification leaves it open).
// Source: WebAuthn Level 3 sections 7.1 and 7.2, 8.2, 8.7.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace karv::factors {

inline constexpr std::size_t kLongestResponse = 8192;  // any one field of a response

// Whom the passkeys are for. `top_origins`: pages that may frame this one; empty: it is never framed.
struct RelyingParty {
  std::string id;      // "vault.example"
  std::string origin;  // "https://vault.example:8445"
  std::vector<std::string> top_origins = {};
};

// Whether a passkey may be copied to other devices ("synced").
enum class Binding : std::uint8_t { device, any };

struct Ceremony {
  const RelyingParty& party;
  base::ByteView challenge;
  Binding binding = Binding::device;
};

// A passkey as it is stored.
struct Passkey {
  base::Bytes id;          // of the credential
  base::Bytes public_key;  // COSE
  std::uint32_t sign_count = 0;
  bool backup_eligible = false;
};

struct RegistrationResponse {
  base::Bytes client_data;  // clientDataJSON
  base::Bytes attestation;  // attestationObject
};
struct AssertionResponse {
  base::Bytes credential_id;
  base::Bytes client_data;
  base::Bytes authenticator_data;
  base::Bytes signature;
  std::optional<base::Bytes> user_handle = {};
};

// Errors (of both): forbidden PASSKEY_REFUSED, with one public sentence for every step; the log text names the step.
base::Result<Passkey> verify_registration(const Ceremony& ceremony, const RegistrationResponse& response);
// The passkey with its new counter. `user_handle`: whose passkey it is, as registration named him.
base::Result<Passkey> verify_assertion(const Ceremony& ceremony, const Passkey& stored, base::ByteView user_handle,
                                       const AssertionResponse& response);

}  // namespace karv::factors
