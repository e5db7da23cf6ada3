// Brings committed files to their banks and learns what became of them. One thread, one file at a time.
//
// A file is `sending` in the store before its first byte leaves. When nothing of it left, it is tried again; in every
// other case without the bank's report the vault asks the bank for the file's status until it knows, and sends nothing.
// What a bank says is kept as codes; of a destination that is not what it should be (another certificate, a redirect)
// the alarm `vault_bank_destination_alarm` tells.
#pragma once

#include <functional>
#include <thread>

#include "base/clock.h"
#include "base/mutex.h"
#include "net/http.h"
#include "store/database.h"
#include "vault/bank/file_rendering.h"
#include "vault/bank/file_types.h"
#include "vault/bank/signing.h"

namespace karv::vault {

struct BankDeliverySettings {
  base::Duration send_limit = base::minutes(5);
  base::Duration ask_limit = base::seconds(30);
  // How long a bank may say that it does not know a file before it is believed: it may still be reading it.
  base::Duration denial_believed_after = base::minutes(10);
  base::Duration pause = base::milliseconds(500);  // between looks at the store when nobody wakes it
};

class BankFileDelivery {
 public:
  // Sends to a destination of the configuration, by its name, over mutual TLS. May wait.
  using Call = std::function<net::CallOutcome(net::OutboundRequest, base::Duration)>;
  BankFileDelivery(store::Database& database, BankFileRendering& rendering, BankSigning& signing, Call call,
                   const base::Clock& wall, BankDeliverySettings settings = {})
      : database_(database),
        rendering_(rendering),
        signing_(signing),
        call_(std::move(call)),
        wall_(wall),
        settings_(settings) {}
  ~BankFileDelivery();  // stops
  BankFileDelivery(const BankFileDelivery&) = delete;
  BankFileDelivery& operator=(const BankFileDelivery&) = delete;

  // Before the first start(), by the only process on its store: what a former one was sending has lost its answer.
  base::Result<void> recover();
  void start();
  void stop();
  void wake() KARV_EXCLUDES(mutex_);
  // Everything that is due now. Answers how many files that were.
  std::size_t work();

 private:
  void run();
  base::Result<void> handle(const StoredBankFile& file);
  base::Result<void> deliver(const StoredBankFile& file);
  base::Result<void> ask(const StoredBankFile& file);
  base::Result<void> take_answer(const StoredBankFile& file, const net::CallOutcome& outcome);
  // Whether the answer was a report on this file.
  base::Result<bool> take_report(const StoredBankFile& file, const net::Response& answer);
  base::Result<void> move(const StoredBankFile& file, BankFileCommand command, std::string problem = {});
  base::Result<void> store(const StoredBankFile& before, const StoredBankFile& after);

  store::Database& database_;
  BankFileRendering& rendering_;
  BankSigning& signing_;
  Call call_;
  const base::Clock& wall_;
  BankDeliverySettings settings_;

  base::Mutex mutex_;
  base::Condition wake_;
  bool woken_ KARV_GUARDED_BY(mutex_) = false;
  bool stopping_ KARV_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace karv::vault
