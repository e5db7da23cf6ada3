// What staff sign: a short JSON text that the page composes and shows, and whose digest is the passkey's challenge. The
// vault takes nothing from a request but what stands in the signed text.
//
//   {"act":"reveal","id":...,"at":...,"card":...,"level":"full","reason":"dispute","case_number":"C-12","note":"",
//    "looks":1,"expires_at":...}                    the requester and the approver sign this same text
//   {"act":"look","at":...,"request":...}           one look
//   {"act":"refuse","at":...,"request":...}
//   {"act":"list","at":...}                         what waits for the person
// Units: milliseconds since 1970, the vault's wall time. A text of one act is never one of another.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <boost/describe/class.hpp>

#include "vault/reveal/types.h"

namespace karv::vault {

struct RevealWords {
  std::string act;
  RevealId id;
  std::int64_t at = 0;
  CardId card;
  RevealLevel level = RevealLevel::masked;
  RevealReason reason = RevealReason::dispute;
  std::string case_number;
  std::string note;
  std::int64_t looks = 0;
  std::int64_t expires_at = 0;
};
BOOST_DESCRIBE_STRUCT(RevealWords, (), (act, id, at, card, level, reason, case_number, note, looks, expires_at))
struct ActWords {
  std::string act;
  std::int64_t at = 0;
  std::optional<RevealId> request;
};
BOOST_DESCRIBE_STRUCT(ActWords, (), (act, at, request))

// SHA-256 over the text, under a name of its own so that it is no other digest of Karv's.
base::Bytes words_challenge(std::string_view words);

// Errors: bad_request, bad_value (another act; a case number that is not 1 to 40 letters, digits, '-', '/', '.'; a note
// of more than 200 bytes; a card number in either).
base::Result<RevealWords> read_reveal_words(std::string_view words);
// `request` is there for look and refuse, and not for list. Errors: bad_request, bad_value.
base::Result<ActWords> read_act_words(std::string_view words, std::string_view act);

}  // namespace karv::vault
