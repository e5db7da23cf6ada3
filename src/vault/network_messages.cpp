#include "vault/network_messages.h"

#include <array>
#include <chrono>
#include <map>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "json/secret_buffer.h"
#include "vault/network_codec.h"

namespace karv::vault {
namespace {

struct CurrencyCode {
  std::string_view alphabetic;
  std::string_view numeric;
};
constexpr auto kCurrencies = std::to_array<CurrencyCode>({
    {"AUD", "036"},
    {"CAD", "124"},
    {"CHF", "756"},
    {"CZK", "203"},
    {"DKK", "208"},
    {"EUR", "978"},
    {"GBP", "826"},
    {"HUF", "348"},
    {"MXN", "484"},
    {"NOK", "578"},
    {"NZD", "554"},
    {"PLN", "985"},
    {"RON", "946"},
    {"SEK", "752"},
    {"USD", "840"},
});

std::string utc(base::Instant at, const char* form) {
  const std::chrono::sys_time<std::chrono::milliseconds> time{std::chrono::milliseconds(at.ms)};
  return fmt::format(fmt::runtime(form), std::chrono::floor<std::chrono::seconds>(time));
}
std::string transmission_time(base::Instant at) { return utc(at, "{:%m%d%H%M%S}"); }
std::string trace_number(std::int64_t stan) { return fmt::format("{:06}", stan); }

// Card statements are ASCII: other letters become '?', what is too long is cut.
std::string statement_text(std::string_view text, std::size_t most) {
  std::string out;
  for (const char c : text) {
    if (out.size() == most) break;
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80 && byte < 0xc0) continue;  // the rest of a letter that was replaced
    out.push_back(byte >= 0x20 && byte < 0x7f ? c : '?');
  }
  return out;
}

std::string tlv(std::string_view tag, std::string_view value) {
  return fmt::format("{}{:02}{}", tag, value.size(), value);
}

// DE90: message type, trace number and time of the original, acquirer, no forwarder.
std::string original_data(std::string_view mti, const Operation& original, const AcquirerSettings& acquirer) {
  return fmt::format("{}{}{}{:0>11}{:011}", mti, trace_number(original.stan), transmission_time(original.sent_at),
                     acquirer.acquirer_id, 0);
}

std::string_view request_mti(OperationKind kind) { return kind == OperationKind::hold ? "0100" : "0200"; }
std::string mti_of(std::string_view first, Attempt attempt) {
  std::string mti(first);
  if (attempt == Attempt::repeated) mti.back() = '1';
  return mti;
}
std::string answer_to(std::string_view mti) {
  std::string answer(mti.substr(0, 4));
  answer[2] = static_cast<char>(answer[2] + 1);
  answer[3] = '0';
  return answer;
}

base::Result<NetworkRequest> finish(const CodecMessage& message) {
  NetworkRequest request;
  request.key = {.answer_mti = answer_to(message.mti), .stan = message.fields.at(11), .reference = {}};
  if (const auto reference = message.fields.find(37); reference != message.fields.end())
    request.key.reference = reference->second;
  KARV_TRY(request.frame, encode_message(message));
  return request;
}

// The fields of every message about money.
CodecMessage money_message(std::string_view mti, const Operation& operation, std::string_view processing_code,
                           const AcquirerSettings& acquirer) {
  CodecMessage message;
  message.mti = mti;
  message.fields = {
      {3, std::string(processing_code)},
      {4, fmt::format("{:012}", operation.amount_minor)},
      {7, transmission_time(operation.sent_at)},
      {11, trace_number(operation.stan)},
      {12, utc(operation.sent_at, "{:%H%M%S}")},
      {13, utc(operation.sent_at, "{:%m%d}")},
      {32, acquirer.acquirer_id},
      {37, operation.reference},
      {41, acquirer.terminal_id},
      {42, statement_text(operation.merchant_reference, 15)},
      {49, std::string(numeric_currency(operation.currency))},
  };
  return message;
}

void add_card(CodecMessage& message, const Operation& operation, const Card& card, bool shopper_present,
              const AcquirerSettings& acquirer) {
  message.number = card.number.clone();
  message.fields[14] = fmt::format("{:02}{:02}", card.expiry.year % 100, card.expiry.month);
  message.fields[18] = acquirer.merchant_category;
  message.fields[22] = shopper_present ? "810" : "102";
  message.fields[25] = shopper_present ? "59" : "08";
  message.fields[43] = statement_text(operation.merchant_name, 40);
}

}  // namespace

