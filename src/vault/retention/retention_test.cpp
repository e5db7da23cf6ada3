#include <algorithm>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "audit/chain.h"
#include "store/migrate.h"
#include "store/outbox.h"
#include "vault/cards/card_repository.h"
#include "vault/retention/repository.h"
#include "vault/retention/rules.h"
#include "vault/retention/sweep.h"
#include "vault/schema.h"
#include "vault/test_support.h"

namespace karv::vault {
namespace {

TEST(RetentionRules, control_9_every_table_of_a_vaults_store_has_a_line_and_every_line_a_table) {
  const auto migrations = store::all_migrations({store::migrations(), audit::migrations(), vault::migrations()});
  const auto database = store::TemporaryDatabase::create_file(migrations);
  std::set<std::string> tables;
  for (const auto& row : database
                             ->read<store::Rows>("tables",
                                                 [](store::ReadTx& tx) {
                                                   return tx.read_one(
                                                       {"select name from sqlite_master"
                                                        " where type = 'table'",
                                                        {}});
                                                 })
                             .value())
    tables.insert(row.text(0));
  for (const auto* own : {"schema_migrations", "schema_migration_times", "outbox"})  // of the store itself
    tables.erase(own);
  std::set<std::string> lines;
  for (const auto& line : kRetention) {
    EXPECT_TRUE(lines.insert(std::string(line.table)).second) << line.table << " has two lines";
    EXPECT_FALSE(line.what.empty() || line.basis.empty() || line.country.empty()) << line.table;
    EXPECT_EQ(line.until == KeptUntil::age, line.period.ms > 0 && !line.since.empty()) << line.table;
  }
  EXPECT_EQ(tables, lines);
}

TEST(RetentionRules, control_9_a_sweep_counts_from_the_column_that_its_line_names) {
  for (const auto& sweep : kAgeSweeps) {
    const auto& line = *std::ranges::find(kRetention, sweep.table, &Retention::table);
    const std::string condition = "from " + std::string(line.table) + " where " + std::string(line.since) + " <= $1";
    EXPECT_TRUE(sweep.find.text().starts_with("select " + std::string(line.since) + " " + condition)) << line.table;
    EXPECT_TRUE(sweep.count.text().starts_with("select count(*) " + condition)) << line.table;
    EXPECT_TRUE(sweep.erase.text().starts_with("delete " + condition)) << line.table;
  }
}

// One row, made at an instant of the table's own unit; `id` tells it apart.
struct Planted {
  std::string_view table;
  store::Sql insert;
};
constexpr auto kPlanted = std::to_array<Planted>({
    {"card_tickets",
     "insert into card_tickets (expires_at, ticket_mac, tenant_id, customer_id, purpose, frame_ancestors,"
     " parent_origin, state) values ($1, $2, $3, $4, 'saved', '', '', 'open')"},
    {"bank_tickets",
     "insert into bank_tickets (expires_at, ticket_mac, tenant_id, owner_id, owner_kind, purpose, state)"
     " values ($1, $2, $3, $4, 'customer', 'refund', 'open')"},
    {"operations",
     "insert into operations (created_at, operation_id, card_id, customer_id, kind, request_digest, state, merchant_id,"
     " token_mac, amount_minor, currency, merchant_reference, merchant_name, initiator, reference, stan, sent_at,"
     " reversal_stan, reversal_at, response_code, approval_code, completed_minor, refunded_minor)"
     " values ($1, $2, $3, $4, 'hold', $5, 'approved', $6, $7, 0, 'EUR', '', '', 'merchant', $8, 0, 0, 0, 0, '', '',"
     " 0, 0)"},
    {"bank_files",
     "insert into bank_files (created_at, file_id, tenant_id, debtor_account_id, request_digest, state, destination,"
     " purpose, debtor_name, execution_date, currency, announced_entries, announced_minor, entries, sum_minor, digest,"
     " bank_status, bank_reason, problem, attempts, state_since)"
     " values ($1, $2, $3, $4, $5, 'completed', '', 'payout', '', '', 'EUR', 0, 0, 0, 0, $6, '', '', '', 0, 0)"},
    {"bank_statement_files",
     "insert into bank_statement_files (received_at, file_id, tenant_id, subject_key_id, bank_id, destination, "
     "position,"
     " digest, original, heads, line_count, problem) values ($1, $2, $3, $4, $5, '', $6, $7, $8, $9, 0, '')"},
    {"token_refusals",
     "insert into token_refusals (last_at, refusal_id, tenant_id, merchant_id, customer_id, day, reason, times,"
     " first_at) values ($1, $2, $3, $4, $5, $6, 'cap', 1, 0)"},
    {"token_refusal_days",
     "insert into token_refusal_days (day, merchant_id, tenant_id, times, counts, alarmed_at)"
     " values ($1, $2, $3, 1, 1, 0)"},
    {"page_findings",
     "insert into page_findings (last_seen, kind, page, directive, blocked, hash, times, first_seen, alarmed_at)"
     " values ($1, 'unlisted_script', 'checkout', '', $2, '', 1, 0, 0)"},
    {"noted_acts", "insert into noted_acts (noted_at, act_digest) values ($1, $2)"},
    {"reveal_requests",
     "insert into reveal_requests (asked_at, request_id, tenant_id, card_id, customer_id, requester_id, level, reason,"
     " case_number, words, looks, looks_taken, state, expires_at, asked_proof, decided_proof)"
     " values ($1, $2, $3, $4, $5, $6, 'full', 'dispute', '', '', 1, 0, 'expired', 0, $7, $8)"},
    {"reveal_looks",
     "insert into reveal_looks (looked_at, look_id, request_id, tenant_id, customer_id, card_id, staff_id, level,"
     " reason) values ($1, $2, $3, $4, $5, $6, $7, 'full', 'dispute')"},
    {"journal_acceptances", "insert into journal_acceptances (accepted_at, path, reason) values ($1, $2, '')"},
    {"import_approvals", "insert into import_approvals (approved_at, file_digest, custodian_id) values ($1, $2, $3)"},
});

constexpr store::Sql kCard =
    "insert into cards (card_id, tenant_id, customer_id, subject_key_id, sealed, fingerprint, fingerprint_key_id, "
    "brand,"
    " last4, created_at) values ($1, $2, $3, $4, $5, $6, $7, 'visa', '1111', 0)";
constexpr store::Sql kToken =
    "insert into vault_tokens (token_mac, mac_key_id, card_id, customer_id, purpose, used_minor, uses, created_at)"
    " values ($1, $2, $3, $4, 'saved', 0, 0, 0)";
constexpr store::Sql kFilledForm =
    "insert into card_tickets (ticket_mac, tenant_id, customer_id, card_id, expires_at, purpose, frame_ancestors,"
    " parent_origin, state) values ($1, $2, $3, $4, $5, 'saved', '', '', 'filled')";
constexpr store::Sql kAccount =
    "insert into bank_accounts (account_id, tenant_id, owner_id, subject_key_id, sealed, fingerprint,"
    " fingerprint_key_id, owner_kind, kind, country, last, created_at)"
    " values ($1, $2, $3, $4, $5, $6, $7, 'customer', 'iban', 'DE', '3000', 0)";
constexpr store::Sql kBankToken =
    "insert into bank_tokens (token_mac, mac_key_id, tenant_id, account_id, owner_id, owner_kind, purpose, used_minor,"
    " uses, created_at) values ($1, $2, $3, $4, $5, 'customer', 'refund', 0, 0, 0)";
constexpr store::Sql kFilledBankForm =
    "insert into bank_tickets (ticket_mac, tenant_id, owner_id, account_id, expires_at, owner_kind, purpose, state)"
    " values ($1, $2, $3, $4, $5, 'customer', 'refund', 'filled')";

class RetentionTest : public ::testing::Test {
 protected:
  template <class Work>
  void write(Work work) {
    ASSERT_TRUE(vault.database
                    ->write<void>("test",
                                  [&](store::Tx& tx) -> base::Result<void> {
                                    work(tx);
                                    return {};
                                  })
                    .ok());
  }
  std::int64_t count(store::Sql sql, std::vector<store::Value> parameters = {}) {
    return vault.database
        ->read<std::int64_t>("test",
                             [&](store::ReadTx& tx) -> base::Result<std::int64_t> {
                               KARV_TRY(const auto rows, tx.read_one({sql, parameters}));
                               return rows.front().integer(0);
                             })
        .value();
  }
  std::int64_t count_over(std::string_view table) {
    const auto& line = *std::ranges::find(kRetention, table, &Retention::table);
    return count(std::ranges::find(kAgeSweeps, table, &AgeSweep::table)->count,
                 {(vault.wall.now() - line.period).ms / line.unit.ms});
  }
  // Everything of the table: nothing is later than the last instant there is.
  std::int64_t count_all(std::string_view table) {
    return count(std::ranges::find(kAgeSweeps, table, &AgeSweep::table)->count,
                 {std::numeric_limits<std::int64_t>::max()});
  }
  void plant(const Planted& what, std::int64_t since, std::uint8_t id) {
    // What else the statement takes: ids that are this row's own, and for the few columns that are not BYTEA their own.
    const auto holes = static_cast<std::size_t>(std::ranges::count(what.insert.text(), '$'));
    std::vector<store::Value> values = {since};
    for (std::size_t i = 1; i < holes; ++i) values.emplace_back(base::Bytes(16, id));
    if (what.table == "page_findings" || what.table == "journal_acceptances")
      values[1] = std::string(1, char('a' + id));
    if (what.table == "operations") values[7] = std::to_string(id);
    if (what.table == "token_refusals") values[5] = std::int64_t{id};
    if (what.table == "bank_statement_files") {
      values[4] = std::to_string(id);
      values[5] = std::int64_t{id};
    }
    write([&](store::Tx& tx) { tx.write({what.insert, std::move(values)}, 1); });
  }
  void sweep() { ASSERT_TRUE(RetentionSweep(*vault.database, vault.wall).run().ok()); }

