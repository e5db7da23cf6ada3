#include "vault/operations/operations.h"

#include <future>
#include <map>

#include <gtest/gtest.h>

#include "vault/cards/card_repository.h"
#include "vault/test_support.h"
#include "wire/iso8583_parts.h"

namespace karv::vault {
namespace {

using testing::Behavior;
using testing::eventually;
namespace iso = wire::iso8583;

class OperationsTest : public ::testing::Test {
 protected:
  void SetUp() override { restart(); }
  void restart() {
    vault.reset();
    vault = std::make_unique<testing::TestVault>(disk, &peer);
  }
  vault_api::OperationAnswer run(OperationKind kind, const vault_api::CardOperation& request) {
    auto answer = vault->operations->run(vault->tenant, kind, request);
    EXPECT_TRUE(answer.ok()) << answer.error().internal_text() << answer.error().public_text();
    return answer.value();
  }
  std::string refusal(OperationKind kind, const vault_api::CardOperation& request) {
    const auto answer = vault->operations->run(vault->tenant, kind, request);
    return answer.ok() ? "" : answer.error().reason().empty() ? "?" : answer.error().reason();
  }
  // Runs it on another thread, lets the answer time out, and gives what the caller was told.
  vault_api::OperationAnswer run_out_of_time(OperationKind kind, const vault_api::CardOperation& request,
                                             std::string_view mti) {
    const int before = peer.count(mti);
    auto answer = std::async(std::launch::async, [&] { return vault->operations->run(vault->tenant, kind, request); });
    EXPECT_TRUE(eventually([&] { return peer.count(mti) > before; }));
    vault->wall.advance(base::seconds(8));
    return answer.get().value();
  }
  bool becomes(OperationId id, OperationState state) {
    return eventually([&] { return vault->state_of(id) == state; });
  }
  std::int64_t used(const std::string& token) {
    return vault->database
        ->read<std::int64_t>("test",
                             [&](store::ReadTx& tx) -> base::Result<std::int64_t> {
                               const auto ring = vault->keys->get().value();
                               KARV_TRY(const auto found, find_token_of(tx, ring->token_digests(vault->tenant, token)));
                               return found->used_minor;
                             })
        .value();
  }
  std::string code_sent(const iso::Message& message) {
    const auto extra = iso::PrivateData::decode(message.secret(48)->expose()).value();
    const auto* code = extra.find("CV");
    return code == nullptr ? "" : std::string(code->expose_text());
  }

