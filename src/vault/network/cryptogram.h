// The cryptogram of one use of a card: what only the vault and the card network can make, for one message alone.
// Whoever has the number, a token or a recorded message cannot make another one. Pure; handing the key over is
// network_keys.h.
//
//   card key    HKDF-SHA-256(network key, no salt, framed("karv network card key", number), 32 bytes)
//   cryptogram  the first 20 bytes of HMAC-SHA-256(card key, framed("karv network cryptogram", use number,
//               the first three digits of the message type, elements 2, 3, 4, 7, 11, 14, 32, 37, 41, 42, 49,
//               initiator, reference of the original or nothing)), each as it travels
//   name        the first 8 bytes of HMAC-SHA-256(network key, "karv network key name"), in hexadecimal
//   voucher     the first 20 bytes of HMAC-SHA-256(former network key, framed("karv network key", name of the new one))
// A repeat (0201) has the cryptogram of its first message. In element 48: UK the key's name (16), UN the use number (19
// digits), UC the cryptogram in base64 (28 characters). Source: EMV payment tokenisation (TAVV) and 3-D Secure (CAVV)
// carry 20 bytes as 28 characters; EMV book 2 A1.4 derives a key for each card; RFC 2104 section 5, RFC 5869.
#pragma once

#include <string>

#include "base/secret.h"
#include "vault/types.h"
#include "wire/iso8583.h"
#include "wire/iso8583_parts.h"

namespace karv::vault {

// Which messages carry one: those that take money from a card or put new money on it.
constexpr bool carries_cryptogram(OperationKind kind) {
  return kind == OperationKind::hold || kind == OperationKind::charge || kind == OperationKind::payout;
}

// Rises with the wall clock and is never said twice: milliseconds since 1970, 13 digits, then the trace number, which
// no two messages of one moment share. It follows from the operation's row, so it is durable before it is used.
std::string use_number(const Operation& operation);

std::string network_key_name(const base::SecretBytes& key);
std::string network_key_voucher(const base::SecretBytes& former, const base::SecretBytes& next);

// Pre: the message has elements 2 and 14; `extra` holds what else stands in element 48.
std::string cryptogram_of(const base::SecretBytes& key, const wire::iso8583::Message& message,
                          const wire::iso8583::PrivateData& extra, std::string_view use);
// Adds UK, UN and UC.
void add_cryptogram(wire::iso8583::PrivateData& extra, const base::SecretBytes& key,
                    const wire::iso8583::Message& message, const Operation& operation);

}  // namespace karv::vault
