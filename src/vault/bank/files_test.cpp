#include "vault/bank/files.h"

#include <gtest/gtest.h>

#include "crypto/ed25519.h"
#include "crypto/hash.h"
#include "vault/bank/file_delivery.h"
#include "vault/bank/file_door.h"
#include "vault/bank/file_steps.h"
#include "vault/bank/repository.h"
#include "vault/bank/test_bank.h"
#include "vault/doors/tenant_messages.h"
#include "vault/operations/restore.h"
#include "vault/rotation/key_rotation.h"
#include "vault/test_support.h"

namespace karv::vault {
namespace {

using testing::BankBehavior;

// From the IBAN registry.
constexpr std::string_view kGerman = "DE89370400440532013000";
constexpr std::string_view kBelgian = "BE68539007547034";
constexpr std::string_view kDutch = "NL91ABNA0417164300";

class BankFilesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    own = vault.make_account(kGerman, BankPurpose::own).bank_token;
    payout = vault.make_account(kBelgian, BankPurpose::payout).bank_token;
  }
  vault_api::BankFileRequest request(std::int64_t entries, std::int64_t sum) {
    return {.file = base::make_id<vault_api::BankFileTag>(vault.wall, vault.random),
            .destination = "test-bank",
            .purpose = BankPurpose::payout,
            .debtor_token = own,
            .debtor_name = "Karv",
            .execution_date = "2026-11-23",
            .currency = "EUR",
            .entries = entries,
            .sum_minor = sum,
            .business_time = vault.wall.now().ms};
  }
  vault_api::BankFileEntry entry(std::int64_t amount, const std::string& token) {
    return {.entry = base::make_id<vault_api::BankEntryTag>(vault.wall, vault.random),
            .bank_token = token,
            .merchant = vault.merchant,
            .name = "Tällberg & Co",
            .amount_minor = amount,
            .remittance = "Payout 47"};
  }
  vault_api::BankEntriesRequest batch(BankFileId file, std::int64_t first, std::vector<vault_api::BankFileEntry> all) {
    return {.file = file, .first = first, .entries = std::move(all), .business_time = vault.wall.now().ms};
  }
  std::string reason_of(const base::Result<vault_api::BankFileAnswer>& answer) {
    if (answer.ok()) return std::string(json::word(answer->state));
    return answer.error().reason().empty() ? std::string(base::row_of(answer.error().code()).name)
                                           : answer.error().reason();
  }
  // A file of two entries, complete.
  BankFileId committed() {
    const auto wanted = request(2, 1500);
    EXPECT_TRUE(files.begin(vault.tenant, wanted).ok());
    const auto added = files.add(vault.tenant, batch(wanted.file, 1, {entry(1000, payout), entry(500, payout)}));
    EXPECT_TRUE(added.ok()) << added.error().internal_text() << added.error().public_text();
    EXPECT_EQ(reason_of(files.commit(vault.tenant, {wanted.file})), "committed");
    return wanted.file;
  }
  vault_api::BankFileAnswer look(BankFileId file) { return files.find(vault.tenant, {file}).value(); }
  std::string state_of(BankFileId file) { return std::string(json::word(look(file).state)); }
  std::int64_t used(const std::string& token) {
    return vault.database
        ->read<std::int64_t>("test",
                             [&](store::ReadTx& tx) -> base::Result<std::int64_t> {
                               const auto digests = vault.keys->get().value()->token_digests(vault.tenant, token);
                               KARV_TRY(const auto found, find_bank_token(tx, digests));
                               return found->used_minor;
                             })
        .value();
  }
  void later(base::Duration by) {
    vault.wall.advance(by);
    delivery.work();
  }

