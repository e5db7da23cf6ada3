// Handing advices to the vault and asking again for answers that went missing; run by jobs, on their own threads.
#pragma once

#include <cstdint>
#include <functional>

#include "base/result.h"
#include "net/http.h"
#include "rails/service.h"
#include "store/database.h"

namespace karv::rails {

// Sends a request to the vault and waits for its answer (net::Client::send_blocking); a test answers by itself.
using AskVault = std::function<net::CallOutcome(net::OutboundRequest, base::Duration limit)>;
struct VaultLine {
  AskVault ask;             // thread-safe when at_once > 1
  std::size_t at_once = 1;  // how many of a job's questions may be under way
};
// What belongs to one purchase is handled in its order; purchases are handled side by side.

// Hands queued completions, refunds and reversals to the vault, in a purchase completions first, then oldest first;
// what cannot be handed over is tried again later. Answers how many were accepted. What is refused for good is audited
// and given to `refused`, once, in the transaction that records it.
base::Result<std::int64_t> dispatch_advices(store::Database& database, const Context& context, const VaultLine& vault,
                                            const Act& refused, std::int64_t limit);

// Asks the vault what the card network said to accepted advices, until it has said something; refusals as above.
// Answers how many are settled now.
base::Result<std::int64_t> follow_advices(store::Database& database, const Context& context, const VaultLine& vault,
                                          const Act& refused, std::int64_t limit);

// Asks the vault about holds and charges whose answer is overdue (the server died in between, or the channel broke),
// and calls `settled` once, in the transaction that records the outcome. One that never came to the
// vault is barred there and did not happen; one it is still asking for is left for later.
base::Result<std::int64_t> resolve_intents(store::Database& database, const Context& context, const VaultLine& vault,
                                           const Act& settled, std::int64_t limit);

}  // namespace karv::rails
