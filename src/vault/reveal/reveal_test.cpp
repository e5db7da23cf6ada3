#include <atomic>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "vault/reveal/repository.h"
#include "vault/reveal/test_people.h"

namespace karv::vault {
namespace {

using testing::Person;
using testing::reason_of;
using ::testing::UnorderedElementsAre;

class RevealTest : public ::testing::Test {
 protected:
  std::string number_of(const base::Result<ShownCard>& shown) {
    return shown.ok() ? std::string(shown->number.expose_text()) : "refused: " + shown.error().reason();
  }
  // Asked for and approved.
  RequestView approved(const RevealWords& words) {
    const auto request = at.ask(anna, words).value();
    return at.approve(bela, request).value();
  }

  testing::Disk disk;
  testing::TestVault vault{disk, nullptr};
  testing::Reveals at{vault, {.masked = 5, .partial = 3, .full = 4}};
  Person anna = at.make_person("Anna", Clearance::full_request);
  Person bela = at.make_person("Bela", Clearance::approve);
  CardId card = at.card_of(vault.make_card().vault_token);
};

TEST_F(RevealTest, control_15_a_full_number_is_shown_after_another_persons_approval_of_the_same_words) {
  const auto words = at.words(card, RevealLevel::full);
  const auto request = at.ask(anna, words).value();
  EXPECT_EQ(request.state, RevealState::requested);
  EXPECT_EQ(number_of(at.look(anna, request.request)), "refused: REQUEST_NOT_APPROVED");
  const auto waiting = at.list(bela)->to_decide;
  ASSERT_EQ(waiting.size(), 1U);
  EXPECT_EQ(waiting.front().words, json::encode(words));
  EXPECT_EQ(waiting.front().requester, "Anna");
  EXPECT_EQ(at.approve(bela, waiting.front())->state, RevealState::approved);
  const auto shown = at.look(anna, request.request).value();
  EXPECT_EQ(shown.number.expose_text(), testing::kVisa);
  EXPECT_EQ(shown.expiry.expose_text().size(), 5U);
  EXPECT_EQ(shown.brand, "visa");
  EXPECT_EQ(shown.looks_left, 0);
  EXPECT_EQ(shown.hide_at, (vault.wall.now() + base::seconds(60)).ms);
  EXPECT_EQ(number_of(at.look(anna, request.request)), "refused: REQUEST_USED");
  EXPECT_THAT(
      at.actions_of({.kind = "card", .id = card.text()}),
      UnorderedElementsAre("reveal_requested", "reveal_denied", "reveal_approved", "reveal_looked", "reveal_denied"));
}

TEST_F(RevealTest, control_14_fewer_digits_need_clearance_alone_and_show_bin_and_last_four_at_most) {
  Person masked = at.make_person("Mika", Clearance::masked);
  Person partial = at.make_person("Pia", Clearance::partial);
  const auto seen = [&](Person& person, RevealLevel level) {
    const auto request = at.ask(person, at.words(card, level));
    return request.ok() ? number_of(at.look(person, request->request)) : "refused: " + request.error().reason();
  };
  EXPECT_EQ(seen(masked, RevealLevel::masked), "************1111");
  EXPECT_EQ(seen(masked, RevealLevel::partial), "refused: CLEARANCE_TOO_LOW");
  EXPECT_EQ(seen(masked, RevealLevel::full), "refused: CLEARANCE_TOO_LOW");
  EXPECT_EQ(seen(partial, RevealLevel::partial), "41111111****1111");
  EXPECT_EQ(seen(partial, RevealLevel::full), "refused: CLEARANCE_TOO_LOW");
  EXPECT_EQ(seen(bela, RevealLevel::full), "refused: CLEARANCE_TOO_LOW");
}

TEST_F(RevealTest, control_15_nobody_approves_his_own_request_whatever_he_signs) {
  const auto words = at.words(card, RevealLevel::full);
  const auto request = at.ask(anna, words).value();
  EXPECT_EQ(reason_of(at.approve(anna, request)), "SELF_APPROVAL");
  // The signature with which he asked, sent again as an approval: used up.
  const auto again = at.words(card, RevealLevel::full);
  const auto asking = at.sign(anna, json::encode(again));
  ASSERT_TRUE(at.reveal.ask(asking).ok());
  EXPECT_EQ(reason_of(at.reveal.approve(asking)), "PASSKEY_REFUSED");
  EXPECT_EQ(number_of(at.look(anna, request.request)), "refused: REQUEST_NOT_APPROVED");
}

TEST_F(RevealTest, control_15_an_approval_counts_for_these_words_this_person_and_this_time) {
  const auto words = at.words(card, RevealLevel::full);
  const auto request = at.ask(anna, words).value();
  // For another card, a longer time, more looks, under the same id: not what was asked for.
  const auto changed = [&](auto change) {
    auto other = words;
    change(other);
    return reason_of(at.reveal.approve(at.sign(bela, json::encode(other))));
  };
  EXPECT_EQ(changed([&](RevealWords& w) { w.card = CardId(base::Uuid{5}); }), "REQUEST_UNKNOWN");
  EXPECT_EQ(changed([&](RevealWords& w) { w.expires_at += 1; }), "REQUEST_UNKNOWN");
  EXPECT_EQ(changed([&](RevealWords& w) { w.looks = 3; }), "REQUEST_UNKNOWN");
  EXPECT_EQ(changed([&](RevealWords& w) { w.id = RevealId(base::Uuid{5}); }), "REQUEST_UNKNOWN");
  // Signed for one text, sent with another.
  auto forged = at.sign(bela, json::encode(at.words(card, RevealLevel::partial)));
  forged.words = json::encode(words);
  EXPECT_EQ(reason_of(at.reveal.approve(forged)), "PASSKEY_REFUSED");
  ASSERT_TRUE(at.approve(bela, request).ok());
  // Another person with the same clearance looks at it: there is no such request of his.
  Person carl = at.make_person("Carl", Clearance::full_request);
  EXPECT_EQ(number_of(at.look(carl, request.request)), "refused: REQUEST_UNKNOWN");
  EXPECT_EQ(number_of(at.look(carl, RevealId(base::Uuid{5}))), "refused: REQUEST_UNKNOWN");
  vault.wall.advance(base::minutes(15));
  EXPECT_EQ(number_of(at.look(anna, request.request)), "refused: REQUEST_EXPIRED");
  EXPECT_EQ(at.list(anna)->mine.front().state, RevealState::expired);
}

TEST_F(RevealTest, a_refused_or_taken_back_request_shows_nothing) {
  const auto first = at.ask(anna, at.words(card, RevealLevel::full)).value();
  EXPECT_EQ(at.refuse(bela, first.request)->state, RevealState::refused);
  EXPECT_EQ(reason_of(at.approve(bela, first)), "REQUEST_DECIDED");
  EXPECT_EQ(number_of(at.look(anna, first.request)), "refused: REQUEST_NOT_APPROVED");
  const auto second = approved(at.words(card, RevealLevel::full));
  EXPECT_EQ(reason_of(at.refuse(anna, second.request)), "SELF_APPROVAL");
  EXPECT_TRUE(at.refuse(bela, second.request).ok());
  EXPECT_EQ(number_of(at.look(anna, second.request)), "refused: REQUEST_NOT_APPROVED");
  const auto late = at.ask(anna, at.words(card, RevealLevel::full)).value();
  vault.wall.advance(base::minutes(15));
  EXPECT_EQ(reason_of(at.approve(bela, late)), "REQUEST_EXPIRED");
}

TEST_F(RevealTest, control_50_an_approval_is_worth_nothing_once_either_person_has_left) {
  const auto first = approved(at.words(card, RevealLevel::full));
  ASSERT_TRUE(at.staff.remove({.staff = bela.id}, at.kOperator).ok());
  EXPECT_EQ(number_of(at.look(anna, first.request)), "refused: REQUEST_NOT_APPROVED");
  bela = at.make_person("Bela the second", Clearance::approve);
  const auto second = approved(at.words(card, RevealLevel::full));
  ASSERT_TRUE(at.staff.remove({.staff = anna.id}, at.kOperator).ok());
  EXPECT_EQ(number_of(at.look(anna, second.request)), "refused: STAFF_NOT_ACTIVE");
}

TEST_F(RevealTest, a_request_allows_the_looks_that_were_signed_and_not_one_more) {
  auto words = at.words(card, RevealLevel::full);
  words.looks = 3;
  const auto request = approved(words);
  for (int left = 2; left >= 0; --left) EXPECT_EQ(at.look(anna, request.request)->looks_left, left);
  EXPECT_EQ(number_of(at.look(anna, request.request)), "refused: REQUEST_USED");
}

TEST_F(RevealTest, control_16_a_person_sees_so_many_a_day_across_restarts_and_requests) {
  for (int i = 0; i < 3; ++i) {
    auto words = at.words(card, RevealLevel::partial);
    const auto request = at.ask(anna, words).value();
    EXPECT_TRUE(at.look(anna, request.request).ok());
  }
  EXPECT_EQ(reason_of(at.ask(anna, at.words(card, RevealLevel::partial))), "DAY_LIMIT");
  RevealDesk restarted(*vault.database, *vault.keys, *vault.cards, at.gate, vault.wall, vault.random,
                       {.masked = 5, .partial = 3, .full = 4});
  EXPECT_EQ(reason_of(restarted.ask(at.sign(anna, json::encode(at.words(card, RevealLevel::partial))))), "DAY_LIMIT");
  EXPECT_TRUE(at.ask(bela, at.words(card, RevealLevel::partial)).ok());  // hers are her own
  // More looks than the day allows, all of them in requests from before.
  std::vector<RevealId> requests;
  for (int i = 0; i < 2; ++i) {
    auto words = at.words(card, RevealLevel::full);
    words.looks = 3;
    requests.push_back(approved(words).request);
  }
  int seen = 0;
  for (const auto request : requests)
    for (int i = 0; i < 3; ++i) seen += at.look(anna, request).ok() ? 1 : 0;
  EXPECT_EQ(seen, 4);
  EXPECT_EQ(number_of(at.look(anna, requests.back())), "refused: DAY_LIMIT");
  vault.wall.advance(base::hours(24));
  EXPECT_TRUE(at.ask(anna, at.words(card, RevealLevel::partial)).ok());
}

TEST_F(RevealTest, of_many_looks_at_once_one_is_taken) {
  const auto request = approved(at.words(card, RevealLevel::full));
  std::vector<SignedWords> looks;
  for (int i = 0; i < 8; ++i) {
    auto moment = anna.key.signing(at.party);
    moment.sign_count = anna.key.count;
    looks.push_back(at.sign(anna, json::encode(at.act("look", request.request)), moment));
  }
  std::atomic<int> seen = 0;
  {
    std::vector<std::jthread> threads;
    for (const auto& look : looks) threads.emplace_back([&] { seen += at.reveal.look(look).ok() ? 1 : 0; });
  }
  EXPECT_EQ(seen, 1);
  EXPECT_EQ(at.reveal.looks_at(vault.tenant, {.customer = vault.customer})->looks.size(), 1U);
}

TEST_F(RevealTest, control_62_a_signature_counts_once_whatever_became_of_it) {
  const auto asking = at.sign(anna, json::encode(at.words(CardId(base::Uuid{5}), RevealLevel::partial)));
  EXPECT_EQ(reason_of(at.reveal.ask(asking)), "CARD_UNKNOWN");
  EXPECT_EQ(reason_of(at.reveal.ask(asking)), "PASSKEY_REFUSED");
  // The same with a passkey that does not count: the act is no newer than the last.
  Person dora = at.make_person("Dora", Clearance::partial);
  const auto without_counter = [&](const std::string& words) {
    auto moment = dora.key.signing(at.party);
    moment.sign_count = 0;
    return at.sign(dora, words, moment);
  };
  const auto listing = without_counter(json::encode(at.act("list")));
  EXPECT_TRUE(at.reveal.list(listing).ok());
  EXPECT_EQ(reason_of(at.reveal.list(listing)), "ACT_NOT_FRESH");
  const auto old_words = json::encode(at.act("list"));
  vault.wall.advance(base::minutes(5) + base::milliseconds(1));
  EXPECT_EQ(reason_of(at.reveal.list(without_counter(old_words))), "ACT_NOT_FRESH");
  auto ahead = at.act("list");
  ahead.at += base::minutes(6).ms;
  EXPECT_EQ(reason_of(at.reveal.list(without_counter(json::encode(ahead)))), "ACT_NOT_FRESH");
}

TEST_F(RevealTest, control_61_every_act_is_signed_by_a_verified_user_of_a_known_device_bound_passkey_here) {
  const auto refused = [&](auto change) {
    auto moment = anna.key.signing(at.party);
    change(moment);
    return reason_of(at.reveal.list(at.sign(anna, json::encode(at.act("list")), moment)));
  };
  EXPECT_EQ(refused([](auto&) {}), "");
  EXPECT_EQ(refused([](auto& m) { m.flags = 0x01; }), "PASSKEY_REFUSED");
  EXPECT_EQ(refused([](auto& m) { m.flags = 0x0d; }), "PASSKEY_REFUSED");
  EXPECT_EQ(refused([](auto& m) { m.origin = "https://vault.localhost:8444"; }), "PASSKEY_REFUSED");
  EXPECT_EQ(refused([](auto& m) { m.rp_id = "localhost"; }), "PASSKEY_REFUSED");
  EXPECT_EQ(refused([](auto& m) { m.more = R"(,"crossOrigin":true)"; }), "PASSKEY_REFUSED");
  EXPECT_THAT(at.actions_of({.kind = "staff", .id = anna.id.text()}),
              ::testing::Contains("staff_signature_refused").Times(5));
  Person stranger = at.make_stranger();
  EXPECT_EQ(reason_of(at.list(stranger)), "PASSKEY_REFUSED");
  auto broken = at.sign(anna, json::encode(at.act("list")));
  for (auto* field : {&broken.credential, &broken.client_data, &broken.authenticator_data, &broken.signature}) {
    const auto kept = *field;
    for (const std::string& wrong : {std::string(), std::string("="), std::string("AA"), std::string(100'000, 'A')}) {
      *field = wrong;
      EXPECT_EQ(reason_of(at.reveal.list(broken)), "PASSKEY_REFUSED");
    }
    *field = kept;
  }
}

TEST_F(RevealTest, words_that_are_malformed_huge_or_of_another_act_ask_for_nothing) {
  const auto asked = [&](const std::string& words) { return at.reveal.ask(at.sign(anna, words)).ok(); };
  const auto good = json::encode(at.words(card, RevealLevel::partial));
  const auto with = [&](std::string_view from, std::string_view to) {
    auto words = json::encode(at.words(card, RevealLevel::partial));
    const auto begin = words.find(from);
    EXPECT_NE(begin, std::string::npos) << from;
    return words.replace(begin, from.size(), to);
  };
  EXPECT_TRUE(asked(good));
  for (const auto& words :
       {std::string(), std::string("{}"), std::string("[]"), good + " x", good.substr(0, good.size() - 1),
        with("\"act\"", "\"act\":\"reveal\",\"act\""), with("\"looks\":1", "\"looks\":1.0"),
        with("\"looks\":1", "\"looks\":\"1\""), with("partial", "everything"), with("dispute", "curiosity"),
        with("C-2026/12", ""), with("C-2026/12", "C 12"), with("C-2026/12", "4111111111111111"),
        with("the bank asks", "it is 4111 1111 1111 1111"), with("the bank asks", std::string(201, 'x')),
        with("the bank asks", std::string(5000, 'x')), with("\"note\"", "\"hidden\":1,\"note\""),
        with("\"act\":\"reveal\"", "\"act\":\"look\""), json::encode(at.act("list"))})
    EXPECT_FALSE(asked(words)) << words.substr(0, 80);
  // One act's words are no other's.
  EXPECT_FALSE(at.reveal.look(at.sign(anna, json::encode(at.act("refuse", RevealId(base::Uuid{1}))))).ok());
  EXPECT_FALSE(at.reveal.look(at.sign(anna, json::encode(at.act("look")))).ok());
  EXPECT_FALSE(at.reveal.list(at.sign(anna, json::encode(at.act("list", RevealId(base::Uuid{1}))))).ok());
  EXPECT_FALSE(at.reveal.approve(at.sign(bela, json::encode(at.act("refuse", RevealId(base::Uuid{1}))))).ok());
}

TEST_F(RevealTest, a_request_id_that_is_taken_is_refused_also_to_another_person) {
  const auto words = at.words(card, RevealLevel::partial);
  ASSERT_TRUE(at.ask(anna, words).ok());
  EXPECT_EQ(reason_of(at.ask(bela, words)), "REQUEST_TAKEN");
}

TEST_F(RevealTest, a_sealed_vault_shows_nothing_and_counts_nothing) {
  const auto request = at.ask(anna, at.words(card, RevealLevel::masked)).value();
  vault.keys->seal("a test");
  EXPECT_EQ(number_of(at.look(anna, request.request)), "refused: VAULT_SEALED");
  ASSERT_TRUE(vault.keys->unseal(disk.hsm).ok());
  EXPECT_EQ(number_of(at.look(anna, request.request)), "************1111");
}

TEST_F(RevealTest, the_customer_may_read_every_look_and_nobody_elses) {
  const auto request = approved(at.words(card, RevealLevel::full));
  ASSERT_TRUE(at.look(anna, request.request).ok());
  const auto at_full = vault.wall.now();
  vault.wall.advance(base::minutes(1));
  const auto masked = at.ask(bela, at.words(card, RevealLevel::masked)).value();
  ASSERT_TRUE(at.look(bela, masked.request).ok());
  EXPECT_FALSE(at.look(bela, masked.request).ok());  // a refusal is no look
  const auto looks = at.reveal.looks_at(vault.tenant, {.customer = vault.customer})->looks;
  ASSERT_EQ(looks.size(), 2U);
  EXPECT_EQ(looks[0].level, RevealLevel::masked);
  EXPECT_EQ(looks[1].level, RevealLevel::full);
  EXPECT_EQ(looks[1].reason, RevealReason::dispute);
  EXPECT_EQ(looks[1].at, at_full.ms);
  EXPECT_EQ(looks[1].card.uuid(), card.uuid());
  // Another tenant's, another customer's.
  EXPECT_TRUE(at.reveal.looks_at(TenantId(base::Uuid{5}), {.customer = vault.customer})->looks.empty());
  EXPECT_TRUE(at.reveal.looks_at(vault.tenant, {.customer = CustomerRef(base::Uuid{5})})->looks.empty());
}

TEST_F(RevealTest, control_48_what_is_listed_is_capped) {
  const auto written = vault.database->write<void>("test", [&](store::Tx& tx) -> base::Result<void> {
    for (int i = 0; i < 205; ++i)
      insert_look(tx, {.id = base::make_id<LookTag>(vault.wall, vault.random),
                       .request = RevealId(base::Uuid{1}),
                       .tenant = vault.tenant,
                       .customer = vault.customer,
                       .card = card,
                       .staff = anna.id,
                       .at = {i}});
    return {};
  });
  ASSERT_TRUE(written.ok());
  const auto looks = at.reveal.looks_at(vault.tenant, {.customer = vault.customer})->looks;
  ASSERT_EQ(looks.size(), 200U);
  EXPECT_EQ(looks.front().at, 204);
}

TEST_F(RevealTest, a_cards_reference_is_given_for_the_customers_own_token_alone) {
  const auto token = vault.make_card(testing::kMastercard).vault_token;
  const auto reason = [&](TenantId tenant, const std::string& text, CustomerRef customer) {
    return reason_of(at.reveal.reference_of(tenant, {.vault_token = text, .customer = customer}));
  };
  EXPECT_EQ(reason(vault.tenant, token, vault.customer), "");
  EXPECT_EQ(reason(vault.tenant, token, CustomerRef(base::Uuid{5})), "TOKEN_UNKNOWN");
  EXPECT_EQ(reason(TenantId(base::Uuid{5}), token, vault.customer), "TOKEN_UNKNOWN");
  EXPECT_EQ(reason(vault.tenant, token + "x", vault.customer), "TOKEN_UNKNOWN");
  EXPECT_EQ(at.card_of(token), at.card_of(vault.derive(token, Purpose::refund)));
}

TEST_F(RevealTest, both_signatures_over_the_words_can_be_checked_again_from_the_row) {
  const auto request = approved(at.words(card, RevealLevel::full));
  const auto row = vault.database
                       ->read<std::optional<RevealRequest>>(
                           "test", [&](store::ReadTx& tx) { return find_request(tx, request.request); })
                       .value();
  const auto challenge = base::to_base64url(words_challenge(row->words));
  for (const auto& proof : {row->asked_proof, row->decided_proof})
    EXPECT_NE(base::as_text(proof).find(challenge), std::string_view::npos);
  EXPECT_NE(row->asked_proof, row->decided_proof);
  EXPECT_EQ(row->decided_by, bela.id);
}

}  // namespace
}  // namespace karv::vault
