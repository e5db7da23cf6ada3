#include "vault/scope.h"

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
      const bool allowed = decide_use(token(purpose), use(kind)).ok();
      EXPECT_EQ(allowed, listed.contains({purpose, kind})) << json::word(purpose) << " " << json::word(kind);
    });
  });
  EXPECT_FALSE(decide_use(token(Purpose::refund), use(OperationKind::hold)).ok());
  EXPECT_FALSE(decide_use(token(Purpose::purchase), use(OperationKind::refund)).ok());
  EXPECT_FALSE(decide_use(token(Purpose::saved), use(OperationKind::hold)).ok());
}

TEST(Scope, every_single_difference_is_refused) {
  const auto refused = [](const StoredToken& t, const Use& u) {
    const auto decision = decide_use(t, u);
    return !decision.ok() && decision.error().reason() == "SCOPE_REFUSED" &&
           decision.error().code() == base::ErrorCode::forbidden;
  };
  const auto t = token(Purpose::purchase);
  const auto u = use(OperationKind::hold);
  ASSERT_TRUE(decide_use(t, u).ok());
  auto other = u;
  other.customer = customer('c');
  EXPECT_TRUE(refused(t, other));
  other = u;
  other.merchant = merchant('c');
  EXPECT_TRUE(refused(t, other));
  other = u;
  other.agreement = agreement('c');
  EXPECT_TRUE(refused(t, other));
  other = u;
  other.currency = "SEK";
  EXPECT_TRUE(refused(t, other));
  other = u;
  other.amount_minor = 1001;
  EXPECT_TRUE(refused(t, other));
  other = u;
  other.business_now = kNow + base::days(1);
  EXPECT_TRUE(refused(t, other));
  auto bound = t;
  bound.scope.agreement = agreement('d');
  EXPECT_TRUE(refused(bound, u));
}

TEST(Scope, the_cap_counts_everything_that_was_moved_and_does_not_overflow) {
  auto t = token(Purpose::purchase);
  t.used_minor = 1;
  EXPECT_FALSE(decide_use(t, use(OperationKind::hold)).ok());
  auto u = use(OperationKind::hold);
  u.amount_minor = 999;
  EXPECT_TRUE(decide_use(t, u).ok());
  u.amount_minor = std::numeric_limits<std::int64_t>::max();
  EXPECT_FALSE(decide_use(t, u).ok());
  t.scope.cap_minor = std::numeric_limits<std::int64_t>::max();
  EXPECT_FALSE(decide_use(t, u).ok());
}

TEST(Scope, derivation_follows_the_table_and_never_widens) {
  std::set<std::pair<Purpose, Purpose>> listed;
  for (const auto& rule : kDeriveRules) listed.emplace(rule.from, rule.to);
  json::for_each_word<Purpose>([&](Purpose from, std::string_view) {
    json::for_each_word<Purpose>([&](Purpose to, std::string_view) {
      auto wanted = token(to).scope;
      EXPECT_EQ(decide_derive(token(from), wanted, kNow).ok(), listed.contains({from, to}))
          << json::word(from) << " -> " << json::word(to);
    });
  });
  const auto source = token(Purpose::purchase);
  const auto refused = [&](const Scope& wanted) { return !decide_derive(source, wanted, kNow).ok(); };
  const Scope fine = token(Purpose::refund).scope;
  ASSERT_FALSE(refused(fine));
  for (const auto& change : std::vector<std::function<void(Scope&)>>{
           [](Scope& s) { s.customer = customer('c'); }, [](Scope& s) { s.merchant = merchant('c'); },
           [](Scope& s) { s.card = CardId(customer('2').uuid()); }, [](Scope& s) { s.cap_minor = 1001; },
           [](Scope& s) { s.cap_minor.reset(); }, [](Scope& s) { s.currency = "SEK"; },
           [](Scope& s) { s.expires_at = kNow + base::days(2); }, [](Scope& s) { s.expires_at.reset(); }}) {
    Scope wanted = fine;
    change(wanted);
    EXPECT_TRUE(refused(wanted));
  }
  EXPECT_FALSE(decide_derive(source, fine, kNow + base::days(1)).ok());
}

TEST(Scope, scopes_that_make_no_sense_are_refused) {
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
  scope = token(Purpose::purchase).scope;
  scope.currency.reset();
  EXPECT_FALSE(check_scope(scope).ok());
}

}  // namespace
}  // namespace karv::vault