  std::string ticket() {
    vault_api::TicketRequest request;
    request.customer = vault.customer;
    request.purpose = Purpose::saved;
    request.parent_origin = "https://pay.localhost:8443";
    return vault.desk->create_ticket(vault.tenant, request)->ticket;
  }
  std::int64_t cards() { return count("select count(*) from cards"); }

  testing::Disk disk;
  testing::FakePeer peer;
  testing::TestVault vault{disk, &peer};
};

TEST_F(RetentionTest, control_9_each_table_loses_what_is_past_its_time_and_keeps_the_rest) {
  ASSERT_EQ(kPlanted.size(), kAgeSweeps.size());
  for (const auto& what : kPlanted) {
    const auto& line = *std::ranges::find(kRetention, what.table, &Retention::table);
    const auto over = (vault.wall.now() - line.period).ms / line.unit.ms;
    plant(what, over, 1);
    plant(what, over + 1, 2);
    ASSERT_EQ(count_all(what.table), 2) << what.table;
    ASSERT_EQ(count_over(what.table), 1) << what.table;
  }
  sweep();
  for (const auto& what : kPlanted) {
    EXPECT_EQ(count_all(what.table), 1) << what.table;
    EXPECT_EQ(count_over(what.table), 0) << what.table;
  }
}

TEST_F(RetentionTest, control_9_after_the_clock_has_moved_nothing_is_past_its_time) {
  const auto card = vault.make_card();
  const auto hold = vault.operation(card.vault_token, 1000);
  ASSERT_EQ(vault.operations->run(vault.tenant, OperationKind::hold, hold)->outcome, Outcome::approved);
  (void)vault.operations->run(vault.tenant, OperationKind::hold, vault.operation("unknown", 100));
  (void)vault.make_account("DE89370400440532013000", BankPurpose::payout);
  for (const auto table : {"card_tickets", "bank_tickets", "operations", "token_refusals", "token_refusal_days"})
    ASSERT_EQ(count_all(table), 1) << table;
  sweep();
  for (const auto table : {"card_tickets", "bank_tickets", "operations", "token_refusals", "token_refusal_days"})
    EXPECT_EQ(count_all(table), 1) << table;

  vault.wall.advance(base::days(365));
  sweep();
  for (const auto& table : kAgeSweeps) EXPECT_EQ(count_over(table.table), 0) << table.table;
  EXPECT_EQ(count_all("operations"), 1);
  vault.wall.advance(kBookYears);
  sweep();
  for (const auto& table : kAgeSweeps) EXPECT_EQ(count_all(table.table), 0) << table.table;
  EXPECT_EQ(cards(), 1);  // its token is still the customer's
}

TEST_F(RetentionTest, control_9_an_operation_under_way_stays_however_old) {
  const auto token = vault.make_card().vault_token;
  const auto hold = vault.operation(token, 1000);
  ASSERT_EQ(vault.operations->run(vault.tenant, OperationKind::hold, hold)->outcome, Outcome::approved);
  peer.ignore_advices(1'000'000);
  const auto part = vault.operation(token, 300, hold.operation);
  ASSERT_TRUE(vault.operations->run(vault.tenant, OperationKind::complete, part).ok());
  vault.wall.advance(kBookYears);
  sweep();
  EXPECT_EQ(count("select count(*) from operations"), 2);  // with the hold that it quotes
  EXPECT_EQ(vault.state_of(part.operation), OperationState::delivering);
}

TEST_F(RetentionTest, control_9_what_a_kept_operation_quotes_stays_and_all_go_together) {
  const auto token = vault.make_card().vault_token;
  const auto hold = vault.operation(token, 1000);
  ASSERT_EQ(vault.operations->run(vault.tenant, OperationKind::hold, hold)->outcome, Outcome::approved);
  const auto part = vault.operation(token, 300, hold.operation);
  ASSERT_TRUE(vault.operations->run(vault.tenant, OperationKind::complete, part).ok());
  ASSERT_TRUE(testing::eventually([&] { return vault.state_of(part.operation) == OperationState::confirmed; }));
  vault.wall.advance(kBookYears - base::days(1));
  const auto refund_token = vault.derive(token, Purpose::refund);
  const auto back = vault.operation(refund_token, 100, part.operation);
  ASSERT_EQ(vault.operations->run(vault.tenant, OperationKind::refund, back)->outcome, Outcome::approved);
  vault.wall.advance(base::days(2));
  sweep();
  EXPECT_EQ(count("select count(*) from operations"), 3);  // two are past their time; the third needs both
  const auto more = vault.operation(refund_token, 100, part.operation);
  EXPECT_EQ(vault.operations->run(vault.tenant, OperationKind::refund, more)->outcome, Outcome::approved);
  vault.wall.advance(kBookYears);
  sweep();
  EXPECT_EQ(count("select count(*) from operations"), 0);
}

TEST_F(RetentionTest, control_9_cards_that_stay_never_stand_before_those_that_go) {
  constexpr int kWithToken = 20;
  constexpr int kAll = 620;  // more than are looked at at once
  const auto over = (vault.wall.now() - base::days(1)).ms;
  write([&](store::Tx& tx) {
    for (int i = 0; i < kAll; ++i) {
      base::Bytes id(16, 0);  // those with a token come first
      id[0] = static_cast<std::uint8_t>(i / 256);
      id[1] = static_cast<std::uint8_t>(i % 256);
      tx.write({kCard, {id, vault.tenant, vault.customer, id, id, id, id}}, 1);
      tx.write({kFilledForm, {id, vault.tenant, vault.customer, id, over}}, 1);
      if (i < kWithToken) tx.write({kToken, {id, id, id, vault.customer}}, 1);
    }
  });
  ASSERT_EQ(cards(), kAll);
  sweep();
  EXPECT_EQ(cards(), kWithToken);
  EXPECT_EQ(count_all("card_tickets"), 0);
}

TEST_F(RetentionTest, control_9_a_form_that_leads_to_a_card_or_account_without_token_waits_for_it) {
  const auto over = (vault.wall.now() - base::days(1)).ms;
  const base::Bytes left(16, 1), erased(16, 2), held(16, 3);
  write([&](store::Tx& tx) {
    for (const auto& id : {left, held}) tx.write({kCard, {id, vault.tenant, vault.customer, id, id, id, id}}, 1);
    for (const auto& id : {left, held}) tx.write({kAccount, {id, vault.tenant, vault.customer, id, id, id, id}}, 1);
    for (const auto& id : {left, erased, held}) {
      tx.write({kFilledForm, {id, vault.tenant, vault.customer, id, over}}, 1);
      tx.write({kFilledBankForm, {id, vault.tenant, vault.customer, id, over}}, 1);
    }
    tx.write({kToken, {held, held, held, vault.customer}}, 1);
    tx.write({kBankToken, {held, held, vault.tenant, held, vault.customer}}, 1);
  });
  // As when removing the card has failed before.
  for (const auto* table : {"card_tickets", "bank_tickets"}) {
    const auto& age = *std::ranges::find(kAgeSweeps, table, &AgeSweep::table);
    const auto removed =
        vault.database->write<std::int64_t>("test", [&](store::Tx& tx) { return remove_aged(tx, age, over, 500); });
    EXPECT_EQ(removed.value(), 2) << table;
  }
  EXPECT_EQ(count("select count(*) from card_tickets where card_id = $1", {left}), 1);
  EXPECT_EQ(count("select count(*) from bank_tickets where account_id = $1", {left}), 1);
  sweep();
  EXPECT_EQ(count("select count(*) from card_tickets"), 0);
  EXPECT_EQ(count("select count(*) from bank_tickets"), 0);
  EXPECT_EQ(cards(), 1);
  EXPECT_EQ(count("select count(*) from bank_accounts"), 1);
}

TEST_F(RetentionTest, control_9_a_card_without_token_stays_while_an_operation_is_under_way) {
  const auto token = vault.make_card().vault_token;
  const auto hold = vault.operation(token, 1000);
  ASSERT_EQ(vault.operations->run(vault.tenant, OperationKind::hold, hold)->outcome, Outcome::approved);
  peer.ignore_advices(1'000'000);
  ASSERT_TRUE(
      vault.operations->run(vault.tenant, OperationKind::complete, vault.operation(token, 300, hold.operation)).ok());
  ASSERT_TRUE(vault.desk->fill_ticket(ticket(), testing::checked_card()).ok());
  write([](store::Tx& tx) { tx.write({"delete from vault_tokens", {}}, 1); });
  vault.wall.advance(base::days(2));
  const auto until = vault.wall.now() - base::days(1);
  const auto card =
      vault.database
          ->read<store::Rows>("test", [](store::ReadTx& tx) { return tx.read_one({"select card_id from cards", {}}); })
          ->front()
          .id<CardId>(0);
  const auto gone =
      vault.database->write<bool>("test", [&](store::Tx& tx) { return remove_uncollected(tx, card, until); });
  EXPECT_FALSE(gone.value());  // also when it was found before the operation began
  sweep();
  EXPECT_EQ(cards(), 1);
  EXPECT_EQ(count("select count(*) from card_tickets where state = 'filled'"), 1);
  write([](store::Tx& tx) { tx.write({"delete from open_operations", {}}, 1); });
  sweep();
  EXPECT_EQ(cards(), 0);
  EXPECT_EQ(count("select count(*) from card_tickets"), 0);
}

TEST_F(RetentionTest, control_9_a_card_that_nobody_collected_goes_with_its_form) {
  const auto text = ticket();
  ASSERT_TRUE(vault.desk->fill_ticket(text, testing::checked_card()).ok());
  vault.wall.advance(base::days(1));
  sweep();
  EXPECT_EQ(cards(), 1);  // its form was over half an hour after it was made
  vault.wall.advance(base::minutes(30));
  sweep();
  EXPECT_EQ(cards(), 0);
  EXPECT_EQ(vault.desk->find_frame(text).error().reason(), "TICKET_UNKNOWN");
}

TEST_F(RetentionTest, control_9_a_card_that_has_a_token_or_was_typed_again_stays) {
  const auto card = vault.make_card(testing::kVisa, Purpose::saved);
  ASSERT_TRUE(vault.desk->fill_ticket(ticket(), testing::checked_card()).ok());  // the same card, not collected
  auto other = parse_card(testing::typed(testing::kMastercard), vault.wall.now());
  ASSERT_TRUE(vault.desk->fill_ticket(ticket(), *std::move(other)).ok());
  vault.wall.advance(base::days(1) + base::minutes(30));
  other = parse_card(testing::typed(testing::kMastercard), vault.wall.now());
  const auto again = ticket();
  ASSERT_TRUE(vault.desk->fill_ticket(again, *std::move(other)).ok());
  sweep();
  EXPECT_EQ(cards(), 2);
  EXPECT_TRUE(
      vault.desk->collect_ticket(vault.tenant, {.ticket = again, .customer = vault.customer, .merchant = {}}).ok());
  EXPECT_EQ(vault.sealed_card(card.vault_token).card.last4, "1111");
}

TEST_F(RetentionTest, control_9_a_bank_account_that_nobody_collected_goes_with_its_form) {
  vault_api::BankTicketRequest request;
  request.purpose = BankPurpose::payout;
  request.merchant = vault.merchant;
  const auto text = vault.bank_desk->create_ticket(vault.tenant, request)->ticket;
  const auto account =
      parse_bank_account({.number = base::SecretBytes::copy_of(std::string_view("DE89370400440532013000"))}).value();
  ASSERT_TRUE(vault.bank_desk->fill_ticket(text, account).ok());
  (void)vault.make_account("BE68539007547034", BankPurpose::payout);
  vault.wall.advance(base::days(2));
  sweep();
  EXPECT_EQ(count("select count(*) from bank_accounts"), 1);
}

}  // namespace
}  // namespace karv::vault