  testing::Disk disk;
  testing::TestVault vault{disk, nullptr};
  testing::TestBank bank;
  BankFiles files{*vault.database, *vault.keys, vault.wall, vault.random, {"test-bank"}};
  BankSigning signing{*vault.database, *vault.keys, vault.wall, vault.random};
  BankFileRendering rendering{*vault.database, *vault.keys, *vault.accounts, vault.wall, vault.random};
  BankFileDelivery delivery{*vault.database, rendering, signing,
                            [this](net::OutboundRequest r, base::Duration) { return bank.answer(r); }, vault.wall};
  std::string own, payout;
};

TEST_F(BankFilesTest, a_file_leaves_with_the_numbers_filled_in_signed_and_its_digest_is_kept) {
  const auto file = committed();
  delivery.work();
  ASSERT_EQ(bank.received.size(), 1U);
  const auto& sent = bank.received.front();
  EXPECT_EQ(sent.destination, "test-bank");
  for (const std::string_view part :
       {"<IBAN>DE89370400440532013000</IBAN>", "<IBAN>BE68539007547034</IBAN>", "<CtrlSum>15.00</CtrlSum>",
        "<NbOfTxs>2</NbOfTxs>", "<InstdAmt Ccy=\"EUR\">10.00</InstdAmt>", "<Nm>Tällberg &amp; Co</Nm>",
        "<Ustrd>Payout 47</Ustrd>", "<Dt>2026-11-23</Dt>"})
    EXPECT_NE(sent.body.find(part), std::string::npos) << part;
  const auto answer = look(file);
  EXPECT_EQ(answer.state, BankFileState::accepted);
  EXPECT_EQ(answer.bank_status, "ACTC");
  EXPECT_EQ(answer.digest, base::to_hex(crypto::sha256(base::as_bytes(sent.body))));
  EXPECT_NE(sent.body.find("<MsgId>" + answer.message_id + "</MsgId>"), std::string::npos);
  const auto signature = base::from_base64(std::string(sent.headers.find("Karv-Signature"))).value();
  const auto key = signing.public_key("test-bank").value();
  EXPECT_TRUE(crypto::verifies_ed25519(key, base::as_bytes(sent.body), signature));
  EXPECT_EQ(base::to_base64(key), sent.headers.find("Karv-Signature-Key"));
  EXPECT_EQ(used(payout), 1500);
  EXPECT_EQ(used(own), 1500);
}

TEST_F(BankFilesTest, the_same_file_said_again_changes_nothing_and_another_under_its_id_is_refused) {
  auto wanted = request(2, 1500);
  const std::vector<vault_api::BankFileEntry> two = {entry(1000, payout), entry(500, payout)};
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(files.begin(vault.tenant, wanted).ok());
    EXPECT_EQ(files.add(vault.tenant, batch(wanted.file, 1, two)).value().entries, 2);
    wanted.business_time += 1000;
  }
  EXPECT_EQ(used(payout), 1500);
  auto other = two;
  other[1].amount_minor = 501;
  EXPECT_EQ(reason_of(files.add(vault.tenant, batch(wanted.file, 1, other))), "IDEMPOTENCY_CONFLICT");
  auto another = wanted;
  another.sum_minor = 1501;
  EXPECT_EQ(reason_of(files.begin(vault.tenant, another)), "IDEMPOTENCY_CONFLICT");
  for (int i = 0; i < 2; ++i) EXPECT_EQ(reason_of(files.commit(vault.tenant, {wanted.file})), "committed");
  delivery.work();
  delivery.work();
  EXPECT_EQ(reason_of(files.commit(vault.tenant, {wanted.file})), "accepted");
  EXPECT_EQ(reason_of(files.begin(vault.tenant, wanted)), "accepted");
  EXPECT_EQ(bank.received.size(), 1U);
  EXPECT_EQ(used(own), 1500);
}

