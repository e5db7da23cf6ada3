// Card operations: checks the token's scope, commits the intent, asks the card network, records the outcome.
//
// The intent is durable before the first byte leaves, so that whatever happens to this process the operation is settled
// after a restart (settlement.h). Saying an operation again, with the same content, returns what is known about it.
// Used by the private door. Not here: repeating and reversing (settlement.h).
#pragma once

#include <functional>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "store/database.h"
#include "vault/cards/card_store.h"
#include "vault/cards/security_codes.h"
#include "vault/network/card_network.h"
#include "vault/network/network_keys.h"
#include "vault/network/trace_numbers.h"
#include "vault/operations/operation_rules.h"
#include "vault/tokens/refusals.h"
#include "vault/types.h"

namespace karv::vault {

struct OperationSettings {
  AcquirerSettings acquirer;
  base::Duration answer_limit = base::seconds(8);  // how long the shopper waits for the card network
};

class Operations {
 public:
  Operations(store::Database& database, KeyHolder& keys, CardStore& cards, SecurityCodes& codes, CardNetwork& network,
             NetworkKeys& network_keys, Refusals& refusals, TraceNumbers& numbers, const base::Clock& wall,
             base::Random& random, OperationSettings settings)
      : database_(database),
        keys_(keys),
        cards_(cards),
        codes_(codes),
        network_(network),
        network_keys_(network_keys),
        refusals_(refusals),
        numbers_(numbers),
        wall_(wall),
        random_(random),
        settings_(std::move(settings)) {}

  // Called after an operation was left for settlement to deliver.
  void on_open(std::function<void()> action) { opened_ = std::move(action); }

  // Waits for the card network, at most `answer_limit`; advices return at once.
  // Errors: bad_value, gone OPERATION_BARRED, not_found TOKEN_UNKNOWN, forbidden SCOPE_REFUSED, not_matching
  // NOT_MATCHING, idempotency_conflict, unavailable (a completion must be confirmed first). Effects: operations,
  // open_operations, vault_tokens, or the count of refusals; a message to the card network.
  base::Result<vault_api::OperationAnswer> run(TenantId tenant, OperationKind kind,
                                               const vault_api::CardOperation& request);
  // Errors: not_found.
  base::Result<vault_api::OperationAnswer> find(TenantId tenant, OperationId id);
  // What is known of the operation; one that never came is barred: run() refuses it from now on. The row of the
  // operation itself says so, so that of an arrival and a bar at the same time exactly one comes first.
  // Errors: bad_value. Effects: operations.
  base::Result<vault_api::OperationAnswer> bar(TenantId tenant, const vault_api::BarRequest& request);

 private:
  // An operation as it was recorded, and what is needed to send it; or why its token was refused, which is recorded
  // too.
  struct Recorded {
    std::optional<RefusalReason> refused = {};
    Operation operation = {};
    bool fresh = false;
    std::optional<SealedCard> card = {};
    std::optional<Operation> original = {};
  };
  // What is wanted, and the digests under which its token may be stored.
  struct Wanted {
    Operation operation;
    std::vector<KeyedDigest> token;
  };
  base::Result<Recorded> record(store::Tx& tx, const Wanted& wanted, const vault_api::CardOperation& request);
  base::Result<void> check_original(store::Tx& tx, Recorded& recorded);
  base::Result<Operation> wanted_operation(TenantId tenant, OperationKind kind,
                                           const vault_api::CardOperation& request);
  base::Result<NetworkRequest> make_request(const Recorded& recorded);
  base::Result<NetworkRequest> make_payout(const Operation& operation, const Card& card, const Sender& sender);
  base::Result<Operation> send_and_settle(const Recorded& recorded);
  base::Result<Operation> step(const Operation& recorded, OperationCommand command, const NetworkAnswer& answer);

  store::Database& database_;
  KeyHolder& keys_;
  CardStore& cards_;
  SecurityCodes& codes_;
  CardNetwork& network_;
  NetworkKeys& network_keys_;
  Refusals& refusals_;
  TraceNumbers& numbers_;
  const base::Clock& wall_;
  base::Random& random_;
  OperationSettings settings_;
  std::function<void()> opened_ = [] {};
};

vault_api::OperationAnswer answer_about(const Operation& operation);

}  // namespace karv::vault
