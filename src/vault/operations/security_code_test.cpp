// The security code of a card, from the form to the one hold that it is for: where it is, and where it never is.
#include <future>

#include <gtest/gtest.h>

#include "vault/test_support.h"
#include "wire/iso8583_parts.h"

namespace karv::vault {
namespace {

using testing::Behavior;
using testing::eventually;
namespace iso = wire::iso8583;

// What could hold it: every column of texts and bytes that a purchase writes.
constexpr auto kDump = std::to_array<store::Sql>({
    "select request_digest, token_mac, merchant_reference, merchant_name, reference, response_code, approval_code,"
    " kind, state, initiator, currency from operations",
    "select sealed, fingerprint, brand, last4 from cards",
    "select token_mac, purpose from vault_tokens",
    "select ticket_mac, frame_ancestors, parent_origin, state, purpose, filled_by from card_tickets",
    "select action, reason, details from audit_records",
});

class OperationsCodeTest : public ::testing::Test {
 protected:
  // Four digits, as American Express has them: fewer chances to be part of something else.
  static constexpr std::string_view kCode = "7193";
  const std::string number = testing::number_from("378", 15);

  std::string make_card(CustomerRef customer) {
    vault_api::TicketRequest request;
    request.customer = customer;
    request.merchant = vault.merchant;
    request.parent_origin = "https://pay.localhost:8443";
    const auto ticket = vault.desk->create_ticket(vault.tenant, request)->ticket;
    auto card = parse_card(testing::typed(number, kCode), vault.wall.now());
    EXPECT_TRUE(vault.desk->fill_ticket(ticket, *std::move(card)).ok());
    return vault.desk
        ->collect_ticket(vault.tenant, {.ticket = ticket, .customer = customer, .merchant = vault.merchant})
        ->vault_token;
  }
  base::Result<vault_api::OperationAnswer> run(OperationKind kind, const vault_api::CardOperation& request) {
    return vault.operations->run(vault.tenant, kind, request);
  }
  // Starts a hold; `meanwhile` runs once the network has it.
  vault_api::OperationAnswer run_while(const vault_api::CardOperation& request,
                                       const std::function<void()>& meanwhile) {
    const int before = peer.count("0100");
    auto answer = std::async(std::launch::async, [&] { return run(OperationKind::hold, request); });
    EXPECT_TRUE(eventually([&] { return peer.count("0100") > before; }));
    meanwhile();
    return answer.get().value();
  }
  std::string code_sent(std::string_view mti = "0100") {
    const auto message = peer.last(mti);
    const auto extra = iso::PrivateData::decode(message.secret(48)->expose()).value();
    const auto* code = extra.find("CV");
    return code == nullptr ? "" : std::string(code->expose_text());
  }
  // Values of the store in which the code stands: as the value, or as digits among others than digits.
  int found_in_store() {
    int found = 0;
    for (const auto& sql : kDump) {
      const auto rows =
          vault.database->read<store::Rows>("dump", [&](store::ReadTx& tx) { return tx.read_one({sql, {}}); }).value();
      for (const auto& row : rows)
        for (std::size_t i = 0; i < row.size(); ++i) found += holds_code(row.value(i)) ? 1 : 0;
    }
    return found;
  }
  static bool holds_code(const store::Value& value) {
    std::string text;
    if (const auto* words = std::get_if<std::string>(&value.inner())) text = *words;
    if (const auto* bytes = std::get_if<base::Bytes>(&value.inner())) text = base::as_text(*bytes);
    return text.find(kCode) != std::string::npos;
  }
  bool is_kept() const { return vault.codes.size() > 0; }