TEST_F(BankFilesTest, count_and_sum_must_be_what_was_announced) {
  const auto wanted = request(2, 1500);
  ASSERT_TRUE(files.begin(vault.tenant, wanted).ok());
  EXPECT_EQ(reason_of(files.commit(vault.tenant, {wanted.file})), "TOTALS_DIFFER");
  EXPECT_EQ(reason_of(files.add(vault.tenant, batch(wanted.file, 2, {entry(1, payout)}))), "ENTRY_GAP");
  ASSERT_TRUE(files.add(vault.tenant, batch(wanted.file, 1, {entry(1000, payout)})).ok());
  EXPECT_EQ(reason_of(files.commit(vault.tenant, {wanted.file})), "TOTALS_DIFFER");
  EXPECT_EQ(reason_of(files.add(vault.tenant, batch(wanted.file, 2, {entry(501, payout)}))), "TOO_MANY_ENTRIES");
  ASSERT_TRUE(files.add(vault.tenant, batch(wanted.file, 2, {entry(499, payout)})).ok());
  EXPECT_EQ(reason_of(files.commit(vault.tenant, {wanted.file})), "TOTALS_DIFFER");
  EXPECT_EQ(reason_of(files.add(vault.tenant, batch(wanted.file, 3, {entry(1, payout)}))), "TOO_MANY_ENTRIES");
  EXPECT_EQ(reason_of(files.cancel(vault.tenant, {wanted.file})), "canceled");
  EXPECT_EQ(reason_of(files.cancel(vault.tenant, {wanted.file})), "canceled");
  EXPECT_EQ(reason_of(files.commit(vault.tenant, {wanted.file})), "FILE_CLOSED");
  EXPECT_EQ(used(payout), 1499);  // a cap counts what was ordered
  delivery.work();
  EXPECT_TRUE(bank.received.empty());
}

