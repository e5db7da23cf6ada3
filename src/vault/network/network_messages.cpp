#include "vault/network/network_messages.h"

#include <array>
#include <chrono>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "base/check.h"
#include "crypto/jwe.h"
#include "vault/network/cryptogram.h"
#include "wire/iso8583.h"
#include "wire/iso8583_parts.h"

namespace karv::vault {
namespace {

namespace iso = karv::wire::iso8583;

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

iso::OriginalData original_data(std::string_view mti, const Operation& original, const AcquirerSettings& acquirer) {
  return {.mti = std::string(mti),
          .stan = trace_number(original.stan),
          .transmission_time = transmission_time(original.sent_at),
          .acquirer = acquirer.acquirer_id};
}

std::string_view request_mti(OperationKind kind) { return kind == OperationKind::hold ? "0100" : "0200"; }
std::string mti_of(std::string_view first, Attempt attempt) {
  std::string mti(first);
  if (attempt == Attempt::repeated) mti.back() = '1';
  return mti;
}

base::Result<NetworkRequest> finish(const iso::Message& message) {
  NetworkRequest request;
  request.key = {.answer_mti = iso::response_mti(message.mti()),
                 .stan = std::string(message.find(11).value_or("")),
                 .reference = std::string(message.find(37).value_or(""))};
  KARV_TRY(request.frame, iso::encode(message));
  return request;
}

// What identifies a message: time, trace number, acquirer, reference.
iso::Message identified(const std::string& mti, base::Instant at, std::int64_t stan, const std::string& reference,
                        const AcquirerSettings& acquirer) {
  iso::Message message(mti);
  message.set(7, transmission_time(at));
  message.set(11, trace_number(stan));
  message.set(32, acquirer.acquirer_id);
  message.set(37, reference);
  return message;
}

base::SecretBytes quoting(const Operation& original) {
  iso::PrivateData extra;
  extra.add("OR", original.reference);
  return extra.encode();
}

// The fields of every message about money.
iso::Message money_message(const std::string& mti, const Operation& operation, std::string_view processing_code,
                           const AcquirerSettings& acquirer) {
  auto message = identified(mti, operation.sent_at, operation.stan, operation.reference, acquirer);
  message.set(3, processing_code);
  message.set_number(4, static_cast<std::uint64_t>(operation.amount_minor));
  message.set(12, utc(operation.sent_at, "{:%H%M%S}"));
  message.set(13, utc(operation.sent_at, "{:%m%d}"));
  message.set_padded(41, acquirer.terminal_id);
  message.set_padded(42, statement_text(operation.merchant_reference, 15));
  message.set(49, numeric_currency(operation.currency));
  return message;
}

void add_card(iso::Message& message, const Operation& operation, const Card& card, bool shopper_present,
              const AcquirerSettings& acquirer) {
  message.set_secret(2, card.number.clone());
  message.set_secret(14,
                     base::SecretBytes::copy_of(fmt::format("{:02}{:02}", card.expiry.year % 100, card.expiry.month)));
  message.set(18, acquirer.merchant_category);
  message.set(22, shopper_present ? "810" : "102");
  message.set(25, shopper_present ? "59" : "08");
  message.set_padded(43, statement_text(operation.merchant_name, 40));
}

iso::Message payout_message(const Operation& operation, const Card& card, Attempt attempt,
                            const AcquirerSettings& acquirer) {
  auto message = money_message(mti_of("0200", attempt), operation, "260000", acquirer);
  add_card(message, operation, card, false, acquirer);
  return message;
}

}  // namespace

std::string_view numeric_currency(std::string_view alphabetic) {
  for (const auto& code : kCurrencies)
    if (code.alphabetic == alphabetic) return code.numeric;
  return {};
}

base::Result<NetworkRequest> authorization_request(const Operation& operation, const Card& card,
                                                   const base::SecretBytes& code,
                                                   const std::optional<Operation>& original, const Sender& sender) {
  // Charges use the stored credential; the network takes them from the merchant's side only.
  const bool shopper = operation.kind == OperationKind::hold && operation.initiator == Initiator::cardholder;
  auto message = money_message(std::string(request_mti(operation.kind)), operation, "000000", sender.acquirer);
  add_card(message, operation, card, shopper, sender.acquirer);
  iso::PrivateData extra;
  if (shopper && !code.empty()) extra.add("CV", code.expose());
  extra.add("IN", shopper ? "C" : "M");
  if (original) extra.add("OR", original->reference);
  if (sender.network_key != nullptr) add_cryptogram(extra, *sender.network_key, message, operation);
  message.set_secret(48, extra.encode());
  return finish(message);
}

base::Result<NetworkRequest> refund_request(const Operation& operation, const Card& card, const Operation& original,
                                            Attempt attempt, const AcquirerSettings& acquirer) {
  auto message = money_message(mti_of("0200", attempt), operation, "200000", acquirer);
  add_card(message, operation, card, false, acquirer);
  iso::PrivateData extra;
  extra.add("IN", "M");
  extra.add("OR", original.reference);
  message.set_secret(48, extra.encode());
  return finish(message);
}

std::string payout_as_sent(const Operation& operation, const Card& card, const Sender& sender) {
  const auto message = payout_message(operation, card, Attempt::first, sender.acquirer);
  iso::PrivateData extra;
  extra.add("IN", "M");
  if (sender.network_key != nullptr) add_cryptogram(extra, *sender.network_key, message, operation);
  return fmt::format("{}{}", message.secret(14)->expose_text(), extra.encode().expose_text());
}

base::Result<NetworkRequest> payout_request(const Operation& operation, const Card& card, std::string_view as_sent,
                                            Attempt attempt, const AcquirerSettings& acquirer) {
  constexpr std::size_t kExpirySize = 4;
  KARV_REQUIRE(as_sent.size() > kExpirySize);
  auto message = payout_message(operation, card, attempt, acquirer);
  message.set_secret(14, base::SecretBytes::copy_of(as_sent.substr(0, kExpirySize)));
  message.set_secret(48, base::SecretBytes::copy_of(as_sent.substr(kExpirySize)));
  return finish(message);
}

base::Result<NetworkRequest> completion_advice(const Operation& operation, const Operation& hold, Attempt attempt,
                                               const AcquirerSettings& acquirer) {
  auto message = money_message(mti_of("0220", attempt), operation, "000000", acquirer);
  message.set_padded(38, hold.approval_code);
  message.set_secret(48, quoting(hold));
  return finish(message);
}

base::Result<NetworkRequest> release_request(const Operation& operation, const Operation& hold, Attempt attempt,
                                             const AcquirerSettings& acquirer) {
  auto message = identified(mti_of("0400", attempt), operation.sent_at, operation.stan, operation.reference, acquirer);
  message.set_secret(48, quoting(hold));
  message.set(90, iso::encode_original(original_data("0100", hold, acquirer)));
  return finish(message);
}

base::Result<NetworkRequest> reversal_advice(const Operation& operation, Attempt attempt,
                                             const AcquirerSettings& acquirer) {
  auto message = identified(mti_of("0420", attempt), operation.reversal_at, operation.reversal_stan,
                            operation.reference, acquirer);
  message.set(90, iso::encode_original(original_data(request_mti(operation.kind), operation, acquirer)));
  return finish(message);
}

base::Result<NetworkRequest> management_request(Management what, std::int64_t stan, base::Instant now) {
  static constexpr std::array<const char*, 3> kCodes{"001", "002", "301"};
  iso::Message message("0800");
  message.set(7, transmission_time(now));
  message.set(11, trace_number(stan));
  message.set(70, kCodes[static_cast<std::size_t>(what)]);
  return finish(message);
}

base::Result<NetworkRequest> key_request(const HandedKey& key, base::ByteView recipient, std::int64_t stan,
                                         base::Instant now, base::Random& random) {
  iso::Message message("0800");
  message.set(7, transmission_time(now));
  message.set(11, trace_number(stan));
  if (key.former != nullptr) {
    iso::PrivateData extra;
    extra.add("UK", network_key_name(*key.former));
    extra.add("UC", network_key_voucher(*key.former, key.next));
    message.set_secret(48, extra.encode());
  }
  KARV_TRY(const auto wrapped, crypto::encrypt_jwe(recipient, key.next.expose(), random));
  message.set(63, wrapped);
  message.set(70, "161");
  return finish(message);
}

base::Result<NetworkAnswer> read_answer(base::ByteView frame) {
  KARV_TRY(const auto message, iso::decode(frame));
  const auto field = [&](int number) {
    auto text = std::string(message.find(number).value_or(""));
    while (text.ends_with(' ')) text.pop_back();
    return text;
  };
  NetworkAnswer answer{.key = {.answer_mti = message.mti(), .stan = field(11), .reference = field(37)},
                       .response_code = field(39),
                       .approval_code = field(38)};
  const bool is_answer = (answer.key.answer_mti[2] - '0') % 2 == 1;
  if (!is_answer || answer.key.stan.empty() || answer.response_code.empty())
    return base::internal_error(base::ErrorCode::bad_request, "a message of the card network is no answer");
  return answer;
}

}  // namespace karv::vault
