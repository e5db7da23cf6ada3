// Rows that several karv-vaults on one database share: who serves from it, and the next block of trace numbers. No
// decisions here.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "store/database.h"

namespace karv::vault {

struct ProcessTag;
using ProcessId = base::Id<ProcessTag>;

// Migration 20060.
inline constexpr const char* kVaultProcesses = R"(
  create table vault_processes (
    name TEXT primary key,
    process_id BYTEA not null,
    sealed_because TEXT not null,
    network BIGINT not null,
    started_at BIGINT not null,
    seen_at BIGINT not null,
    seal_asked TEXT not null
  ))";
inline constexpr const char* kTraceBlocks = R"(
  create table trace_blocks (
    only_one BIGINT primary key,
    next_block BIGINT not null
  ))";
inline constexpr const char* kFirstTraceBlock = "insert into trace_blocks (only_one, next_block) values (1, 0)";
// Which process keeps the security code of the card that was typed.
inline constexpr const char* kTicketProcess = "alter table card_tickets add column filled_by TEXT";

// One karv-vault, as it said of itself last. Units: wall time.
struct StoredProcess {
  std::string name;
  ProcessId id;                // of this run of it
  std::string sealed_because;  // empty: open
  bool network = false;        // signed on
  base::Instant started_at;
  base::Instant seen_at;
  std::string seal_asked;  // why it is to seal itself; empty: it is not
};

base::Result<std::vector<StoredProcess>> find_processes(store::ReadTx& tx);
// The row stays ours until the end of the transaction.
base::Result<std::optional<StoredProcess>> lock_process(store::Tx& tx, const std::string& name);
void insert_process(store::Tx& tx, const StoredProcess& process);
void update_process(store::Tx& tx, const StoredProcess& process);
void delete_process(store::Tx& tx, const std::string& name);

// Takes the block, of 0 to `blocks` - 1, that nobody has had for the longest.
base::Result<std::int64_t> take_trace_block(store::Tx& tx, std::int64_t blocks);

}  // namespace karv::vault