TEST_F(BankFilesTest, a_token_is_held_to_its_scope_and_a_refused_batch_leaves_nothing) {
  const auto capped = vault.make_account(kDutch, BankPurpose::payout, 1000).bank_token;
  const auto refund = vault.make_account(kDutch, BankPurpose::refund).bank_token;
  const auto wanted = request(10, 100'000);
  ASSERT_TRUE(files.begin(vault.tenant, wanted).ok());
  const auto add = [&](std::vector<vault_api::BankFileEntry> all) {
    return reason_of(files.add(vault.tenant, batch(wanted.file, 1, std::move(all))));
  };
  EXPECT_EQ(add({entry(600, capped), entry(401, capped)}), "SCOPE_REFUSED");
  EXPECT_EQ(add({entry(1, payout), entry(1, refund)}), "SCOPE_REFUSED");
  EXPECT_EQ(add({entry(1, payout), entry(1, "nothing")}), "TOKEN_UNKNOWN");
  auto somebody = entry(1, payout);
  somebody.merchant = base::make_id<vault_api::MerchantTag>(vault.wall, vault.random);
  EXPECT_EQ(add({somebody}), "SCOPE_REFUSED");
  EXPECT_EQ(used(capped), 0);
  EXPECT_EQ(used(payout), 0);
  EXPECT_EQ(add({entry(600, capped), entry(400, capped)}), "collecting");
  EXPECT_EQ(used(capped), 1000);
  auto from_payout = request(1, 1);
  from_payout.debtor_token = payout;  // nobody draws on a merchant's account
  EXPECT_EQ(reason_of(files.begin(vault.tenant, from_payout)), "SCOPE_REFUSED");
}

TEST_F(BankFilesTest, malformed_foreign_and_unlisted_is_refused) {
  const auto begin = [&](auto change) {
    auto wanted = request(2, 1500);
    change(wanted);
    return reason_of(files.begin(vault.tenant, wanted));
  };
  using Request = vault_api::BankFileRequest;
  EXPECT_EQ(begin([](Request& r) { r.destination = "another-bank"; }), "DESTINATION_UNKNOWN");
  EXPECT_EQ(begin([](Request& r) { r.debtor_token = "x"; }), "TOKEN_UNKNOWN");
  for (const auto& change : std::vector<std::function<void(Request&)>>{
           [](Request& r) { r.kind = "pain.008.001.08"; }, [](Request& r) { r.purpose = BankPurpose::own; },
           [](Request& r) { r.debtor_name = "a\nb"; }, [](Request& r) { r.execution_date = "2026-02-30"; },
           [](Request& r) { r.currency = "eur"; }, [](Request& r) { r.entries = 100'001; },
           [](Request& r) { r.entries = 0; }, [](Request& r) { r.sum_minor = 0; },
           [](Request& r) { r.file = BankFileId(); }})
    EXPECT_EQ(begin(change), "BAD_VALUE");
  const auto wanted = request(2, 1500);
  ASSERT_TRUE(files.begin(vault.tenant, wanted).ok());
  const TenantId stranger = base::make_id<TenantTag>(vault.wall, vault.random);
  for (const auto& file : {wanted.file, base::make_id<vault_api::BankFileTag>(vault.wall, vault.random)}) {
    EXPECT_EQ(reason_of(files.find(stranger, {file})), "FILE_UNKNOWN");
    EXPECT_EQ(reason_of(files.commit(stranger, {file})), "FILE_UNKNOWN");
    EXPECT_EQ(reason_of(files.add(stranger, batch(file, 1, {entry(1, payout)}))), "FILE_UNKNOWN");
    EXPECT_EQ(files.outcomes(stranger, {.file = file}).error().reason(), "FILE_UNKNOWN");
  }
  auto bad = entry(1, payout);
  bad.name = std::string(71, 'x');
  EXPECT_EQ(reason_of(files.add(vault.tenant, batch(wanted.file, 1, {bad}))), "BAD_VALUE");
  EXPECT_EQ(reason_of(files.add(vault.tenant, batch(wanted.file, 1, {}))), "BAD_VALUE");
  EXPECT_EQ(reason_of(files.add(vault.tenant, batch(wanted.file, 1, std::vector(101, entry(1, payout))))), "BAD_VALUE");
  const auto same = entry(1, payout);  // one id twice
  EXPECT_EQ(reason_of(files.add(vault.tenant, batch(wanted.file, 1, {same, same}))), "CONFLICT");
}

TEST_F(BankFilesTest, what_could_not_be_sent_is_tried_again_and_an_impostor_raises_the_alarm) {
  const auto file = committed();
  bank.behavior = BankBehavior::deaf;
  delivery.work();
  EXPECT_EQ(state_of(file), "committed");
  EXPECT_EQ(look(file).problem, "NOT_REACHED");
  EXPECT_EQ(delivery.work(), 0U);  // not at once
  bank.behavior = BankBehavior::impostor;
  later(base::seconds(5));
  EXPECT_EQ(state_of(file), "committed");
  EXPECT_EQ(look(file).problem, "PEER_NOT_TRUSTED");
  EXPECT_TRUE(bank.received.empty());
  bank.behavior = BankBehavior::take;
  later(base::seconds(5));
  EXPECT_EQ(state_of(file), "accepted");
  EXPECT_EQ(look(file).problem, "");
  EXPECT_EQ(bank.received.size(), 1U);
}

TEST_F(BankFilesTest, a_lost_answer_is_asked_for_and_nothing_is_sent_a_second_time) {
  const auto file = committed();
  bank.behavior = BankBehavior::silent;
  delivery.work();
  EXPECT_EQ(state_of(file), "unknown");
  bank.behavior = BankBehavior::deaf;
  for (int i = 0; i < 5; ++i) later(base::minutes(20));
  EXPECT_EQ(state_of(file), "unknown");
  bank.behavior = BankBehavior::take;
  later(base::minutes(2));
  EXPECT_EQ(state_of(file), "accepted");
  EXPECT_EQ(bank.received.size(), 1U);
  EXPECT_EQ(reason_of(files.cancel(vault.tenant, {file})), "FILE_CLOSED");
  EXPECT_EQ(reason_of(files.send_again(vault.tenant, {file})), "FILE_CLOSED");
}

TEST_F(BankFilesTest, a_bank_that_never_had_it_is_believed_after_a_while_and_the_server_decides) {
  const auto file = committed();
  bank.behavior = BankBehavior::lost;
  delivery.work();
  bank.behavior = BankBehavior::take;
  later(base::seconds(2));
  EXPECT_EQ(state_of(file), "unknown");  // it may still be reading it
  EXPECT_EQ(look(file).problem, "NOT_KNOWN_THERE");
  later(base::minutes(11));
  EXPECT_EQ(state_of(file), "not_known");
  later(base::days(1));
  EXPECT_EQ(bank.received.size(), 1U);
  EXPECT_EQ(reason_of(files.send_again(vault.tenant, {file})), "committed");
  delivery.work();
  EXPECT_EQ(state_of(file), "accepted");
  ASSERT_EQ(bank.received.size(), 2U);
  EXPECT_EQ(bank.received[0].body, bank.received[1].body);  // one message id, the same bytes
}

TEST_F(BankFilesTest, an_answer_that_is_no_report_on_the_file_decides_nothing) {
  for (const auto behavior : {BankBehavior::garbage, BankBehavior::foreign_report, BankBehavior::redirect}) {
    const auto file = committed();
    bank.behavior = behavior;
    delivery.work();
    EXPECT_EQ(state_of(file), "unknown");
    EXPECT_EQ(look(file).problem, behavior == BankBehavior::redirect ? "REDIRECTED" : "NO_REPORT");
    later(base::minutes(1));
    EXPECT_EQ(state_of(file), "unknown");
  }
}

TEST_F(BankFilesTest, what_the_bank_says_of_entries_is_kept_and_read_page_by_page) {
  bank.behavior = BankBehavior::take_partly;
  const auto file = committed();
  delivery.work();
  EXPECT_EQ(state_of(file), "partly_accepted");
  const auto page = files.outcomes(vault.tenant, {.file = file}).value();
  ASSERT_EQ(page.entries.size(), 2U);
  EXPECT_EQ(page.entries[0].bank_status, "RJCT");
  EXPECT_EQ(page.entries[0].bank_reason, "AC04");
  EXPECT_EQ(page.entries[1].bank_status, "");
  EXPECT_FALSE(page.next.has_value());
  bank.behavior = BankBehavior::take;
  bank.known[look(file).message_id] = "ACSC";
  later(base::minutes(10));
  EXPECT_EQ(state_of(file), "completed");
  const int asked = bank.asked;
  later(base::days(1));
  EXPECT_EQ(bank.asked, asked);  // it is over
  bank.behavior = BankBehavior::reject;
  const auto other = committed();
  delivery.work();
  EXPECT_EQ(state_of(other), "rejected");
}

TEST_F(BankFilesTest, a_process_that_was_killed_while_sending_leaves_an_unknown_file) {
  const auto file = committed();
  int calls = 0;
  {
    BankFileDelivery dying(
        *vault.database, rendering, signing,
        [&](net::OutboundRequest r, base::Duration) -> net::CallOutcome {
          ++calls;
          (void)bank.answer(r);
          throw std::runtime_error("killed");
        },
        vault.wall);
    EXPECT_THROW(dying.work(), std::runtime_error);
  }
  EXPECT_EQ(state_of(file), "sending");
  EXPECT_EQ(delivery.work(), 0U);
  ASSERT_TRUE(delivery.recover().ok());
  EXPECT_EQ(state_of(file), "unknown");
  delivery.work();
  EXPECT_EQ(state_of(file), "accepted");
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(bank.received.size(), 1U);
  // Also without a start: another process's file is taken up when its sending must be over.
  const auto left = committed();
  BankFileDelivery gone(
      *vault.database, rendering, signing,
      [](net::OutboundRequest, base::Duration) -> net::CallOutcome { throw std::runtime_error("killed"); }, vault.wall);
  EXPECT_THROW(gone.work(), std::runtime_error);
  later(kBankSendingEnds);
  EXPECT_EQ(state_of(left), "unknown");
}

TEST_F(BankFilesTest, a_restored_store_asks_before_it_sends_and_its_tokens_are_frozen) {
  const auto file = committed();
  ASSERT_TRUE(freeze_restored(*vault.database, base::make_id<RestoreTag>(vault.wall, vault.random), "a backup",
                              vault.wall.now())
                  .ok());
  EXPECT_EQ(state_of(file), "unknown");
  delivery.work();
  EXPECT_TRUE(bank.received.empty());
  EXPECT_EQ(reason_of(files.begin(vault.tenant, request(1, 1))), "TOKEN_FROZEN");
}

TEST_F(BankFilesTest, an_account_stays_while_a_file_needs_it_and_a_sealed_vault_sends_later) {
  const auto file = committed();
  const auto remove = [&] {
    const auto removed = vault.bank_desk->remove(vault.tenant, {.bank_token = payout, .merchant = vault.merchant});
    return removed.ok() ? std::string("gone") : removed.error().reason();
  };
  EXPECT_EQ(remove(), "ACCOUNT_IN_USE");
  vault.keys->seal("an operator");
  delivery.work();
  EXPECT_EQ(state_of(file), "committed");
  EXPECT_EQ(look(file).problem, "VAULT_SEALED");
  ASSERT_TRUE(vault.keys->unseal(disk.hsm).ok());
  later(base::seconds(2));
  EXPECT_EQ(state_of(file), "accepted");
  EXPECT_EQ(remove(), "gone");
}

TEST_F(BankFilesTest, rotations_between_order_and_sending_change_nothing_that_is_sent) {
  const auto file = committed();
  KeyRotation rotation{*vault.database, *vault.keys, *vault.cards, *vault.accounts, vault.wall, vault.random};
  for (const auto key_class : {KeyClass::epoch, KeyClass::tenant, KeyClass::fingerprint}) {
    const auto tenant = key_class == KeyClass::epoch ? TenantId() : vault.tenant;
    ASSERT_TRUE(rotation.rotate(vault.keys->refresh().value()->find_active(key_class, tenant)->row.id).ok());
    vault.wall.advance(kHandover + base::milliseconds(1));
    while (rotation.work().value()) {
    }
    vault.wall.advance(base::days(7));
    while (rotation.work().value()) {
    }
  }
  delivery.work();
  EXPECT_EQ(state_of(file), "accepted");
  EXPECT_NE(bank.last_file().find(kBelgian), std::string::npos);
}

TEST_F(BankFilesTest, no_number_name_or_text_is_in_the_tables_or_answers_in_clear) {
  const auto file = committed();
  delivery.work();
  const auto rows = [&](store::Sql sql) {
    return vault.database->read<store::Rows>("test", [&](store::ReadTx& tx) { return tx.read_one({sql, {}}); }).value();
  };
  const auto holds = [](const store::Rows& all, std::string_view text) {
    for (const auto& row : all)
      for (std::size_t i = 0; i < row.size(); ++i)
        if (const auto bytes = row.bytes_or_null(i);
            bytes && base::as_text(*bytes).find(text) != std::string_view::npos)
          return true;
    return false;
  };
  const auto accounts = rows("select sealed, fingerprint from bank_accounts");
  const auto entries = rows("select sealed, request_digest from bank_file_entries");
  ASSERT_EQ(entries.size(), 2U);
  for (const std::string_view canary :
       {kBelgian, kGerman, std::string_view("Tällberg"), std::string_view("Payout 47")}) {
    EXPECT_FALSE(holds(accounts, canary));
    EXPECT_FALSE(holds(entries, canary));
  }
  const auto text = json::encode(look(file)) + json::encode(files.outcomes(vault.tenant, {.file = file}).value());
  EXPECT_EQ(text.find("5390"), std::string::npos);
}

}  // namespace
}  // namespace karv::vault
