// One karv-vault among several on one database: it says every two seconds that it is there, whether it is sealed and
// whether the card network answers, for `karv vault status`; and it seals itself when the seal was asked for at another
// one. A thread of its own. Nothing is decided by who is there: what another has begun is taken over by its lease alone
// (settlement.h).
#pragma once

#include <thread>

#include "base/mutex.h"
#include "base/random.h"
#include "vault/keys/key_holder.h"
#include "vault/network/card_network.h"
#include "vault/processes/process_repository.h"
#include "vault_api/admin_messages.h"

namespace karv::vault {

class ProcessRegister {
 public:
  // All outlive it.
  ProcessRegister(store::Database& database, KeyHolder& keys, CardNetwork& network, const base::Clock& wall,
                  base::Random& random);
  ~ProcessRegister();
  ProcessRegister(const ProcessRegister&) = delete;
  ProcessRegister& operator=(const ProcessRegister&) = delete;

  void start();
  // Once: what the thread does every two seconds. Effects: vault_processes, maybe the seal. Errors: the database's.
  base::Result<void> say_here();

 private:
  void run();

  store::Database& database_;
  KeyHolder& keys_;
  CardNetwork& network_;
  const base::Clock& wall_;
  const ProcessId id_;
  const base::Instant started_at_;
  base::Mutex mutex_;
  base::Condition wake_;
  bool stopping_ KARV_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

// All that ever said they are there, for an operator. Errors: the database's.
base::Result<std::vector<vault_api::ProcessLine>> list_processes(store::Database& database, base::Instant wall_now);

// Asks every process but `own` to seal itself, within seconds. Effects: vault_processes. Errors: the database's.
base::Result<void> ask_others_to_seal(store::Database& database, const std::string& own, const std::string& why);

}  // namespace karv::vault
