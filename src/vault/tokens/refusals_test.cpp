#include "vault/tokens/refusals.h"

#include <algorithm>
#include <functional>

#include <gtest/gtest.h>

#include "json/words.h"
#include "vault/retention/rules.h"
#include "vault/retention/sweep.h"
#include "vault/test_support.h"

namespace karv::vault {
namespace {

class RefusalsTest : public ::testing::Test {
 protected:
  std::vector<vault_api::RefusalCount> told(std::int64_t since = 0) {
    return vault.refusals->tell(vault.tenant, {.since = since}).value().counts;
  }
  std::int64_t times(RefusalReason reason) {
    std::int64_t sum = 0;
    for (const auto& count : told()) sum += count.reason == reason ? count.times : 0;
    return sum;
  }
  base::Error hold(const vault_api::CardOperation& request) {
    return vault.operations->run(vault.tenant, OperationKind::hold, request).error();
  }
  base::Result<vault_api::DeriveAnswer> derive(const std::function<void(vault_api::DeriveRequest&)>& change) {
    vault_api::DeriveRequest request;
    request.vault_token = card;
    request.customer = vault.customer;
    request.merchant = vault.merchant;
    request.purpose = Purpose::refund;
    request.business_time = vault.wall.now().ms;
    change(request);
    return vault.desk->derive_token(vault.tenant, request);
  }
  base::Result<void> count(Refusal refusal) {
    return vault.database->write<void>("test",
                                       [&](store::Tx& tx) { return vault.refusals->count(tx, std::move(refusal)); });
  }
  CustomerRef somebody() { return CustomerRef(base::make_uuid_v7(vault.wall, vault.random)); }

