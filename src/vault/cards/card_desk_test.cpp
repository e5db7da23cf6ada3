#include "vault/cards/card_desk.h"

#include <atomic>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "vault/cards/card_repository.h"
#include "vault/retention/sweep.h"
#include "vault/test_support.h"

namespace karv::vault {
namespace {

using testing::checked_card;

class CardDeskTest : public ::testing::Test {
 protected:
  vault_api::TicketRequest request(Purpose purpose = Purpose::purchase) const {
    vault_api::TicketRequest r;
    r.customer = vault.customer;
    if (purpose != Purpose::saved) r.merchant = vault.merchant;
    r.purpose = purpose;
    r.frame_ancestors = {"https://shop.localhost:8446"};
    r.parent_origin = "https://pay.localhost:8443";
    return r;
  }
  std::string ticket() { return vault.desk->create_ticket(vault.tenant, request()).value().ticket; }
  vault_api::CollectRequest collect(const std::string& text) const {
    return {.ticket = text, .customer = vault.customer, .merchant = vault.merchant};
  }
  SealedCard sealed_of(const std::string& token) { return vault.sealed_card(token); }
  StoredCard row_of(const std::string& token) { return sealed_of(token).card; }

  testing::Disk disk;
  testing::TestVault vault{disk, nullptr};
};

TEST_F(CardDeskTest, a_ticket_opens_the_form_once_and_gives_its_token_once) {
  const auto made = vault.desk->create_ticket(vault.tenant, request()).value();
  EXPECT_EQ(made.frame_url, "https://vault.localhost:8444/frame/v1/card?ticket=" + made.ticket);
  EXPECT_EQ(made.expires_at, (vault.wall.now() + base::minutes(30)).ms);
  const auto facts = vault.desk->find_frame(made.ticket).value();
  EXPECT_EQ(facts.frame_ancestors, "https://shop.localhost:8446 https://pay.localhost:8443");
  EXPECT_EQ(vault.desk->collect_ticket(vault.tenant, collect(made.ticket)).error().reason(), "TICKET_NOT_FILLED");

  const auto filled = vault.desk->fill_ticket(made.ticket, checked_card()).value();
  EXPECT_EQ(filled.brand, "visa");
  EXPECT_EQ(filled.last4, "1111");
  EXPECT_EQ(vault.desk->find_frame(made.ticket).error().reason(), "TICKET_USED");
  EXPECT_EQ(vault.desk->fill_ticket(made.ticket, checked_card()).error().reason(), "TICKET_USED");

  const auto card = vault.desk->collect_ticket(vault.tenant, collect(made.ticket)).value();
  EXPECT_EQ(card.expiry_month, 12);
  EXPECT_EQ(card.expiry_year, 2030);
  EXPECT_EQ(vault.desk->collect_ticket(vault.tenant, collect(made.ticket)).error().reason(), "TICKET_USED");
}

TEST_F(CardDeskTest, unknown_expired_and_foreign_tickets_are_refused) {
  for (const std::string& text : {std::string(), std::string("x"), std::string(43, 'A'), std::string(100'000, 'A')})
    EXPECT_EQ(vault.desk->fill_ticket(text, checked_card()).error().reason(), "TICKET_UNKNOWN");

  const auto filled = ticket();
  ASSERT_TRUE(vault.desk->fill_ticket(filled, checked_card()).ok());
  const auto nowhere = vault.desk->collect_ticket(vault.tenant, collect(std::string(43, 'A'))).error();
  EXPECT_EQ(nowhere.reason(), "TICKET_UNKNOWN");
  auto of_another_customer = collect(filled);
  of_another_customer.customer = CustomerRef(vault.merchant.uuid());
  auto at_another_merchant = collect(filled);
  at_another_merchant.merchant = MerchantRef(vault.customer.uuid());
  for (const auto& foreign : {of_another_customer, at_another_merchant}) {
    const auto refused = vault.desk->collect_ticket(vault.tenant, foreign).error();
    EXPECT_EQ(refused.code(), nowhere.code());
    EXPECT_EQ(refused.reason(), nowhere.reason());
    EXPECT_EQ(refused.public_text(), nowhere.public_text());
  }

  const auto open = ticket();
  vault.wall.advance(base::minutes(30));
  EXPECT_EQ(vault.desk->find_frame(open).error().reason(), "TICKET_EXPIRED");
  EXPECT_EQ(vault.desk->fill_ticket(open, checked_card()).error().reason(), "TICKET_EXPIRED");
  EXPECT_EQ(vault.desk->collect_ticket(vault.tenant, collect(filled)).error().reason(), "TICKET_EXPIRED");
  vault.wall.advance(base::days(2));
  ASSERT_TRUE(RetentionSweep(*vault.database, vault.wall).run().ok());
  EXPECT_EQ(vault.desk->find_frame(open).error().reason(), "TICKET_UNKNOWN");
}

TEST_F(CardDeskTest, asking_for_a_ticket_leaves_it_open) {
  const auto text = ticket();
  EXPECT_TRUE(vault.desk->check_ticket(text).ok());
  EXPECT_TRUE(vault.desk->check_ticket(text).ok());
  EXPECT_EQ(vault.codes.size(), 0U);
  EXPECT_TRUE(vault.desk->fill_ticket(text, checked_card()).ok());
  EXPECT_EQ(vault.desk->check_ticket(text).error().reason(), "TICKET_USED");
  EXPECT_EQ(vault.desk->check_ticket("x").error().reason(), "TICKET_UNKNOWN");
}

TEST_F(CardDeskTest, origins_that_could_change_the_policy_are_refused) {
  for (const auto* origin : {"https://a; script-src *", "http://shop.localhost", "https://", "https://a b", "*",
                             "https:", "'self'", "https://shop.localhost:", "https://shop.localhost/path",
                             "https://shop.localhost:123456", "https://Shop.localhost", "https://.a"}) {
    auto r = request();
    r.frame_ancestors = {origin};
    EXPECT_FALSE(vault.desk->create_ticket(vault.tenant, r).ok()) << origin;
    r = request();
    r.parent_origin = origin;
    EXPECT_FALSE(vault.desk->create_ticket(vault.tenant, r).ok()) << origin;
  }
  auto r = request();
  r.frame_ancestors.assign(21, "https://a.example");
  EXPECT_FALSE(vault.desk->create_ticket(vault.tenant, r).ok());
  r = request(Purpose::refund);
  EXPECT_FALSE(vault.desk->create_ticket(vault.tenant, r).ok());
  r = request();
  r.merchant.reset();
  EXPECT_FALSE(vault.desk->create_ticket(vault.tenant, r).ok());
}

TEST_F(CardDeskTest, the_same_card_of_one_customer_is_one_row_and_two_customers_have_one_each) {
  const auto first = vault.make_card();
  const auto again = vault.make_card();
  EXPECT_EQ(first.fingerprint, again.fingerprint);
  EXPECT_NE(first.vault_token, again.vault_token);
  EXPECT_EQ(row_of(first.vault_token).id, row_of(again.vault_token).id);
  EXPECT_NE(vault.make_card(testing::kMastercard).fingerprint, first.fingerprint);
  vault.customer = CustomerRef(vault.agreement.uuid());
  const auto other = vault.make_card();
  EXPECT_EQ(other.fingerprint, first.fingerprint);  // the tenant's risk rules may see that it is the same card
  EXPECT_NE(row_of(other.vault_token).id, row_of(first.vault_token).id);
  EXPECT_NE(row_of(other.vault_token).subject_key, row_of(first.vault_token).subject_key);
}

TEST_F(CardDeskTest, a_sealed_card_opens_in_its_own_row_only) {
  const auto sealed = sealed_of(vault.make_card().vault_token);
  ASSERT_EQ(vault.cards->open(sealed)->number.expose_text(), testing::kVisa);
  EXPECT_EQ(vault.cards->open(sealed)->name.expose_text(), "Astrid Test");
  auto moved = sealed;
  moved.card.customer = CustomerRef(vault.merchant.uuid());
  EXPECT_FALSE(vault.cards->open(moved).ok());
  moved = sealed;
  moved.card.id = CardId(vault.merchant.uuid());
  EXPECT_FALSE(vault.cards->open(moved).ok());
  moved = sealed;
  moved.card.sealed[20] ^= 1;
  EXPECT_FALSE(vault.cards->open(moved).ok());
  moved.card.sealed.resize(11);
  EXPECT_FALSE(vault.cards->open(moved).ok());
  moved = sealed;
  vault.customer = CustomerRef(vault.agreement.uuid());
  moved.card.sealed = sealed_of(vault.make_card().vault_token).card.sealed;  // the same card of somebody else
  EXPECT_FALSE(vault.cards->open(moved).ok());
  EXPECT_TRUE(vault.cards->open(sealed).ok());
}

TEST_F(CardDeskTest, many_forms_of_one_new_customer_make_one_key_and_one_card) {
  std::vector<std::string> tickets;
  tickets.reserve(8);
  for (int i = 0; i < 8; ++i) tickets.push_back(ticket());
  std::atomic<int> filled = 0;
  {
    std::vector<std::jthread> threads;
    threads.reserve(tickets.size());
    for (const auto& text : tickets)
      threads.emplace_back([&, text] { filled += vault.desk->fill_ticket(text, checked_card()).ok() ? 1 : 0; });
  }
  EXPECT_GE(filled, 4);  // who is overtaken four times in a row tries again
  std::set<std::pair<CardId, SubjectKeyId>> rows;
  for (const auto& text : tickets)
    if (const auto card = vault.desk->collect_ticket(vault.tenant, collect(text)); card.ok())
      rows.emplace(row_of(card->vault_token).id, row_of(card->vault_token).subject_key);
  EXPECT_EQ(rows.size(), 1U);
}

TEST_F(CardDeskTest, derived_tokens_are_narrower_and_unknown_ones_are_refused) {
  const auto card = vault.make_card();
  EXPECT_EQ(row_of(vault.derive(card.vault_token, Purpose::refund, 500)).last4, "1111");
  vault_api::DeriveRequest r;
  r.vault_token = "unknown";
  r.customer = vault.customer;
  r.merchant = vault.merchant;
  r.purpose = Purpose::refund;
  EXPECT_EQ(vault.desk->derive_token(vault.tenant, r).error().reason(), "TOKEN_UNKNOWN");
  r.vault_token = vault.derive(card.vault_token, Purpose::refund, 500);
  EXPECT_EQ(vault.desk->derive_token(vault.tenant, r).error().reason(), "SCOPE_REFUSED");  // refund gives nothing on
  r.vault_token = card.vault_token;
  r.merchant = MerchantRef(vault.customer.uuid());
  EXPECT_EQ(vault.desk->derive_token(vault.tenant, r).error().reason(), "TOKEN_UNKNOWN");
  r.merchant.reset();
  EXPECT_EQ(vault.desk->derive_token(vault.tenant, r).error().reason(), "INVALID_SCOPE");
}

TEST_F(CardDeskTest, a_test_card_is_a_card_like_any_other) {
  vault_api::TestCardRequest r;
  r.customer = vault.customer;
  r.merchant = vault.merchant;
  const auto card = vault.desk->take_test_card(vault.tenant, r, checked_card()).value();
  EXPECT_EQ(card.fingerprint, vault.make_card().fingerprint);
  r.purpose = Purpose::installments;  // needs an agreement, which test cards do not have
  EXPECT_FALSE(vault.desk->take_test_card(vault.tenant, r, checked_card()).ok());
}

}  // namespace
}  // namespace karv::vault