std::string_view numeric_currency(std::string_view alphabetic) {
  for (const auto& code : kCurrencies)
    if (code.alphabetic == alphabetic) return code.numeric;
  return {};
}

base::Result<NetworkRequest> authorization_request(const Operation& operation, const Card& card,
                                                   const base::SecretBytes& code,
                                                   const std::optional<Operation>& original,
                                                   const AcquirerSettings& acquirer) {
  // Charges use the stored credential; the network takes them from the merchant's side only.
  const bool shopper = operation.kind == OperationKind::hold && operation.initiator == Initiator::cardholder;
  auto message = money_message(request_mti(operation.kind), operation, "000000", acquirer);
  add_card(message, operation, card, shopper, acquirer);
  json::SecretBuffer extra;
  if (shopper && !code.empty()) {
    extra.append(fmt::format("CV{:02}", code.size()));
    extra.append(code.expose_text());
  }
  extra.append(tlv("IN", shopper ? "C" : "M"));
  if (original) extra.append(tlv("OR", original->reference));
  message.private_data = extra.take();
  return finish(message);
}

base::Result<NetworkRequest> refund_request(const Operation& operation, const Card& card, const Operation& original,
                                            Attempt attempt, const AcquirerSettings& acquirer) {
  auto message = money_message(mti_of("0200", attempt), operation, "200000", acquirer);
  add_card(message, operation, card, false, acquirer);
  message.private_data = base::SecretBytes::copy_of(tlv("IN", "M") + tlv("OR", original.reference));
  return finish(message);
}

base::Result<NetworkRequest> completion_advice(const Operation& operation, const Operation& hold, Attempt attempt,
                                               const AcquirerSettings& acquirer) {
  auto message = money_message(mti_of("0220", attempt), operation, "000000", acquirer);
  message.fields[38] = hold.approval_code;
  message.private_data = base::SecretBytes::copy_of(tlv("OR", hold.reference));
  return finish(message);
}

base::Result<NetworkRequest> release_request(const Operation& operation, const Operation& hold, Attempt attempt,
                                             const AcquirerSettings& acquirer) {
  CodecMessage message;
  message.mti = mti_of("0400", attempt);
  message.fields = {{7, transmission_time(operation.sent_at)},
                    {11, trace_number(operation.stan)},
                    {32, acquirer.acquirer_id},
                    {37, operation.reference},
                    {90, original_data("0100", hold, acquirer)}};
  message.private_data = base::SecretBytes::copy_of(tlv("OR", hold.reference));
  return finish(message);
}

base::Result<NetworkRequest> reversal_advice(const Operation& operation, Attempt attempt,
                                             const AcquirerSettings& acquirer) {
  CodecMessage message;
  message.mti = mti_of("0420", attempt);
  message.fields = {{7, transmission_time(operation.reversal_at)},
                    {11, trace_number(operation.reversal_stan)},
                    {32, acquirer.acquirer_id},
                    {37, operation.reference},
                    {90, original_data(request_mti(operation.kind), operation, acquirer)}};
  return finish(message);
}

base::Result<NetworkRequest> management_request(Management what, std::int64_t stan, base::Instant now) {
  static constexpr std::array<const char*, 3> kCodes{"001", "002", "301"};
  CodecMessage message;
  message.mti = "0800";
  message.fields = {
      {7, transmission_time(now)}, {11, trace_number(stan)}, {70, kCodes[static_cast<std::size_t>(what)]}};
  return finish(message);
}

base::Result<NetworkAnswer> read_answer(base::ByteView frame) {
  KARV_TRY(const auto fields, decode_answer(frame));
  const auto field = [&](int number) {
    const auto found = fields.fields.find(number);
    return found == fields.fields.end() ? std::string() : found->second;
  };
  NetworkAnswer answer{.key = {.answer_mti = fields.mti, .stan = field(11), .reference = field(37)},
                       .response_code = field(39),
                       .approval_code = field(38)};
  if (answer.key.answer_mti[2] % 2 == 0 || answer.key.stan.empty() || answer.response_code.empty())
    return base::internal_error(base::ErrorCode::bad_request, "a message of the card network is no answer");
  return answer;
}

}  // namespace karv::vault
