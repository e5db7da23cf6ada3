// ISO 8583:1987 messages in ASCII: values to bytes and back. No sockets, no length prefix (net/frames.h adds it), and
// no meaning: which elements a hold or a reversal carries is the card rail's knowledge.
//
//   iso8583::Message hold(iso8583::mti::kAuthorizationRequest);
//   hold.set_secret(2, std::move(pan));
//   hold.set_number(4, 1000);
//   KARV_TRY(base::SecretBytes bytes, iso8583::encode(hold));
//
// Layout: four digits message type, primary bitmap as 16 upper-case hexadecimal digits, the secondary one after it when
// bit 1 is set, then the elements in ascending order; lengths of variable elements as two or three decimal digits.
// Source: ISO 8583:1987 sections 4.2 to 4.4.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "wire/iso8583_fields.h"

namespace karv::wire::iso8583 {

inline constexpr std::size_t kMaxMessage = 2048;

namespace mti {
inline constexpr std::string_view kAuthorizationRequest = "0100";
inline constexpr std::string_view kAuthorizationResponse = "0110";
inline constexpr std::string_view kFinancialRequest = "0200";
inline constexpr std::string_view kFinancialResponse = "0210";
inline constexpr std::string_view kFinancialAdvice = "0220";
inline constexpr std::string_view kFinancialAdviceRepeat = "0221";
inline constexpr std::string_view kFinancialAdviceResponse = "0230";
inline constexpr std::string_view kReversalRequest = "0400";
inline constexpr std::string_view kReversalResponse = "0410";
inline constexpr std::string_view kReversalAdvice = "0420";
inline constexpr std::string_view kReversalAdviceRepeat = "0421";
inline constexpr std::string_view kReversalAdviceResponse = "0430";
inline constexpr std::string_view kNetworkRequest = "0800";
inline constexpr std::string_view kNetworkResponse = "0810";
}  // namespace mti

// The message type that answers this one ("0221" -> "0230"). Pre: a request or an advice.
std::string response_mti(std::string_view request_mti);

class Message {
 public:
  // Pre: four digits, of this version (a leading 0).
  explicit Message(std::string_view mti);
  const std::string& mti() const { return mti_; }

  // Puts a plain element; the text is checked by encode(). Pre: the element is listed and not secret.
  void set(int number, std::string_view text);
  // A number, filled up with zeros on the left. Pre: as above, digits, and it fits.
  void set_number(int number, std::uint64_t value);
  // A text, filled up with spaces on the right when the element's length is fixed.
  void set_padded(int number, std::string_view text);
  // Pre: the element is listed as secret.
  void set_secret(int number, base::SecretBytes value);

  bool has(int number) const { return fields_.contains(number); }
  // A plain element's text. Pre: not secret.
  std::optional<std::string_view> find(int number) const;
  // Pre: digits of at most 18 places. Empty when the element is absent.
  std::optional<std::uint64_t> find_number(int number) const;
  // A secret element. Null when absent. Pre: secret.
  const base::SecretBytes* secret(int number) const;

  // For the codec: every element in ascending order.
  const std::map<int, base::SecretBytes>& fields() const { return fields_; }
  friend bool operator==(const Message&, const Message&) = default;

 private:
  friend base::Result<Message> decode(base::ByteView bytes);

  std::string mti_;
  std::map<int, base::SecretBytes> fields_;
};

// Errors: bad_value, its internal text names the element and what is wrong ("field 4: not numeric"), never its value.
base::Result<base::SecretBytes> encode(const Message& message);
// Errors: bad_request, in the same form; anything left over is an error, too.
base::Result<Message> decode(base::ByteView bytes);

}  // namespace karv::wire::iso8583
