#include "orders/payment_service.h"

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "ledger/rollup.h"
#include "orders/account_service.h"
#include "orders/world_for_test.h"

namespace karv::orders {
namespace {

using base::ErrorCode;
using credit::InstallmentState;
using credit::Plan;
using rails::OperationEvent;
using rails::OperationKind;

// An account page that is open.
class OpenPage final : public notify::FeedSink {
 public:
  bool push(std::string_view event, std::string_view data) override {
    news.push_back(std::string(event) + " " + std::string(data));
    return true;
  }
  std::vector<std::string> news;
};

class PaymentServiceTest : public testing::Test {
 protected:
  base::Result<rails::CardOperation> start(credit::InstallmentId id, std::optional<identity::CustomerId> by = {}) {
    return shop.write<rails::CardOperation>(
        [&](store::Tx& tx) { return start_installment_payment(tx, shop.context, {id, by}); });
  }
  base::Result<credit::Installment> finish(const rails::CardOperation& charge, OperationEvent event) {
    return shop.write<credit::Installment>([&](store::Tx& tx) -> base::Result<credit::Installment> {
      KARV_TRY(auto settled, rails::settle(tx, shop.context.rails(), charge.operation_id, {event, "00", {}, {}}));
      return finish_installment_payment(tx, shop.context, settled);
    });
  }
  // The card network refuses an advice that the vault had taken.
  base::Result<rails::CardOperation> refuse(rails::CardOperationId advice) {
    return shop.write<rails::CardOperation>([&](store::Tx& tx) -> base::Result<rails::CardOperation> {
      KARV_TRY(const auto accepted,
               rails::settle(tx, shop.context.rails(), advice, {OperationEvent::accept, {}, {}, {}}));
      KARV_TRY(auto rejected, rails::settle(tx, shop.context.rails(), advice, {OperationEvent::reject, "05", {}, {}}));
      EXPECT_EQ(accepted.operation_id, rejected.operation_id);
      KARV_TRY_VOID(undo_refused_advice(tx, shop.context, rejected));
      return rejected;
    });
  }
  credit::Installment installment(const Order& order, std::size_t at) { return shop.agreement(order).installments[at]; }
  Order captured(Plan plan) {
    auto order = shop.buy(plan, 9'000);
    KARV_CHECK(shop.capture(order, 9'000).ok());
    return order;
  }
  WorldForTest shop;
};

TEST_F(PaymentServiceTest, an_installment_is_charged_quoting_the_hold_at_which_the_shopper_was_present) {
  const auto order = captured(Plan::pay_in_3);
  const auto charge = start(installment(order, 1).installment_id, order.customer_id);
  ASSERT_TRUE(charge.ok());
  EXPECT_EQ(charge->kind, OperationKind::charge);
  EXPECT_EQ(charge->amount.minor(), 3'000);
  EXPECT_FALSE(charge->by_cardholder);
  EXPECT_EQ(charge->original, shop.operations(order.authorization_id, OperationKind::hold)[0].operation_id);
  const auto paid = finish(*charge, OperationEvent::approve);
  ASSERT_TRUE(paid.ok());
  EXPECT_EQ(paid->state, InstallmentState::paid);
  EXPECT_TRUE(shop.books_are_right(order));
  EXPECT_EQ(shop.agreement(order).agreement.outstanding().minor(), 3'000);
}

TEST_F(PaymentServiceTest, only_one_charge_is_on_its_way) {
  const auto order = captured(Plan::pay_in_3);
  const auto id = installment(order, 1).installment_id;
  ASSERT_TRUE(start(id).ok());
  EXPECT_EQ(start(id).error().code(), ErrorCode::not_allowed);
  EXPECT_EQ(start(installment(order, 0).installment_id).error().code(), ErrorCode::not_allowed);  // paid
}

TEST_F(PaymentServiceTest, a_decline_before_the_date_leaves_it_as_it_was_and_at_the_date_counts) {
  const auto order = captured(Plan::pay_in_3);
  const auto id = installment(order, 1).installment_id;
  EXPECT_EQ(finish(*start(id), OperationEvent::decline)->state, InstallmentState::planned);
  shop.world.advance(base::days(30));
  const auto failed = finish(*start(id), OperationEvent::decline);
  EXPECT_EQ(failed->state, InstallmentState::overdue);
  EXPECT_EQ(failed->failed_charges, 1);
  EXPECT_EQ(failed->next_step_on, calendar::add_days(failed->due_date, 7));
  EXPECT_TRUE(shop.books_are_right(order));
}

struct Midnight {
  const char *country, *currency, *locale;
};
// Sydney's days begin before those of UTC, New York's after them: a day is the shopper's own in both.
class MidnightTest : public PaymentServiceTest, public testing::WithParamInterface<Midnight> {
 protected:
  Order captured_there(Plan plan) {
    auto request = WorldForTest::request_of(9'000);
    request.purchase_country = GetParam().country;
    request.purchase_currency = GetParam().currency;
    request.locale = GetParam().locale;
    auto order = shop.buy(plan, request);
    KARV_CHECK(shop.capture(order, 9'000).ok());
    return order;
  }
  void move_to(base::Instant at) { shop.world.business.advance(at - shop.world.business.now()); }
  calendar::Zone zone = zone_of(GetParam().country);
};
INSTANTIATE_TEST_SUITE_P(EastAndWest, MidnightTest,
                         testing::Values(Midnight{"AU", "AUD", "en-AU"}, Midnight{"US", "USD", "en-US"}),
                         [](const auto& made) { return std::string(made.param.country); });

TEST_P(MidnightTest, a_failed_charge_counts_from_the_first_moment_of_the_date_where_the_shopper_lives) {
  const auto order = captured_there(Plan::pay_in_3);
  const auto second = installment(order, 1);
  const auto midnight = zone.start_of(second.due_date);
  const auto utc = calendar::Zone::utc();
  EXPECT_TRUE(utc.date_of(midnight) != second.due_date || utc.date_of(midnight - base::milliseconds(1)) ==
                                                              second.due_date);  // by UTC one of the two would be wrong
  move_to(midnight - base::milliseconds(1));
  EXPECT_EQ(finish(*start(second.installment_id), OperationEvent::decline)->state, InstallmentState::planned);
  move_to(midnight);
  const auto failed = finish(*start(second.installment_id), OperationEvent::decline);
  EXPECT_EQ(failed->state, InstallmentState::overdue);
  EXPECT_EQ(failed->failed_charges, 1);
  EXPECT_EQ(failed->next_step_on, calendar::add_days(second.due_date, 7));
}

TEST_P(MidnightTest, an_invoice_without_a_card_is_due_and_overdue_by_the_shoppers_own_days) {
  const auto order = captured_there(Plan::pay_in_30);
  const auto only = installment(order, 0);
  const auto note = [&] {
    return shop.write<credit::Installment>(
        [&](store::Tx& tx) { return note_installment_unpaid(tx, shop.context, only.installment_id); });
  };
  move_to(zone.end_of(calendar::add_days(only.due_date, -1)));
  EXPECT_EQ(note().error().code(), ErrorCode::not_allowed);
  move_to(zone.start_of(only.due_date));
  EXPECT_EQ(note()->state, InstallmentState::due);
  move_to(zone.end_of(only.due_date));
  EXPECT_EQ(note().error().code(), ErrorCode::not_allowed);
  move_to(zone.start_of(calendar::add_days(only.due_date, 1)));
  EXPECT_EQ(note()->state, InstallmentState::overdue);
}

// The vault may have charged the card: neither paid nor failed is said until it has been asked.
TEST_F(PaymentServiceTest, a_lost_answer_leaves_the_charge_on_its_way) {
  const auto order = captured(Plan::pay_in_3);
  const auto id = installment(order, 1).installment_id;
  shop.world.advance(base::days(30));
  const auto charge = start(id);
  EXPECT_EQ(finish(*charge, OperationEvent::miss)->state, InstallmentState::processing);
  EXPECT_EQ(start(id).error().code(), ErrorCode::not_allowed);  // not a second one
  EXPECT_EQ(shop.refund(order, 9'000).error().code(), ErrorCode::unavailable);
  EXPECT_EQ(finish(*charge, OperationEvent::approve)->state, InstallmentState::paid);
  EXPECT_TRUE(shop.books_are_right(order));
}

TEST_F(PaymentServiceTest, a_charge_that_was_never_sent_is_no_decline_and_may_be_started_again_at_once) {
  const auto order = captured(Plan::pay_in_3);
  const auto id = installment(order, 1).installment_id;
  shop.world.advance(base::days(30));
  const auto back = finish(*start(id), OperationEvent::skip);
  EXPECT_EQ(back->state, InstallmentState::due);
  EXPECT_EQ(back->failed_charges, 0);
  EXPECT_EQ(shop.mails(notify::kInstallmentFailed), 0U);
  EXPECT_EQ(shop.operations(order.authorization_id, OperationKind::charge)[0].state, rails::OperationState::not_sent);
  shop.world.wall.advance(base::milliseconds(1));
  EXPECT_EQ(finish(*start(id), OperationEvent::skip)->state, InstallmentState::due);
  EXPECT_EQ(start(id).error().reason(), "NOT_YET");  // twice in a row: not in the same minute again
  shop.world.wall.advance(base::minutes(2));
  EXPECT_EQ(finish(*start(id), OperationEvent::decline)->state, InstallmentState::overdue);
  EXPECT_EQ(shop.mails(notify::kInstallmentFailed), 1U);  // the network's word is mailed
  EXPECT_TRUE(shop.books_are_right(order));
}

TEST_F(PaymentServiceTest, the_shopper_may_pay_at_once_whatever_was_not_sent_before) {
  const auto order = captured(Plan::pay_in_3);
  const auto id = installment(order, 1).installment_id;
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(finish(*start(id, order.customer_id), OperationEvent::skip).ok());
    shop.world.wall.advance(base::milliseconds(1));
  }
  EXPECT_TRUE(start(id, order.customer_id).ok());
}

TEST_F(PaymentServiceTest, money_of_a_customer_whose_key_is_gone_is_recorded_without_a_mail) {
  const auto order = captured(Plan::pay_in_3);
  ASSERT_TRUE(finish(*start(installment(order, 1).installment_id), OperationEvent::approve).ok());
  EXPECT_EQ(shop.mails(notify::kInstallmentCharged), 1U);
  shop.world.vault.turn();
  shop.world.vault.destroy(1);
  shop.world.wall.advance(identity::kOpenedTime);
  const auto paid = finish(*start(installment(order, 2).installment_id), OperationEvent::approve);
  ASSERT_TRUE(paid.ok());
  EXPECT_EQ(paid->state, InstallmentState::paid);
  EXPECT_EQ(shop.mails(notify::kInstallmentCharged), 1U);
  EXPECT_TRUE(shop.books_are_right(order));
}

// The job barred the first charge and a second one is on its way when the answer to the first call comes at last.
TEST_F(PaymentServiceTest, an_answer_that_comes_after_it_was_settled_changes_nothing) {
  const auto order = captured(Plan::pay_in_3);
  const auto id = installment(order, 1).installment_id;
  const auto settle = [&](const rails::CardOperation& charge, OperationEvent event) {
    return shop.write<rails::CardOperation>([&](store::Tx& tx) {
      return settle_installment_payment(tx, shop.context, {charge.operation_id, {event, "00", {}, {}}});
    });
  };
  const auto first = *start(id);
  EXPECT_EQ(settle(first, OperationEvent::skip)->state, rails::OperationState::not_sent);
  shop.world.wall.advance(base::milliseconds(1));
  const auto second = *start(id);
  EXPECT_EQ(settle(first, OperationEvent::miss)->state, rails::OperationState::not_sent);
  EXPECT_EQ(installment(order, 1).state, InstallmentState::processing);
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(settle(second, OperationEvent::approve).ok());
  EXPECT_EQ(shop.mails(notify::kInstallmentCharged), 1U);
  EXPECT_TRUE(shop.books_are_right(order));
}

TEST_F(PaymentServiceTest, many_outcomes_are_recorded_at_once_and_with_one_call_of_the_ledger) {
  const auto orders = {captured(Plan::pay_in_3), captured(Plan::pay_in_3), captured(Plan::pay_in_3)};
  const auto clearing = credit::card_clearing_account(money::Currency::of("EUR")).id;
  const auto entries_in_tail = [&] {
    return shop.write<std::int64_t>([&](store::Tx& tx) { return ledger::roll_up(tx, clearing, 1'000); }).value();
  };
  std::vector<SettledCharge> outcomes;
  for (const auto& order : orders)
    outcomes.push_back(
        {start(installment(order, 1).installment_id)->operation_id, {OperationEvent::approve, "00", {}, {}}});
  outcomes[1].outcome = {OperationEvent::decline, "51", {}, {}};
  const auto settle = [&](const std::vector<SettledCharge>& some) {
    return shop.write<std::vector<rails::CardOperation>>(
        [&](store::Tx& tx) { return settle_installment_payments(tx, shop.context, some); });
  };
  ASSERT_GT(entries_in_tail(), 0);

  auto with_a_stranger = outcomes;
  with_a_stranger.push_back({base::make_id<rails::CardOperationTag>(shop.world.wall, shop.world.random),
                             {OperationEvent::approve, "00", {}, {}}});
  EXPECT_EQ(settle(with_a_stranger).error().code(), ErrorCode::not_found);
  for (const auto& order : orders) EXPECT_EQ(installment(order, 1).state, InstallmentState::processing);
  EXPECT_EQ(entries_in_tail(), 0);

  const auto charges = settle(outcomes);
  ASSERT_TRUE(charges.ok());
  ASSERT_EQ(charges->size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ((*charges)[i].operation_id, outcomes[i].charge);
  std::vector<InstallmentState> states;
  for (const auto& order : orders) {
    states.push_back(installment(order, 1).state);
    EXPECT_TRUE(shop.books_are_right(order));
  }
  EXPECT_EQ(states, (std::vector{InstallmentState::paid, InstallmentState::planned, InstallmentState::paid}));
  EXPECT_EQ(entries_in_tail(), 1);
  EXPECT_TRUE(settle(outcomes).ok());  // they are recorded already
  EXPECT_EQ(entries_in_tail(), 0);
}

TEST_F(PaymentServiceTest, a_refused_completion_opens_its_installment_again_once_and_everybody_learns_of_it) {
  const auto order = captured(Plan::pay_in_3);
  ASSERT_EQ(installment(order, 0).state, InstallmentState::paid);
  const auto completion = shop.operations(order.authorization_id, OperationKind::complete)[0];
  const auto page = std::make_shared<OpenPage>();
  ASSERT_TRUE(shop.feed.subscribe(order.customer_id, page));
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(refuse(completion.operation_id).ok());
    EXPECT_EQ(installment(order, 0).state, InstallmentState::overdue);
    EXPECT_EQ(installment(order, 0).owed().minor(), 3'000);
    EXPECT_EQ(shop.agreement(order).agreement.outstanding().minor(), 9'000);
    EXPECT_TRUE(shop.books_are_right(order));
  }
  EXPECT_EQ(shop.mails(notify::kPaymentRefused), 1U);
  ASSERT_EQ(page->news.size(), 1U);
  EXPECT_TRUE(page->news[0].contains(order.order_id.text()));
  const auto opened = installment(order, 0).installment_id.text();
  const auto records = shop.read<std::vector<audit::Record>>(
      [&](store::ReadTx& tx) { return audit::list_by_subject(tx, {"installment", opened}, 10); });
  ASSERT_EQ(records->size(), 1U);
  EXPECT_EQ(records->front().action, "payment_refused");
  EXPECT_EQ(shop.operations(order.authorization_id, OperationKind::reverse).size(), 1U);
}

// The shop refunds while nobody knows yet that the money never came: the refund must not leave.
TEST_F(PaymentServiceTest, refunds_of_a_refused_completion_are_withdrawn_and_taken_off_what_is_owed) {
  const auto order = captured(Plan::pay_now);
  ASSERT_EQ(shop.refund(order, 2'500)->to_card_amount, 2'500);
  const auto completion = shop.operations(order.authorization_id, OperationKind::complete)[0];
  ASSERT_TRUE(refuse(completion.operation_id).ok());
  EXPECT_EQ(shop.operations(order.authorization_id, OperationKind::refund)[0].state, rails::OperationState::declined);
  EXPECT_EQ(installment(order, 0).owed().minor(), 6'500);
  EXPECT_TRUE(shop.books_are_right(order));
  const auto charge = start(installment(order, 0).installment_id, order.customer_id);
  ASSERT_TRUE(charge.ok());
  EXPECT_EQ(charge->amount.minor(), 6'500);
  ASSERT_TRUE(finish(*charge, OperationEvent::approve).ok());
  EXPECT_EQ(shop.refund(order, 6'500)->to_card_amount, 6'500);
  EXPECT_EQ(shop.refund(order, 1).error().code(), ErrorCode::not_allowed);
  EXPECT_TRUE(shop.books_are_right(order));
}

TEST_F(PaymentServiceTest, another_customers_and_unknown_installments_are_not_there) {
  const auto order = captured(Plan::pay_in_3);
  const auto id = installment(order, 1).installment_id;
  EXPECT_EQ(start(id, shop.customer_of("someone.else@email.de")).error().code(), ErrorCode::not_found);
  EXPECT_EQ(start(credit::InstallmentId(base::Uuid{1})).error().code(), ErrorCode::not_found);
  EXPECT_EQ(installment(order, 1).state, InstallmentState::planned);
}

// A purchase made without a card has no operation to quote, so the amount is held and completed.
TEST_F(PaymentServiceTest, a_card_given_later_pays_an_invoice) {
  const auto order = captured(Plan::pay_in_30);
  const auto id = installment(order, 0).installment_id;
  EXPECT_EQ(start(id, order.customer_id).error().reason(), "CARD_MISSING");
  ASSERT_TRUE(shop.write<void>([&](store::Tx& tx) {
                    return put_card_under(tx, shop.context, order.customer_id, order.authorization_id.uuid(), "token",
                                          {"visa", "1111", "12/30"});
                  })
                  .ok());
  const auto hold = start(id, order.customer_id);
  ASSERT_TRUE(hold.ok());
  EXPECT_EQ(hold->kind, OperationKind::hold);
  EXPECT_TRUE(hold->by_cardholder);
  EXPECT_TRUE(pays_installment(*hold));
  EXPECT_EQ(finish(*hold, OperationEvent::approve)->state, InstallmentState::paid);
  const auto completions = shop.operations(order.authorization_id, OperationKind::complete);
  ASSERT_EQ(completions.size(), 1U);
  EXPECT_EQ(completions[0].original, hold->operation_id);
  EXPECT_TRUE(shop.books_are_right(order));
  const auto refund = shop.refund(order, 9'000);
  ASSERT_TRUE(refund.ok());
  EXPECT_EQ(refund->to_card_amount, 9'000);
  EXPECT_EQ(shop.operations(order.authorization_id, OperationKind::refund)[0].original, completions[0].operation_id);
}

// Credit gives back the installment that is due last; it was paid before the card was replaced, so by the old card.
TEST_F(PaymentServiceTest, a_refund_goes_back_to_the_card_that_paid_the_part_given_back) {
  const auto order = captured(Plan::pay_in_3);
  const auto last = start(installment(order, 2).installment_id, order.customer_id);  // early, by the old card
  ASSERT_TRUE(finish(*last, OperationEvent::approve).ok());
  ASSERT_TRUE(shop.write<void>([&](store::Tx& tx) {
                    return put_card_under(tx, shop.context, order.customer_id, order.authorization_id.uuid(),
                                          "token of the new card", {"mastercard", "4444", "11/31"});
                  })
                  .ok());
  const auto second = start(installment(order, 1).installment_id, order.customer_id);
  ASSERT_TRUE(finish(*second, OperationEvent::approve).ok());
  ASSERT_NE(last->vault_token, second->vault_token);

  EXPECT_EQ(shop.refund(order, 2'000)->to_card_amount, 2'000);
  auto refunds = shop.operations(order.authorization_id, OperationKind::refund);
  ASSERT_EQ(refunds.size(), 1U);
  EXPECT_EQ(refunds[0].original, last->operation_id);
  EXPECT_EQ(refunds[0].vault_token, last->vault_token);
  EXPECT_EQ(shop.refund(order, 3'000)->to_card_amount, 3'000);
  refunds = shop.operations(order.authorization_id, OperationKind::refund);
  ASSERT_EQ(refunds.size(), 3U);
  const auto by_new_card = std::ranges::find(refunds, second->operation_id, &rails::CardOperation::original);
  ASSERT_NE(by_new_card, refunds.end());
  EXPECT_EQ(by_new_card->amount.minor(), 2'000);
  EXPECT_EQ(by_new_card->vault_token, "token of the new card");
  EXPECT_TRUE(shop.books_are_right(order));
  for (const auto& payment : shop.agreement(order).payments) {
    std::int64_t back = 0;
    for (const auto& refund : refunds)
      if (refund.original->uuid() == payment.by.operation) back += refund.amount.minor();
    EXPECT_EQ(back, payment.refunded.minor());
  }
}

TEST_F(PaymentServiceTest, the_account_shows_the_purchase_to_its_customer_only) {
  const auto order = captured(Plan::pay_in_3);
  const auto purchases = shop.read<std::vector<PurchaseView>>(
      [&](store::ReadTx& tx) { return list_purchases(tx, order.customer_id, 10); });
  ASSERT_TRUE(purchases.ok());
  ASSERT_EQ(purchases->size(), 1U);
  EXPECT_EQ(purchases->front().merchant_name, "Shoe Shop");
  EXPECT_EQ(purchases->front().card->last4, "1111");
  EXPECT_EQ(purchases->front().agreement.installments.size(), 3U);
  const auto stranger = shop.customer_of("someone.else@email.de");
  const auto foreign =
      shop.read<PurchaseView>([&](store::ReadTx& tx) { return get_purchase(tx, stranger, order.order_id); });
  EXPECT_EQ(foreign.error().code(), ErrorCode::not_found);
}

TEST_F(PaymentServiceTest, the_same_card_is_kept_once_and_retired_by_its_owner_only) {
  const auto customer = shop.customer_of("customer@email.de");
  const auto keep = [&](const std::string& token) {
    return shop
        .write<rails::CustomerCard>([&](store::Tx& tx) {
          return keep_card(tx, shop.context, customer, token, {"visa", "1111", "12/30"}, "print");
        })
        .value();
  };
  const auto card = keep("one");
  EXPECT_EQ(keep("two").card_id, card.card_id);
  const auto retire = [&](identity::CustomerId who) {
    return shop.write<rails::CardEnding>(
        [&](store::Tx& tx) { return retire_card(tx, shop.context, who, card.card_id); });
  };
  EXPECT_EQ(retire(shop.customer_of("someone.else@email.de")).error().code(), ErrorCode::not_found);
  EXPECT_TRUE(retire(customer).ok());
  EXPECT_EQ(retire(customer).error().code(), ErrorCode::not_found);
}

}  // namespace
}  // namespace karv::orders
