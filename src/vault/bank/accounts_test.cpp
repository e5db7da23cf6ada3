#include <gtest/gtest.h>

#include "vault/bank/account_door.h"
#include "vault/bank/repository.h"
#include "vault/bank/rules.h"
#include "vault/doors/tenant_messages.h"
#include "vault/operations/restore.h"
#include "vault/retention/sweep.h"
#include "vault/rotation/key_rotation.h"
#include "vault/rotation/subject_renewal.h"
#include "vault/test_support.h"

namespace karv::vault {
namespace {

// From the IBAN registry.
constexpr std::string_view kGerman = "DE89370400440532013000";
constexpr std::string_view kBelgian = "BE68539007547034";
constexpr const char* kOrigin = "https://vault.localhost:8444";

class BankAccounts : public ::testing::Test {
 protected:
  void SetUp() override {
    add_bank_account_routes(public_router,
                            {.desk = *vault.bank_desk, .wall = vault.wall, .origin = kOrigin, .posts_per_minute = 5});
    add_bank_desk_routes(private_router, *vault.bank_desk, *vault.keys);
  }
  static net::Response answer(const net::Router& router, const net::Request& request) {
    return std::get<net::Response>(router.handle(request));
  }
  net::Response post(const std::string& body, net::Headers headers = {{"Content-Type", "application/json"}}) {
    net::Request request;
    request.method = net::Method::post;
    request.path = kBankAccountPath;
    request.peer = "192.0.2.1";
    request.headers = std::move(headers);
    request.body = body;
    return answer(public_router, request);
  }
  net::Response ask(std::string_view path, std::string body, std::string peer = "karv-server") {
    net::Request request;
    request.method = net::Method::post;
    request.path = path;
    request.body = std::move(body);
    request.peer_certificate_cn = std::move(peer);
    return answer(private_router, request);
  }
  template <class Message>
  net::Response say(const Message& message, std::string peer = "karv-server") {
    return ask(Message::kPath, json::encode(message), std::move(peer));
  }
  static std::string code_of(const net::Response& response) {
    const auto problem = json::decode<vault_api::Problem>(response.body);
    return problem.ok() ? problem->code : response.body;
  }
  vault_api::BankTicketRequest payout() { return {.merchant = vault.merchant, .purpose = BankPurpose::payout}; }
  std::string ticket() { return vault.bank_desk->create_ticket(vault.tenant, payout()).value().ticket; }
  static std::string body(const std::string& ticket, std::string_view number, std::string_view more = "") {
    return R"({"ticket":")" + ticket + R"(","kind":"iban")" + std::string(more) + R"(,"number":")" +
           std::string(number) + R"("})";
  }
  std::optional<SealedBankAccount> stored(const std::string& token) {
    return vault.database
        ->read<std::optional<SealedBankAccount>>(
            "test",
            [&](store::ReadTx& tx) -> base::Result<std::optional<SealedBankAccount>> {
              const auto digests = vault.keys->get().value()->token_digests(vault.tenant, token);
              KARV_TRY(const auto found, find_bank_token(tx, digests));
              if (!found) return std::optional<SealedBankAccount>();
              return find_bank_account(tx, found->account);
            })
        .value();
  }
  std::string number_of(const std::string& token) {
    const auto account = vault.accounts->open(*stored(token));
    return account.ok() ? std::string(account->number.expose_text()) : account.error().reason();
  }
  void work_off(KeyRotation& rotation) {
    for (int i = 0; i < 1000; ++i)
      if (!rotation.work().value()) return;
    FAIL() << "it never ends";
  }

  testing::Disk disk;
  testing::TestVault vault{disk, nullptr};
  net::Router public_router, private_router;
};

