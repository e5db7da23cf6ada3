#include "vault/tokens/scope.h"

#include <set>

#include <gtest/gtest.h>

#include "json/words.h"

namespace karv::vault {
namespace {

const base::Instant kNow{1'000'000};
CustomerRef customer(char c) { return *CustomerRef::parse(std::string("0190a1b2-c3d4-7000-8000-00000000000") + c); }
MerchantRef merchant(char c) { return MerchantRef(customer(c).uuid()); }
AgreementRef agreement(char c) { return AgreementRef(customer(c).uuid()); }

StoredToken token(Purpose purpose) {
  StoredToken t;
  t.scope.card = CardId(customer('1').uuid());
  t.scope.customer = customer('a');
  if (purpose != Purpose::saved) t.scope.merchant = merchant('b');
  t.scope.purpose = purpose;
  t.scope.cap_minor = 1000;
  t.scope.currency = "EUR";
  t.scope.expires_at = kNow + base::days(1);
  t.scope.most_each_minor = 1000;
  return t;
}
Use use(OperationKind kind) {
  return {.kind = kind,
          .customer = customer('a'),
          .merchant = merchant('b'),
          .agreement = std::nullopt,
          .amount_minor = 1000,
          .currency = "EUR",
          .business_now = kNow};
}

TEST(Scope, every_purpose_refuses_every_kind_that_is_not_listed) {
  std::set<std::pair<Purpose, OperationKind>> listed;
  for (const auto& rule : kUseRules) listed.emplace(rule.purpose, rule.kind);
  json::for_each_word<Purpose>([&](Purpose purpose, std::string_view) {
    json::for_each_word<OperationKind>([&](OperationKind kind, std::string_view) {
      const bool allowed = !find_refusal(token(purpose), use(kind));
      EXPECT_EQ(allowed, listed.contains({purpose, kind})) << json::word(purpose) << " " << json::word(kind);
    });
  });
  EXPECT_NE(find_refusal(token(Purpose::refund), use(OperationKind::hold)), std::nullopt);
  EXPECT_NE(find_refusal(token(Purpose::purchase), use(OperationKind::refund)), std::nullopt);
  EXPECT_NE(find_refusal(token(Purpose::saved), use(OperationKind::hold)), std::nullopt);
}

TEST(Scope, every_single_difference_is_refused) {
  const auto t = token(Purpose::purchase);
  const auto u = use(OperationKind::hold);
  ASSERT_EQ(find_refusal(t, u), std::nullopt);
  auto other = u;
  other.customer = customer('c');
  EXPECT_EQ(find_refusal(t, other), RefusalReason::customer);
  other = u;
  other.merchant = merchant('c');
  EXPECT_EQ(find_refusal(t, other), RefusalReason::merchant);
  other = u;
  other.agreement = agreement('c');
  EXPECT_EQ(find_refusal(t, other), RefusalReason::agreement);
  other = u;
  other.currency = "SEK";
  EXPECT_EQ(find_refusal(t, other), RefusalReason::currency);
  other = u;
  other.amount_minor = 1001;
  EXPECT_EQ(find_refusal(t, other), RefusalReason::cap);
  other = u;
  other.business_now = kNow + base::days(1);
  EXPECT_EQ(find_refusal(t, other), RefusalReason::expired);
  auto bound = t;
  bound.scope.agreement = agreement('d');
  EXPECT_EQ(find_refusal(bound, u), RefusalReason::agreement);
}

TEST(Scope, the_cap_counts_everything_that_was_moved_and_does_not_overflow) {
  auto t = token(Purpose::purchase);
  t.scope.most_each_minor.reset();
  t.used_minor = 1;
  EXPECT_NE(find_refusal(t, use(OperationKind::hold)), std::nullopt);
  auto u = use(OperationKind::hold);
  u.amount_minor = 999;
  EXPECT_EQ(find_refusal(t, u), std::nullopt);
  u.amount_minor = std::numeric_limits<std::int64_t>::max();
  EXPECT_NE(find_refusal(t, u), std::nullopt);
  t.scope.cap_minor = std::numeric_limits<std::int64_t>::max();
  EXPECT_NE(find_refusal(t, u), std::nullopt);
}

TEST(Scope, uses_are_taken_by_what_moves_money_and_end) {
  auto t = token(Purpose::purchase);
  t.scope.most_uses = 2;
  t.uses = 1;
  EXPECT_EQ(find_refusal(t, use(OperationKind::hold)), std::nullopt);
  t.uses = 2;
  EXPECT_NE(find_refusal(t, use(OperationKind::hold)), std::nullopt);
  EXPECT_NE(find_refusal(t, use(OperationKind::charge)), std::nullopt);
  EXPECT_EQ(find_refusal(t, use(OperationKind::complete)), std::nullopt);  // of a hold that took its use
  EXPECT_EQ(find_refusal(t, use(OperationKind::reverse)), std::nullopt);
  t = token(Purpose::reversal);
  t.scope.most_uses = 1;
  EXPECT_EQ(find_refusal(t, use(OperationKind::reverse)), std::nullopt);
  t.uses = 1;
  EXPECT_NE(find_refusal(t, use(OperationKind::reverse)), std::nullopt);
}

TEST(Scope, what_charges_is_derived_from_what_is_left_and_what_gives_back_from_what_was_there) {
  auto source = token(Purpose::purchase);
  source.scope.most_uses = 3;
  source.uses = 2;
  source.used_minor = 600;
  const auto fine = [&](Purpose purpose, std::optional<std::int64_t> uses, std::int64_t cap) {
    auto wanted = token(purpose).scope;
    wanted.most_uses = uses;
    wanted.cap_minor = cap;
    return !find_refusal(source, wanted, kNow);
  };
  EXPECT_TRUE(fine(Purpose::installments, 1, 400));
  EXPECT_FALSE(fine(Purpose::installments, 2, 400));
  EXPECT_FALSE(fine(Purpose::installments, 1, 401));
  EXPECT_FALSE(fine(Purpose::installments, std::nullopt, 400));
  EXPECT_TRUE(fine(Purpose::refund, 3, 1000));
  EXPECT_FALSE(fine(Purpose::refund, 4, 1000));
  EXPECT_FALSE(fine(Purpose::refund, std::nullopt, 1000));
  source.uses = 3;
  EXPECT_FALSE(fine(Purpose::installments, 1, 400));
  EXPECT_TRUE(fine(Purpose::refund, 1, 1000));
}

TEST(Scope, derivation_follows_the_table_and_never_widens) {
  std::set<std::pair<Purpose, Purpose>> listed;
  for (const auto& rule : kDeriveRules) listed.emplace(rule.from, rule.to);
  json::for_each_word<Purpose>([&](Purpose from, std::string_view) {
    json::for_each_word<Purpose>([&](Purpose to, std::string_view) {
      auto wanted = token(to).scope;
      EXPECT_EQ(!find_refusal(token(from), wanted, kNow), listed.contains({from, to}))
          << json::word(from) << " -> " << json::word(to);
    });
  });
  const auto source = token(Purpose::purchase);
  const auto refused = [&](const Scope& wanted) { return find_refusal(source, wanted, kNow).has_value(); };
  const Scope fine = token(Purpose::refund).scope;
  ASSERT_FALSE(refused(fine));
  for (const auto& change : std::vector<std::function<void(Scope&)>>{
           [](Scope& s) { s.customer = customer('c'); }, [](Scope& s) { s.merchant = merchant('c'); },
           [](Scope& s) { s.cap_minor = 1001; }, [](Scope& s) { s.cap_minor.reset(); },
           [](Scope& s) { s.currency = "SEK"; }, [](Scope& s) { s.expires_at = kNow + base::days(2); },
           [](Scope& s) { s.expires_at.reset(); }}) {
    Scope wanted = fine;
    change(wanted);
    EXPECT_TRUE(refused(wanted));
  }
  EXPECT_EQ(find_refusal(source, fine, kNow + base::days(1)), RefusalReason::expired);
}

TEST(Scope, one_charge_takes_at_most_what_was_agreed_for_each) {
  auto t = token(Purpose::recurring);
  t.scope.cap_minor = 12'000;
  auto u = use(OperationKind::charge);
  EXPECT_EQ(find_refusal(t, u), std::nullopt);
  u.amount_minor = 1001;
  EXPECT_EQ(find_refusal(t, u), RefusalReason::cap);
  auto wanted = token(Purpose::recurring).scope;
  auto source = token(Purpose::purchase);
  wanted.most_each_minor = 1001;
  EXPECT_EQ(find_refusal(source, wanted, kNow), RefusalReason::cap);
  wanted.most_each_minor.reset();
  EXPECT_EQ(find_refusal(source, wanted, kNow), RefusalReason::cap);
  auto back = token(Purpose::refund).scope;
  back.most_each_minor.reset();
  EXPECT_EQ(find_refusal(source, back, kNow), std::nullopt);
}

TEST(Scope, what_ended_charges_nothing_and_gives_back_until_its_window_closes) {
  json::for_each_word<Purpose>([&](Purpose purpose, std::string_view) {
    auto t = token(purpose);
    t.ended_at = kNow;
    t.refund_until = kNow + base::hours(1);
    json::for_each_word<OperationKind>([&](OperationKind kind, std::string_view) {
      const bool before = !find_refusal(token(purpose), use(kind));
      const bool charges =
          kind == OperationKind::hold || kind == OperationKind::charge || kind == OperationKind::payout;
      EXPECT_EQ(!find_refusal(t, use(kind)), before && !charges) << json::word(purpose) << " " << json::word(kind);
      auto late = use(kind);
      late.business_now = kNow + base::hours(1);
      EXPECT_NE(find_refusal(t, late), std::nullopt);
    });
    json::for_each_word<Purpose>([&](Purpose to, std::string_view) {
      const auto wanted = token(to).scope;
      const bool before = !find_refusal(token(purpose), wanted, kNow);
      const bool back = to == Purpose::refund || to == Purpose::reversal;
      EXPECT_EQ(!find_refusal(t, wanted, kNow), before && back) << json::word(purpose) << " -> " << json::word(to);
      EXPECT_NE(find_refusal(t, wanted, kNow + base::hours(1)), std::nullopt);
    });
  });
}

TEST(Scope, scopes_that_make_no_sense_are_refused) {
  EXPECT_TRUE(check_scope(token(Purpose::recurring).scope).ok());
  EXPECT_TRUE(check_scope(token(Purpose::payout).scope).ok());
  for (const auto& change : std::vector<std::function<void(Scope&)>>{[](Scope& s) { s.most_each_minor.reset(); },
                                                                     [](Scope& s) { s.most_each_minor = 0; },
                                                                     [](Scope& s) { s.expires_at.reset(); },
                                                                     [](Scope& s) {
                                                                       s.currency.reset();
                                                                       s.cap_minor.reset();
                                                                     }}) {
    auto recurring = token(Purpose::recurring).scope;
    change(recurring);
    EXPECT_FALSE(check_scope(recurring).ok());
  }
  auto payout = token(Purpose::payout).scope;
  payout.cap_minor.reset();
  EXPECT_FALSE(check_scope(payout).ok());
  EXPECT_TRUE(check_scope(token(Purpose::purchase).scope).ok());
  EXPECT_TRUE(check_scope(token(Purpose::saved).scope).ok());
  EXPECT_FALSE(check_scope(token(Purpose::installments).scope).ok());  // without an agreement
  auto scope = token(Purpose::purchase).scope;
  scope.merchant.reset();
  EXPECT_FALSE(check_scope(scope).ok());
  scope = token(Purpose::saved).scope;
  scope.merchant = merchant('b');
  EXPECT_FALSE(check_scope(scope).ok());
  for (const std::int64_t cap : {0L, -1L}) {
    scope = token(Purpose::purchase).scope;
    scope.cap_minor = cap;
    EXPECT_FALSE(check_scope(scope).ok());
  }
  for (const std::int64_t uses : {0L, -1L}) {
    scope = token(Purpose::purchase).scope;
    scope.most_uses = uses;
    EXPECT_FALSE(check_scope(scope).ok());
  }
  scope = token(Purpose::purchase).scope;
  scope.currency.reset();
  EXPECT_FALSE(check_scope(scope).ok());
}

}  // namespace
}  // namespace karv::vault
