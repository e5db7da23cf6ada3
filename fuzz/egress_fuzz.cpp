// What leaves the vault with account data filled in. Lines of messages as a server sends them, with what the vault
// knows:
//
//   card  <kind> / number month year code / CardOperation / what the network said of the hold: approval code
//   bank  / kind bank_code number / BankFileRequest / BankEntriesRequest
//
// Whatever passes the doors' own checks is a message of exactly one form: it parses again, has the elements that its
// kind has and no others, and each clear value stands in its place alone. Of an answer nothing clear is understood,
// even when it repeats everything that was asked.
#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "json/decode.h"
#include "json/words.h"
#include "money/currency.h"
#include "vault/bank/account_view.h"
#include "vault/bank/file_checks.h"
#include "vault/network/network_messages.h"
#include "vault/operations/operation_checks.h"
#include "wire/iso20022_xml.h"
#include "wire/iso8583.h"
#include "wire/iso8583_parts.h"

namespace {

using namespace karv;
using vault::OperationKind;
namespace iso = wire::iso8583;
namespace iso20022 = wire::iso20022;

constexpr base::Instant kNow{1'780'000'000'000};  // May 2026

std::string_view take(std::string_view& rest, char separator) {
  const std::string_view part = rest.substr(0, rest.find(separator));
  rest.remove_prefix(std::min(rest.size(), part.size() + 1));
  return part;
}
std::int32_t number_of(std::string_view text) {
  std::int32_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}
std::size_t occurrences(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++found;
  return found;
}
std::string padded(std::string text, std::size_t size) {
  text.resize(std::max(size, text.size()), ' ');
  return text;
}

vault::Operation operation_of(OperationKind kind, const vault_api::CardOperation& request) {
  vault::Operation o;
  o.kind = kind;
  o.amount_minor = request.amount_minor;
  o.currency = request.currency;
  o.merchant_reference = request.merchant_reference;
  o.merchant_name = request.merchant_name;
  o.initiator = request.initiator;
  o.reference = "0123456789AB";
  o.stan = 47;
  o.sent_at = kNow;
  o.reversal_stan = 48;
  o.reversal_at = kNow;
  return o;
}

base::Result<vault::NetworkRequest> rendered(const vault::Operation& operation, const vault::TypedCard& typed,
                                             const vault::Operation& original) {
  const vault::AcquirerSettings acquirer;
  const vault::Sender sender{.acquirer = acquirer};
  constexpr auto kFirst = vault::Attempt::first;
  switch (operation.kind) {
    case OperationKind::hold:
      return vault::authorization_request(operation, typed.card, typed.code, std::nullopt, sender);
    case OperationKind::charge:
      return vault::authorization_request(operation, typed.card, typed.code, original, sender);
    case OperationKind::refund:
      return vault::refund_request(operation, typed.card, original, kFirst, acquirer);
    case OperationKind::payout:
      return vault::payout_request(operation, typed.card, vault::payout_as_sent(operation, typed.card, sender), kFirst,
                                   acquirer);
    case OperationKind::complete:
      return vault::completion_advice(operation, original, kFirst, acquirer);
    case OperationKind::reverse:
      return vault::release_request(operation, original, kFirst, acquirer);
  }
  return base::Error(base::ErrorCode::internal);
}

std::set<int> elements_of(OperationKind kind) {
  if (kind == OperationKind::reverse) return {7, 11, 32, 37, 48, 90};
  if (kind == OperationKind::complete) return {3, 4, 7, 11, 12, 13, 32, 37, 38, 41, 42, 48, 49};
  return {2, 3, 4, 7, 11, 12, 13, 14, 18, 22, 25, 32, 37, 41, 42, 43, 48, 49};
}

void check_private_data(const iso::Message& message, const vault::Operation& operation, const vault::TypedCard& typed) {
  const auto extra = iso::PrivateData::decode(message.secret(48)->expose());
  KARV_CHECK(extra.ok());
  const bool shopper = operation.kind == OperationKind::hold && operation.initiator == vault::Initiator::cardholder;
  const auto* code = extra->find("CV");
  KARV_CHECK((code != nullptr) == shopper);
  if (code != nullptr) KARV_CHECK(code->expose_text() == typed.code.expose_text());
}

// The network repeats all of it.
void check_answer(const iso::Message& asked, const vault::NetworkRequest& request, const vault::TypedCard& typed,
                  std::string_view approval) {
  iso::Message answer(iso::response_mti(asked.mti()));
  for (const auto& [number, value] : asked.fields()) {
    const bool secret = number == 2 || number == 14 || number == 48;
    if (secret) answer.set_secret(number, value.clone());
    if (!secret && number != 38) answer.set(number, value.expose_text());
  }
  answer.set(39, "00");
  answer.set_padded(38, approval);
  const auto frame = iso::encode(answer);
  if (!frame.ok()) return;  // the approval code was none
  const auto understood = vault::read_answer(frame->expose());
  KARV_CHECK(understood.ok() && understood->key == request.key && understood->response_code == "00");
  for (const auto& text : {understood->key.answer_mti, understood->key.stan, understood->key.reference,
                           understood->response_code, understood->approval_code})
    KARV_CHECK(text.size() <= 12 && !text.contains(typed.card.number.expose_text()));
}

void check_card(std::string_view kind_word, std::string_view input) {
  const auto kind = json::parse_word<OperationKind>(kind_word);
  if (!kind) return;
  auto card = take(input, '\n');
  vault::CardFields fields;
  fields.number = base::SecretBytes::copy_of(take(card, ' '));
  fields.expiry_month = number_of(take(card, ' '));
  fields.expiry_year = number_of(take(card, ' '));
  fields.code = base::SecretBytes::copy_of(card);
  fields.name = base::SecretBytes::copy_of(std::string_view("Astrid Test"));
  const auto typed = vault::parse_card(std::move(fields), kNow);
  const auto request = json::decode<vault_api::CardOperation>(take(input, '\n'), json::kOwnChannel);
  if (!typed || !request.ok() || !vault::check_operation(*kind, *request).ok()) return;
  const auto operation = operation_of(*kind, *request);
  auto original = operation;
  original.reference = "ZYXWVTSRQPNM";
  original.approval_code = input.substr(0, 6);
  const auto message = rendered(operation, *typed, original);
  const bool may_fail = *kind == OperationKind::complete;  // an approval code that is none was kept
  KARV_CHECK(message.ok() || may_fail);
  if (!message.ok()) return;

  const auto read = iso::decode(message->frame.expose());
  KARV_CHECK(read.ok() && iso::encode(*read)->expose_text() == message->frame.expose_text());
  std::set<int> elements;
  for (const auto& [number, value] : read->fields()) elements.insert(number);
  KARV_CHECK(elements == elements_of(*kind));
  const auto number = typed->card.number.expose_text();
  if (const auto* pan = read->secret(2)) KARV_CHECK(pan->expose_text() == number);
  for (const auto& [element, value] : read->fields())  // 42 and 43 are the merchant's own words
    if (element != 2 && element != 42 && element != 43) KARV_CHECK(!value.expose_text().contains(number));
  if (*kind != OperationKind::reverse) {
    KARV_CHECK(read->find_number(4) == static_cast<std::uint64_t>(request->amount_minor));
    KARV_CHECK(read->find(42) == padded(request->merchant_reference, 15));
    KARV_CHECK(read->find(49) == vault::numeric_currency(request->currency));
    check_private_data(*read, operation, *typed);
  }
  check_answer(*read, *message, *typed, input.substr(0, 6));
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  return first == std::string_view::npos ? std::string_view()
                                         : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

std::string rendered(const vault_api::BankFileRequest& file, const std::vector<vault_api::BankFileEntry>& entries,
                     const vault::BankAccount& debtor, const vault::BankAccount& creditor, std::int64_t sum) {
  std::string out;
  iso20022::Pain001Writer writer([&](std::string_view piece) { out += piece; });
  writer.begin({.message_id = "KARV-1",
                .created_at = "2026-11-22T12:00:00Z",
                .execution_date = file.execution_date,
                .entries = std::ssize(entries),
                .sum_minor = sum,
                .currency = file.currency,
                .exponent = money::Currency::parse(file.currency)->exponent(),
                .debtor_name = file.debtor_name,
                .debtor = vault::view_of(debtor)});
  for (const auto& entry : entries)
    writer.add({.end_to_end_id = "E-1",
                .amount_minor = entry.amount_minor,
                .creditor_name = entry.name,
                .creditor = vault::view_of(creditor),
                .remittance = entry.remittance});
  writer.end();
  return out;
}

void check_transfer(const pugi::xml_node& node, const vault_api::BankFileEntry& entry,
                    const vault::BankAccount& creditor, int exponent) {
  const auto text = [&](std::string_view path) { return iso20022::text_at(node, path); };
  KARV_CHECK(text("Amt/InstdAmt") == iso20022::decimal_amount(entry.amount_minor, exponent));
  KARV_CHECK(trimmed(text("Cdtr/Nm")) == trimmed(entry.name));
  KARV_CHECK(trimmed(text("RmtInf/Ustrd")) == trimmed(entry.remittance));
  const auto number = creditor.number.expose_text();
  const bool iban = creditor.kind == vault::BankAccountKind::iban;
  KARV_CHECK(text("CdtrAcct/Id/IBAN") == (iban ? number : ""));
  KARV_CHECK(text("CdtrAcct/Id/Othr/Id") == (iban ? "" : number));
  const bool coded = !creditor.bank_code.empty();
  if (coded) KARV_CHECK(text("CdtrAgt/FinInstnId/ClrSysMmbId/MmbId") == creditor.bank_code.expose_text());
}

void check_bank(std::string_view input) {
  auto line = take(input, '\n');
  const auto kind = json::parse_word<vault::BankAccountKind>(take(line, ' '));
  if (!kind) return;
  vault::BankAccountFields fields{.kind = *kind, .bank_code = {}, .number = {}};
  fields.bank_code = base::SecretBytes::copy_of(take(line, ' '));
  fields.number = base::SecretBytes::copy_of(line);
  const auto creditor = vault::parse_bank_account(std::move(fields));
  const auto debtor = vault::parse_bank_account(
      {.number = base::SecretBytes::copy_of(std::string_view("DE89370400440532013000"))});  // of the IBAN registry
  const auto file = json::decode<vault_api::BankFileRequest>(take(input, '\n'), json::kOwnChannel);
  const auto batch = json::decode<vault_api::BankEntriesRequest>(input, json::kOwnChannel);
  if (!creditor || !file.ok() || !batch.ok() || !vault::check_bank_file(*file).ok() ||
      !vault::check_bank_entries(*batch).ok())
    return;
  std::int64_t sum = 0;
  for (const auto& entry : batch->entries) sum += entry.amount_minor;
  const auto text = rendered(*file, batch->entries, *debtor, *creditor, sum);

  const auto document = iso20022::read_xml(base::as_bytes(text), "pain.001.001.", {});
  KARV_CHECK(document.ok());
  const auto payment = iso20022::descend(document.value()->document_element(), "CstmrCdtTrfInitn/PmtInf");
  KARV_CHECK(trimmed(iso20022::text_at(payment, "Dbtr/Nm")) == trimmed(file->debtor_name));
  KARV_CHECK(iso20022::text_at(payment, "DbtrAcct/Id/IBAN") == debtor->number.expose_text());
  const auto exponent = money::Currency::parse(file->currency)->exponent();
  std::size_t transfers = 0;
  for (const auto& node : payment.children())
    if (iso20022::local_name(node) == "CdtTrfTxInf")
      check_transfer(node, batch->entries.at(transfers++), *creditor, exponent);
  KARV_CHECK(transfers == batch->entries.size());
  // Nowhere else, unless somebody wrote it into a name or a text. An account may be the debtor's own, or a part of its
  // bank's code.
  std::string written = file->debtor_name + file->execution_date;
  for (const auto& entry : batch->entries) written += entry.name + '\n' + entry.remittance + '\n';
  const auto number = creditor->number.expose_text();
  const bool its_own = number.size() > 12 && number != debtor->number.expose_text() && !written.contains(number);
  if (its_own) KARV_CHECK(occurrences(text, number) == transfers);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  auto input = base::as_text(base::ByteView(bytes, size));
  auto head = take(input, '\n');
  const auto what = take(head, ' ');
  if (what == "card") check_card(head, input);
  if (what == "bank") check_bank(input);
  return 0;
}
