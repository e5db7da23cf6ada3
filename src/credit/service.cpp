#include "credit/service.h"

#include <algorithm>
#include <iterator>
#include <unordered_map>

#include "base/check.h"
#include "credit/postings.h"
#include "credit/repository.h"
#include "ledger/service.h"

namespace karv::credit {
namespace {

using base::ErrorCode;
using base::Result;

constexpr std::int64_t kMaxListed = 500;

money::Money nothing(const Agreement& agreement) { return money::Money::zero(agreement.amount.currency()); }

Result<Agreement> load_agreement(store::Tx& tx, AgreementId id) {
  KARV_TRY(const auto answers, tx.read_for_update({find_agreement(id)}));
  auto agreement = read_agreement(answers[0]);
  if (!agreement) return base::Error(ErrorCode::not_found);
  return *std::move(agreement);
}

Result<Installment> load_installment(store::Tx& tx, InstallmentId id) {
  KARV_TRY(const auto answers, tx.read_for_update({find_installment(id)}));
  const auto installments = read_installments(answers[0]);
  if (installments.empty()) return base::Error(ErrorCode::not_found);
  return installments[0];
}

void sort_by_date(std::vector<Installment>& installments) {
  std::ranges::sort(installments, [](const Installment& a, const Installment& b) {
    if (a.due_date != b.due_date) return a.due_date < b.due_date;
    return a.number != b.number ? a.number < b.number : a.installment_id < b.installment_id;
  });
}

// Opens the agreement's receivable before its first transfer, and the shared accounts unless they are known.
Result<void> open_accounts(store::Tx& tx, const Context& context, const Agreement& before) {
  const money::Currency currency = before.amount.currency();
  if (before.captured.is_zero()) ledger::open_account(tx, receivable_account(before));
  return ledger::ensure_accounts(
      tx, {merchant_payable_account(before.merchant_id, currency), card_clearing_account(currency)},
      context.known_accounts);
}

Result<void> post(store::Tx& tx, const Context& context, std::vector<ledger::TransferSpec> transfers) {
  transfers = with_ids(std::move(transfers), context.wall, context.random);
  if (context.gathered == nullptr) return ledger::post(tx, std::move(transfers), context.known_accounts);
  std::ranges::move(transfers, std::back_inserter(*context.gathered));
  return {};
}

Installment make_installment(const Context& context, const Agreement& agreement, const base::Uuid& capture,
                             const QuotedInstallment& quoted) {
  Installment installment;
  installment.installment_id = base::make_id<InstallmentTag>(context.wall, context.random);
  installment.agreement_id = agreement.agreement_id;
  installment.capture = capture;
  installment.number = quoted.number;
  installment.due_date = quoted.due_date;
  installment.amount = quoted.amount;
  installment.paid = installment.canceled = installment.refunded = nothing(agreement);
  installment.state = quoted.due_today ? InstallmentState::due : InstallmentState::planned;
  installment.next_step_on = quoted.due_date;
  return installment;
}

// Writes down on each payment how much of it went back.
void note_refunded_payments(store::Tx& tx, const std::vector<Payment>& payments,
                            const std::vector<RefundToCard>& parts) {
  for (const RefundToCard& part : parts) {
    const auto payment = std::ranges::find_if(payments, [&](const Payment& candidate) {
      return candidate.installment_id == part.installment_id && candidate.by.operation == part.operation;
    });
    KARV_REQUIRE(payment != payments.end());
    update_payment_refunded(tx, *payment, payment->refunded + part.amount);
  }
}

Result<Installment> save(store::Tx& tx, Result<Installment> decided) {
  if (decided.ok()) update_installment(tx, *decided);
  return decided;
}

}  // namespace

calendar::Date today(const Context& context) { return context.zone.date_of(context.business.now()); }

Result<AgreementId> conclude(store::Tx& tx, const Context& context, const Conclusion& conclusion) {
  KARV_REQUIRE(conclusion.amount.is_positive() && conclusion.amount.minor() <= money::kMaxAmountMinor);
  KARV_REQUIRE(!conclusion.terms_hash.empty() && !conclusion.terms_version.empty());
  Agreement agreement;
  agreement.agreement_id = base::make_id<AgreementTag>(context.wall, context.random);
  agreement.authorization = conclusion.authorization;
  agreement.customer_id = conclusion.customer_id;
  agreement.merchant_id = conclusion.merchant_id;
  agreement.plan = conclusion.plan;
  agreement.amount = conclusion.amount;
  agreement.captured = agreement.canceled = agreement.paid = agreement.refunded = nothing(agreement);
  agreement.terms_version = conclusion.terms_version;
  agreement.terms_hash = conclusion.terms_hash;
  agreement.concluded_at = context.business.now();
  insert_agreement(tx, agreement);
  return agreement.agreement_id;
}

Result<std::vector<Installment>> activate_capture(store::Tx& tx, const Context& context, AgreementId agreement_id,
                                                  const base::Uuid& capture, const money::Money& amount,
                                                  calendar::Date captured_on) {
  KARV_TRY(const Agreement before, load_agreement(tx, agreement_id));
  KARV_TRY(const Agreement after, decide_capture(before, amount));
  KARV_TRY_VOID(open_accounts(tx, context, before));
  KARV_TRY_VOID(post(tx, context, capture_posting(after, amount, context.business.now())));
  update_agreement(tx, after);
  std::vector<Installment> installments;
  for (const QuotedInstallment& quoted : schedule(after.plan, amount, captured_on)) {
    installments.push_back(make_installment(context, after, capture, quoted));
    insert_installment(tx, installments.back());
  }
  return installments;
}

Result<void> change_agreed_amount(store::Tx& tx, AgreementId agreement_id, const money::Money& amount) {
  KARV_REQUIRE(!amount.is_negative() && amount.minor() <= money::kMaxAmountMinor);
  KARV_TRY(Agreement agreement, load_agreement(tx, agreement_id));
  KARV_REQUIRE(amount.currency() == agreement.amount.currency());
  if (agreement.state == AgreementState::canceled)
    return base::public_error(ErrorCode::not_allowed, "The agreement has ended.");
  if (amount < agreement.captured)
    return base::public_error(ErrorCode::not_matching, "More than that is captured already.");
  agreement.amount = amount;
  agreement.version += 1;
  update_agreement(tx, agreement);
  return {};
}

Result<void> cancel_agreement(store::Tx& tx, AgreementId agreement_id) {
  KARV_TRY(Agreement agreement, load_agreement(tx, agreement_id));
  const auto next = next_state(agreement.state, AgreementCommand::cancel);
  if (!next) return base::public_error(ErrorCode::not_allowed, "The agreement cannot be canceled any more.");
  KARV_REQUIRE(agreement.captured.is_zero());
  agreement.state = *next;
  agreement.version += 1;
  update_agreement(tx, agreement);
  return {};
}

Result<RefundSplit> cancel_owed(store::Tx& tx, const Context& context, AgreementId agreement_id,
                                const std::optional<base::Uuid>& capture, const money::Money& refund) {
  KARV_TRY(const auto answers, tx.read_for_update({find_agreement(agreement_id), installments_of(agreement_id),
                                                   payments_of(agreement_id)}));
  const auto agreement = read_agreement(answers[0]);
  if (!agreement) return base::Error(ErrorCode::not_found);
  std::vector<Installment> scope = read_installments(answers[1]);
  if (capture) std::erase_if(scope, [&](const Installment& installment) { return installment.capture != *capture; });
  const std::vector<Payment> payments = read_payments(answers[2]);

  KARV_TRY(RefundDecision decision, decide_refund(*agreement, scope, payments, refund));
  KARV_REQUIRE(decision.canceled + decision.to_card == refund);
  KARV_TRY_VOID(
      post(tx, context, refund_posting(*agreement, {decision.canceled, decision.to_card}, context.business.now())));
  update_agreement(tx, decision.agreement);
  for (const Installment& changed : decision.changed) update_installment(tx, changed);
  note_refunded_payments(tx, payments, decision.parts);
  return RefundSplit{decision.canceled, decision.to_card, std::move(decision.parts)};
}

Result<Installment> start_payment(store::Tx& tx, InstallmentId installment_id) {
  KARV_TRY(const Installment installment, load_installment(tx, installment_id));
  return save(tx, decide_start_payment(installment));
}

Result<Installment> apply_payment(store::Tx& tx, const Context& context, InstallmentId installment_id,
                                  const money::Money& amount, const PaidBy& by) {
  KARV_TRY(const auto answers,
           tx.read_for_update({find_agreement_by_installment(installment_id), find_installment(installment_id),
                               payments_of_installment(installment_id)}));
  const auto agreement = read_agreement(answers[0]);
  const auto installments = read_installments(answers[1]);
  if (!agreement || installments.empty()) return base::Error(ErrorCode::not_found);
  for (const Payment& earlier : read_payments(answers[2]))
    if (earlier.by.operation == by.operation) return installments[0];

  KARV_TRY(PaymentDecision decision, decide_payment(*agreement, installments[0], amount, today(context)));
  KARV_TRY_VOID(post(tx, context, card_payment_posting(*agreement, amount, context.business.now())));
  update_agreement(tx, decision.agreement);
  update_installment(tx, decision.installment);
  insert_payment(tx, {base::make_id<PaymentTag>(context.wall, context.random), agreement->agreement_id, installment_id,
                      amount, nothing(*agreement), by, context.business.now()});
  return decision.installment;
}

Result<UndonePayment> undo_payment(store::Tx& tx, const Context& context, AgreementId agreement_id,
                                   const base::Uuid& operation) {
  KARV_TRY(const auto answers, tx.read_for_update({find_agreement(agreement_id), installments_of(agreement_id),
                                                   payments_of(agreement_id)}));
  const auto agreement = read_agreement(answers[0]);
  const auto installments = read_installments(answers[1]);
  const auto payments = read_payments(answers[2]);
  const auto payment =
      std::ranges::find_if(payments, [&](const Payment& candidate) { return candidate.by.operation == operation; });
  if (!agreement || payment == payments.end()) return base::Error(ErrorCode::not_found);
  const auto installment = std::ranges::find(installments, payment->installment_id, &Installment::installment_id);
  KARV_REQUIRE(installment != installments.end());
  if (payment->refused_at) return UndonePayment{*installment, nothing(*agreement), nothing(*agreement), false};

  KARV_TRY(UndoDecision decision, decide_undo_payment(*agreement, *installment, *payment, today(context)));
  KARV_TRY_VOID(post(
      tx, context, undone_payment_posting(*agreement, {decision.undone, decision.withdrawn}, context.business.now())));
  update_agreement(tx, decision.agreement);
  update_installment(tx, decision.installment);
  update_payment_refused(tx, *payment, context.business.now());
  return UndonePayment{decision.installment, decision.undone, decision.withdrawn, true};
}

Result<Installment> fail_payment(store::Tx& tx, const Context& context, InstallmentId installment_id) {
  KARV_TRY(const Installment installment, load_installment(tx, installment_id));
  return save(tx, decide_failed_payment(installment, today(context)));
}

Result<Installment> return_payment(store::Tx& tx, const Context& context, InstallmentId installment_id) {
  KARV_TRY(const Installment installment, load_installment(tx, installment_id));
  return save(tx, decide_uncharged(installment, today(context)));
}

Result<Installment> note_unpaid(store::Tx& tx, const Context& context, InstallmentId installment_id) {
  KARV_TRY(const Installment installment, load_installment(tx, installment_id));
  return save(tx, decide_unpaid(installment, today(context)));
}

Result<std::vector<Installment>> due_installments(store::ReadTx& tx, calendar::Date date, std::int64_t limit,
                                                  const std::optional<Installment>& after) {
  KARV_REQUIRE(!after || after->next_step_on.has_value());
  KARV_TRY(const store::Rows rows, tx.read_one(installments_with_step(date, limit, after)));
  return read_installments(rows);
}

Result<AgreementView> get_agreement(store::ReadTx& tx, AgreementId agreement_id) {
  KARV_TRY(const auto answers,
           tx.read({find_agreement(agreement_id), installments_of(agreement_id), payments_of(agreement_id)}));
  auto agreement = read_agreement(answers[0]);
  if (!agreement) return base::Error(ErrorCode::not_found);
  AgreementView view{*std::move(agreement), read_installments(answers[1]), read_payments(answers[2])};
  sort_by_date(view.installments);
  return view;
}

Result<Agreement> get_agreement_of_installment(store::ReadTx& tx, InstallmentId installment_id) {
  KARV_TRY(const store::Rows rows, tx.read_one(find_agreement_by_installment(installment_id)));
  auto agreement = read_agreement(rows);
  if (!agreement) return base::Error(ErrorCode::not_found);
  return *std::move(agreement);
}

Result<Installment> get_installment(store::ReadTx& tx, InstallmentId installment_id) {
  KARV_TRY(const store::Rows rows, tx.read_one(find_installment(installment_id)));
  const auto installments = read_installments(rows);
  if (installments.empty()) return base::Error(ErrorCode::not_found);
  return installments[0];
}

Result<std::vector<AgreementView>> list_agreements(store::ReadTx& tx, identity::CustomerId customer,
                                                   std::int64_t limit) {
  const std::int64_t bounded = std::clamp<std::int64_t>(limit, 1, kMaxListed);
  KARV_TRY(const auto answers, tx.read({agreements_of(customer, bounded), installments_of_customer(customer, bounded),
                                        payments_of_customer(customer, bounded)}));
  std::vector<AgreementView> views;
  std::unordered_map<AgreementId, std::size_t> place;
  for (Agreement& agreement : read_agreements(answers[0])) {
    place.emplace(agreement.agreement_id, views.size());
    views.push_back({std::move(agreement), {}, {}});
  }
  for (const Installment& installment : read_installments(answers[1]))
    views[place.at(installment.agreement_id)].installments.push_back(installment);
  for (Payment& payment : read_payments(answers[2]))
    views[place.at(payment.agreement_id)].payments.push_back(std::move(payment));
  for (AgreementView& view : views) sort_by_date(view.installments);
  return views;
}

Result<money::Money> open_debt(store::ReadTx& tx, identity::CustomerId customer, money::Currency currency) {
  KARV_TRY(const store::Rows rows, tx.read_one(open_debt_query(customer, currency)));
  return read_open_debt(rows, currency);
}
store::Query open_debt_query(identity::CustomerId customer, money::Currency currency) {
  return open_amounts_of(customer, currency);
}
money::Money read_open_debt(const store::Rows& rows, money::Currency currency) {
  return {read_open_amount(rows), currency};
}

}  // namespace karv::credit