  testing::Disk disk;
  testing::FakePeer peer;
  testing::TestVault vault{disk, &peer};
};

TEST_F(OperationsCodeTest, control_11_no_end_of_a_hold_leaves_the_code) {
  const auto ends_without = [&](const char* what, const std::function<void(const vault_api::CardOperation&)>& play) {
    peer.set_behavior(Behavior::approve);
    const auto token = make_card(vault.customer);
    EXPECT_TRUE(is_kept()) << what;
    const auto hold = vault.operation(token, 100);
    play(hold);
    EXPECT_EQ(code_sent(), kCode) << what;
    EXPECT_FALSE(is_kept()) << what;
    EXPECT_EQ(found_in_store(), 0) << what;
    // The retry is answered from the record; another hold goes without it.
    const int sent = peer.count("0100");
    EXPECT_TRUE(run(OperationKind::hold, hold).ok()) << what;
    EXPECT_EQ(peer.count("0100"), sent) << what;
    peer.set_behavior(Behavior::approve);
    EXPECT_TRUE(eventually([&] { return vault.network->is_signed_on(); })) << what;
    EXPECT_TRUE(run(OperationKind::hold, vault.operation(token, 100)).ok()) << what;
    EXPECT_EQ(code_sent(), "") << what;
  };
  ends_without("approved", [&](const auto& hold) { EXPECT_TRUE(run(OperationKind::hold, hold).ok()); });
  ends_without("declined", [&](const auto& hold) {
    peer.set_behavior(Behavior::decline);
    EXPECT_EQ(run(OperationKind::hold, hold)->outcome, Outcome::declined);
  });
  ends_without("never answered", [&](const auto& hold) {
    peer.set_behavior(Behavior::silent);
    run_while(hold, [&] { vault.wall.advance(base::seconds(8)); });
    EXPECT_TRUE(eventually([&] { return peer.count("0420") == 1; }));  // undone without card or code
  });
  ends_without("cut off", [&](const auto& hold) {
    peer.set_behavior(Behavior::hang_up);
    EXPECT_TRUE(run(OperationKind::hold, hold).ok());
  });
}

TEST_F(OperationsCodeTest, control_11_a_vault_that_dies_in_the_middle_takes_the_code_with_it) {
  const auto token = make_card(vault.customer);
  peer.set_behavior(Behavior::silent);
  const auto hold = vault.operation(token, 100);
  run_while(hold, [&] { vault.kill(); });
  EXPECT_EQ(found_in_store(), 0);
  peer.set_behavior(Behavior::approve);
  testing::TestVault next(disk, &peer);
  EXPECT_EQ(next.codes.size(), 0U);
  EXPECT_TRUE(eventually([&] { return next.state_of(hold.operation) == OperationState::reversed; }));
  const auto again = next.operation(token, 100);
  ASSERT_TRUE(next.operations->run(next.tenant, OperationKind::hold, again).ok());
  EXPECT_EQ(code_sent(), "");
}

TEST_F(OperationsCodeTest, control_12_before_the_hold_the_code_is_in_memory_alone_and_for_seconds) {
  const auto token = make_card(vault.customer);
  EXPECT_TRUE(is_kept());
  EXPECT_EQ(found_in_store(), 0);
  peer.set_behavior(Behavior::silent);
  run_while(vault.operation(token, 100), [&] {
    EXPECT_EQ(found_in_store(), 0);  // in mid-flight
    EXPECT_FALSE(is_kept());
    vault.wall.advance(base::seconds(8));
  });
  EXPECT_TRUE(eventually([&] { return peer.count("0420") > 0; }));

  (void)make_card(vault.customer);  // typed, and the purchase never goes on
  vault.wall.advance(SecurityCodes::kLongest - base::milliseconds(1));
  vault.codes.sweep(vault.wall.now());
  EXPECT_TRUE(is_kept());
  vault.wall.advance(base::milliseconds(1));
  vault.codes.sweep(vault.wall.now());
  EXPECT_FALSE(is_kept());
  EXPECT_EQ(found_in_store(), 0);
}

TEST_F(OperationsCodeTest, control_13_a_stored_credential_is_charged_without_a_code) {
  const auto token = make_card(vault.customer);
  const auto hold = vault.operation(token, 1000);
  ASSERT_TRUE(run(OperationKind::hold, hold).ok());
  // Typed again, so that there is a code: it is the shopper's, and no merchant's charge takes it.
  (void)make_card(vault.customer);
  auto charge = vault.operation(vault.derive(token, Purpose::installments, 2000), 1000, hold.operation);
  charge.agreement = vault.agreement;
  charge.initiator = Initiator::merchant;
  ASSERT_EQ(run(OperationKind::charge, charge)->outcome, Outcome::approved);
  EXPECT_EQ(code_sent("0200"), "");
  EXPECT_TRUE(is_kept());
}

TEST_F(OperationsCodeTest, control_13_a_fresh_code_serves_once) {
  const auto token = make_card(vault.customer);
  ASSERT_TRUE(run(OperationKind::hold, vault.operation(token, 100)).ok());
  EXPECT_EQ(code_sent(), kCode);
  ASSERT_TRUE(run(OperationKind::hold, vault.operation(token, 100)).ok());
  EXPECT_EQ(code_sent(), "");
}

TEST_F(OperationsCodeTest, control_13_a_fresh_code_serves_nobody_but_its_customer) {
  const CustomerRef other(vault.merchant.uuid());
  const auto theirs = make_card(other);
  vault.wall.advance(SecurityCodes::kLongest);
  vault.codes.sweep(vault.wall.now());
  const auto ours = make_card(vault.customer);  // the same number
  // With its own token the other customer's hold goes without it; with ours there is none.
  auto hold = vault.operation(theirs, 100);
  hold.customer = other;
  ASSERT_TRUE(run(OperationKind::hold, hold).ok());
  EXPECT_EQ(code_sent(), "");
  auto stolen = vault.operation(ours, 100);
  stolen.customer = other;
  EXPECT_EQ(run(OperationKind::hold, stolen).error().reason(), "TOKEN_UNKNOWN");
  EXPECT_TRUE(is_kept());
  ASSERT_TRUE(run(OperationKind::hold, vault.operation(ours, 100)).ok());
  EXPECT_EQ(code_sent(), kCode);
}

}  // namespace
}  // namespace karv::vault
