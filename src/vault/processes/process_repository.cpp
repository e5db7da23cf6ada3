#include "vault/processes/process_repository.h"

#include "base/check.h"

namespace karv::vault {
namespace {

using store::Row;
using store::Sql;

constexpr Sql kFindProcesses =
    "select name, process_id, sealed_because, network, started_at, seen_at, seal_asked from vault_processes"
    " order by name";
constexpr Sql kFindProcess =
    "select name, process_id, sealed_because, network, started_at, seen_at, seal_asked from vault_processes"
    " where name = $1";
constexpr Sql kInsertProcess =
    "insert into vault_processes (name, process_id, sealed_because, network, started_at, seen_at, seal_asked)"
    " values ($1, $2, $3, $4, $5, $6, $7)";
constexpr Sql kUpdateProcess =
    "update vault_processes set process_id = $1, sealed_because = $2, network = $3, started_at = $4, seen_at = $5,"
    " seal_asked = $6 where name = $7";
constexpr Sql kDeleteProcess = "delete from vault_processes where name = $1";
constexpr Sql kFindBlock = "select next_block from trace_blocks where only_one = 1";
constexpr Sql kUpdateBlock = "update trace_blocks set next_block = $1 where only_one = 1 and next_block = $2";

StoredProcess process_from(const Row& row) {
  return {.name = row.text(0),
          .id = row.id<ProcessId>(1),
          .sealed_because = row.text(2),
          .network = row.integer(3) != 0,
          .started_at = {row.integer(4)},
          .seen_at = {row.integer(5)},
          .seal_asked = row.text(6)};
}

}  // namespace

base::Result<std::vector<StoredProcess>> find_processes(store::ReadTx& tx) {
  KARV_TRY(const auto rows, tx.read_one({kFindProcesses, {}}));
  std::vector<StoredProcess> found;
  found.reserve(rows.size());
  for (const auto& row : rows) found.push_back(process_from(row));
  return found;
}

base::Result<std::optional<StoredProcess>> lock_process(store::Tx& tx, const std::string& name) {
  KARV_TRY(const auto answers, tx.read_for_update({{kFindProcess, {name}}}));
  if (answers.at(0).empty()) return std::optional<StoredProcess>();
  return std::optional(process_from(answers[0].front()));
}

void insert_process(store::Tx& tx, const StoredProcess& p) {
  tx.write({kInsertProcess,
            {p.name, p.id, p.sealed_because, p.network ? 1 : 0, p.started_at.ms, p.seen_at.ms, p.seal_asked}},
           1);
}

void update_process(store::Tx& tx, const StoredProcess& p) {
  tx.write({kUpdateProcess,
            {p.id, p.sealed_because, p.network ? 1 : 0, p.started_at.ms, p.seen_at.ms, p.seal_asked, p.name}},
           1);
}

void delete_process(store::Tx& tx, const std::string& name) { tx.write({kDeleteProcess, {name}}, 1); }

base::Result<std::int64_t> take_trace_block(store::Tx& tx, std::int64_t blocks) {
  KARV_TRY(const auto answers, tx.read_for_update({{kFindBlock, {}}}));
  KARV_REQUIRE(answers.at(0).size() == 1);
  const std::int64_t block = answers[0].front().integer(0);
  tx.write({kUpdateBlock, {(block + 1) % blocks, block}}, 1);
  return block;
}

}  // namespace karv::vault
