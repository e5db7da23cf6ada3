#include <gtest/gtest.h>

#include "wire/iso20022_camt053.h"
#include "wire/iso20022_pain001.h"
#include "wire/iso20022_pain002.h"
#include "wire/iso20022_xml.h"

namespace karv::wire::iso20022 {
namespace {

// From the IBAN registry.
constexpr std::string_view kGerman = "DE89370400440532013000";
constexpr std::string_view kBelgian = "BE68539007547034";

std::string written(std::string_view currency, int exponent, const std::vector<CreditTransfer>& transfers) {
  std::string out;
  Pain001Writer writer([&](std::string_view piece) { out += piece; });
  std::int64_t sum = 0;
  for (const auto& transfer : transfers) sum += transfer.amount_minor;
  writer.begin({.message_id = "M1",
                .created_at = "2026-11-22T12:00:00Z",
                .execution_date = "2026-11-23",
                .entries = static_cast<std::int64_t>(transfers.size()),
                .sum_minor = sum,
                .currency = currency,
                .exponent = exponent,
                .debtor_name = "Karv & Söhne",
                .debtor = {.number = kGerman}});
  for (const auto& transfer : transfers) writer.add(transfer);
  writer.end();
  return out;
}

CreditTransfer transfer(std::int64_t amount, AccountView creditor) {
  return {.end_to_end_id = "E1",
          .amount_minor = amount,
          .creditor_name = "A <B> \"C\"",
          .creditor = creditor,
          .remittance = "Payout 1"};
}

TEST(Pain001, says_what_it_was_given_and_reads_back) {
  const auto text = written("EUR", 2, {transfer(1234, {.number = kBelgian}), transfer(5, {.number = kBelgian})});
  const auto document = read_xml(base::as_bytes(text), "pain.001.001.09", {}).value();
  const auto message = descend(document->document_element(), "CstmrCdtTrfInitn");
  EXPECT_EQ(text_at(message, "GrpHdr/MsgId"), "M1");
  EXPECT_EQ(text_at(message, "GrpHdr/NbOfTxs"), "2");
  EXPECT_EQ(text_at(message, "GrpHdr/CtrlSum"), "12.39");
  EXPECT_EQ(text_at(message, "PmtInf/Dbtr/Nm"), "Karv & Söhne");
  EXPECT_EQ(text_at(message, "PmtInf/DbtrAcct/Id/IBAN"), kGerman);
  EXPECT_EQ(text_at(message, "PmtInf/DbtrAgt/FinInstnId/Othr/Id"), "NOTPROVIDED");
  EXPECT_EQ(text_at(message, "PmtInf/ReqdExctnDt/Dt"), "2026-11-23");
  const auto entry = descend(message, "PmtInf/CdtTrfTxInf");
  EXPECT_EQ(text_at(entry, "PmtTpInf/SvcLvl/Cd"), "SEPA");
  EXPECT_EQ(text_at(entry, "Amt/InstdAmt"), "12.34");
  EXPECT_EQ(text_at(entry, "Cdtr/Nm"), "A <B> \"C\"");
  EXPECT_EQ(text_at(entry, "CdtrAcct/Id/IBAN"), kBelgian);
  EXPECT_EQ(text_at(entry, "RmtInf/Ustrd"), "Payout 1");
}

TEST(Pain001, national_accounts_name_their_bank_by_its_clearing_system) {
  const auto text = written(
      "USD", 2,
      {transfer(
          100,
          {.is_iban = false, .number = "12345678", .scheme = {}, .clearing_system = "USABA", .member = "021000021"})});
  const auto document = read_xml(base::as_bytes(text), "pain.001.001.", {}).value();
  const auto entry = descend(document->document_element(), "CstmrCdtTrfInitn/PmtInf/CdtTrfTxInf");
  EXPECT_EQ(text_at(entry, "CdtrAgt/FinInstnId/ClrSysMmbId/ClrSysId/Cd"), "USABA");
  EXPECT_EQ(text_at(entry, "CdtrAgt/FinInstnId/ClrSysMmbId/MmbId"), "021000021");
  EXPECT_EQ(text_at(entry, "CdtrAcct/Id/Othr/SchmeNm/Cd"), "BBAN");
  EXPECT_EQ(text_at(entry, "ChrgBr"), "SHAR");
  EXPECT_TRUE(child(entry, "PmtTpInf").empty());
}

TEST(Pain001, amounts_have_the_decimals_of_their_currency) {
  EXPECT_EQ(decimal_amount(0, 2), "0.00");
  EXPECT_EQ(decimal_amount(5, 2), "0.05");
  EXPECT_EQ(decimal_amount(120, 0), "120");
  EXPECT_EQ(decimal_amount(1, 3), "0.001");
  EXPECT_EQ(decimal_amount(123456789, 2), "1234567.89");
}

TEST(Pain001, text_that_xml_cannot_hold_is_no_message_text) {
  EXPECT_TRUE(is_message_text("Björk, 株式会社", 70));
  EXPECT_TRUE(is_message_text("", 1));
  EXPECT_TRUE(is_message_text("åäö", 3));
  EXPECT_FALSE(is_message_text("åäöå", 3));
  for (const std::string_view bad : {"a\nb", "a\x7f", "\xff", "\xc2\x85", "\xef\xbf\xbf", "\xed\xa0\x80"})
    EXPECT_FALSE(is_message_text(bad, 70)) << bad;
  EXPECT_FALSE(is_message_text(std::string_view("a\0b", 3), 70));
}

std::string report(std::string_view inside, std::string_view version = "10") {
  return R"(<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.)" +
         std::string(version) + R"("><CstmrPmtStsRpt>)" + std::string(inside) + "</CstmrPmtStsRpt></Document>";
}
base::Result<StatusReport> read(std::string_view text) { return read_pain002(base::as_bytes(text)); }

TEST(Pain002, says_what_the_bank_decided_of_the_file_and_of_its_entries) {
  const auto got = read(report(
      "<OrgnlGrpInfAndSts><OrgnlMsgId>M1</OrgnlMsgId><GrpSts>PART</GrpSts></OrgnlGrpInfAndSts><OrgnlPmtInfAndSts>"
      "<OrgnlPmtInfId>M1</OrgnlPmtInfId><TxInfAndSts><OrgnlEndToEndId>E1</OrgnlEndToEndId><TxSts>RJCT</TxSts>"
      "<StsRsnInf><Rsn><Cd>AC01</Cd></Rsn></StsRsnInf></TxInfAndSts></OrgnlPmtInfAndSts>"));
  ASSERT_TRUE(got.ok());
  EXPECT_EQ(got->original_message_id, "M1");
  EXPECT_EQ(got->group_status, "PART");
  ASSERT_EQ(got->entries.size(), 1U);
  EXPECT_EQ(got->entries.front().reason, "AC01");
}

TEST(Pain002, prefixes_and_older_versions_are_read_too) {
  const std::string text =
      R"(<n:Document xmlns:n="urn:iso:std:iso:20022:tech:xsd:pain.002.001.03"><n:CstmrPmtStsRpt><n:OrgnlGrpInfAndSts>)"
      "<n:OrgnlMsgId> M1 </n:OrgnlMsgId><n:GrpSts>RJCT</n:GrpSts><n:StsRsnInf><n:Rsn><n:Cd>AM05</n:Cd></n:Rsn>"
      "<n:AddtlInf>seen before</n:AddtlInf></n:StsRsnInf></n:OrgnlGrpInfAndSts></n:CstmrPmtStsRpt></n:Document>";
  const auto got = read(text);
  ASSERT_TRUE(got.ok());
  EXPECT_EQ(got->original_message_id, "M1");
  EXPECT_EQ(got->reason, "AM05");
  EXPECT_EQ(got->text, "seen before");
}

TEST(Pain002, what_is_no_report_is_refused) {
  const std::string group = "<OrgnlGrpInfAndSts><OrgnlMsgId>M1</OrgnlMsgId><GrpSts>ACTC</GrpSts></OrgnlGrpInfAndSts>";
  ASSERT_TRUE(read(report(group)).ok());
  for (const std::string& text :
       {std::string(), std::string("<"), std::string("{}"), report(""), report(group).substr(0, 200),
        report(group) + "<Document/>", std::string("\xff\xfe<\0D\0", 7),
        R"(<Document xmlns="urn:other"><CstmrPmtStsRpt>)" + group + "</CstmrPmtStsRpt></Document>",
        report("<OrgnlGrpInfAndSts><OrgnlMsgId>M1</OrgnlMsgId><GrpSts>maybe</GrpSts></OrgnlGrpInfAndSts>"),
        report("<OrgnlGrpInfAndSts><GrpSts>ACTC</GrpSts></OrgnlGrpInfAndSts>")})
    EXPECT_EQ(read(text).error().code(), base::ErrorCode::bad_value) << text;
}

std::string statement(std::string_view inside) {
  return R"(<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt><Id>S1</Id>)"
         R"(<Acct><Id><IBAN>DE89370400440532013000</IBAN></Id></Acct><Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp>)"
         R"(<Amt Ccy="EUR">10.5</Amt><CdtDbtInd>DBIT</CdtDbtInd><Dt><Dt>2026-11-22</Dt></Dt></Bal>)" +
         std::string(inside) + "</Stmt></BkToCstmrStmt></Document>";
}
std::string booked(std::string_view amount, std::string_view direction, std::string_view details) {
  return R"(<Ntry><Amt Ccy="EUR">)" + std::string(amount) + "</Amt><CdtDbtInd>" + std::string(direction) +
         "</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><DtTm>2026-11-22T13:15:00+01:00</DtTm></BookgDt><ValDt><Dt>"
         "2026-11-23</Dt></ValDt><AcctSvcrRef>R1</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>"
         "ESCT</SubFmlyCd></Fmly></Domn></BkTxCd><NtryDtls>" +
         std::string(details) + "</NtryDtls></Ntry>";
}
auto read_statement(std::string_view text) { return read_camt053(base::as_bytes(text)); }

TEST(Camt053, says_who_paid_and_who_was_paid) {
  const auto got = read_statement(statement(
      booked("8.85", "CRDT",
             "<TxDtls><Refs><EndToEndId>E1</EndToEndId></Refs><RltdPties><Dbtr><Pty><Nm>A &amp; B</Nm></Pty></Dbtr>"
             "<DbtrAcct><Id><IBAN>BE68539007547034</IBAN></Id></DbtrAcct></RltdPties><RmtInf><Ustrd>order 7</Ustrd>"
             "<Strd><CdtrRefInf><Ref>RF18</Ref></CdtrRefInf></Strd></RmtInf></TxDtls>") +
      booked(
          "3.00", "DBIT",
          R"(<TxDtls><Amt Ccy="EUR">1.00</Amt><RltdPties><CdtrAcct><Id><Othr><Id>12345678</Id></Othr></Id></CdtrAcct>)"
          R"(</RltdPties></TxDtls><TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs><AmtDtls><TxAmt>)"
          R"(<Amt Ccy="EUR">2.00</Amt></TxAmt></AmtDtls><RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf></TxDtls>)")));
  ASSERT_TRUE(got.ok()) << got.error().internal_text();
  const auto& one = got->front();
  EXPECT_EQ(one.account.expose_text(), kGerman);
  EXPECT_EQ(one.balances.front().amount.minor, -1050);
  ASSERT_EQ(one.entries.size(), 3U);
  const auto& came = one.entries[0];
  EXPECT_EQ(came.amount.minor, 885);
  EXPECT_EQ(came.account.expose_text(), kBelgian);
  EXPECT_TRUE(came.account_is_iban);
  EXPECT_EQ(came.counterparty, "A & B");
  EXPECT_EQ(came.end_to_end_id, "E1");
  EXPECT_EQ(came.remittance, "order 7 RF18");
  EXPECT_EQ(came.booking_date, "2026-11-22");
  EXPECT_EQ(came.value_date, "2026-11-23");
  EXPECT_EQ(came.bank_code, "PMNT/RCDT/ESCT");
  EXPECT_EQ(one.entries[1].amount.minor, -100);
  EXPECT_EQ(one.entries[1].account.expose_text(), "12345678");
  EXPECT_EQ(one.entries[2].amount.minor, -200);
  EXPECT_EQ(one.entries[2].end_to_end_id, "");
  EXPECT_EQ(one.entries[2].return_reason, "AC04");
}

TEST(Camt053, amounts_and_dates_that_are_none_are_refused) {
  ASSERT_TRUE(read_statement(statement(booked("8.850", "CRDT", ""))).ok());
  for (const auto* amount : {"", "-1", "1e3", "8.855", "1.", " ", "9999999999999999", "0x1", ".5"})
    EXPECT_EQ(read_statement(statement(booked(amount, "CRDT", ""))).ok(), std::string_view(amount) == "1.") << amount;
  EXPECT_FALSE(read_statement(statement(booked("1.00", "BOTH", ""))).ok());
  EXPECT_FALSE(read_statement(statement("<Ntry/>")).ok());
  EXPECT_FALSE(read_statement(report("")).ok());
  EXPECT_FALSE(read_statement("<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"/>").ok());
}

TEST(Xml, nothing_expands_and_nothing_is_endless) {
  // Ten times ten times ten...
  std::string bomb = R"(<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a0 "lol">)";
  for (int i = 1; i < 10; ++i) {
    bomb += "<!ENTITY a" + std::to_string(i) + " \"";
    for (int n = 0; n < 10; ++n) bomb += "&a" + std::to_string(i - 1) + ";";
    bomb += "\">";
  }
  bomb += R"(]><Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10">&a9;</Document>)";
  EXPECT_EQ(read(bomb).error().code(), base::ErrorCode::bad_value);
  const std::string file = R"(<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><Document>&e;</Document>)";
  EXPECT_EQ(read(file).error().code(), base::ErrorCode::bad_value);
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<a>";
  for (int i = 0; i < 100'000; ++i) deep += "</a>";
  EXPECT_EQ(read(report(deep)).error().code(), base::ErrorCode::too_large);
  EXPECT_EQ(read(std::string(std::size_t{17} * 1024 * 1024, ' ')).error().code(), base::ErrorCode::too_large);
  const auto few = read_xml(base::as_bytes(report("<a/><a/><a/>")), "pain.002.001.", {.max_elements = 4});
  EXPECT_EQ(few.error().code(), base::ErrorCode::too_large);
  EXPECT_EQ(read(R"(<?xml version="1.0" encoding="UTF-16"?>)" + report("").substr(38)).error().code(),
            base::ErrorCode::bad_value);
}

}  // namespace
}  // namespace karv::wire::iso20022
