// What the vault says to the card network, and what it understands of the answers: the business of an operation in
// terms of ISO 8583 fields. The bytes are wire's; sockets are net's; when to say what is card_network.h and
// settlement.h. Source: ISO 8583:1987, message classes and data elements; the field list is in docs/card-network.md.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"
#include "vault/cards/card.h"
#include "vault/types.h"

namespace karv::vault {

struct AcquirerSettings {
  std::string acquirer_id = "400001";
  std::string terminal_id = "KARV0001";
  std::string merchant_category = "5399";
};

// How an answer finds its question: message type, trace number, reference.
struct ExchangeKey {
  std::string answer_mti;
  std::string stan;
  std::string reference;  // empty in network management
  friend auto operator<=>(const ExchangeKey&, const ExchangeKey&) = default;
};

struct NetworkRequest {
  ExchangeKey key;
  base::SecretBytes frame;  // without the length in front
};

struct NetworkAnswer {
  ExchangeKey key;
  std::string response_code;
  std::string approval_code;
};

// Who sends: the acquirer, and the key that cryptograms are made with (cryptogram.h), if there are any.
struct Sender {
  const AcquirerSettings& acquirer;
  const base::SecretBytes* network_key = nullptr;
};

enum class Attempt : std::uint8_t { first, repeated };

// 0100 or 0200. `code` may be empty; it is left out unless the shopper is there.
base::Result<NetworkRequest> authorization_request(const Operation& operation, const Card& card,
                                                   const base::SecretBytes& code,
                                                   const std::optional<Operation>& original, const Sender& sender);
// 0200, repeats 0201, processing code 20.
base::Result<NetworkRequest> refund_request(const Operation& operation, const Card& card, const Operation& original,
                                            Attempt attempt, const AcquirerSettings& acquirer);
// What a payout's repeats say as its first message did, though card, keys or settings have changed since: elements 14
// and 48, so expiry and cryptogram. Not for logs.
std::string payout_as_sent(const Operation& operation, const Card& card, const Sender& sender);
// 0200, repeats 0201, processing code 26: an original credit. `as_sent`: as above.
base::Result<NetworkRequest> payout_request(const Operation& operation, const Card& card, std::string_view as_sent,
                                            Attempt attempt, const AcquirerSettings& acquirer);
// 0220, repeats 0221.
base::Result<NetworkRequest> completion_advice(const Operation& operation, const Operation& hold, Attempt attempt,
                                               const AcquirerSettings& acquirer);
// 0400, repeats 0401: gives what is left of a hold free.
base::Result<NetworkRequest> release_request(const Operation& operation, const Operation& hold, Attempt attempt,
                                             const AcquirerSettings& acquirer);
// 0420, repeats 0421: undoes a hold or charge whose answer was lost or late.
base::Result<NetworkRequest> reversal_advice(const Operation& operation, Attempt attempt,
                                             const AcquirerSettings& acquirer);

enum class Management : std::uint8_t { sign_on, sign_off, echo };
base::Result<NetworkRequest> management_request(Management what, std::int64_t stan, base::Instant now);

// 0800 with code 161, one of those for security: a network key, encrypted for the network (JWE in element 63), and the
// voucher of the key before, if there is one. Errors: bad_value (no public key).
struct HandedKey {
  const base::SecretBytes& next;
  const base::SecretBytes* former = nullptr;
};
base::Result<NetworkRequest> key_request(const HandedKey& key, base::ByteView recipient, std::int64_t stan,
                                         base::Instant now, base::Random& random);

// Errors: bad_request, when the bytes are no answer the vault understands.
base::Result<NetworkAnswer> read_answer(base::ByteView frame);

// ISO 4217 numeric code; empty for a currency that the card network does not take.
std::string_view numeric_currency(std::string_view alphabetic);

}  // namespace karv::vault
