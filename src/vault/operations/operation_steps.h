// Moves stored operations along the table of operation_rules.h, with everything that follows in the same transaction:
// the list of open ones, what a token has used of its cap, what is left of a hold. Used by operations.h and
// settlement.h.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "store/database.h"
#include "vault/operations/operation_rules.h"

namespace karv::vault {

// Response codes that the vault itself puts where the network gave none. Source: ISO 8583:1987 table of response codes.
inline constexpr const char* kNotReachable = "91";  // issuer or switch inoperative: nothing was sent
inline constexpr const char* kTooLate = "68";       // response received too late: reversed
// Of a reversal: the network does not know what is to be reversed, so it never came there. Kept as the operation's own.
inline constexpr const char* kNeverSeen = "25";

// What the network says to a repeat that it takes for another message: 94 (transmitted twice), 63 (security violation).
// The first one may have been booked all the same.
constexpr bool decides_nothing(OperationState state, std::string_view response_code) {
  return state == OperationState::repeating && (response_code == "94" || response_code == "63");
}

struct StepFacts {
  base::Instant now;                // wall
  std::int64_t reversal_stan = 0;   // for steps that begin a reversal
  std::int64_t confirmed_stan = 0;  // of the reversal that is confirmed: an older one proves nothing
  std::string response_code = {};   // of the network's answer, if there was one
  std::string approval_code = {};
};

// The operation after the command; as it was when the table does not allow the command (an answer said twice, or one
// that came when all was over). Errors: not_found, storage. Effects: operations, open_operations, vault_tokens. Cost:
// at most 4 round trips.
base::Result<Operation> step_operation(store::Tx& tx, OperationId id, OperationCommand command, const StepFacts& facts);

// The same for an operation that was read, or recorded, before this transaction. Errors: also conflict, when its state
// is another one by now. Cost: a round trip less.
base::Result<Operation> step_operation(store::Tx& tx, Operation operation, OperationCommand command,
                                       const StepFacts& facts);

// Adds to what a token has used; negative gives back. A token that is gone counts nothing.
struct TokenUse {
  std::int64_t minor = 0;
  std::int64_t uses = 0;
};
base::Result<void> change_token_use(store::Tx& tx, const base::Bytes& token_mac, TokenUse by);
// The same without a round trip. Pre: `token` is as it was read in this transaction, which has not changed it since.
base::Result<void> change_token_use(store::Tx& tx, const StoredToken& token, TokenUse by);

// The hold or charge behind an operation that quotes it, maybe through a completion.
base::Result<Operation> get_root(store::ReadTx& tx, const Operation& original);

}  // namespace karv::vault
