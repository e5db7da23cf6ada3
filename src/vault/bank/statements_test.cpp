#include "vault/bank/statements.h"

#include <gtest/gtest.h>

#include "json/encode.h"
#include "vault/bank/desk.h"
#include "vault/bank/files.h"
#include "vault/bank/repository.h"
#include "vault/bank/statement_repository.h"
#include "vault/keys/subject_keys.h"
#include "vault/rotation/key_rotation.h"
#include "vault/rotation/subject_renewal.h"
#include "vault/test_support.h"

namespace karv::vault {
namespace {

// From the IBAN registry.
constexpr std::string_view kOurs = "DE89370400440532013000";
constexpr std::string_view kKnown = "BE68539007547034";
constexpr std::string_view kNew = "NL91ABNA0417164300";
constexpr std::string_view kNational = "40012345678";

std::string entry(std::string_view amount, std::string_view direction, std::string_view account,
                  std::string_view text = "") {
  const std::string side = direction == "CRDT" ? "Dbtr" : "Cdtr";
  return R"(<Ntry><Amt Ccy="EUR">)" + std::string(amount) + "</Amt><CdtDbtInd>" + std::string(direction) +
         "</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-11-22</Dt></"
         "BookgDt><NtryDtls><TxDtls><Refs><EndToEndId>"
         "0190a1b2c3d470008000000000000001</EndToEndId></Refs><RltdPties><" +
         side + "><Pty><Nm>Somebody</Nm></Pty></" + side + "><" + side + "Acct><Id>" + std::string(account) +
         "</Id></" + side + "Acct></RltdPties><RmtInf><Ustrd>" + std::string(text) +
         "</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>";
}
std::string iban(std::string_view number) { return "<IBAN>" + std::string(number) + "</IBAN>"; }
std::string other(std::string_view number) { return "<Othr><Id>" + std::string(number) + "</Id></Othr>"; }
std::string statement(std::string_view entries, std::string_view id = "S1") {
  return R"(<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt><Id>)" +
         std::string(id) + "</Id><Acct><Id>" + iban(kOurs) +
         R"(</Id></Acct><Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">1.00</Amt><CdtDbtInd>CRDT)"
         "</CdtDbtInd><Dt><Dt>2026-11-22</Dt></Dt></Bal>" +
         std::string(entries) + "</Stmt></BkToCstmrStmt></Document>";
}

class BankStatementsTest : public ::testing::Test {
 protected:
  net::CallOutcome answer(const net::OutboundRequest& request) {
    ++asked;
    if (broken) return *broken;
    const auto equals = request.path.find("?after=");
    const std::size_t after =
        equals == std::string::npos ? 0 : static_cast<std::size_t>(std::stoul(request.path.substr(equals + 7)));
    if (after >= offered.size()) return net::Response{.status = 204};
    return net::Response{
        .status = 200, .headers = {{"Statement-Id", std::to_string(after + 1)}}, .body = offered[after]};
  }
  vault_api::BankFetchAnswer fetch() { return statements.fetch(vault.tenant, {.destination = "test-bank"}).value(); }
  vault_api::BankStatementPage read(BankStatementId file, std::int64_t after = 0) {
    return statements.read(vault.tenant, {.file = file, .after = after}).value();
  }