  base::Mutex reported;
  std::map<std::string, int, std::less<>> round_trips KARV_GUARDED_BY(reported);  // of a use case's last write
  testing::Disk disk{[this](const store::WriteReport& report) {
    const base::Lock lock(reported);
    round_trips[std::string(report.use_case)] = report.round_trips;
  }};
  testing::FakePeer peer;
  std::unique_ptr<testing::TestVault> vault;
};

TEST_F(OperationsTest, a_hold_waits_three_times_for_the_database) {
  const auto card = vault->make_card();
  EXPECT_EQ(run(OperationKind::hold, vault->operation(card.vault_token, 1234)).outcome, Outcome::approved);
  peer.set_behavior(Behavior::decline);
  EXPECT_EQ(run(OperationKind::hold, vault->operation(card.vault_token, 1)).outcome, Outcome::declined);
  EXPECT_EQ(used(card.vault_token), 1234);
  peer.set_behavior(Behavior::approve);
  run(OperationKind::hold, vault->operation(card.vault_token, 1));
  const base::Lock lock(reported);
  EXPECT_EQ(round_trips["vault_record_operation"], 2);
  EXPECT_EQ(round_trips["vault_settle_operation"], 1);
}

TEST_F(OperationsTest, an_approved_hold_carries_the_card_and_its_code_once) {
  const auto card = vault->make_card();
  const auto answer = run(OperationKind::hold, vault->operation(card.vault_token, 1234));
  EXPECT_EQ(answer.outcome, Outcome::approved);
  EXPECT_EQ(answer.approval_code, "A1B2C3");
  EXPECT_EQ(answer.network_reference.size(), 12U);
  const auto message = peer.last("0100");
  EXPECT_EQ(message.secret(2)->expose_text(), testing::kVisa);
  EXPECT_EQ(message.secret(14)->expose_text(), "3012");
  EXPECT_EQ(message.find(3), "000000");
  EXPECT_EQ(message.find(4), "000000001234");
  EXPECT_EQ(message.find(7), "1122120000");
  EXPECT_EQ(message.find(22), "810");
  EXPECT_EQ(message.find(32), "400001");
  EXPECT_EQ(message.find(37), answer.network_reference);
  EXPECT_EQ(message.find(42), "SHOP-1         ");
  EXPECT_EQ(message.find(43)->substr(0, 13), "T?llberg Skor");
  EXPECT_EQ(message.find(49), "978");
  EXPECT_EQ(code_sent(message), "123");
  run(OperationKind::hold, vault->operation(card.vault_token, 1));
  EXPECT_EQ(code_sent(peer.last("0100")), "");
}

TEST_F(OperationsTest, a_declined_hold_says_why_and_gives_the_cap_back) {
  const auto token =
      vault->derive(vault->make_card(testing::kVisa, Purpose::saved).vault_token, Purpose::purchase, 1000);
  peer.set_behavior(Behavior::decline);
  peer.set_decline_code("51");
  const auto answer = run(OperationKind::hold, vault->operation(token, 1000));
  EXPECT_EQ(answer.outcome, Outcome::declined);
  EXPECT_EQ(answer.response_code, "51");
  EXPECT_EQ(used(token), 0);
  peer.set_behavior(Behavior::approve);
  EXPECT_EQ(run(OperationKind::hold, vault->operation(token, 1000)).outcome, Outcome::approved);
  EXPECT_EQ(used(token), 1000);
  EXPECT_EQ(refusal(OperationKind::hold, vault->operation(token, 1)), "SCOPE_REFUSED");
}

TEST_F(OperationsTest, the_same_operation_again_is_answered_from_the_record) {
  const auto token = vault->make_card().vault_token;
  const auto request = vault->operation(token, 1000);
  const auto first = run(OperationKind::hold, request);
  const auto again = run(OperationKind::hold, request);
  EXPECT_EQ(first.network_reference, again.network_reference);
  EXPECT_EQ(peer.count("0100"), 1);
  auto other = request;
  other.amount_minor = 1001;
  EXPECT_EQ(vault->operations->run(vault->tenant, OperationKind::hold, other).error().code(),
            base::ErrorCode::idempotency_conflict);
  EXPECT_EQ(vault->operations->run(vault->tenant, OperationKind::reverse, vault->operation(token, 0, request.operation))
                .value()
                .outcome,
            Outcome::accepted);
}

TEST_F(OperationsTest, many_callers_with_one_operation_move_money_once) {
  const auto request = vault->operation(vault->make_card().vault_token, 1000);
  std::vector<std::future<base::Result<vault_api::OperationAnswer>>> callers;
  for (int i = 0; i < 8; ++i)
    callers.push_back(std::async(std::launch::async,
                                 [&] { return vault->operations->run(vault->tenant, OperationKind::hold, request); }));
  for (auto& caller : callers) EXPECT_NE(caller.get().value().outcome, Outcome::declined);
  EXPECT_EQ(peer.count("0100"), 1);
}

TEST_F(OperationsTest, a_token_moves_nothing_outside_its_scope) {
  const auto card = vault->make_card();
  auto request = vault->operation(card.vault_token, 100);
  request.customer = CustomerRef(vault->merchant.uuid());
  EXPECT_EQ(refusal(OperationKind::hold, request), "TOKEN_UNKNOWN");
  request = vault->operation(card.vault_token, 100);
  request.merchant = MerchantRef(vault->customer.uuid());
  EXPECT_EQ(refusal(OperationKind::hold, request), "TOKEN_UNKNOWN");
  EXPECT_EQ(refusal(OperationKind::hold, vault->operation("nothing", 100)), "TOKEN_UNKNOWN");
  EXPECT_EQ(refusal(OperationKind::hold, vault->operation(vault->derive(card.vault_token, Purpose::refund), 100)),
            "SCOPE_REFUSED");
  EXPECT_EQ(refusal(OperationKind::hold, vault->operation(vault->derive(card.vault_token, Purpose::saved), 100)),
            "SCOPE_REFUSED");
  EXPECT_EQ(peer.count("0100"), 0);
}

TEST_F(OperationsTest, requests_that_make_no_sense_are_refused_before_anything_is_recorded) {
  const auto token = vault->make_card().vault_token;
  const auto refused = [&](const std::function<void(vault_api::CardOperation&)>& change, OperationKind kind) {
    auto request = vault->operation(token, 100);
    change(request);
    return refusal(kind, request) == "BAD_VALUE";
  };
  EXPECT_TRUE(refused([](auto& r) { r.amount_minor = -1; }, OperationKind::hold));
  EXPECT_TRUE(refused([](auto& r) { r.amount_minor = 1'000'000'000'000; }, OperationKind::hold));
  EXPECT_TRUE(refused([](auto& r) { r.currency = "XXX"; }, OperationKind::hold));
  EXPECT_TRUE(refused([](auto& r) { r.merchant_reference = ""; }, OperationKind::hold));
  EXPECT_TRUE(refused([](auto& r) { r.merchant_reference = "0123456789abcdef"; }, OperationKind::hold));
  EXPECT_TRUE(refused([](auto& r) { r.merchant_name = std::string(201, 'a'); }, OperationKind::hold));
  EXPECT_TRUE(refused([](auto& r) { r.operation = OperationId(); }, OperationKind::hold));
  EXPECT_TRUE(refused([](auto& r) { r.original_operation = r.operation; }, OperationKind::hold));
  EXPECT_TRUE(refused([](auto&) {}, OperationKind::complete));
  EXPECT_TRUE(refused(
      [](auto& r) {
        r.amount_minor = 0;
        r.original_operation = r.operation;
      },
      OperationKind::refund));
  EXPECT_EQ(refusal(OperationKind::complete, vault->operation(token, 100, OperationId(vault->customer.uuid()))),
            "NOT_MATCHING");
}

TEST_F(OperationsTest, a_hold_without_an_answer_is_reversed_until_confirmed) {
  const auto request = vault->operation(vault->make_card().vault_token, 1000);
  peer.set_behavior(Behavior::silent);
  peer.ignore_advices(2);
  EXPECT_EQ(run_out_of_time(OperationKind::hold, request, "0100").outcome, Outcome::unknown);
  EXPECT_TRUE(eventually([&] { return peer.count("0420") == 1; }));
  for (const int sent : {1, 2}) {  // each attempt's answer runs out of time, then the next one is due
    vault->wall.advance(base::seconds(10));
    EXPECT_TRUE(eventually([&] { return peer.count("0421") == sent; })) << sent;
  }
  EXPECT_TRUE(becomes(request.operation, OperationState::reversed));
  const auto first = peer.last("0420");
  const auto repeat = peer.last("0421");
  const auto hold = peer.last("0100");
  EXPECT_EQ(first.find(11), repeat.find(11));
  EXPECT_EQ(first.find(37), hold.find(37));
  EXPECT_EQ(first.find(90)->substr(0, 20), "0100" + std::string(*hold.find(11)) + std::string(*hold.find(7)));
  EXPECT_EQ(vault->operations->find(vault->tenant, request.operation)->outcome, Outcome::declined);
  EXPECT_EQ(vault->operations->find(vault->tenant, request.operation)->response_code, "68");
}

TEST_F(OperationsTest, a_late_approval_is_reversed_again_with_a_new_message) {
  const auto request = vault->operation(vault->make_card().vault_token, 1000);
  peer.set_behavior(Behavior::late);
  EXPECT_EQ(run_out_of_time(OperationKind::hold, request, "0100").outcome, Outcome::unknown);
  EXPECT_TRUE(becomes(request.operation, OperationState::reversed));
  const std::string first(*peer.last("0420").find(11));
  peer.send_late_answers();
  EXPECT_TRUE(eventually([&] { return peer.count("0420") == 2; }));
  EXPECT_TRUE(becomes(request.operation, OperationState::reversed));
  EXPECT_NE(peer.last("0420").find(11), first);
  EXPECT_EQ(used(request.vault_token), 0);
}

TEST_F(OperationsTest, an_unknown_original_counts_as_reversed_and_a_refused_reversal_does_not) {
  const auto token = vault->make_card().vault_token;
  peer.set_behavior(Behavior::silent);
  peer.set_advice_code("25");
  auto request = vault->operation(token, 1000);
  (void)run_out_of_time(OperationKind::hold, request, "0100");
  EXPECT_TRUE(becomes(request.operation, OperationState::reversed));
  EXPECT_EQ(vault->operations->find(vault->tenant, request.operation)->response_code, "25");  // it never came there
  EXPECT_EQ(used(token), 0);
  peer.set_advice_code("30");
  request = vault->operation(token, 1000);
  (void)run_out_of_time(OperationKind::hold, request, "0100");
  EXPECT_TRUE(eventually([&] { return peer.count("0420") == 2; }));
  EXPECT_EQ(vault->state_of(request.operation), OperationState::reversing);
  peer.set_advice_code("00");
  vault->wall.advance(base::seconds(2));
  EXPECT_TRUE(becomes(request.operation, OperationState::reversed));
}

TEST_F(OperationsTest, a_broken_line_leaves_nothing_undecided) {
  for (const auto behavior : {Behavior::hang_up, Behavior::garbage, Behavior::cut_message}) {
    peer.set_behavior(behavior);
    const auto request = vault->operation(vault->make_card().vault_token, 1000);
    EXPECT_EQ(run(OperationKind::hold, request).outcome, Outcome::unknown);
    EXPECT_TRUE(becomes(request.operation, OperationState::reversed));
    EXPECT_TRUE(eventually([&] { return vault->network->is_signed_on(); }));
  }
}

TEST_F(OperationsTest, answers_said_twice_and_answers_to_nobody_change_nothing) {
  for (const auto behavior : {Behavior::twice, Behavior::stranger}) {
    peer.set_behavior(behavior);
    const auto request = vault->operation(vault->make_card().vault_token, 1000);
    EXPECT_EQ(run(OperationKind::hold, request).outcome, Outcome::approved);
    peer.set_behavior(Behavior::approve);
    run(OperationKind::hold, vault->operation(vault->make_card().vault_token, 1));  // whatever came before is handled
    EXPECT_EQ(vault->state_of(request.operation), OperationState::approved);
  }
  EXPECT_EQ(peer.count("0420"), 0);
}

TEST_F(OperationsTest, when_nothing_could_be_sent_nothing_is_unknown) {
  peer.refuse_sends(true);
  const auto token = vault->make_card().vault_token;
  const auto request = vault->operation(token, 1000);
  const auto answer = run(OperationKind::hold, request);
  EXPECT_EQ(answer.outcome, Outcome::declined);
  EXPECT_EQ(answer.state, OperationState::not_sent);
  EXPECT_EQ(answer.response_code, "91");
  EXPECT_EQ(used(token), 0);
}

TEST_F(OperationsTest, a_refund_that_could_not_be_sent_is_sent_later) {
  const auto card = vault->make_card();
  const auto hold = vault->operation(card.vault_token, 1000);
  run(OperationKind::hold, hold);
  const auto part = vault->operation(card.vault_token, 1000, hold.operation);
  run(OperationKind::complete, part);
  EXPECT_TRUE(becomes(part.operation, OperationState::confirmed));
  peer.refuse_sends(true);
  const auto refund = vault->operation(vault->derive(card.vault_token, Purpose::refund), 1000, hold.operation);
  EXPECT_EQ(run(OperationKind::refund, refund).outcome, Outcome::unknown);
  EXPECT_EQ(vault->state_of(refund.operation), OperationState::repeating);
  peer.refuse_sends(false);
  vault->wall.advance(base::seconds(10));
  EXPECT_TRUE(becomes(refund.operation, OperationState::approved));
}

TEST_F(OperationsTest, a_line_that_is_being_opened_again_is_waited_for) {
  const auto request = vault->operation(vault->make_card().vault_token, 1000);
  peer.hang_up();
  EXPECT_TRUE(eventually([&] { return !vault->network->is_signed_on(); }));
  auto answer = std::async(std::launch::async,
                           [&] { return vault->operations->run(vault->tenant, OperationKind::hold, request); });
  peer.reopen();
  EXPECT_EQ(answer.get()->outcome, Outcome::approved);
}

TEST_F(OperationsTest, a_line_that_stays_closed_moves_nothing) {
  const auto request = vault->operation(vault->make_card().vault_token, 1000);
  peer.hang_up();
  EXPECT_TRUE(eventually([&] { return !vault->network->is_signed_on(); }));
  EXPECT_EQ(run(OperationKind::hold, request).state, OperationState::not_sent);
  EXPECT_EQ(peer.count("0100"), 0);
}

TEST_F(OperationsTest, completions_take_up_the_hold_and_never_more) {
  const auto token = vault->make_card().vault_token;
  const auto hold = vault->operation(token, 1000);
  run(OperationKind::hold, hold);
  const auto part = vault->operation(token, 600, hold.operation);
  EXPECT_EQ(run(OperationKind::complete, part).outcome, Outcome::accepted);
  EXPECT_EQ(refusal(OperationKind::complete, vault->operation(token, 401, hold.operation)), "NOT_MATCHING");
  EXPECT_TRUE(becomes(part.operation, OperationState::confirmed));
  const auto message = peer.last("0220");
  EXPECT_EQ(message.find(4), "000000000600");
  EXPECT_EQ(message.find(38), "A1B2C3");
  EXPECT_FALSE(message.has(2));
  const auto rest = vault->operation(token, 400, hold.operation);
  run(OperationKind::complete, rest);
  EXPECT_TRUE(becomes(rest.operation, OperationState::confirmed));
}

TEST_F(OperationsTest, a_refused_completion_gives_its_part_back) {
  const auto token = vault->make_card().vault_token;
  const auto hold = vault->operation(token, 1000);
  run(OperationKind::hold, hold);
  peer.set_advice_code("13");
  const auto part = vault->operation(token, 1000, hold.operation);
  run(OperationKind::complete, part);
  EXPECT_TRUE(becomes(part.operation, OperationState::rejected));
  EXPECT_EQ(vault->operations->find(vault->tenant, part.operation)->outcome, Outcome::declined);
  peer.set_advice_code("00");
  EXPECT_EQ(run(OperationKind::complete, vault->operation(token, 1000, hold.operation)).outcome, Outcome::accepted);
}

// Another completion of the same hold took money, but not this one.
TEST_F(OperationsTest, nothing_goes_back_on_a_refused_completion) {
  const auto card = vault->make_card();
  const auto hold = vault->operation(card.vault_token, 1000);
  run(OperationKind::hold, hold);
  const auto taken = vault->operation(card.vault_token, 600, hold.operation);
  run(OperationKind::complete, taken);
  EXPECT_TRUE(becomes(taken.operation, OperationState::confirmed));
  peer.set_advice_code("05");
  const auto refused = vault->operation(card.vault_token, 400, hold.operation);
  run(OperationKind::complete, refused);
  EXPECT_TRUE(becomes(refused.operation, OperationState::rejected));
  const auto refund_token = vault->derive(card.vault_token, Purpose::refund);
  EXPECT_EQ(refusal(OperationKind::refund, vault->operation(refund_token, 400, refused.operation)), "NOT_MATCHING");
  EXPECT_EQ(run(OperationKind::refund, vault->operation(refund_token, 400, taken.operation)).outcome,
            Outcome::approved);
}

TEST_F(OperationsTest, a_release_waits_for_completions_and_ends_the_hold) {
  const auto token = vault->make_card().vault_token;
  const auto hold = vault->operation(token, 1000);
  run(OperationKind::hold, hold);
  peer.ignore_advices(1);
  const auto part = vault->operation(token, 600, hold.operation);
  run(OperationKind::complete, part);
  EXPECT_TRUE(eventually([&] { return peer.count("0220") == 1; }));
  const auto release = vault->operation(token, 0, hold.operation);
  EXPECT_EQ(run(OperationKind::reverse, release).outcome, Outcome::accepted);
  EXPECT_EQ(used(token), 600);
  EXPECT_EQ(peer.count("0400"), 0);
  EXPECT_EQ(refusal(OperationKind::complete, vault->operation(token, 1, hold.operation)), "NOT_MATCHING");
  EXPECT_EQ(refusal(OperationKind::reverse, vault->operation(token, 0, hold.operation)), "NOT_MATCHING");
  vault->wall.advance(base::seconds(10));
  EXPECT_TRUE(becomes(part.operation, OperationState::confirmed));
  vault->wall.advance(base::seconds(1));
  EXPECT_TRUE(becomes(release.operation, OperationState::confirmed));
  EXPECT_EQ(peer.count("0221"), 1);
  EXPECT_EQ(peer.count("0400"), 1);
}

TEST_F(OperationsTest, refunds_go_back_to_the_card_and_never_above_what_was_moved) {
  const auto card = vault->make_card();
  const auto refund_token = vault->derive(card.vault_token, Purpose::refund);
  const auto hold = vault->operation(card.vault_token, 1000);
  run(OperationKind::hold, hold);
  EXPECT_EQ(refusal(OperationKind::refund, vault->operation(refund_token, 1, hold.operation)), "NOT_MATCHING");
  const auto part = vault->operation(card.vault_token, 600, hold.operation);
  run(OperationKind::complete, part);
  EXPECT_TRUE(becomes(part.operation, OperationState::confirmed));
  EXPECT_EQ(run(OperationKind::refund, vault->operation(refund_token, 400, part.operation)).outcome, Outcome::approved);
  EXPECT_EQ(peer.last("0200").find(3), "200000");
  EXPECT_EQ(refusal(OperationKind::refund, vault->operation(refund_token, 201, hold.operation)), "NOT_MATCHING");
  peer.set_behavior(Behavior::decline);
  EXPECT_EQ(run(OperationKind::refund, vault->operation(refund_token, 200, hold.operation)).outcome, Outcome::declined);
  peer.set_behavior(Behavior::approve);
  EXPECT_EQ(run(OperationKind::refund, vault->operation(refund_token, 200, hold.operation)).outcome, Outcome::approved);
  const auto other = vault->derive(vault->make_card(testing::kMastercard).vault_token, Purpose::refund);
  EXPECT_EQ(refusal(OperationKind::refund, vault->operation(other, 1, hold.operation)), "NOT_MATCHING");
}

TEST_F(OperationsTest, a_refund_without_an_answer_is_repeated_not_reversed) {
  const auto card = vault->make_card();
  const auto hold = vault->operation(card.vault_token, 1000);
  run(OperationKind::hold, hold);
  const auto part = vault->operation(card.vault_token, 1000, hold.operation);
  run(OperationKind::complete, part);
  EXPECT_TRUE(becomes(part.operation, OperationState::confirmed));
  peer.set_behavior(Behavior::silent);
  const auto refund = vault->operation(vault->derive(card.vault_token, Purpose::refund), 1000, hold.operation);
  EXPECT_EQ(run_out_of_time(OperationKind::refund, refund, "0200").outcome, Outcome::unknown);
  EXPECT_TRUE(eventually([&] { return peer.count("0201") == 1; }));
  EXPECT_EQ(peer.last("0201").find(11), peer.last("0200").find(11));
  EXPECT_EQ(peer.last("0201").find(37), peer.last("0200").find(37));
  peer.set_behavior(Behavior::approve);
  vault->wall.advance(base::seconds(10));
  EXPECT_TRUE(becomes(refund.operation, OperationState::approved));
  EXPECT_EQ(peer.count("0420"), 0);
}

TEST_F(OperationsTest, an_installment_is_charged_by_the_merchant_without_a_code) {
  const auto card = vault->make_card();
  const auto hold = vault->operation(card.vault_token, 1000);
  run(OperationKind::hold, hold);
  const auto token = vault->derive(card.vault_token, Purpose::installments, 2000);
  auto charge = vault->operation(token, 1000, hold.operation);
  EXPECT_EQ(refusal(OperationKind::charge, charge), "SCOPE_REFUSED");  // names no agreement
  charge.agreement = vault->agreement;
  charge.initiator = Initiator::merchant;
  EXPECT_EQ(run(OperationKind::charge, charge).outcome, Outcome::approved);
  const auto message = peer.last("0200");
  EXPECT_EQ(message.find(22), "102");
  EXPECT_EQ(message.find(25), "08");
  const auto extra = iso::PrivateData::decode(message.secret(48)->expose()).value();
  EXPECT_EQ(extra.find("IN")->expose_text(), "M");
  EXPECT_EQ(extra.find("OR")->expose_text(), *peer.last("0100").find(37));
  EXPECT_EQ(extra.find("CV"), nullptr);
}

TEST_F(OperationsTest, what_was_open_when_the_process_was_killed_is_settled_by_the_next_one) {
  const auto token = vault->make_card().vault_token;
  const auto hold = vault->operation(token, 1000);
  run(OperationKind::hold, hold);
  peer.ignore_advices(1000);
  const auto part = vault->operation(token, 300, hold.operation);
  run(OperationKind::complete, part);
  peer.set_behavior(Behavior::silent);
  const auto lost = vault->operation(token, 50);
  auto waiting =
      std::async(std::launch::async, [&] { return vault->operations->run(vault->tenant, OperationKind::hold, lost); });
  EXPECT_TRUE(eventually([&] { return peer.count("0100") == 2; }));
  vault->kill();
  EXPECT_EQ(waiting.get()->outcome, Outcome::unknown);
  peer.ignore_advices(0);
  restart();
  EXPECT_TRUE(becomes(lost.operation, OperationState::reversed));
  EXPECT_TRUE(becomes(part.operation, OperationState::confirmed));
  EXPECT_EQ(vault->state_of(hold.operation), OperationState::approved);
}

TEST_F(OperationsTest, an_intent_that_was_committed_and_never_sent_is_reversed_after_the_restart) {
  const auto token = vault->make_card().vault_token;
  const auto request = vault->operation(token, 1000);
  run(OperationKind::hold, request);
  // As a kill between the commit and the network's answer leaves it.
  ASSERT_TRUE(
      vault->database
          ->write<void>("test",
                        [&](store::Tx& tx) -> base::Result<void> {
                          tx.write({"update operations set state = 'recorded', response_code = '', approval_code = ''"
                                    " where operation_id = $1",
                                    {request.operation}},
                                   1);
                          tx.write({"insert into open_operations (operation_id, attempts, due_at) values ($1, 0, $2)",
                                    {request.operation, std::int64_t{9'000'000'000'000}}},
                                   1);
                          return {};
                        })
          .ok());
  restart();
  EXPECT_TRUE(becomes(request.operation, OperationState::reversed));
  EXPECT_EQ(used(token), 0);
}

TEST_F(OperationsTest, what_never_came_is_barred_and_refused_when_it_arrives_after_all) {
  const auto token = vault->make_card().vault_token;
  const auto hold = vault->operation(token, 1000);
  const vault_api::BarRequest bar{.operation = hold.operation, .kind = OperationKind::hold};
  for (int i = 0; i < 2; ++i) {
    const auto barred = vault->operations->bar(vault->tenant, bar);
    ASSERT_TRUE(barred.ok());
    EXPECT_EQ(barred->state, OperationState::barred);
    EXPECT_EQ(barred->outcome, Outcome::declined);
    EXPECT_EQ(barred->network_reference, "");
  }
  EXPECT_EQ(refusal(OperationKind::hold, hold), "OPERATION_BARRED");
  restart();
  EXPECT_EQ(refusal(OperationKind::hold, hold), "OPERATION_BARRED");
  EXPECT_EQ(refusal(OperationKind::complete, vault->operation(token, 1, hold.operation)), "NOT_MATCHING");
  EXPECT_EQ(peer.count("0100"), 0);
  EXPECT_EQ(used(token), 0);
  EXPECT_EQ(
      vault->operations->bar(vault->tenant, {.operation = OperationId(), .kind = OperationKind::hold}).error().reason(),
      "BAD_VALUE");
}

TEST_F(OperationsTest, what_came_first_is_not_barred_but_answered) {
  const auto token = vault->make_card().vault_token;
  const auto hold = vault->operation(token, 1000);
  run(OperationKind::hold, hold);
  const auto known = vault->operations->bar(vault->tenant, {.operation = hold.operation, .kind = OperationKind::hold});
  ASSERT_TRUE(known.ok());
  EXPECT_EQ(known->state, OperationState::approved);
  EXPECT_EQ(known->network_reference.size(), 12U);
  EXPECT_EQ(vault->state_of(hold.operation), OperationState::approved);

  // While the network is being asked it is under way: neither barred nor concluded.
  peer.set_behavior(Behavior::silent);
  const auto slow = vault->operation(token, 10);
  auto waiting =
      std::async(std::launch::async, [&] { return vault->operations->run(vault->tenant, OperationKind::hold, slow); });
  EXPECT_TRUE(eventually([&] { return peer.count("0100") == 2; }));
  EXPECT_EQ(vault->operations->bar(vault->tenant, {.operation = slow.operation, .kind = OperationKind::hold})->state,
            OperationState::recorded);
  vault->wall.advance(base::seconds(8));
  EXPECT_EQ(waiting.get()->outcome, Outcome::unknown);
}

// Whichever comes first: either it is barred and the network never hears of it, or it is known to whoever bars it.
TEST_F(OperationsTest, of_an_arrival_and_a_bar_at_the_same_moment_exactly_one_wins) {
  const auto token = vault->make_card().vault_token;
  int arrivals = 0;
  for (int round = 0; round < 40; ++round) {
    const auto hold = vault->operation(token, 10);
    auto arriving = std::async(std::launch::async,
                               [&] { return vault->operations->run(vault->tenant, OperationKind::hold, hold); });
    if (round % 2 == 1) std::this_thread::sleep_for(std::chrono::microseconds(50 * round));
    const auto barred =
        vault->operations->bar(vault->tenant, {.operation = hold.operation, .kind = OperationKind::hold});
    const auto arrived = arriving.get();
    ASSERT_TRUE(barred.ok());
    EXPECT_EQ(arrived.ok(), barred->state != OperationState::barred);
    if (arrived.ok()) {
      ++arrivals;
    } else {
      EXPECT_EQ(arrived.error().reason(), "OPERATION_BARRED");
    }
  }
  EXPECT_EQ(peer.count("0100"), arrivals);
}

TEST_F(OperationsTest, a_silent_line_is_tried_and_opened_again) {
  vault->wall.advance(base::seconds(31));
  EXPECT_TRUE(eventually([&] { return peer.count("0800") == 2 && peer.last("0800").find(70) == "301"; }));
  EXPECT_TRUE(vault->network->is_signed_on());
}

}  // namespace
}  // namespace karv::vault
