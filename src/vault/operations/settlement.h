// Brings every open operation to its end, however long it takes: repeats advices and refunds until the network has
// answered, reverses holds and charges whose answer was lost, and reverses late approvals too. Works from the database
// alone, so that it goes on where a killed process stopped. Several processes may work from one database: each attempt
// is claimed by moving its row on, and an operation that another has under way is due only when that one's lease is
// over. Waits between attempts: 1 s, 2 s, 4 s ... 30 s; ten minutes after an answer to a repeat that decides nothing.
// A payout is repeated as it was sent (OpenOperation::as_sent), so that needs no network key. One thread decides;
// answers come on the network's thread.
#pragma once

#include <set>
#include <thread>

#include "base/clock.h"
#include "base/mutex.h"
#include "store/database.h"
#include "vault/cards/card_store.h"
#include "vault/network/card_network.h"
#include "vault/network/trace_numbers.h"
#include "vault/operations/operation_rules.h"
#include "vault/types.h"

namespace karv::vault {

struct SettlementSettings {
  AcquirerSettings acquirer;
  base::Duration answer_limit = base::seconds(8);
  base::Duration pause = base::milliseconds(250);  // between looks at the list when nobody wakes it
};

class Settlement {
 public:
  Settlement(store::Database& database, CardStore& cards, CardNetwork& network, TraceNumbers& numbers,
             const base::Clock& wall, SettlementSettings settings)
      : database_(database),
        cards_(cards),
        network_(network),
        numbers_(numbers),
        wall_(wall),
        settings_(std::move(settings)) {}
  ~Settlement();  // stops
  Settlement(const Settlement&) = delete;
  Settlement& operator=(const Settlement&) = delete;

  // Ends the leases of a process that is no more: what it had begun is looked at at once.
  // Pre: no other vault uses the database (the embedded engine's lock says so), and start() was not called yet.
  base::Result<void> recover();
  void start();
  void stop();
  void wake() KARV_EXCLUDES(mutex_);
  // An answer that nobody waits for: a late approval is reversed, everything else is old news.
  void handle_unexpected(const NetworkAnswer& answer);

 private:
  void run();
  void deliver_due();
  void deliver(const OpenOperation& open);
  void take_over(const Operation& recorded, const OpenOperation& open);
  base::Result<NetworkRequest> payout_again(const Operation& operation, const OpenOperation& open);
  base::Result<NetworkRequest> make_request(const Operation& operation, const OpenOperation& open);
  // Whether the answer settles it.
  bool handle_answer(const Operation& operation, const NetworkAnswer& answer);
  void try_again(const OpenOperation& claimed, base::Instant due_at);
  base::Result<bool> move(const OpenOperation& before, const OpenOperation& after);
  base::Result<Operation> step(OperationId id, OperationCommand command, const NetworkAnswer& answer,
                               std::int64_t confirmed_stan = 0);
  bool begin(OperationId id) KARV_EXCLUDES(mutex_);
  void finish(OperationId id) KARV_EXCLUDES(mutex_);

  store::Database& database_;
  CardStore& cards_;
  CardNetwork& network_;
  TraceNumbers& numbers_;
  const base::Clock& wall_;
  SettlementSettings settings_;

  base::Mutex mutex_;
  base::Condition wake_;
  std::set<OperationId> under_way_ KARV_GUARDED_BY(mutex_);
  bool woken_ KARV_GUARDED_BY(mutex_) = false;
  bool stopping_ KARV_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace karv::vault