TEST_F(BankAccounts, a_typed_account_becomes_a_token_and_its_owner_learns_the_masked_form) {
  const auto made = say(payout());
  ASSERT_EQ(made.status, 200) << made.body;
  const auto ticket = json::decode<vault_api::BankTicketAnswer>(made.body).value();
  EXPECT_EQ(ticket.post_url, "https://vault.localhost:8444/frame/v1/bank-account");
  const auto posted = post(body(ticket.ticket, "de89 3704 0044 0532 0130 00"));
  EXPECT_EQ(posted.status, 200);
  EXPECT_TRUE(posted.close);
  EXPECT_EQ(posted.body, R"({"country":"DE","last":"3000"})");
  const auto collected = say(vault_api::BankCollectRequest{.ticket = ticket.ticket, .merchant = vault.merchant});
  ASSERT_EQ(collected.status, 200) << collected.body;
  const auto account = json::decode<vault_api::BankAccountAnswer>(collected.body).value();
  EXPECT_EQ(account.kind, "iban");
  EXPECT_EQ(number_of(account.bank_token), kGerman);
  const auto described =
      say(vault_api::BankDescribeRequest{.bank_token = account.bank_token, .merchant = vault.merchant});
  EXPECT_EQ(json::decode<vault_api::BankAccountAnswer>(described.body).value().last, "3000");
  for (const auto& text : {posted.body, collected.body, described.body}) EXPECT_EQ(text.find("370400"), text.npos);
}

TEST_F(BankAccounts, all_wrong_fields_are_told_at_once_and_never_what_was_typed) {
  const auto wrong = post(body(ticket(), "DE89370400440532013001", R"(,"bank_code":"12345")"));
  EXPECT_EQ(wrong.status, 400);
  EXPECT_NE(wrong.body.find("UNEXPECTED_BANK_CODE"), std::string::npos);
  EXPECT_NE(wrong.body.find("INVALID_IBAN"), std::string::npos);
  EXPECT_EQ(wrong.body.find("370400"), std::string::npos);
  EXPECT_EQ(post(R"({"ticket":")" + ticket() + R"(","kind":"us","bank_code":"021000021","number":"12345678"})").status,
            200);
}

TEST_F(BankAccounts, a_post_without_its_ticket_from_elsewhere_or_too_large_learns_nothing) {
  EXPECT_EQ(code_of(post(body("nothing", "not an iban"))), "TICKET_UNKNOWN");
  const net::Headers foreign = {{"Content-Type", "application/json"}, {"Origin", "https://shop.example"}};
  EXPECT_EQ(post(body(ticket(), kGerman), foreign).status, 403);
  EXPECT_EQ(post(body(ticket(), kGerman, R"(,"code":"123")")).status, 400);
  EXPECT_EQ(post(body(ticket(), std::string(5000, 'x'))).status, 413);
  EXPECT_EQ(post("{").status, 400);
  const auto over = post("{");
  EXPECT_EQ(over.status, 429);
  EXPECT_TRUE(over.headers.has("Retry-After"));
}

TEST_F(BankAccounts, a_ticket_is_used_once_collected_by_its_owner_and_expires) {
  const auto text = ticket();
  const auto collect = [&](auto request) { return code_of(say(request)); };
  const vault_api::BankCollectRequest mine{.ticket = text, .merchant = vault.merchant};
  EXPECT_EQ(collect(mine), "TICKET_NOT_FILLED");
  EXPECT_EQ(post(body(text, kGerman)).status, 200);
  EXPECT_EQ(code_of(post(body(text, kGerman))), "TICKET_USED");
  EXPECT_EQ(collect(vault_api::BankCollectRequest{.ticket = text, .customer = vault.customer}), "TICKET_UNKNOWN");
  EXPECT_EQ(say(mine).status, 200);
  EXPECT_EQ(collect(mine), "TICKET_USED");
  const auto late = ticket();
  vault.wall.advance(base::minutes(30));
  EXPECT_EQ(code_of(post(body(late, kGerman))), "TICKET_EXPIRED");
  vault.wall.advance(base::days(2));
  ASSERT_TRUE(RetentionSweep(*vault.database, vault.wall).run().ok());
  EXPECT_EQ(code_of(post(body(late, kGerman))), "TICKET_UNKNOWN");
}

TEST_F(BankAccounts, the_private_door_refuses_strangers_and_scopes_that_cannot_be) {
  EXPECT_EQ(say(payout(), "somebody").status, 403);
  EXPECT_EQ(ask(vault_api::BankTicketRequest::kPath, "{").status, 400);
  auto both = payout();
  both.customer = vault.customer;
  EXPECT_EQ(code_of(say(both)), "INVALID_SCOPE");
  auto of_customer = payout();
  of_customer.purpose = BankPurpose::own;
  EXPECT_EQ(code_of(say(of_customer)), "INVALID_SCOPE");
  auto capped = payout();
  capped.cap_minor = 100;
  EXPECT_EQ(code_of(say(capped)), "INVALID_SCOPE");
  vault.keys->seal("an operator");
  EXPECT_EQ(code_of(say(payout())), "VAULT_SEALED");
}

