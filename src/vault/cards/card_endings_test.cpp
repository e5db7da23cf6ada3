#include "vault/cards/card_endings.h"

#include <atomic>
#include <future>

#include <gtest/gtest.h>

#include "vault/cards/card_repository.h"
#include "vault/test_support.h"

namespace karv::vault {
namespace {

using testing::eventually;

class CardEndingsTest : public ::testing::Test {
 protected:
  static constexpr auto kWindow = base::days(180);

  vault_api::EndCardRequest ending(const std::string& token) {
    const auto now = vault.wall.now();
    return {.vault_token = token,
            .customer = vault.customer,
            .replaced_by = std::nullopt,
            .refund_until = (now + kWindow).ms,
            .business_time = now.ms};
  }
  std::int64_t end(const vault_api::EndCardRequest& request) {
    return vault.endings->end(vault.tenant, request).value().tokens_ended;
  }
  std::string run(OperationKind kind, const vault_api::CardOperation& request) {
    const auto answer = vault.operations->run(vault.tenant, kind, request);
    return answer.ok() ? "" : answer.error().reason();
  }
  std::string hold(const std::string& token) { return run(OperationKind::hold, vault.operation(token, 100)); }
  // A hold that is approved and completed.
  OperationId bought(const std::string& token) {
    const auto hold = vault.operation(token, 1000);
    EXPECT_EQ(run(OperationKind::hold, hold), "");
    const auto part = vault.operation(token, 600, hold.operation);
    EXPECT_EQ(run(OperationKind::complete, part), "");
    EXPECT_TRUE(eventually([&] { return vault.state_of(part.operation) == OperationState::confirmed; }));
    return hold.operation;
  }
  vault_api::SweepCardsAnswer sweep(base::Instant now) {
    return vault.endings->sweep(vault.tenant, {.business_time = now.ms}).value();
  }
  bool is_stored(CardId id) {
    return vault.database
        ->read<bool>("test",
                     [&](store::ReadTx& tx) -> base::Result<bool> {
                       KARV_TRY(const auto found, find_card(tx, id));
                       return found.has_value();
                     })
        .value();
  }

