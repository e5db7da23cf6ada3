#include "vault/bank/file_delivery.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/wipe_stack.h"
#include "crypto/hash.h"
#include "json/words.h"
#include "vault/bank/file_repository.h"
#include "vault/bank/file_steps.h"
#include "wire/iso20022_pain002.h"

namespace karv::vault {
namespace {

namespace iso = wire::iso20022;

constexpr std::int64_t kMostAtOnce = 20;
constexpr std::size_t kOutcomesAtOnce = 200;

void alarm(const StoredBankFile& file, const std::string& problem) {
  base::log::error("vault_bank_destination_alarm",
                   {{"destination", file.destination}, {"file_id", file.id.text()}, {"problem", problem}});
}

bool is_redirect(int status) { return status >= 300 && status < 400; }
bool is_success(int status) { return status >= 200 && status < 300; }

// An entry's id as we wrote it: 32 hexadecimal digits.
std::optional<BankEntryId> entry_id_of(std::string_view end_to_end_id) {
  const auto bytes = base::from_hex(end_to_end_id);
  return bytes ? BankEntryId::from_bytes(*bytes) : std::nullopt;
}

net::OutboundRequest sending(const StoredBankFile& file, std::string body, const BankSignature& signature) {
  return {.destination = file.destination,
          .method = net::Method::post,
          .path = "/v1/payments",
          .headers = {{"Content-Type", "application/xml"},
                      {"Karv-Message-Id", file.message_id()},
                      {"Content-Digest", "sha-256=:" + base::to_base64(file.digest) + ":"},  // RFC 9530
                      {"Karv-Signature-Key", base::to_base64(signature.public_key)},
                      {"Karv-Signature", base::to_base64(signature.signature)}},
          .body = std::move(body)};
}

}  // namespace

BankFileDelivery::~BankFileDelivery() { stop(); }

base::Result<void> BankFileDelivery::recover() {
  return database_.write<void>("vault_recover_bank_files", [&](store::Tx& tx) -> base::Result<void> {
    KARV_TRY(const auto files, find_bank_files_in(tx, BankFileState::sending));
    for (const auto& file : files)
      update_bank_file(tx, file, *stepped(file, BankFileCommand::lose_answer, wall_.now(), "INTERRUPTED"));
    if (!files.empty()) base::log::warn("bank_files_recovered", {{"count", files.size()}});
    return {};
  });
}

void BankFileDelivery::start() {
  thread_ = std::thread([this] { run(); });
}

void BankFileDelivery::stop() {
  if (!thread_.joinable()) return;
  {
    const base::Lock lock(mutex_);
    stopping_ = true;
    wake_.notify_all();
  }
  thread_.join();
}

void BankFileDelivery::wake() {
  const base::Lock lock(mutex_);
  woken_ = true;
  wake_.notify_all();
}

void BankFileDelivery::run() {
  for (;;) {
    {
      const base::Lock lock(mutex_);
      if (!stopping_ && !woken_) wake_.wait_for(mutex_, std::chrono::milliseconds(settings_.pause.ms));
      if (stopping_) return;
      woken_ = false;
    }
    try {
      work();
    } catch (const std::exception& bug) {
      base::log::error("bank_delivery_bug", {{"detail", bug.what()}});
    }
    base::wipe_stack();
  }
}

std::size_t BankFileDelivery::work() {
  const auto due = database_.read<std::vector<StoredBankFile>>(
      "vault_due_bank_files", [&](store::ReadTx& tx) { return find_due_bank_files(tx, wall_.now(), kMostAtOnce); });
  if (!due.ok()) {
    base::log::error("bank_delivery_cannot_read", {{"detail", due.error().internal_text()}});
    return 0;
  }
  for (const auto& file : due.value()) {
    const auto handled = handle(file);
    // A conflict: somebody else was faster.
    if (!handled.ok() && handled.error().code() != base::ErrorCode::conflict)
      base::log::error("bank_delivery_failed",
                       {{"file_id", file.id.text()}, {"detail", handled.error().internal_text()}});
  }
  return due->size();
}

base::Result<void> BankFileDelivery::store(const StoredBankFile& before, const StoredBankFile& after) {
  return database_.write<void>("vault_move_bank_file", [&](store::Tx& tx) -> base::Result<void> {
    update_bank_file(tx, before, after);
    return {};
  });
}

base::Result<void> BankFileDelivery::move(const StoredBankFile& file, BankFileCommand command, std::string problem) {
  const auto after = stepped(file, command, wall_.now(), problem);
  if (!after) return store(file, postponed(file, wall_.now(), std::move(problem)));
  KARV_TRY_VOID(store(file, *after));
  base::log::info("bank_file_moved", {{"file_id", file.id.text()},
                                      {"command", json::word(command)},
                                      {"state", json::word(after->state)},
                                      {"bank_status", after->bank_status},
                                      {"problem", after->problem}});
  return {};
}

base::Result<void> BankFileDelivery::handle(const StoredBankFile& file) {
  if (file.state == BankFileState::committed) return deliver(file);
  if (file.state == BankFileState::sending) return move(file, BankFileCommand::lose_answer, "INTERRUPTED");
  return ask(file);
}

base::Result<void> BankFileDelivery::deliver(const StoredBankFile& file) {
  auto body = rendering_.render(file);
  auto signature =
      body.ok() ? signing_.sign(file.destination, base::as_bytes(*body)) : base::Result<BankSignature>(body.error());
  if (!signature.ok()) {
    const auto& why = signature.error();
    base::log::error("bank_file_cannot_be_written", {{"file_id", file.id.text()}, {"detail", why.internal_text()}});
    return store(file, postponed(file, wall_.now(), why.reason().empty() ? "NOT_WRITTEN" : why.reason()));
  }
  auto leaving = stepped(file, BankFileCommand::send, wall_.now());
  leaving->digest = crypto::sha256(base::as_bytes(*body));
  KARV_TRY_VOID(store(file, *leaving));
  const auto outcome = call_(sending(*leaving, std::move(body).value(), *signature), settings_.send_limit);
  return take_answer(*leaving, outcome);
}

base::Result<void> BankFileDelivery::take_answer(const StoredBankFile& file, const net::CallOutcome& outcome) {
  if (!outcome.ok() && outcome.error().code() == base::ErrorCode::unavailable) {
    const bool foreign = outcome.error().reason() == "PEER_NOT_TRUSTED";
    if (foreign) alarm(file, "PEER_NOT_TRUSTED");
    return move(file, BankFileCommand::fail_to_send, foreign ? "PEER_NOT_TRUSTED" : "NOT_REACHED");
  }
  if (!outcome.ok()) return move(file, BankFileCommand::lose_answer, "NO_ANSWER");
  if (is_redirect(outcome->status)) {
    alarm(file, "REDIRECTED");
    return move(file, BankFileCommand::lose_answer, "REDIRECTED");
  }
  KARV_TRY(const bool reported, take_report(file, *outcome));
  if (reported) return {};
  return move(file, BankFileCommand::lose_answer, "NO_REPORT");
}

base::Result<void> BankFileDelivery::ask(const StoredBankFile& file) {
  const auto outcome = call_({.destination = file.destination,
                              .method = net::Method::get,
                              .path = "/v1/payments/" + file.message_id() + "/status"},
                             settings_.ask_limit);
  const auto later = [&](std::string problem) { return store(file, postponed(file, wall_.now(), std::move(problem))); };
  if (!outcome.ok()) {
    const bool foreign = outcome.error().reason() == "PEER_NOT_TRUSTED";
    if (foreign) alarm(file, "PEER_NOT_TRUSTED");
    return later(foreign ? "PEER_NOT_TRUSTED" : "NO_ANSWER");
  }
  if (is_redirect(outcome->status)) {
    alarm(file, "REDIRECTED");
    return later("REDIRECTED");
  }
  if (outcome->status == 404) {
    const bool believed = wall_.now() >= file.state_since + settings_.denial_believed_after;
    if (believed && next_state(file.state, BankFileCommand::deny)) return move(file, BankFileCommand::deny);
    return later("NOT_KNOWN_THERE");
  }
  KARV_TRY(const bool reported, take_report(file, *outcome));
  if (reported) return {};
  return later("NO_REPORT");
}

base::Result<bool> BankFileDelivery::take_report(const StoredBankFile& file, const net::Response& answer) {
  if (!is_success(answer.status)) return false;
  const auto report = iso::read_pain002(base::as_bytes(answer.body));
  const auto command = report.ok() ? command_of(report->group_status) : std::nullopt;
  if (!command || report->original_message_id != file.message_id()) {
    base::log::error("bank_report_not_understood", {{"file_id", file.id.text()}, {"status", answer.status}});
    return false;
  }
  std::vector<vault_api::BankEntryOutcome> outcomes;
  const auto keep = [&]() -> base::Result<void> {
    KARV_TRY_VOID(database_.write<void>("vault_bank_entry_outcomes",
                                        [&](store::Tx& tx) { return set_entry_outcomes(tx, file.id, outcomes); }));
    outcomes.clear();
    return {};
  };
  for (const auto& entry : report->entries) {
    const auto id = entry_id_of(entry.end_to_end_id);
    if (!id) continue;  // not one of ours
    outcomes.push_back({.number = 0, .entry = *id, .bank_status = entry.status, .bank_reason = entry.reason});
    if (outcomes.size() == kOutcomesAtOnce) KARV_TRY_VOID(keep());
  }
  if (!outcomes.empty()) KARV_TRY_VOID(keep());
  auto after = stepped(file, *command, wall_.now()).value_or(postponed(file, wall_.now(), {}));
  after.bank_status = report->group_status;
  after.bank_reason = report->reason;
  KARV_TRY_VOID(store(file, after));
  base::log::info("bank_file_reported", {{"file_id", file.id.text()},
                                         {"state", json::word(after.state)},
                                         {"bank_status", after.bank_status},
                                         {"bank_reason", after.bank_reason}});
  return true;
}

}  // namespace karv::vault