  testing::Disk disk;
  testing::FakePeer peer;
  testing::TestVault vault{disk, &peer};
  std::string card = vault.make_card().vault_token;
};

TEST_F(RefusalsTest, a_refused_use_is_counted_although_the_request_fails) {
  struct Case {
    RefusalReason reason;
    std::function<void(vault_api::CardOperation&)> change;
  };
  const auto limited = derive([&](auto& r) {
                         r.vault_token = vault.derive(card, Purpose::saved);
                         r.purpose = Purpose::purchase;
                         r.cap_minor = 100;
                         r.currency = "EUR";
                         r.expires_at = (vault.wall.now() + base::days(1)).ms;
                       })
                           .value()
                           .vault_token;
  for (const auto& [reason, change] : std::vector<Case>{
           {RefusalReason::unknown, [](auto& r) { r.vault_token = "x"; }},
           {RefusalReason::customer, [&](auto& r) { r.customer = somebody(); }},
           {RefusalReason::merchant, [&](auto& r) { r.merchant = MerchantRef(somebody().uuid()); }},
           {RefusalReason::agreement, [&](auto& r) { r.agreement = AgreementRef(somebody().uuid()); }},
           {RefusalReason::currency, [](auto& r) { r.currency = "SEK"; }},
           {RefusalReason::cap, [](auto& r) { r.amount_minor = 101; }},
           {RefusalReason::expired, [](auto& r) { r.business_time += base::days(1).ms; }},
           {RefusalReason::purpose, [&](auto& r) { r.vault_token = vault.derive(card, Purpose::refund); }}}) {
    auto request = vault.operation(limited, 100);
    change(request);
    for (int i = 0; i < 2; ++i) (void)hold(request);
    EXPECT_EQ(times(reason), 2) << json::word(reason);
  }
  EXPECT_EQ(peer.count("0100"), 0);
  const auto before = told().size();
  EXPECT_EQ(derive([](auto& r) { r.purpose = Purpose::purchase; }).error().reason(), "SCOPE_REFUSED");
  EXPECT_EQ(told().size(), before);  // of the same day, customer, merchant and reason
  EXPECT_EQ(times(RefusalReason::purpose), 3);
}

TEST_F(RefusalsTest, whose_token_it_was_and_who_presented_it_is_told_and_the_token_is_not) {
  auto request = vault.operation(card, 100);
  const auto thief = MerchantRef(somebody().uuid());
  request.customer = somebody();
  request.merchant = thief;
  (void)hold(request);
  ASSERT_EQ(told().size(), 1U);
  EXPECT_EQ(told().front().customer, vault.customer);
  EXPECT_EQ(told().front().merchant, thief);
  EXPECT_EQ(told().front().times, 1);
  EXPECT_EQ(told().front().last_at, vault.wall.now().ms);
}

// Unknown, cut short, made up, another's: byte for byte the same answer, whatever was found behind it.
TEST_F(RefusalsTest, an_answer_does_not_tell_an_unknown_token_from_one_of_somebody_else) {
  const auto with = [&](const std::function<void(vault_api::CardOperation&)>& change) {
    auto request = vault.operation(card, 100);
    change(request);
    return request;
  };
  auto flipped = card;
  flipped.front() = flipped.front() == 'A' ? 'B' : 'A';
  const std::vector<vault_api::CardOperation> requests = {
      with([](auto& r) { r.vault_token = ""; }), with([](auto& r) { r.vault_token = std::string(43, 'A'); }),
      with([](auto& r) { r.vault_token = std::string(100'000, 'A'); }), with([](auto& r) { r.vault_token.pop_back(); }),
      with([](auto& r) { r.vault_token += "A"; }), with([](auto& r) { r.vault_token += std::string("\0x", 2); }),
      with([&](auto& r) { r.vault_token = flipped; }), with([&](auto& r) { r.customer = somebody(); }),
      with([&](auto& r) { r.merchant = MerchantRef(somebody().uuid()); }),
      // Somebody else's, and wrong in other ways too: still unknown.
      with([&](auto& r) {
        r.customer = somebody();
        r.currency = "SEK";
        r.amount_minor = 999'999;
      })};
  const auto expected = hold(requests.front());
  EXPECT_EQ(expected.reason(), "TOKEN_UNKNOWN");
  for (const auto& request : requests) {
    const auto answer = hold(request);
    EXPECT_EQ(answer.code(), expected.code());
    EXPECT_EQ(answer.reason(), expected.reason());
    EXPECT_EQ(answer.public_text(), expected.public_text());
    const auto derived = derive([&](auto& r) {
      r.vault_token = request.vault_token;
      r.customer = request.customer;
      r.merchant = request.merchant;
      if (request.currency == "SEK") r.purpose = Purpose::purchase;
    });
    ASSERT_FALSE(derived.ok());
    EXPECT_EQ(derived.error().reason(), expected.reason());
    EXPECT_EQ(derived.error().public_text(), expected.public_text());
  }
}

TEST_F(RefusalsTest, another_tenants_server_hears_nothing_of_it) {
  (void)hold(vault.operation("x", 100));
  EXPECT_EQ(told().size(), 1U);
  EXPECT_TRUE(vault.refusals->tell(TenantId(somebody().uuid()), {.since = 0}).value().counts.empty());
}

TEST_F(RefusalsTest, what_grew_is_told_again_with_all_of_it_and_what_did_not_is_not) {
  (void)hold(vault.operation("x", 100));
  const auto first = told().front();
  EXPECT_TRUE(told(first.last_at).empty());
  vault.wall.advance(base::seconds(1));
  (void)hold(vault.operation("y", 100));
  ASSERT_EQ(told(first.last_at).size(), 1U);
  EXPECT_EQ(told(first.last_at).front().refusal, first.refusal);
  EXPECT_EQ(told(first.last_at).front().times, 2);
  EXPECT_EQ(told(first.last_at).front().first_at, first.first_at);
  vault.wall.advance(base::days(1));
  (void)hold(vault.operation("y", 100));
  EXPECT_EQ(told().size(), 2U);  // a new day
}

TEST_F(RefusalsTest, pages_of_one_moment_leave_nothing_out) {
  for (int i = 0; i < 5; ++i)
    for (int j = 0; j < 150; ++j)
      ASSERT_TRUE(count({vault.tenant, somebody(), MerchantRef(base::Uuid{static_cast<std::uint8_t>(i + 1)}),
                         RefusalReason::cap})
                      .ok());
  std::vector<RefusalId> seen;
  vault_api::RefusalsRequest request;
  for (bool more = true; more;) {
    const auto page = vault.refusals->tell(vault.tenant, request).value();
    for (const auto& one : page.counts) seen.push_back(one.refusal);
    request = {.since = page.counts.back().last_at, .after = page.counts.back().refusal};
    more = page.more;
  }
  EXPECT_EQ(seen.size(), 750U);
  std::ranges::sort(seen);
  EXPECT_TRUE(std::ranges::adjacent_find(seen) == seen.end());
}

TEST_F(RefusalsTest, many_customers_share_a_row_and_all_refusals_are_counted) {
  for (std::int64_t i = 0; i < kMostRefusalCounts + 10; ++i)
    ASSERT_TRUE(count({vault.tenant, somebody(), vault.merchant, RefusalReason::unknown}).ok());
  EXPECT_EQ(std::ssize(told()), kMostRefusalCounts + 1);
  EXPECT_EQ(times(RefusalReason::unknown), kMostRefusalCounts + 10);
  const auto all = told();
  const auto rest = std::ranges::find_if(all, [](const auto& count) { return !count.customer; });
  ASSERT_NE(rest, all.end());
  EXPECT_EQ(rest->times, 10);
  EXPECT_EQ(rest->merchant, vault.merchant);
}

TEST_F(RefusalsTest, old_counts_are_forgotten) {
  (void)hold(vault.operation("x", 100));
  RetentionSweep sweep(*vault.database, vault.wall);
  vault.wall.advance(kept_for("token_refusals") - base::milliseconds(1));
  ASSERT_TRUE(sweep.run().ok());
  EXPECT_EQ(told().size(), 1U);
  vault.wall.advance(base::milliseconds(1));
  ASSERT_TRUE(sweep.run().ok());
  EXPECT_TRUE(told().empty());
  (void)hold(vault.operation("x", 100));
  EXPECT_EQ(told().size(), 1U);
}

TEST_F(RefusalsTest, a_merchants_day_full_of_them_is_an_alarm_once_an_hour) {
  const auto refuse = [&](std::int64_t n) {
    ::testing::internal::CaptureStderr();
    ::testing::internal::CaptureStdout();
    for (std::int64_t i = 0; i < n; ++i) (void)hold(vault.operation("x", 100));
    const std::string text = ::testing::internal::GetCapturedStdout() + ::testing::internal::GetCapturedStderr();
    std::size_t alarms = 0;
    for (auto at = text.find("vault_token_refusals"); at != std::string::npos;
         at = text.find("vault_token_refusals", at + 1))
      ++alarms;
    return alarms;
  };
  EXPECT_EQ(refuse(kRefusalAlarm - 1), 0U);
  EXPECT_EQ(refuse(1), 1U);
  EXPECT_EQ(refuse(5), 0U);
  vault.wall.advance(kRefusalAlarmPause);
  EXPECT_EQ(refuse(2), 1U);
}

// Each of a crowd that comes at the same moment is counted.
TEST_F(RefusalsTest, refusals_at_the_same_moment_are_all_counted) {
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&] {
        for (int j = 0; j < 5; ++j) {
          auto request = vault.operation("x", 100);
          while (hold(request).reason() != "TOKEN_UNKNOWN") {
          }
        }
      });
  }
  EXPECT_EQ(times(RefusalReason::unknown), 20);
}

}  // namespace
}  // namespace karv::vault