  testing::Disk disk;
  testing::TestVault vault{disk, nullptr};
  std::vector<std::string> offered;
  std::optional<net::CallOutcome> broken;
  int asked = 0;
  BankStatements statements{
      *vault.database, *vault.keys,  [this](const net::OutboundRequest& r, base::Duration) { return answer(r); },
      vault.wall,      vault.random, {"test-bank"}};
};

TEST_F(BankStatementsTest, every_account_becomes_a_token_and_no_number_comes_out) {
  const auto known = vault.make_account(kKnown, BankPurpose::refund);
  offered = {statement(entry("8.85", "CRDT", iban(kKnown), "from BE68 5390 0754 7034 and 40012345678, order 7") +
                       entry("3.00", "DBIT", iban(kNew)) + entry("1.00", "CRDT", other(kNational)) +
                       entry("2.00", "CRDT", other(kKnown)))};
  const auto fetched = fetch();
  ASSERT_EQ(fetched.files.size(), 1U);
  EXPECT_EQ(fetched.files.front().problem, "");
  EXPECT_EQ(fetched.files.front().lines, 4);
  EXPECT_FALSE(fetched.more);
  const auto page = read(fetched.files.front().file);
  ASSERT_EQ(page.statements.size(), 1U);
  EXPECT_EQ(page.statements.front().account->last, "3000");
  EXPECT_EQ(page.statements.front().balances.front().amount_minor, 100);
  ASSERT_EQ(page.lines.size(), 4U);
  const auto& came = page.lines[0];
  EXPECT_EQ(came.amount_minor, 885);
  EXPECT_EQ(came.end_to_end_id, "0190a1b2c3d470008000000000000001");
  EXPECT_EQ(came.account->fingerprint, known.fingerprint);
  EXPECT_TRUE(came.account->known);
  EXPECT_NE(came.remittance.find("order 7"), std::string::npos);
  EXPECT_EQ(page.lines[1].amount_minor, -300);
  EXPECT_FALSE(page.lines[1].account->known);
  EXPECT_EQ(page.lines[1].account->country, "NL");
  EXPECT_EQ(page.lines[2].account->last, "5678");
  EXPECT_EQ(page.lines[3].account->fingerprint, known.fingerprint);  // whatever element it stands in
  const auto text = json::encode(page);
  for (const std::string_view number : {kOurs, kKnown, kNew, kNational, std::string_view("5390 0754 7034")})
    EXPECT_EQ(text.find(number), std::string::npos) << number;
  EXPECT_EQ(json::encode(read(fetched.files.front().file)), text);  // the same tokens again
}

TEST_F(BankStatementsTest, a_token_for_money_that_came_sends_at_most_as_much_back) {
  const auto own = vault.make_account(kOurs, BankPurpose::own).bank_token;
  offered = {statement(entry("8.85", "CRDT", iban(kNew)) + entry("3.00", "DBIT", iban(kNew)))};
  const auto page = read(fetch().files.front().file);
  BankFiles files(*vault.database, *vault.keys, vault.wall, vault.random, {"test-bank"});
  const vault_api::BankFileRequest wanted{.file = base::make_id<vault_api::BankFileTag>(vault.wall, vault.random),
                                          .destination = "test-bank",
                                          .purpose = BankPurpose::refund,
                                          .debtor_token = own,
                                          .debtor_name = "Karv",
                                          .execution_date = "2026-11-23",
                                          .currency = "EUR",
                                          .entries = 1,
                                          .sum_minor = 2000,
                                          .business_time = vault.wall.now().ms};
  ASSERT_TRUE(files.begin(vault.tenant, wanted).ok());
  const auto add = [&](const std::string& token, std::int64_t amount) {
    const vault_api::BankFileEntry back{.entry = base::make_id<vault_api::BankEntryTag>(vault.wall, vault.random),
                                        .bank_token = token,
                                        .name = "Somebody",
                                        .amount_minor = amount,
                                        .remittance = "sent back"};
    const auto added = files.add(vault.tenant, {.file = wanted.file, .first = 1, .entries = {back}});
    return added.ok() ? std::string("added") : added.error().reason();
  };
  const auto& came = page.lines[0].account->bank_token;
  const auto& went = page.lines[1].account->bank_token;
  EXPECT_EQ(add(came, 886), "SCOPE_REFUSED");
  EXPECT_EQ(add(went, 1), "SCOPE_REFUSED");
  EXPECT_EQ(add(came, 885), "added");
  EXPECT_EQ(vault.bank_desk->describe(vault.tenant, {.bank_token = went}).value().last, "4300");
}

TEST_F(BankStatementsTest, what_cannot_be_read_is_kept_told_and_not_in_the_way) {
  offered = {"<!DOCTYPE x [<!ENTITY a \"aa\">]><Document>&a;</Document>", "", statement(""),
             statement(entry("1.00", "CRDT", iban(kNew)), "S2"), statement("")};
  const auto fetched = fetch();
  ASSERT_EQ(fetched.files.size(), 5U);
  EXPECT_EQ(fetched.files[0].problem, "MALFORMED");
  EXPECT_EQ(fetched.files[1].problem, "MALFORMED");
  EXPECT_EQ(fetched.files[2].problem, "");
  EXPECT_EQ(fetched.files[3].lines, 1);
  EXPECT_EQ(fetched.files[4].problem, "DUPLICATE");
  EXPECT_TRUE(read(fetched.files[0].file).lines.empty());
  EXPECT_TRUE(read(fetched.files[4].file).statements.empty());
  EXPECT_EQ(fetch().files.size(), 5U);
  EXPECT_EQ(
      statements.fetch(vault.tenant, {.destination = "test-bank", .after = fetched.files[3].file}).value().files.size(),
      1U);
  const int before = asked;
  EXPECT_EQ(statements.fetch(vault.tenant, {.destination = "other"}).error().reason(), "DESTINATION_UNKNOWN");
  EXPECT_EQ(asked, before);
}

TEST_F(BankStatementsTest, a_bank_that_is_not_what_it_should_be_gives_nothing) {
  offered = {statement("")};
  broken = net::CallOutcome(base::Error(base::ErrorCode::unavailable).with_reason("PEER_NOT_TRUSTED"));
  EXPECT_EQ(fetch().problem, "PEER_NOT_TRUSTED");
  broken = net::CallOutcome(net::Response{.status = 302, .headers = {{"Location", "/x"}}});
  EXPECT_EQ(fetch().problem, "REDIRECTED");
  broken = net::CallOutcome(net::Response{.status = 200, .headers = {{"Statement-Id", "a b"}}, .body = statement("")});
  EXPECT_EQ(fetch().problem, "NOT_UNDERSTOOD");
  broken = net::CallOutcome(base::Error(base::ErrorCode::timeout));
  EXPECT_EQ(fetch().problem, "NOT_REACHED");
  broken.reset();
  EXPECT_EQ(fetch().files.size(), 1U);
  vault.keys->seal("an operator");
  EXPECT_EQ(statements.fetch(vault.tenant, {.destination = "test-bank"}).error().reason(), "VAULT_SEALED");
}

TEST_F(BankStatementsTest, pages_follow_one_another_and_another_tenants_file_is_unknown) {
  std::string entries;
  for (int i = 0; i < 201; ++i) entries += entry(std::to_string(i + 1) + ".00", "CRDT", iban(kNew));
  offered = {statement(entries)};
  const auto file = fetch().files.front().file;
  const auto first = read(file);
  ASSERT_EQ(first.lines.size(), 200U);
  const auto second = read(file, *first.next);
  ASSERT_EQ(second.lines.size(), 1U);
  EXPECT_EQ(second.lines.front().amount_minor, 20'100);
  EXPECT_FALSE(second.next.has_value());
  const TenantId stranger = base::make_id<TenantTag>(vault.wall, vault.random);
  const auto unknown = base::make_id<vault_api::BankStatementTag>(vault.wall, vault.random);
  EXPECT_EQ(statements.read(stranger, {.file = file}).error().reason(), "STATEMENT_UNKNOWN");
  EXPECT_EQ(statements.read(vault.tenant, {.file = unknown}).error().reason(), "STATEMENT_UNKNOWN");
}

TEST_F(BankStatementsTest, control_26_a_statements_new_key_seals_all_of_it_again) {
  offered = {statement(entry("8.85", "CRDT", iban(kNew), "order 7"))};
  const auto file = fetch().files.front().file;
  const auto before = json::encode(read(file));
  const auto stored = [&] {
    return vault.database
        ->read<std::optional<StoredStatementFile>>("test",
                                                   [&](store::ReadTx& tx) { return find_statement_file(tx, file); })
        .value()
        .value();
  };
  const auto old_file = stored();
  for (const std::string_view canary : {kOurs, kNew, std::string_view("order 7")}) {
    EXPECT_EQ(base::as_text(old_file.original).find(canary), std::string_view::npos);
    EXPECT_EQ(base::as_text(old_file.heads).find(canary), std::string_view::npos);
  }
  SubjectKeys subject_keys(*vault.keys, vault.wall, vault.random);
  vault.wall.advance(base::days(366));
  KeyRotation rotation{*vault.database, *vault.keys, *vault.cards, *vault.accounts, vault.wall, vault.random};
  ASSERT_TRUE(rotation.start_due().ok());
  EXPECT_NE(stored().subject_key, old_file.subject_key);
  EXPECT_EQ(json::encode(read(file)), before);
}

}  // namespace
}  // namespace karv::vault
