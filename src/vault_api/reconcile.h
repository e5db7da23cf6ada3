// What karv tells karv-vault after a restore, on its standard input: one batch a line; and what it answers. Not on the
// private channel: only an operator starts this (apps/cli/backup, apps/vault).
#pragma once

#include <string>
#include <vector>

#include "vault_api/messages.h"

namespace karv::vault_api {

// What the server's store knows about an operation, as far as the vault's must agree.
//   undecided  committed, and nothing is known of its end: it may have reached the card network after the backup
//   approved   a hold or charge that the network approved
//   undone     the network was silent; the vault reverses it until that is confirmed
//   advised    an advice that the vault has taken
BOOST_DEFINE_ENUM_CLASS(ServerKnows, undecided, approved, undone, advised)

struct KnownOperation {
  OperationId operation;
  CustomerRef customer;
  OperationKind kind = OperationKind::hold;
  ServerKnows knows = ServerKnows::undecided;
  std::int64_t amount_minor = 0;
  std::string currency;
};
BOOST_DESCRIBE_STRUCT(KnownOperation, (), (operation, customer, kind, knows, amount_minor, currency))

inline constexpr std::size_t kOperationsPerBatch = 1000;
struct KnownBatch {
  std::vector<KnownOperation> operations;
  std::vector<CustomerRef> accepted;  // whose differences the operator has looked into
};
BOOST_DESCRIBE_STRUCT(KnownBatch, (), (operations, accepted))

struct Disagreement {
  OperationId operation;
  CustomerRef customer;
  std::string what;
};
BOOST_DESCRIBE_STRUCT(Disagreement, (), (operation, customer, what))

struct Reconciliation {
  std::int64_t compared = 0;
  std::int64_t disagreements = 0;
  std::vector<Disagreement> first;  // the first hundred of them
  std::int64_t unfrozen = 0;
  std::int64_t still_frozen = 0;
};
BOOST_DESCRIBE_STRUCT(Reconciliation, (), (compared, disagreements, first, unfrozen, still_frozen))

}  // namespace karv::vault_api
