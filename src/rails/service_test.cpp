#include "rails/service.h"

#include <algorithm>
#include <map>
#include <string>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "base/check.h"
#include "identity/world_for_test.h"
#include "rails/repository.h"
#include "rails/schema.h"

namespace karv::rails {
namespace {

using base::ErrorCode;
using base::Instant;
using money::Currency;
using money::Money;

constexpr Currency kEuro = Currency::of("EUR");
constexpr Instant kNow{1'795'000'000'000};
Money euro(std::int64_t minor) { return {minor, kEuro}; }

constexpr OperationState kStates[] = {OperationState::intended, OperationState::approved,  OperationState::declined,
                                      OperationState::not_sent, OperationState::unknown,   OperationState::queued,
                                      OperationState::accepted, OperationState::confirmed, OperationState::rejected};
constexpr OperationEvent kEvents[] = {OperationEvent::approve, OperationEvent::decline, OperationEvent::skip,
                                      OperationEvent::lose,    OperationEvent::miss,    OperationEvent::accept,
                                      OperationEvent::confirm, OperationEvent::reject};

// Operations of one purchase, made by hand; ids in the order of making.
struct Book {
  CardOperationId add(OperationKind kind, OperationState state, std::int64_t minor,
                      std::optional<CardOperationId> original = {}) {
    CardOperation operation;
    operation.operation_id = base::make_id<CardOperationTag>(clock, random);
    clock.advance(base::milliseconds(1));
    operation.kind = kind;
    operation.state = state;
    operation.amount = euro(minor);
    operation.original = original;
    operation.by_cardholder = kind != OperationKind::charge;
    operation.vault_token = "token";
    operation.created_at = kNow;
    operations.push_back(operation);
    return operation.operation_id;
  }
  std::int64_t left() const {
    const auto found = hold_left(operations, kNow);
    return found ? found->left.minor() : 0;
  }
  base::Result<std::vector<RefundPart>> refunds(const std::vector<RefundPart>& wanted) const {
    return decide_refunds(operations, wanted);
  }
  base::ManualClock clock{kNow};
  base::SeededRandom random{5};
  std::vector<CardOperation> operations;
};

TEST(OperationStatesTest, the_table_is_the_whole_of_it) {
  const std::map<std::pair<OperationState, OperationEvent>, OperationState> allowed{
      {{OperationState::intended, OperationEvent::approve}, OperationState::approved},
      {{OperationState::intended, OperationEvent::decline}, OperationState::declined},
      {{OperationState::intended, OperationEvent::skip}, OperationState::not_sent},
      {{OperationState::intended, OperationEvent::lose}, OperationState::unknown},
      {{OperationState::intended, OperationEvent::miss}, OperationState::intended},
      {{OperationState::queued, OperationEvent::accept}, OperationState::accepted},
      {{OperationState::queued, OperationEvent::decline}, OperationState::declined},
      {{OperationState::accepted, OperationEvent::confirm}, OperationState::confirmed},
      {{OperationState::accepted, OperationEvent::reject}, OperationState::rejected}};
  for (const auto from : kStates)
    for (const auto event : kEvents) {
      const auto listed = allowed.find({from, event});
      const auto to = next_state(from, event);
      ASSERT_EQ(to.has_value(), listed != allowed.end());
      if (to) EXPECT_EQ(*to, listed->second);
    }
}

TEST(HoldLeftTest, completions_use_it_up_and_a_reversal_ends_it) {
  Book book;
  EXPECT_EQ(book.left(), 0);
  const auto hold = book.add(OperationKind::hold, OperationState::approved, 3'000);
  EXPECT_EQ(book.left(), 3'000);
  book.add(OperationKind::complete, OperationState::queued, 1'000, hold);
  book.add(OperationKind::complete, OperationState::accepted, 500, hold);
  book.add(OperationKind::complete, OperationState::declined, 500, hold);  // took nothing
  book.add(OperationKind::complete, OperationState::rejected, 700, hold);  // neither
  EXPECT_EQ(book.left(), 1'500);
  book.add(OperationKind::reverse, OperationState::queued, 0, hold);
  EXPECT_EQ(book.left(), 0);
}

TEST(HoldLeftTest, only_an_approved_hold_of_an_amount_counts_and_not_forever) {
  Book book;
  book.add(OperationKind::hold, OperationState::intended, 3'000);
  book.add(OperationKind::hold, OperationState::declined, 3'000);
  book.add(OperationKind::hold, OperationState::unknown, 3'000);
  book.add(OperationKind::hold, OperationState::approved, 0);  // an account check
  EXPECT_EQ(book.left(), 0);
  book.add(OperationKind::hold, OperationState::approved, 100);
  EXPECT_EQ(book.left(), 100);
  EXPECT_TRUE(hold_left(book.operations, kNow + kHoldTime - base::milliseconds(1)).has_value());
  EXPECT_FALSE(hold_left(book.operations, kNow + kHoldTime).has_value());
}

TEST(RefundPartsTest, each_part_goes_back_to_the_card_of_the_operation_it_names) {
  Book book;
  const auto hold = book.add(OperationKind::hold, OperationState::approved, 3'000);
  const auto first = book.add(OperationKind::complete, OperationState::accepted, 3'000, hold);
  const auto second = book.add(OperationKind::charge, OperationState::approved, 2'000, hold);
  book.operations.back().vault_token = "token of the new card";
  const auto parts = book.refunds({{first, euro(500)}, {second, euro(700)}, {first, euro(300)}});
  ASSERT_TRUE(parts.ok());
  ASSERT_EQ(parts->size(), 2U);
  EXPECT_EQ((*parts)[0].original, first);
  EXPECT_EQ((*parts)[0].amount, euro(800));  // one refund per operation
  EXPECT_EQ((*parts)[0].vault_token, "token");
  EXPECT_EQ((*parts)[1].amount, euro(700));
  EXPECT_EQ((*parts)[1].vault_token, "token of the new card");
}

TEST(RefundPartsTest, never_more_goes_back_than_an_operation_took) {
  Book book;
  const auto hold = book.add(OperationKind::hold, OperationState::approved, 3'000);
  const auto taken = book.add(OperationKind::complete, OperationState::accepted, 3'000, hold);
  book.add(OperationKind::refund, OperationState::queued, 1'000, taken);
  book.add(OperationKind::refund, OperationState::declined, 2'000, taken);  // never went out
  EXPECT_TRUE(book.refunds({{taken, euro(2'000)}}).ok());
  EXPECT_EQ(book.refunds({{taken, euro(2'001)}}).error().code(), ErrorCode::not_matching);
  EXPECT_FALSE(book.refunds({{taken, euro(1'000)}, {taken, euro(1'001)}}).ok());
  for (const auto id : {hold, book.add(OperationKind::complete, OperationState::rejected, 9'000, hold),
                        book.add(OperationKind::charge, OperationState::declined, 9'000, hold),
                        book.add(OperationKind::charge, OperationState::unknown, 9'000, hold), CardOperationId()})
    EXPECT_EQ(book.refunds({{id, euro(1)}}).error().code(), ErrorCode::not_matching);
}

TEST(NextChargeTest, the_first_that_was_not_sent_is_asked_for_at_once_and_the_next_ones_ever_later) {
  Book book;
  const base::Uuid one{1};
  const auto not_sent = [&](const base::Uuid& subject) {
    book.add(OperationKind::charge, OperationState::not_sent, 100);
    book.operations.back().subject = subject;
    book.operations.back().next_attempt_at = kNow;
  };
  EXPECT_FALSE(next_charge_after(book.operations, one).has_value());
  for (const std::int64_t minutes : {0, 2, 4, 8, 16, 32, 60, 60}) {
    not_sent(one);
    not_sent(base::Uuid{2});
    EXPECT_EQ(next_charge_after(book.operations, one), kNow + base::minutes(minutes));
  }
  book.add(OperationKind::complete, OperationState::queued, 100);
  book.operations.back().subject = one;
  EXPECT_TRUE(next_charge_after(book.operations, one).has_value());
  book.add(OperationKind::charge, OperationState::declined, 100);
  book.operations.back().subject = one;
  EXPECT_FALSE(next_charge_after(book.operations, one).has_value());
}

TEST(OriginalTest, charges_quote_the_first_approved_operation_with_the_shopper_present) {
  Book book;
  book.add(OperationKind::hold, OperationState::declined, 100);
  EXPECT_FALSE(original_of(book.operations).has_value());
  const auto hold = book.add(OperationKind::hold, OperationState::approved, 100);
  book.add(OperationKind::charge, OperationState::approved, 100, hold);
  EXPECT_EQ(original_of(book.operations), hold);
}

// Whatever was taken and given back before: what decide_refunds lets through never exceeds what each operation took.
RC_GTEST_PROP(RefundPartsProperty, refunds_never_exceed_what_was_taken, ()) {
  Book book;
  const auto hold = book.add(OperationKind::hold, OperationState::approved, 100'000);
  std::map<CardOperationId, std::int64_t> left{{hold, 0}};
  const auto takings = *rc::gen::inRange(0, 6);
  for (int i = 0; i < takings; ++i) {
    const auto minor = *rc::gen::inRange<std::int64_t>(1, 5'000);
    const bool charge = *rc::gen::arbitrary<bool>();
    const bool went_through = *rc::gen::weightedElement<bool>({{3, true}, {1, false}});
    const auto done = charge ? OperationState::approved : OperationState::accepted;
    const auto id = book.add(charge ? OperationKind::charge : OperationKind::complete,
                             went_through ? done : OperationState::declined, minor, hold);
    left[id] = went_through ? minor : 0;
  }
  std::vector<CardOperationId> ids;
  for (const auto& [id, minor] : left) ids.push_back(id);
  const auto refunds = *rc::gen::inRange(1, 8);
  for (int i = 0; i < refunds; ++i) {
    std::vector<RefundPart> wanted;
    std::map<CardOperationId, std::int64_t> sums;
    const auto size = *rc::gen::inRange(1, 4);
    for (int j = 0; j < size; ++j) {
      wanted.push_back({*rc::gen::elementOf(ids), euro(*rc::gen::inRange<std::int64_t>(1, 3'000))});
      sums[wanted.back().original] += wanted.back().amount.minor();
    }
    const bool fits = std::ranges::all_of(sums, [&](const auto& sum) { return sum.second <= left[sum.first]; });
    const auto parts = book.refunds(wanted);
    RC_ASSERT(parts.ok() == fits);
    if (!parts.ok()) continue;
    RC_ASSERT(parts->size() == sums.size());
    for (const auto& part : *parts) {
      RC_ASSERT(part.amount.minor() == sums[part.original]);
      left[part.original] -= part.amount.minor();
      book.add(OperationKind::refund, OperationState::queued, part.amount.minor(), part.original);
    }
  }
}

class OperationRowsTest : public testing::Test {
 protected:
  Context context() { return {world.wall, world.business, world.random}; }
  CardOperation intend_one(OperationKind kind, std::optional<CardOperationId> original = {}) {
    return world
        .write<CardOperation>([&](store::Tx& tx) -> base::Result<CardOperation> {
          return intend(tx, context(),
                        {.purchase = purchase,
                         .customer_id = identity::CustomerId(base::Uuid{1}),
                         .merchant_id = identity::MerchantId(base::Uuid{2}),
                         .subject = purchase,
                         .kind = kind,
                         .vault_token = "token",
                         .amount = euro(1'000),
                         .merchant_name = "Shop",
                         .merchant_reference = "REF",
                         .by_cardholder = true,
                         .original = original});
        })
        .value();
  }
  base::Result<CardOperation> settle_one(CardOperationId id, OperationEvent event) {
    return world.write<CardOperation>(
        [&](store::Tx& tx) { return settle(tx, context(), id, {event, "00", "A1", "R1"}); });
  }
  std::size_t waiting(OperationState state) {
    return world
        .read<std::size_t>([&](store::ReadTx& tx) -> base::Result<std::size_t> {
          KARV_TRY(auto rows, tx.read({waiting_operations(state, world.wall.now(), 100)}));
          return read_operations(rows[0]).size();
        })
        .value();
  }
  identity::WorldForTest world{{migrations()}};
  base::Uuid purchase{9};
};

TEST_F(OperationRowsTest, an_outcome_is_recorded_once) {
  const auto hold = intend_one(OperationKind::hold);
  EXPECT_EQ(hold.state, OperationState::intended);
  EXPECT_EQ(settle_one(hold.operation_id, OperationEvent::approve)->state, OperationState::approved);
  const auto again = settle_one(hold.operation_id, OperationEvent::decline);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->state, OperationState::approved);
  EXPECT_EQ(again->version, 2);
  EXPECT_EQ(settle_one(CardOperationId(), OperationEvent::approve).error().code(), ErrorCode::not_found);
}

TEST_F(OperationRowsTest, a_missed_answer_leaves_the_intent_to_be_asked_for) {
  const auto hold = intend_one(OperationKind::hold);
  EXPECT_EQ(waiting(OperationState::intended), 0U);  // its answer may still come by itself
  const auto missed = settle_one(hold.operation_id, OperationEvent::miss);
  ASSERT_TRUE(missed.ok());
  EXPECT_EQ(missed->state, OperationState::intended);
  world.advance(base::seconds(3));
  EXPECT_EQ(waiting(OperationState::intended), 1U);
}

// The vault is undoing it: until it has, another charge would be a blind retry.
TEST_F(OperationRowsTest, the_networks_silence_leaves_a_charge_intended_and_ends_only_the_hold_that_is_waited_for) {
  const auto hold = intend_one(OperationKind::hold);
  EXPECT_EQ(settle_one(hold.operation_id, OperationEvent::lose)->state, OperationState::unknown);
  const auto charge = intend_one(OperationKind::charge, hold.operation_id);
  EXPECT_EQ(settle_one(charge.operation_id, OperationEvent::lose)->state, OperationState::intended);
  world.advance(base::seconds(3));
  EXPECT_EQ(waiting(OperationState::intended), 1U);
  EXPECT_EQ(settle_one(charge.operation_id, OperationEvent::skip)->state, OperationState::not_sent);
  EXPECT_EQ(settle_one(charge.operation_id, OperationEvent::approve)->state, OperationState::not_sent);
}

TEST_F(OperationRowsTest, an_intent_without_an_answer_is_asked_for_after_a_while) {
  intend_one(OperationKind::hold);
  world.advance(kAnswerOverdue);
  EXPECT_EQ(waiting(OperationState::intended), 1U);
}

TEST_F(OperationRowsTest, an_advice_waits_longer_each_time_and_at_most_a_minute) {
  const auto hold = intend_one(OperationKind::hold);
  const auto advice = intend_one(OperationKind::complete, hold.operation_id);
  EXPECT_EQ(advice.state, OperationState::queued);
  EXPECT_EQ(waiting(OperationState::queued), 1U);
  for (const std::int64_t seconds : {2, 4, 8, 16, 32, 60, 60}) {
    ASSERT_TRUE(world.write<void>([&](store::Tx& tx) { return postpone(tx, context(), advice.operation_id); }).ok());
    world.advance(base::seconds(seconds) - base::milliseconds(1));
    EXPECT_EQ(waiting(OperationState::queued), 0U) << seconds;
    world.advance(base::milliseconds(1));
    EXPECT_EQ(waiting(OperationState::queued), 1U) << seconds;
  }
}

TEST_F(OperationRowsTest, only_a_hold_quotes_nothing) {
  EXPECT_THROW(intend_one(OperationKind::charge), base::RequirementFailed);
  EXPECT_THROW(intend_one(OperationKind::refund), base::RequirementFailed);
  EXPECT_THROW(intend_one(OperationKind::hold, CardOperationId(base::Uuid{3})), base::RequirementFailed);
}

}  // namespace
}  // namespace karv::rails