TEST_F(BankAccounts, another_owners_token_and_none_answer_the_same) {
  const auto account = vault.make_account(kGerman, BankPurpose::payout);
  const auto other = say(vault_api::BankDescribeRequest{.bank_token = account.bank_token, .customer = vault.customer});
  const auto none = say(vault_api::BankDescribeRequest{.bank_token = "x", .customer = vault.customer});
  EXPECT_EQ(other.body, none.body);
  EXPECT_EQ(code_of(other), "TOKEN_UNKNOWN");
}

TEST_F(BankAccounts, one_account_of_one_owner_is_one_row_and_goes_with_its_last_token) {
  const auto first = vault.make_account(kGerman, BankPurpose::payout);
  const auto second = vault.make_account(kGerman, BankPurpose::payout);
  const auto others = vault.make_account(kGerman, BankPurpose::refund);
  EXPECT_EQ(stored(first.bank_token)->account.id, stored(second.bank_token)->account.id);
  EXPECT_NE(stored(first.bank_token)->account.id, stored(others.bank_token)->account.id);
  EXPECT_EQ(first.fingerprint, others.fingerprint);
  EXPECT_NE(first.fingerprint, vault.make_account(kBelgian, BankPurpose::payout).fingerprint);
  const auto remove = [&](const std::string& token) {
    return vault.bank_desk->remove(vault.tenant, {.bank_token = token, .merchant = vault.merchant});
  };
  EXPECT_FALSE(remove(first.bank_token).value().account_gone);
  EXPECT_EQ(remove(first.bank_token).error().reason(), "TOKEN_UNKNOWN");
  EXPECT_TRUE(remove(second.bank_token).value().account_gone);
  EXPECT_EQ(remove(others.bank_token).error().reason(), "TOKEN_UNKNOWN");
  EXPECT_EQ(number_of(others.bank_token), kGerman);
}

TEST_F(BankAccounts, a_sealed_account_opens_only_in_its_own_row) {
  const auto one = *stored(vault.make_account(kGerman, BankPurpose::payout).bank_token);
  auto moved = one;
  moved.account.id = base::make_id<BankAccountTag>(vault.wall, vault.random);
  EXPECT_FALSE(vault.accounts->open(moved).ok());
  moved = one;
  moved.account.owner.kind = BankOwnerKind::customer;
  EXPECT_FALSE(vault.accounts->open(moved).ok());
  EXPECT_TRUE(vault.accounts->open(one).ok());
}

TEST_F(BankAccounts, control_27_accounts_move_with_every_rotation_and_keep_their_tokens) {
  KeyRotation rotation{*vault.database, *vault.keys,  *vault.cards, *vault.accounts,
                       vault.wall,      vault.random, {.batch = 2}};
  std::vector<std::string> tokens;
  for (int i = 0; i < 5; ++i) {
    vault.merchant = base::make_id<vault_api::MerchantTag>(vault.wall, vault.random);
    tokens.push_back(vault.make_account(kGerman, BankPurpose::payout).bank_token);
  }
  const auto before = *stored(tokens.front());
  for (const auto key_class :
       {KeyClass::root, KeyClass::epoch, KeyClass::tenant, KeyClass::fingerprint, KeyClass::token}) {
    const bool wide = key_class == KeyClass::root || key_class == KeyClass::epoch;
    const auto old_key =
        vault.keys->refresh().value()->find_active(key_class, wide ? TenantId() : vault.tenant)->row.id;
    EXPECT_EQ(rotation.rotate(old_key).value().total, key_class == KeyClass::root     ? 4
                                                      : key_class == KeyClass::tenant ? 7
                                                                                      : 5);
    vault.wall.advance(kHandover + base::milliseconds(1));
    work_off(rotation);
    vault.wall.advance(base::days(7));
    work_off(rotation);
    const auto ring = vault.keys->refresh().value();
    const auto row = std::ranges::find(ring->rows(), old_key, &StoredKey::id);
    // Tokens cannot be digested again: their key stays while there are any.
    EXPECT_EQ(row->state, key_class == KeyClass::token ? KeyState::decrypt_only : KeyState::destroyed);
    for (const auto& token : tokens) EXPECT_EQ(number_of(token), kGerman);
  }
  EXPECT_NE(stored(tokens.front())->account.fingerprint, before.account.fingerprint);
  EXPECT_EQ(vault.accounts->open(before).error().reason(), "KEY_DESTROYED");
  const auto again = vault.make_account(kGerman, BankPurpose::payout);
  EXPECT_EQ(stored(again.bank_token)->account.id, stored(tokens.back())->account.id);
}

