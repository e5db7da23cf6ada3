#include "notify/service.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/log.h"
#include "notify/repository.h"
#include "notify/sealed_mail.h"
#include "store/outbox.h"

namespace karv::notify {
namespace {

namespace outbox = store::outbox;
using base::Result;

// A few at a time: the lease outlasts them even when each takes the mail server's whole limit of 20 s.
constexpr std::int64_t kClaimedAtOnce = 4;
constexpr base::Duration kLease = base::minutes(3);
constexpr base::Duration kFirstPause = base::seconds(30);
constexpr base::Duration kLongestPause = base::hours(2);

base::Duration pause_after(std::int64_t attempts) {
  base::Duration pause = kFirstPause;
  for (std::int64_t i = 1; i < attempts && pause < kLongestPause; ++i) pause = pause * 4;
  return std::min(pause, kLongestPause);
}

struct ClaimedMail {
  outbox::Entry entry;
  std::optional<base::Bytes> wrapped_key;
};

Result<std::vector<ClaimedMail>> claim_some(store::Database& database, const Context& context, std::int64_t limit) {
  return database.write<std::vector<ClaimedMail>>("mail_claim", [&](store::Tx& tx) -> Result<std::vector<ClaimedMail>> {
    KARV_TRY(auto entries, outbox::claim(tx, kMailTopic, context.wall.now(), kLease, limit));
    std::vector<ClaimedMail> mails;
    if (entries.empty()) return mails;
    std::vector<store::Query> keys;
    for (const outbox::Entry& entry : entries) keys.push_back(find_mail_key(entry.id));
    KARV_TRY(const auto answers, tx.read(std::move(keys)));
    for (std::size_t i = 0; i < entries.size(); ++i)
      mails.push_back({std::move(entries[i]), read_mail_key(answers[i])});
    return mails;
  });
}

enum class Outcome : std::uint8_t { sent, retry, given_up };
struct Attempt {
  Outcome outcome = Outcome::given_up;
  std::string_view error_code;  // a name from the catalogue; empty when sent
};

std::string_view catalog_name(base::ErrorCode code) { return base::row_of(code).name; }

// Outside any transaction: talks to the mail server.
Attempt try_to_send(const Context& context, const SendMail& send, const ClaimedMail& mail) {
  if (!mail.wrapped_key) return {Outcome::given_up, catalog_name(base::ErrorCode::gone)};
  const auto opened = open_mail(context.outbox_key, mail.entry.id, {mail.entry.payload, *mail.wrapped_key});
  if (!opened.ok()) return {Outcome::given_up, catalog_name(base::ErrorCode::internal)};
  const base::Instant useless_after{opened->useless_after_ms};
  if (context.wall.now() >= useless_after) return {Outcome::given_up, catalog_name(base::ErrorCode::timeout)};

  const auto sent = send({opened->to, opened->subject, opened->body, mail.entry.id.text()});
  if (sent.ok()) return {Outcome::sent, {}};
  const std::string_view code = catalog_name(sent.error().code());
  if (sent.error().code() == base::ErrorCode::refused) return {Outcome::given_up, code};
  return {Outcome::retry, code};
}

Result<void> record(store::Database& database, const Context& context, const ClaimedMail& mail,
                    const Attempt& attempt) {
  return database.write<void>("mail_record", [&](store::Tx& tx) -> Result<void> {
    if (attempt.outcome == Outcome::retry) {
      outbox::retry_later(tx, mail.entry, context.wall.now() + pause_after(mail.entry.attempts), attempt.error_code);
      return {};
    }
    if (attempt.outcome == Outcome::sent)
      outbox::complete(tx, mail.entry);
    else
      outbox::fail(tx, mail.entry, attempt.error_code);
    if (mail.wrapped_key) delete_mail_key(tx, mail.entry.id);
    return {};
  });
}

void count(DeliveryCounts& counts, const ClaimedMail& mail, const Attempt& attempt) {
  if (attempt.outcome == Outcome::sent) ++counts.sent;
  if (attempt.outcome == Outcome::retry) ++counts.to_retry;
  if (attempt.outcome == Outcome::given_up) ++counts.given_up;
  if (attempt.outcome == Outcome::sent) return;
  base::log::warn(attempt.outcome == Outcome::retry ? "mail_to_retry" : "mail_given_up",
                  {{"mail_id", mail.entry.id.text()}, {"attempts", mail.entry.attempts}, {"code", attempt.error_code}});
}

}  // namespace

Result<PreparedMail> prepare_mail(const Context& context, const identity::MailToSend& mail) {
  KARV_TRY(MailText text, render(mail));
  const base::Instant now = context.wall.now();
  const auto entry = base::make_id<outbox::EntryTag>(context.wall, context.random);
  SealedMail sealed = seal_mail(
      context.outbox_key, entry,
      {mail.to.expose(), std::move(text.subject), std::move(text.body), (now + useful_for(mail.template_name)).ms},
      context.random);
  return PreparedMail{
      {entry, std::string(kMailTopic), std::string(mail.template_name), std::move(sealed.payload), now, now},
      std::move(sealed.wrapped_key)};
}

void store_mail(store::Tx& tx, const PreparedMail& mail) {
  insert_mail_key(tx, mail.entry.id, mail.wrapped_key);
  outbox::put(tx, mail.entry);
}

Result<void> enqueue_mail(store::Tx& tx, const Context& context, const identity::MailToSend& mail) {
  KARV_TRY(const auto prepared, prepare_mail(context, mail));
  store_mail(tx, prepared);
  return {};
}

Result<DeliveryCounts> deliver_due_mails(store::Database& database, const Context& context, const SendMail& send,
                                         std::int64_t limit) {
  DeliveryCounts counts;
  for (std::int64_t left = limit; left > 0;) {
    KARV_TRY(const auto mails, claim_some(database, context, std::min(left, kClaimedAtOnce)));
    if (mails.empty()) break;
    left -= static_cast<std::int64_t>(mails.size());
    for (const ClaimedMail& mail : mails) {
      const Attempt attempt = try_to_send(context, send, mail);
      auto recorded = record(database, context, mail, attempt);
      // Somebody else has it since: our lease ran out while sending. It is theirs to record.
      if (!recorded.ok() && recorded.error().code() == base::ErrorCode::conflict) continue;
      if (!recorded.ok()) return std::move(recorded).error();
      count(counts, mail, attempt);
    }
  }
  return counts;
}

}  // namespace karv::notify
