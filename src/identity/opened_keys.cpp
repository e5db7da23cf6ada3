#include "identity/opened_keys.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "base/log.h"

namespace karv::identity {
namespace {

using base::Result;
using vault_api::ServerKeyState;

constexpr base::Duration kPause = base::seconds(1);  // after a failure

base::Error not_now(std::string why) { return base::internal_error(base::ErrorCode::unavailable, std::move(why)); }

}  // namespace

// Not either when the clock was set back: nobody would be let through for long.
bool OpenedKeys::is_moments_ago(base::Instant then) const {
  const auto since = wall_.now() - then;
  return since >= base::Duration{0} && since < kPause;
}

void OpenedKeys::put(SubjectKeyPtr key) {
  const auto subject = key->subject;
  cache_.put(subject, {ServerKeyState::ok, std::move(key)});
}

Result<void> OpenedKeys::open(std::span<const SubjectKeyRow> rows) {
  Waiting mine{.rows = rows};
  Group group;
  {
    const base::Lock lock(mutex_);
    if (failed_at_ && is_moments_ago(*failed_at_)) return not_now("the vault opened no keys a moment ago");
    if (waiting_ >= most_waiting_) return not_now("too many requests wait for the vault's keys");
    ++waiting_;
    queue_.push_back(&mine);
    while (asking_ && !mine.outcome) opened_.wait(mutex_);
    if (!mine.outcome) {
      asking_ = true;
      group.swap(queue_);
    }
  }
  std::optional<Result<void>> said;
  if (!group.empty()) said = open_and_catch(group);
  const base::Lock lock(mutex_);
  --waiting_;
  if (!said) return *std::move(mine.outcome);
  failed_at_ = said->ok() ? std::nullopt : std::optional(wall_.now());
  for (auto* one : group) one->outcome = *said;
  asking_ = false;
  opened_.notify_all();
  return *std::move(said);
}

// Nobody may be left waiting.
Result<void> OpenedKeys::open_and_catch(const Group& group) {
  try {
    return open_together(group);
  } catch (const std::exception& thrown) {
    base::log::error("subject_keys_not_opened", {{"detail", thrown.what()}});
    return not_now(thrown.what());
  }
}

Result<void> OpenedKeys::open_together(const Group& group) {
  std::vector<const SubjectKeyRow*> rows;
  std::unordered_set<SubjectId> seen;
  for (const auto* one : group)
    for (const auto& row : one->rows)
      if (seen.insert(row.subject).second) rows.push_back(&row);
  for (std::span<const SubjectKeyRow* const> rest = rows; !rest.empty();) {
    const auto some = rest.first(std::min(rest.size(), vault_api::kMostServerKeys));
    if (auto done = open_some(some); !done.ok()) {
      base::log::warn("subject_keys_not_opened",
                      {{"code", base::row_of(done.error().code()).name}, {"detail", done.error().internal_text()}});
      return not_now("the vault opened no keys: " + done.error().internal_text());
    }
    rest = rest.subspan(some.size());
  }
  return {};
}

Result<void> OpenedKeys::open_some(std::span<const SubjectKeyRow* const> rows) {
  vault_api::OpenServerKeys message;
  for (const auto* row : rows) message.keys.push_back(row->stored);
  KARV_TRY(const auto answer, vault_.ask(message));
  if (answer.keys.size() != rows.size())
    return base::internal_error(base::ErrorCode::internal, "the vault opened another number of keys than was asked");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& opened = answer.keys[i];
    Opened kept{.state = opened.state, .key = nullptr};
    if (opened.state == ServerKeyState::ok) {
      KARV_TRY(auto clear, read_clear_key(opened.clear));
      kept.key = std::make_shared<const SubjectKey>(rows[i]->subject, std::move(clear));
    }
    cache_.put(rows[i]->subject, std::move(kept));
  }
  return {};
}

}  // namespace karv::identity