  testing::Disk disk;
  testing::FakePeer peer;
  testing::TestVault vault{disk, &peer};
};

TEST_F(CardEndingsTest, a_deleted_card_is_charged_by_no_token_and_gives_back_what_it_paid) {
  const auto saved = vault.make_card(testing::kVisa, Purpose::saved).vault_token;
  const auto purchase = vault.derive(saved, Purpose::purchase);
  const auto guest = vault.make_card().vault_token;  // the same card, typed at another time
  const auto refund_made_before = vault.derive(purchase, Purpose::refund);
  const auto original = bought(purchase);
  const auto open = vault.operation(purchase, 50);
  ASSERT_EQ(run(OperationKind::hold, open), "");

  EXPECT_EQ(end(ending(saved)), 4);
  EXPECT_EQ(end(ending(saved)), 0);
  for (const auto& token : {purchase, guest}) EXPECT_EQ(hold(token), "SCOPE_REFUSED");
  EXPECT_EQ(run(OperationKind::charge, vault.operation(purchase, 10, original)), "SCOPE_REFUSED");
  vault_api::DeriveRequest wanted;
  wanted.vault_token = saved;
  wanted.customer = vault.customer;
  wanted.merchant = vault.merchant;
  EXPECT_EQ(vault.desk->derive_token(vault.tenant, wanted).error().reason(), "SCOPE_REFUSED");

  EXPECT_EQ(run(OperationKind::refund, vault.operation(refund_made_before, 100, original)), "");
  const auto refund_made_after = vault.derive(purchase, Purpose::refund);
  EXPECT_EQ(run(OperationKind::refund, vault.operation(refund_made_after, 100, original)), "");
  EXPECT_EQ(run(OperationKind::reverse, vault.operation(purchase, 0, open.operation)), "");
}

TEST_F(CardEndingsTest, after_the_refund_window_nothing_of_it_is_left) {
  const auto card = vault.make_card();
  const auto id = vault.sealed_card(card.vault_token).card.id;
  const auto original = bought(card.vault_token);
  const auto refund = vault.derive(card.vault_token, Purpose::refund);
  const auto until = vault.wall.now() + kWindow;
  end(ending(card.vault_token));
  EXPECT_EQ(sweep(until - base::milliseconds(1)).looked_at, 0);
  EXPECT_TRUE(is_stored(id));

  auto late = vault.operation(refund, 100, original);
  late.business_time = until.ms;
  EXPECT_EQ(run(OperationKind::refund, late), "SCOPE_REFUSED");
  const auto removed = sweep(until);
  EXPECT_EQ(removed.tokens_removed, 2);
  EXPECT_EQ(removed.cards_removed, 1);
  EXPECT_FALSE(is_stored(id));
  EXPECT_EQ(run(OperationKind::refund, vault.operation(refund, 100, original)), "TOKEN_UNKNOWN");
  EXPECT_EQ(vault.endings->end(vault.tenant, ending(card.vault_token)).error().reason(), "TOKEN_UNKNOWN");
  EXPECT_EQ(sweep(until).looked_at, 0);
}

TEST_F(CardEndingsTest, another_tenants_server_removes_nothing) {
  const auto card = vault.make_card();
  end(ending(card.vault_token));
  const TenantId other(vault.customer.uuid());
  const auto long_after = vault.wall.now() + base::days(1000);
  EXPECT_EQ(vault.endings->sweep(other, {.business_time = long_after.ms}).value().looked_at, 0);
  EXPECT_EQ(sweep(long_after).cards_removed, 1);
}

TEST_F(CardEndingsTest, control_9_an_expired_token_goes_thirty_days_later_and_the_card_with_its_last) {
  const auto card = vault.make_card();
  const auto id = vault.sealed_card(card.vault_token).card.id;
  const auto expiring = [&](const std::string& from, base::Instant at) {
    vault_api::DeriveRequest wanted;
    wanted.vault_token = from;
    wanted.customer = vault.customer;
    wanted.merchant = vault.merchant;
    wanted.purpose = Purpose::recurring;
    wanted.currency = "EUR";
    wanted.most_each_minor = 100;
    wanted.expires_at = at.ms;
    wanted.business_time = vault.wall.now().ms;
    return vault.desk->derive_token(vault.tenant, wanted).value().vault_token;
  };
  const auto end = vault.wall.now() + base::days(10);
  const auto subscription = expiring(card.vault_token, end);
  EXPECT_EQ(sweep(end + base::days(30) - base::milliseconds(1)).looked_at, 0);
  const auto first = sweep(end + base::days(30));
  EXPECT_EQ(first.tokens_removed, 1);
  EXPECT_EQ(first.cards_removed, 0);  // the purchase's own token has no end
  const auto gone = vault.operation(subscription, 10, OperationId(vault.customer.uuid()));
  EXPECT_EQ(run(OperationKind::charge, gone), "TOKEN_UNKNOWN");
  EXPECT_TRUE(is_stored(id));

  (void)expiring(card.vault_token, end);
  ASSERT_TRUE(vault.database
                  ->write<void>("test",
                                [&](store::Tx& tx) -> base::Result<void> {
                                  const auto digests =
                                      vault.keys->get().value()->token_digests(vault.tenant, card.vault_token);
                                  KARV_TRY(const auto found, find_token_of(tx, digests));
                                  delete_token(tx, *found);
                                  return {};
                                })
                  .ok());
  EXPECT_EQ(sweep(end + base::days(30)).cards_removed, 1);
  EXPECT_FALSE(is_stored(id));
}

TEST_F(CardEndingsTest, what_is_still_under_way_keeps_its_card) {
  const auto card = vault.make_card();
  const auto id = vault.sealed_card(card.vault_token).card.id;
  const auto original = bought(card.vault_token);
  const auto refund = vault.operation(vault.derive(card.vault_token, Purpose::refund), 100, original);
  peer.refuse_sends(true);
  EXPECT_EQ(run(OperationKind::refund, refund), "");
  EXPECT_EQ(vault.state_of(refund.operation), OperationState::repeating);
  end(ending(card.vault_token));
  const auto after = vault.wall.now() + kWindow;
  EXPECT_EQ(sweep(after).looked_at, 0);
  EXPECT_TRUE(is_stored(id));
  peer.refuse_sends(false);
  vault.wall.advance(base::seconds(10));
  EXPECT_TRUE(eventually([&] { return vault.state_of(refund.operation) == OperationState::approved; }));
  EXPECT_EQ(sweep(after).cards_removed, 1);
}

TEST_F(CardEndingsTest, a_card_that_is_typed_again_goes_on_without_its_former_tokens) {
  const auto before = vault.make_card(testing::kVisa, Purpose::saved).vault_token;
  const auto purchase = vault.derive(before, Purpose::purchase);
  end(ending(before));
  const auto again = vault.make_card(testing::kVisa, Purpose::saved).vault_token;
  EXPECT_EQ(vault.sealed_card(again).card.id, vault.sealed_card(before).card.id);
  EXPECT_EQ(hold(purchase), "SCOPE_REFUSED");
  EXPECT_EQ(hold(vault.derive(again, Purpose::purchase)), "");
  const auto removed = sweep(vault.wall.now() + kWindow);
  EXPECT_EQ(removed.tokens_removed, 2);
  EXPECT_EQ(removed.cards_removed, 0);
  EXPECT_EQ(hold(vault.derive(again, Purpose::purchase)), "");
}

// The deletion was on its way when the customer typed the card again.
TEST_F(CardEndingsTest, an_ending_that_comes_late_spares_what_replaced_the_card) {
  const auto before = vault.make_card(testing::kVisa, Purpose::saved).vault_token;
  const auto purchase = vault.derive(before, Purpose::purchase);
  vault.wall.advance(base::seconds(1));
  const auto again = vault.make_card(testing::kVisa, Purpose::saved).vault_token;
  const auto later = vault.derive(again, Purpose::purchase);
  auto request = ending(before);
  request.replaced_by = again;
  // Minted in the same millisecond of the test's clock.
  EXPECT_EQ(end(request), 3);
  EXPECT_EQ(hold(purchase), "SCOPE_REFUSED");
  EXPECT_EQ(hold(later), "SCOPE_REFUSED");
  vault.wall.advance(base::seconds(1));
  EXPECT_EQ(hold(vault.derive(again, Purpose::purchase)), "");
  EXPECT_EQ(end(request), 0);

  const auto other = vault.make_card(testing::kMastercard, Purpose::saved).vault_token;
  request = ending(again);
  request.replaced_by = other;
  EXPECT_EQ(end(request), 2);
  EXPECT_EQ(hold(vault.derive(other, Purpose::purchase)), "");
}

TEST_F(CardEndingsTest, requests_about_somebody_elses_or_no_card_are_refused_and_counted) {
  const auto card = vault.make_card();
  auto request = ending(card.vault_token);
  request.customer = CustomerRef(vault.merchant.uuid());
  const auto foreign = vault.endings->end(vault.tenant, request).error();
  const auto unknown = vault.endings->end(vault.tenant, ending("x")).error();
  EXPECT_EQ(foreign.reason(), "TOKEN_UNKNOWN");
  EXPECT_EQ(unknown.reason(), "TOKEN_UNKNOWN");
  EXPECT_EQ(foreign.public_text(), unknown.public_text());
  EXPECT_EQ(vault.refusals->tell(vault.tenant, {.since = 0}).value().counts.size(), 2U);
  request = ending(card.vault_token);
  request.refund_until = request.business_time - 1;
  EXPECT_EQ(vault.endings->end(vault.tenant, request).error().reason(), "BAD_VALUE");
  EXPECT_EQ(hold(card.vault_token), "");
}

TEST_F(CardEndingsTest, a_form_that_was_filled_before_the_card_ended_gives_no_token) {
  const auto card = vault.make_card();
  vault_api::TicketRequest request;
  request.customer = vault.customer;
  request.merchant = vault.merchant;
  request.parent_origin = "https://pay.localhost:8443";
  const auto ticket = vault.desk->create_ticket(vault.tenant, request).value().ticket;
  ASSERT_TRUE(vault.desk->fill_ticket(ticket, testing::checked_card()).ok());
  end(ending(card.vault_token));
  EXPECT_EQ(
      vault.desk
          ->collect_ticket(vault.tenant, {.ticket = ticket, .customer = vault.customer, .merchant = vault.merchant})
          .error()
          .reason(),
      "TICKET_USED");
}

// Somebody typed it again and went away: it is removed as if nobody had.
TEST_F(CardEndingsTest, a_form_that_nobody_collects_brings_no_card_back) {
  const auto card = vault.make_card();
  end(ending(card.vault_token));
  vault_api::TicketRequest request;
  request.customer = vault.customer;
  request.merchant = vault.merchant;
  request.parent_origin = "https://pay.localhost:8443";
  const auto ticket = vault.desk->create_ticket(vault.tenant, request).value().ticket;
  ASSERT_TRUE(vault.desk->fill_ticket(ticket, testing::checked_card()).ok());
  EXPECT_EQ(hold(card.vault_token), "SCOPE_REFUSED");
  EXPECT_EQ(sweep(vault.wall.now() + kWindow).cards_removed, 1);
  const vault_api::CollectRequest collect{.ticket = ticket, .customer = vault.customer, .merchant = vault.merchant};
  EXPECT_EQ(vault.desk->collect_ticket(vault.tenant, collect).error().reason(), "TICKET_EXPIRED");
}

// Charges, new tokens and the end contend for one row: once the end was answered, nothing is asked of the network.
TEST_F(CardEndingsTest, of_charges_and_an_ending_at_the_same_moment_none_comes_after_it) {
  const auto saved = vault.make_card(testing::kVisa, Purpose::saved).vault_token;
  const auto purchase = vault.derive(saved, Purpose::purchase);
  std::atomic<bool> ended = false;
  std::atomic<int> late = 0;
  std::atomic<int> before = 0;
  std::vector<std::future<void>> callers;
  for (int i = 0; i < 3; ++i)
    callers.push_back(std::async(std::launch::async, [&] {
      for (int j = 0; j < 1000; ++j) {
        const bool after = ended;
        const auto answer = vault.operations->run(vault.tenant, OperationKind::hold, vault.operation(purchase, 1));
        if (!answer.ok() && answer.error().reason() == "SCOPE_REFUSED") return;
        (after ? late : before) += answer.ok() ? 1 : 0;
      }
    }));
  auto deriving = std::async(std::launch::async, [&] {
    std::vector<std::string> tokens;
    for (int j = 0; j < 1000; ++j) {
      vault_api::DeriveRequest wanted;
      wanted.vault_token = saved;
      wanted.customer = vault.customer;
      wanted.merchant = vault.merchant;
      const auto token = vault.desk->derive_token(vault.tenant, wanted);
      if (!token.ok() && token.error().reason() == "SCOPE_REFUSED") break;
      if (token.ok()) tokens.push_back(token->vault_token);
    }
    return tokens;
  });
  EXPECT_TRUE(eventually([&] { return before > 3; }));
  end(ending(saved));
  ended = true;
  for (auto& caller : callers) caller.get();
  EXPECT_EQ(late, 0);
  for (const auto& token : deriving.get()) EXPECT_EQ(hold(token), "SCOPE_REFUSED");
}

}  // namespace
}  // namespace karv::vault
