#include "wire/iso20022_camt053.h"

#include <algorithm>

#include "money/currency.h"
#include "wire/iso20022_xml.h"

namespace karv::wire::iso20022 {
namespace {

constexpr std::size_t kMostId = 35;
constexpr std::size_t kMostName = 140;
constexpr std::size_t kMostRemittance = 1000;
constexpr std::size_t kMostAccount = 34;
constexpr std::size_t kMostDigits = 15;  // of an amount

base::Error malformed(const char* what) { return base::internal_error(base::ErrorCode::bad_value, what); }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// At most `most` bytes, never half a character.
std::string clipped(std::string_view text, std::size_t most) {
  if (text.size() > most) {
    while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80) --most;
    text = text.substr(0, most);
  }
  return std::string(text);
}

// "12.34" in EUR: 1234. More decimals than the currency has must be zeros.
base::Result<std::int64_t> minor_of(std::string_view text, std::string_view code) {
  const auto currency = money::Currency::parse(code);
  if (!currency || currency->code() != code) return malformed("an amount has an unknown currency");
  const auto point = text.find('.');
  const auto whole = text.substr(0, point);
  auto decimals = point == std::string_view::npos ? std::string_view() : text.substr(point + 1);
  if (whole.empty() || !std::ranges::all_of(whole, is_digit) || !std::ranges::all_of(decimals, is_digit))
    return malformed("an amount is no number");
  const auto exponent = static_cast<std::size_t>(currency->exponent());
  while (decimals.size() > exponent && decimals.ends_with('0')) decimals.remove_suffix(1);
  if (decimals.size() > exponent || whole.size() + exponent > kMostDigits) return malformed("an amount does not fit");
  std::int64_t minor = 0;
  for (const char c : whole) minor = minor * 10 + (c - '0');
  for (std::size_t i = 0; i < exponent; ++i) minor = minor * 10 + (i < decimals.size() ? decimals[i] - '0' : 0);
  return minor;
}

// <Amt Ccy> of a node, with the sign of its <CdtDbtInd>.
base::Result<StatementAmount> amount_of(const pugi::xml_node& amount, std::string_view direction) {
  const std::string_view currency = amount.attribute("Ccy").value();
  KARV_TRY(auto minor, minor_of(text_at(amount.parent(), local_name(amount)), currency));
  if (direction != "CRDT" && direction != "DBIT") return malformed("an amount is neither credit nor debit");
  if (direction == "DBIT") minor = -minor;
  return StatementAmount{.minor = minor, .currency = std::string(currency)};
}

bool is_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (i != 4 && i != 7 && !is_digit(text[i])) return false;
  return true;
}

// <Dt> or the day of a <DtTm>. Empty when there is none.
base::Result<std::string> date_at(const pugi::xml_node& node, std::string_view element) {
  const auto choice = child(node, element);
  if (choice.empty()) return std::string();
  auto text = text_at(choice, "Dt");
  if (text.empty()) text = text_at(choice, "DtTm").substr(0, 10);
  if (!is_date(text)) return malformed("a date is none");
  return std::string(text);
}

struct Account {
  std::string_view number;
  bool is_iban = false;
};
Account account_of(const pugi::xml_node& account) {
  if (const auto iban = text_at(account, "Id/IBAN"); !iban.empty()) return {.number = iban, .is_iban = true};
  return {.number = text_at(account, "Id/Othr/Id"), .is_iban = false};
}

base::Result<StatementBalance> balance_from(const pugi::xml_node& node) {
  StatementBalance balance;
  balance.code = clipped(text_at(node, "Tp/CdOrPrtry/Cd"), 4);
  KARV_TRY(balance.amount, amount_of(child(node, "Amt"), text_at(node, "CdtDbtInd")));
  KARV_TRY(balance.date, date_at(node, "Dt"));
  return balance;
}

// What stands in <Ntry>; the same for each of its transactions.
base::Result<StatementEntry> entry_from(const pugi::xml_node& node) {
  StatementEntry entry;
  KARV_TRY(entry.amount, amount_of(child(node, "Amt"), text_at(node, "CdtDbtInd")));
  entry.status = clipped(text_at(node, "Sts/Cd"), 4);
  if (entry.status.empty()) entry.status = clipped(text_at(node, "Sts"), 4);  // before version 8
  entry.reversal = text_at(node, "RvslInd") == "true";
  KARV_TRY(entry.booking_date, date_at(node, "BookgDt"));
  KARV_TRY(entry.value_date, date_at(node, "ValDt"));
  entry.bank_reference = clipped(text_at(node, "AcctSvcrRef"), kMostId);
  for (const auto* part : {"Domn/Cd", "Domn/Fmly/Cd", "Domn/Fmly/SubFmlyCd"})
    entry.bank_code += (entry.bank_code.empty() ? "" : "/") + clipped(text_at(child(node, "BkTxCd"), part), 4);
  return entry;
}

