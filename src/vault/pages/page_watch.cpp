#include "vault/pages/page_watch.h"

#include "base/log.h"
#include "json/words.h"
#include "vault/pages/page_findings_repository.h"

namespace karv::vault {
namespace {

using vault_api::FindingKind;

// Equal findings of one post together, in the order of their keys: rows are locked in that order.
std::map<Finding, std::int64_t> counted(const std::vector<Finding>& findings) {
  std::map<Finding, std::int64_t> counts;
  for (const auto& finding : findings) ++counts[finding];
  return counts;
}

// What is new when there is no room stands in one row a kind.
Finding the_rest(FindingKind kind) {
  return {.kind = kind, .page = "other", .directive = "other", .blocked = "many", .hash = {}};
}

void raise(const StoredFinding& row) {
  const auto& f = row.finding;
  const auto event = json::word(f.kind);
  const auto level = f.kind == FindingKind::policy_violation ? base::log::Level::warn : base::log::Level::error;
  base::log::write(
      level, event,
      {{"page", f.page}, {"directive", f.directive}, {"blocked", f.blocked}, {"hash", f.hash}, {"times", row.times}});
}

// The row of a finding: its own, a new one, or the one for the rest.
base::Result<std::optional<StoredFinding>> find_room(store::Tx& tx, const Finding& finding, base::Instant now) {
  KARV_TRY(auto known, lock_finding(tx, finding));
  if (known) return known;
  KARV_TRY(const auto rows, count_findings(tx));
  if (rows < kMostFindings) return std::optional<StoredFinding>{};
  KARV_TRY(const auto oldest, find_oldest_finding(tx));
  if (oldest && now - oldest->last_seen > kFindingKept) {
    delete_finding(tx, oldest->finding);
    return std::optional<StoredFinding>{};
  }
  KARV_TRY(auto rest, lock_finding(tx, the_rest(finding.kind)));
  if (!rest) rest = StoredFinding{.finding = the_rest(finding.kind), .times = 0, .first_seen = now, .last_seen = now};
  return rest;
}

// Counts one finding; the row as it is now stored, with whether its alarm is due.
struct Counted {
  StoredFinding row;
  bool alarm = false;
};
base::Result<Counted> count_finding(store::Tx& tx, const Finding& finding, std::int64_t times, base::Instant now) {
  KARV_TRY(auto room, find_room(tx, finding, now));
  Counted out{.row = room.value_or(StoredFinding{.finding = finding, .times = 0, .first_seen = now, .last_seen = now})};
  const bool is_new = out.row.times == 0;
  out.row.times += times;
  out.row.last_seen = now;
  out.alarm = finding.kind != FindingKind::browser_extension && (is_new || now - out.row.alarmed_at >= kAlarmPause);
  if (out.alarm) out.row.alarmed_at = now;
  if (is_new) {
    insert_finding(tx, out.row);
  } else {
    update_finding(tx, out.row);
  }
  return out;
}

bool is_alarm(FindingKind kind) {
  return kind == FindingKind::unlisted_script || kind == FindingKind::script_not_started;
}

}  // namespace

void PageWatch::count_listed(const ReadReports& reports) {
  const auto now = wall_.now();
  const base::Lock lock(mutex_);
  for (const auto* script : reports.ran) {
    auto& seen = seen_[script];
    ++seen.times;
    seen.last = now;
  }
}

base::Result<void> PageWatch::take(const ReadReports& reports) {
  count_listed(reports);
  if (reports.findings.empty()) return {};
  const auto now = wall_.now();
  const auto findings = counted(reports.findings);
  using Alarms = std::vector<StoredFinding>;
  KARV_TRY(const auto alarms,
           database_.write<Alarms>("vault_count_findings", [&](store::Tx& tx) -> base::Result<Alarms> {
             Alarms due;
             for (const auto& [finding, times] : findings) {
               KARV_TRY(auto counted, count_finding(tx, finding, times, now));
               if (counted.alarm) due.push_back(std::move(counted.row));
             }
             return due;
           }));
  for (const auto& row : alarms) raise(row);
  return {};
}

base::Result<vault_api::ScriptsAnswer> PageWatch::look() {
  using Rows = std::vector<StoredFinding>;
  constexpr std::int64_t kAll = kMostFindings + 10;
  KARV_TRY(const auto rows,
           database_.read<Rows>("vault_list_findings", [](store::ReadTx& tx) { return list_findings(tx, kAll); }));
  vault_api::ScriptsAnswer answer;
  for (const auto& row : rows) {
    const auto& f = row.finding;
    if (is_alarm(f.kind)) answer.alarms += row.times;
    answer.findings.push_back({.kind = f.kind,
                               .page = f.page,
                               .directive = f.directive,
                               .blocked = f.blocked,
                               .hash = f.hash,
                               .times = row.times,
                               .first_seen = row.first_seen.ms,
                               .last_seen = row.last_seen.ms});
  }
  const base::Lock lock(mutex_);
  for (const auto& script : inventory_.all()) {
    vault_api::KnownScript known{.page = script.page,
                                 .path = script.path,
                                 .integrity = script.integrity,
                                 .owner = script.owner,
                                 .why = script.why};
    if (const auto seen = seen_.find(&script); seen != seen_.end()) {
      known.seen = seen->second.times;
      known.last_seen = seen->second.last.ms;
    }
    answer.scripts.push_back(std::move(known));
  }
  return answer;
}

}  // namespace karv::vault
