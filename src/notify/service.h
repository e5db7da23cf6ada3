// Mail: queued with the transaction that causes it, sent later by a job.
//
// prepare_mail renders and seals the mail under the outbox key, before the transaction where the caller can; store_mail
// writes it in the caller's transaction: what is undone is never sent, what is committed is sent at least once.
// deliver_due_mails claims rows, talks to the mail
// server outside any transaction, and records the outcome. Each mail is sealed with a key of its own, which is
// destroyed with the outcome: the outbox row stays, its text can never be read again.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"
#include "identity/types.h"
#include "notify/live_feed.h"
#include "notify/schema.h"  // migrations(): 51001..
#include "notify/templates.h"
#include "store/database.h"
#include "store/outbox.h"

namespace karv::notify {

struct Context {
  const base::SecretBytes& outbox_key;  // AES-256
  const base::Clock& wall;
  base::Random& random;
};

inline constexpr std::string_view kMailTopic = "mail";

// A mail rendered and sealed: touches no database. Errors: internal (see render).
struct PreparedMail {
  store::outbox::NewEntry entry;
  base::Bytes wrapped_key;
};
base::Result<PreparedMail> prepare_mail(const Context& context, const identity::MailToSend& mail);
// Effects: one outbox row and one mail_keys row. Cost: with the commit.
void store_mail(store::Tx& tx, const PreparedMail& mail);
// Both at once, for a mail whose contents only the transaction knows.
base::Result<void> enqueue_mail(store::Tx& tx, const Context& context, const identity::MailToSend& mail);

struct OutgoingMail {
  std::string to;
  std::string subject, body;
  std::string message_id;  // the same at each try, so that mailboxes can drop repeats
};
// Sends one mail and waits for the server's answer. Errors: unavailable or timeout (tried again), refused (given up).
using SendMail = std::function<base::Result<void>(const OutgoingMail&)>;

struct DeliveryCounts {
  std::int64_t sent = 0, to_retry = 0, given_up = 0;
};
// Sends what is due, at most `limit` mails, a few claimed at a time. Run by jobs; two runs at once never take the same
// mail. A mail that cannot be sent is tried again after 30 s, 2 min, 8 min, ... at most 2 h, until it is of no use.
// Errors: the database's own.
base::Result<DeliveryCounts> deliver_due_mails(store::Database& database, const Context& context, const SendMail& send,
                                               std::int64_t limit);

}  // namespace karv::notify
