#include "wire/iso20022_pain001.h"

#include <string>

#include "base/check.h"
#include "json/utf8.h"

namespace karv::wire::iso20022 {
namespace {

constexpr std::string_view kNamespace = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09";

std::string_view escaped(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    default:
      return {};
  }
}

}  // namespace

std::string decimal_amount(std::int64_t minor, int exponent) {
  KARV_REQUIRE(minor >= 0 && exponent >= 0 && exponent <= 5);
  std::string digits = std::to_string(minor);
  const auto decimals = static_cast<std::size_t>(exponent);
  if (decimals == 0) return digits;
  if (digits.size() <= decimals) digits.insert(0, decimals + 1 - digits.size(), '0');
  digits.insert(digits.size() - decimals, 1, '.');
  return digits;
}

bool is_message_text(std::string_view text, std::size_t most) {
  std::size_t characters = 0;
  while (!text.empty()) {
    const auto length = json::utf8_length(text);
    const auto first = static_cast<unsigned char>(text.front());
    if (length == 0 || first < 0x20 || first == 0x7f) return false;
    const auto character = text.substr(0, length);
    if (character == "\xEF\xBF\xBE" || character == "\xEF\xBF\xBF") return false;                  // U+FFFE, U+FFFF
    if (length == 2 && first == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0) return false;  // C1 controls
    text.remove_prefix(length);
    if (++characters > most) return false;
  }
  return true;
}

void Pain001Writer::open(std::string_view element) {
  sink_("<");
  sink_(element);
  sink_(">");
}

void Pain001Writer::close(std::string_view element) {
  sink_("</");
  sink_(element);
  sink_(">");
}

void Pain001Writer::text(std::string_view element, std::string_view value) {
  open(element);
  std::size_t from = 0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const auto instead = escaped(value[i]);
    if (instead.empty()) continue;
    sink_(value.substr(from, i - from));
    sink_(instead);
    from = i + 1;
  }
  sink_(value.substr(from));
  close(element);
}

void Pain001Writer::account(std::string_view element, const AccountView& account) {
  open(element);
  open("Id");
  if (account.is_iban) {
    text("IBAN", account.number);
  } else {
    open("Othr");
    text("Id", account.number);
    open("SchmeNm");
    if (account.scheme.empty()) {
      text("Cd", "BBAN");
    } else {
      text("Prtry", account.scheme);
    }
    close("SchmeNm");
    close("Othr");
  }
  close("Id");
  close(element);
}

void Pain001Writer::agent(std::string_view element, const AccountView& account) {
  open(element);
  open("FinInstnId");
  if (account.clearing_system.empty()) {
    open("Othr");
    text("Id", "NOTPROVIDED");  // the account's number tells the bank; EPC132-08 2.2
    close("Othr");
  } else {
    open("ClrSysMmbId");
    open("ClrSysId");
    text("Cd", account.clearing_system);
    close("ClrSysId");
    text("MmbId", account.member);
    close("ClrSysMmbId");
  }
  close("FinInstnId");
  close(element);
}

void Pain001Writer::begin(const CreditTransfers& file) {
  file_ = file;
  const std::string count = std::to_string(file.entries);
  const std::string sum = decimal_amount(file.sum_minor, file.exponent);
  sink_(R"(<?xml version="1.0" encoding="UTF-8"?><Document xmlns=")");
  sink_(kNamespace);
  sink_(R"("><CstmrCdtTrfInitn><GrpHdr>)");
  text("MsgId", file.message_id);
  text("CreDtTm", file.created_at);
  text("NbOfTxs", count);
  text("CtrlSum", sum);
  open("InitgPty");
  text("Nm", file.debtor_name);
  close("InitgPty");
  close("GrpHdr");
  open("PmtInf");
  text("PmtInfId", file.message_id);
  text("PmtMtd", "TRF");
  text("NbOfTxs", count);
  text("CtrlSum", sum);
  open("ReqdExctnDt");
  text("Dt", file.execution_date);
  close("ReqdExctnDt");
  open("Dbtr");
  text("Nm", file.debtor_name);
  close("Dbtr");
  account("DbtrAcct", file.debtor);
  agent("DbtrAgt", file.debtor);
}

void Pain001Writer::add(const CreditTransfer& transfer) {
  ++entries_;
  sum_minor_ += transfer.amount_minor;
  const bool sepa = file_.currency == "EUR" && transfer.creditor.is_iban;
  open("CdtTrfTxInf");
  open("PmtId");
  text("EndToEndId", transfer.end_to_end_id);
  close("PmtId");
  if (sepa) sink_("<PmtTpInf><SvcLvl><Cd>SEPA</Cd></SvcLvl></PmtTpInf>");
  sink_(R"(<Amt><InstdAmt Ccy=")");
  sink_(file_.currency);
  sink_("\">");
  sink_(decimal_amount(transfer.amount_minor, file_.exponent));
  sink_("</InstdAmt></Amt>");
  text("ChrgBr", sepa ? "SLEV" : "SHAR");
  if (!transfer.creditor.clearing_system.empty()) agent("CdtrAgt", transfer.creditor);
  open("Cdtr");
  text("Nm", transfer.creditor_name);
  close("Cdtr");
  account("CdtrAcct", transfer.creditor);
  if (!transfer.remittance.empty()) {
    open("RmtInf");
    text("Ustrd", transfer.remittance);
    close("RmtInf");
  }
  close("CdtTrfTxInf");
}

void Pain001Writer::end() {
  KARV_REQUIRE(entries_ == file_.entries && sum_minor_ == file_.sum_minor);
  close("PmtInf");
  sink_("</CstmrCdtTrfInitn></Document>");
}

}  // namespace karv::wire::iso20022
