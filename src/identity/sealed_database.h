// The database wherever sealed data is read: runs a transaction again once the vault has opened the keys that it found
// closed. Between the two runs nothing is held, so no transaction waits for the vault, and no use case knows of this.
//
// For requests and jobs alike; in front of the driver, behind a job's lease.
#pragma once

#include "identity/sealing.h"
#include "store/database.h"

namespace karv::identity {

class SealedDatabase final : public store::Database {
 public:
  SealedDatabase(store::Database& inner, Sealer& sealer) : inner_(inner), sealer_(sealer) {}
  void add_commit_check(store::CommitCheck check) override { inner_.add_commit_check(std::move(check)); }
  store::StorageState state() const override { return inner_.state(); }

 protected:
  // Errors: also unavailable, when the vault opens nothing.
  base::Result<void> run_write(std::string_view use_case,
                               const std::function<base::Result<void>(store::Tx&)>& work) override;
  base::Result<void> run_read(std::string_view use_case,
                              const std::function<base::Result<void>(store::ReadTx&)>& work) override;

 private:
  store::Database& inner_;
  Sealer& sealer_;
};

}  // namespace karv::identity