TEST_F(BankAccounts, control_26_a_subjects_new_key_seals_cards_and_accounts_again) {
  const auto card = vault.make_card().vault_token;
  const auto account = vault.make_account(kGerman, BankPurpose::refund).bank_token;
  const auto key = stored(account)->key;
  EXPECT_EQ(vault.sealed_card(card).key.id, key.id);  // one customer, one key
  SubjectKeys subject_keys(*vault.keys, vault.wall, vault.random);
  ASSERT_TRUE(renew_subject_key(*vault.database, subject_keys, vault.random, key).ok());
  EXPECT_EQ(stored(account)->key.version, 2);
  EXPECT_EQ(number_of(account), kGerman);
  EXPECT_TRUE(vault.cards->open(vault.sealed_card(card)).ok());
}

TEST_F(BankAccounts, tokens_out_of_a_backup_are_frozen_until_it_is_reconciled) {
  const auto token = vault.make_account(kGerman, BankPurpose::payout).bank_token;
  const auto frozen = [&] {
    const auto read = [&](store::ReadTx& tx) {
      return find_bank_token(tx, vault.keys->get().value()->token_digests(vault.tenant, token));
    };
    return vault.database->read<std::optional<StoredBankToken>>("test", read).value()->frozen;
  };
  EXPECT_FALSE(frozen());
  ASSERT_TRUE(freeze_restored(*vault.database, base::make_id<RestoreTag>(vault.wall, vault.random), "a backup",
                              vault.wall.now())
                  .ok());
  EXPECT_TRUE(frozen());
  Reconciler reconciler(*vault.database);
  ASSERT_TRUE(reconciler.finish(vault.wall.now()).ok());
  EXPECT_FALSE(frozen());
}

TEST(BankRules, every_difference_is_refused) {
  const BankOwner owner{.kind = BankOwnerKind::merchant, .id = {}};
  const StoredBankToken token{.scope = {.owner = owner,
                                        .purpose = BankPurpose::payout,
                                        .cap_minor = 1000,
                                        .currency = "EUR",
                                        .expires_at = base::Instant{100}}};
  const BankUse use{
      .purpose = BankPurpose::payout, .owner = owner, .amount_minor = 400, .currency = "EUR", .business_now = {99}};
  EXPECT_TRUE(decide_bank_use(token, 600, use).ok());
  EXPECT_EQ(decide_bank_use(token, 601, use).error().reason(), "SCOPE_REFUSED");
  const auto differs = [&](auto change) {
    auto other = use;
    change(other);
    return decide_bank_use(token, 0, other).error().reason() == "SCOPE_REFUSED";
  };
  EXPECT_TRUE(differs([](BankUse& u) { u.purpose = BankPurpose::refund; }));
  EXPECT_TRUE(differs([](BankUse& u) { u.owner.kind = BankOwnerKind::customer; }));
  EXPECT_TRUE(differs([](BankUse& u) { u.amount_minor = std::numeric_limits<std::int64_t>::max(); }));
  EXPECT_TRUE(differs([](BankUse& u) { u.currency = "SEK"; }));
  EXPECT_TRUE(differs([](BankUse& u) { u.business_now = {100}; }));
  auto frozen = token;
  frozen.frozen = true;
  EXPECT_EQ(decide_bank_use(frozen, 0, use).error().reason(), "TOKEN_FROZEN");
}

}  // namespace
}  // namespace karv::vault
