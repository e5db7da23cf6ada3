#include "vault/processes/process_register.h"

#include <chrono>
#include <exception>

#include "base/log.h"

namespace karv::vault {
namespace {

constexpr base::Duration kBetween = base::seconds(2);
// Who has not said so for longer is taken for gone. For operators' eyes only.
constexpr base::Duration kSilent = base::seconds(15);
constexpr base::Duration kForgotten = base::days(30);

// Hosts get new names: those of long ago would fill the list. One that comes back after all is simply there again.
base::Result<void> forget_gone(store::Tx& tx, base::Instant now) {
  KARV_TRY(const auto rows, find_processes(tx));
  for (const auto& row : rows) {
    if (row.seen_at + kForgotten > now) continue;
    KARV_TRY(const auto locked, lock_process(tx, row.name));
    if (locked && locked->seen_at == row.seen_at) delete_process(tx, row.name);
  }
  return {};
}

}  // namespace

ProcessRegister::ProcessRegister(store::Database& database, KeyHolder& keys, CardNetwork& network,
                                 const base::Clock& wall, base::Random& random)
    : database_(database),
      keys_(keys),
      network_(network),
      wall_(wall),
      id_(base::make_id<ProcessTag>(wall, random)),
      started_at_(wall.now()) {}

ProcessRegister::~ProcessRegister() {
  if (!thread_.joinable()) return;
  {
    const base::Lock lock(mutex_);
    stopping_ = true;
    wake_.notify_all();
  }
  thread_.join();
}

void ProcessRegister::start() {
  thread_ = std::thread([this] { run(); });
}

void ProcessRegister::run() {
  for (;;) {
    try {
      if (const auto said = say_here(); !said.ok())
        base::log::warn("vault_process_not_registered", {{"detail", said.error().internal_text()}});
    } catch (const std::exception& bug) {
      base::log::error("vault_process_bug", {{"detail", bug.what()}});
    }
    const base::Lock lock(mutex_);
    if (!stopping_) wake_.wait_for(mutex_, std::chrono::milliseconds(kBetween.ms));
    if (stopping_) return;
  }
}

base::Result<void> ProcessRegister::say_here() {
  struct Found {
    std::string seal_asked;
    bool other = false;  // of the same name, and alive
  };
  const StoredProcess now{.name = keys_.settings().process,
                          .id = id_,
                          .sealed_because = keys_.sealed_because(),
                          .network = network_.is_signed_on(),
                          .started_at = started_at_,
                          .seen_at = wall_.now(),
                          .seal_asked = ""};
  KARV_TRY(const auto found, database_.write<Found>("vault_process_here", [&](store::Tx& tx) -> base::Result<Found> {
    KARV_TRY(const auto row, lock_process(tx, now.name));
    const bool begins = !row || row->id != id_;
    if (row) update_process(tx, now);
    if (!row) insert_process(tx, now);
    if (begins) KARV_TRY_VOID(forget_gone(tx, now.seen_at));
    if (!row) return Found{};
    // What a former run of this name was asked does not concern this one, which has started sealed.
    if (row->id == id_) return Found{.seal_asked = row->seal_asked};
    return Found{.seal_asked = "", .other = row->started_at > started_at_ || row->seen_at + kSilent > now.seen_at};
  }));
  if (found.other) base::log::warn("vault_process_name_in_use", {{"name", now.name}});
  if (!found.seal_asked.empty() && now.sealed_because.empty()) keys_.seal(found.seal_asked);
  return {};
}

base::Result<std::vector<vault_api::ProcessLine>> list_processes(store::Database& database, base::Instant wall_now) {
  KARV_TRY(const auto rows, database.read<std::vector<StoredProcess>>(
                                "vault_list_processes", [](store::ReadTx& tx) { return find_processes(tx); }));
  std::vector<vault_api::ProcessLine> lines;
  for (const auto& row : rows)
    lines.push_back({.name = row.name,
                     .because = row.sealed_because,
                     .network = row.network,
                     .here = row.seen_at + kSilent > wall_now,
                     .seen_at = row.seen_at.ms});
  return lines;
}

base::Result<void> ask_others_to_seal(store::Database& database, const std::string& own, const std::string& why) {
  return database.write<void>("vault_ask_to_seal", [&](store::Tx& tx) -> base::Result<void> {
    KARV_TRY(const auto rows, find_processes(tx));
    for (const auto& row : rows) {
      if (row.name == own) continue;
      KARV_TRY(auto locked, lock_process(tx, row.name));
      if (!locked) continue;
      locked->seal_asked = why;
      update_process(tx, *locked);
    }
    return {};
  });
}

}  // namespace karv::vault