std::string remittance_of(const pugi::xml_node& details) {
  std::string text;
  const auto add = [&](std::string_view more) {
    if (!more.empty()) text += (text.empty() ? "" : " ") + std::string(more);
  };
  const auto information = child(details, "RmtInf");
  for (const auto& each : information.children()) {
    if (local_name(each) == "Ustrd") add(each.child_value());
    if (local_name(each) == "Strd") add(text_at(each, "CdtrRefInf/Ref"));
  }
  return clipped(text, kMostRemittance);
}

base::Result<StatementEntry> with_details(const pugi::xml_node& node, const pugi::xml_node& details, bool alone) {
  KARV_TRY(auto entry, entry_from(node));
  const auto direction = text_at(node, "CdtDbtInd");
  if (!alone) {
    auto amount = child(details, "Amt");
    if (amount.empty()) amount = descend(details, "AmtDtls/TxAmt/Amt");
    const auto own = text_at(details, "CdtDbtInd");
    KARV_TRY(entry.amount, amount_of(amount, own.empty() ? direction : own));
  }
  const auto reference = text_at(details, "Refs/EndToEndId");
  if (reference != "NOTPROVIDED") entry.end_to_end_id = clipped(reference, kMostId);
  entry.message_id = clipped(text_at(details, "Refs/MsgId"), kMostId);
  if (const auto own = text_at(details, "Refs/AcctSvcrRef"); !own.empty()) entry.bank_reference = clipped(own, kMostId);
  entry.return_reason = clipped(text_at(details, "RtrInf/Rsn/Cd"), 4);
  // The other side: who paid what came, who got what went.
  const bool came = entry.amount.minor >= 0;
  const auto parties = child(details, "RltdPties");
  const auto party = child(parties, came ? "Dbtr" : "Cdtr");
  auto name = text_at(party, "Pty/Nm");
  if (name.empty()) name = text_at(party, "Nm");  // before version 8
  entry.counterparty = clipped(name, kMostName);
  const auto account = account_of(child(parties, came ? "DbtrAcct" : "CdtrAcct"));
  if (account.number.size() > kMostAccount) return malformed("an account number is too long");
  entry.account = base::SecretBytes::copy_of(account.number);
  entry.account_is_iban = account.is_iban;
  entry.remittance = remittance_of(details);
  return entry;
}

base::Result<void> add_entries(const pugi::xml_node& node, std::vector<StatementEntry>& into) {
  std::vector<pugi::xml_node> transactions;
  for (const auto& details : node.children())
    if (local_name(details) == "NtryDtls")
      for (const auto& each : details.children())
        if (local_name(each) == "TxDtls") transactions.push_back(each);
  if (transactions.empty()) {
    KARV_TRY(auto entry, entry_from(node));
    into.push_back(std::move(entry));
  }
  for (const auto& each : transactions) {
    KARV_TRY(auto entry, with_details(node, each, transactions.size() == 1));
    into.push_back(std::move(entry));
  }
  return {};
}

base::Result<Statement> statement_from(const pugi::xml_node& node) {
  Statement statement;
  statement.id = clipped(text_at(node, "Id"), kMostId);
  const auto account = account_of(child(node, "Acct"));
  if (statement.id.empty() || account.number.empty() || account.number.size() > kMostAccount)
    return malformed("a statement has no id or no account");
  statement.account = base::SecretBytes::copy_of(account.number);
  statement.account_is_iban = account.is_iban;
  for (const auto& each : node.children()) {
    if (local_name(each) == "Bal") {
      KARV_TRY(auto balance, balance_from(each));
      statement.balances.push_back(std::move(balance));
    }
    if (local_name(each) == "Ntry") KARV_TRY_VOID(add_entries(each, statement.entries));
  }
  return statement;
}

}  // namespace

base::Result<std::vector<Statement>> read_camt053(base::ByteView xml) {
  KARV_TRY(const auto document, read_xml(xml, "camt.053.001.", {}));
  std::vector<Statement> statements;
  const auto message = descend(document->document_element(), "BkToCstmrStmt");
  for (const auto& each : message.children()) {
    if (local_name(each) != "Stmt") continue;
    KARV_TRY(auto statement, statement_from(each));
    statements.push_back(std::move(statement));
  }
  if (statements.empty()) return malformed("the message has no statement");
  return statements;
}

}  // namespace karv::wire::iso20022
