// The named jobs of karv-server: everything that happens without anybody asking.
//
// Each does what is due by the business time, in small transactions, and may be run again at any point. Rhythms are
// business time, so that moving the sandbox clock makes them due.
#pragma once

#include <vector>

#include "notify/service.h"
#include "orders/context.h"
#include "rails/dispatch.h"
#include "scheduler/job.h"
#include "store/database.h"

namespace karv::jobs {

// What a job works with besides the database, which the scheduler hands to each run: the only one it may write to.
struct Tools {
  const orders::Context& orders;
  rails::VaultLine vault;
  notify::SendMail send_mail;
};

//   card_advices         completions, refunds and reversals go to the vault
//   card_confirmations   what the card network said to them is asked for; what it refused is undone
//   card_answers         missing answers to holds and charges are asked for again
//   due_installments     what is due is charged to its card
//   mails                queued mails leave
//   pending_orders       the sandbox's pending decisions fall
//   expired_orders       uncaptured orders past their time end, their holds are given free
//   expired_tokens       authorizations whose order was never placed end
//   card_endings         the vault is told of cards that were removed or replaced
//   token_refusals       what the vault refused of card tokens is given to risk
//   ended_cards          the vault removes cards that ended and can be refunded no longer
//   ledger_rollup        long tails of busy ledger accounts are added to their roll-ups
//   subject_keys         keys of personal data are wrapped anew when the vault has turned its epoch
//   old_replies          answers to idempotency keys that are repeated no longer are forgotten
//   old_codes            one-time codes nobody counts any more are forgotten
//   old_sessions         customer sessions that are long over are forgotten
//   old_refusals         refused uses of tokens that no rule counts any more are forgotten
//   live_pages           account pages that are gone are let go
// `tools` outlives the jobs.
std::vector<scheduler::Job> all_jobs(const Tools& tools);

// What is due on `business now` is charged, installment by installment; run by due_installments. Answers how many were
// paid. Public for the card-rail tests.
base::Result<std::int64_t> charge_due_installments(const Tools& tools, const scheduler::JobContext& job);

// The outcome of a hold or charge that went missing; run by card_answers.
base::Result<void> take_late_outcome(store::Tx& tx, const orders::Context& context,
                                     const rails::CardOperation& settled);

}  // namespace karv::jobs
