#include "wire/iso8583.h"

#include <string>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/check.h"

namespace karv::wire::iso8583 {
namespace {

using base::SecretBytes;

constexpr std::string_view kPan = "4111111111111111";

// Bits counted by hand: 2 3 4 7 | 11 14 | 22 | 25 32 | 37 | 41 42 48 | 49.
constexpr std::string_view kHoldBytes =
    "0100"
    "7224048108C18000"
    "164111111111111111"
    "000000"
    "000000010000"
    "1122174105"
    "000001"
    "2912"
    "810"
    "59"
    "06400001"
    "REF000000001"
    "KARV0001"
    "MERCHANT0000001"
    "012CV03123IN01C"
    "978";
// The well-known sign-on: bits 1 7 11 and 70.
constexpr std::string_view kSignOnBytes =
    "0800"
    "8220000000000000"
    "0400000000000000"
    "1122174105"
    "000001"
    "001";

Message hold() {
  Message message(mti::kAuthorizationRequest);
  message.set_secret(2, SecretBytes::copy_of(kPan));
  message.set_number(3, 0);
  message.set_number(4, 10'000);
  message.set(7, "1122174105");
  message.set_number(11, 1);
  message.set_secret(14, SecretBytes::copy_of("2912"));
  message.set(22, "810");
  message.set(25, "59");
  message.set(32, "400001");
  message.set(37, "REF000000001");
  message.set(41, "KARV0001");
  message.set(42, "MERCHANT0000001");
  message.set_secret(48, SecretBytes::copy_of("CV03123IN01C"));
  message.set(49, "978");
  return message;
}

std::string fault_of(std::string_view bytes) {
  const auto decoded = decode(base::as_bytes(bytes));
  return decoded.ok() ? "accepted" : decoded.error().internal_text();
}
std::string replaced(std::string_view text, std::string_view what, std::string_view with) {
  std::string out(text);
  const std::size_t at = out.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return out.replace(at, what.size(), with);
}

TEST(Iso8583Test, a_hold_is_encoded_as_counted_by_hand) {
  const auto bytes = encode(hold());
  ASSERT_TRUE(bytes.ok());
  EXPECT_EQ(bytes->expose_text(), kHoldBytes);
}

TEST(Iso8583Test, a_hold_is_decoded_into_its_elements) {
  const auto message = decode(base::as_bytes(kHoldBytes));
  ASSERT_TRUE(message.ok()) << message.error().internal_text();
  EXPECT_EQ(message->mti(), "0100");
  EXPECT_EQ(message->secret(2)->expose_text(), kPan);
  EXPECT_EQ(message->find_number(4), 10'000U);
  EXPECT_EQ(message->find(37), "REF000000001");
  EXPECT_EQ(message->find(38), std::nullopt);
  EXPECT_EQ(message->secret(35), nullptr);
  EXPECT_TRUE(*message == hold());
}

TEST(Iso8583Test, elements_above_64_bring_the_second_bitmap) {
  Message message(mti::kNetworkRequest);
  message.set(7, "1122174105");
  message.set_number(11, 1);
  message.set_number(70, 1);
  EXPECT_EQ(encode(message)->expose_text(), kSignOnBytes);
  EXPECT_TRUE(*decode(base::as_bytes(kSignOnBytes)) == message);
}

TEST(Iso8583Test, numbers_and_texts_are_filled_up_to_their_length) {
  Message message(mti::kNetworkRequest);
  message.set_number(11, 42);
  message.set_number(32, 400001);
  message.set_padded(43, "Shop Berlin");
  EXPECT_EQ(message.find(11), "000042");
  EXPECT_EQ(message.find(32), "400001");
  EXPECT_EQ(message.find(43), "Shop Berlin" + std::string(29, ' '));
}

TEST(Iso8583Test, the_wrong_door_to_an_element_is_a_bug) {
  Message message(mti::kAuthorizationRequest);
  EXPECT_THROW(message.set(2, "4"), base::RequirementFailed);
  EXPECT_THROW(message.set_secret(4, SecretBytes::copy_of("4")), base::RequirementFailed);
  EXPECT_THROW(static_cast<void>(message.find(48)), base::RequirementFailed);
  EXPECT_THROW(message.set(1, "x"), base::RequirementFailed);
  EXPECT_THROW(message.set(128, "x"), base::RequirementFailed);
  EXPECT_THROW(message.set_number(11, 1'000'000), base::RequirementFailed);
  EXPECT_THROW(message.set_number(37, 1), base::RequirementFailed);
  EXPECT_THROW(Message("1100"), base::RequirementFailed);
  EXPECT_THROW(Message("01000"), base::RequirementFailed);
}

TEST(Iso8583Test, what_may_not_be_sent_is_refused_with_its_element) {
  const auto fault = [](int number, std::string_view text) {
    Message message(mti::kAuthorizationRequest);
    message.set(number, text);
    const auto bytes = encode(message);
    return bytes.ok() ? "accepted" : bytes.error().internal_text();
  };
  EXPECT_EQ(fault(4, "10"), "field 4: wrong length");
  EXPECT_EQ(fault(4, "00000000000x"), "field 4: not numeric");
  EXPECT_EQ(fault(37, "REF-00000001"), "field 37: not alphanumeric");
  EXPECT_EQ(fault(41, "KARV\n001"), "field 41: not printable");
  EXPECT_EQ(fault(28, "X00000001"), "field 28: not a signed amount");
  EXPECT_EQ(fault(28, "D00000001"), "accepted");
  EXPECT_EQ(fault(32, ""), "field 32: empty");
  EXPECT_EQ(fault(32, "123456789012"), "field 32: too long");
}

TEST(Iso8583Test, a_message_longer_than_a_frame_is_refused) {
  Message message(mti::kAuthorizationRequest);
  message.set(46, std::string(999, 'a'));
  message.set(47, std::string(999, 'a'));
  EXPECT_EQ(encode(message)->size(), 4 + 16 + 2 * 1002U);
  message.set(43, std::string(40, 'a'));
  EXPECT_EQ(encode(message).error().internal_text(), "field 0: message too long");
  EXPECT_EQ(fault_of(std::string(2049, '0')), "field 0: message too long");
}

TEST(Iso8583Test, a_message_cut_off_at_any_byte_is_refused) {
  for (const auto whole : {kHoldBytes, kSignOnBytes})
    for (std::size_t size = 0; size < whole.size(); ++size)
      EXPECT_NE(fault_of(whole.substr(0, size)), "accepted") << size;
}

TEST(Iso8583Test, bytes_left_over_are_refused) {
  EXPECT_EQ(fault_of(std::string(kHoldBytes) + "0"), "field 0: bytes left over");
  EXPECT_EQ(fault_of(std::string(kHoldBytes) + std::string(kHoldBytes)), "field 0: bytes left over");
}

TEST(Iso8583Test, damaged_messages_are_refused_with_element_and_reason) {
  EXPECT_EQ(fault_of(""), "field 0: message type cut off");
  EXPECT_EQ(fault_of(replaced(kHoldBytes, "0100", "1100")), "field 0: message type not of this version");
  EXPECT_EQ(fault_of(replaced(kHoldBytes, "0100", "01a0")), "field 0: message type not of this version");
  EXPECT_EQ(fault_of("01007224"), "field 1: bitmap cut off");
  EXPECT_EQ(fault_of(replaced(kHoldBytes, "7224048108C18000", "7224048108c18000")), "field 1: bitmap not hexadecimal");
  EXPECT_EQ(fault_of(replaced(kHoldBytes, "7224048108C18000", "7224048108G18000")), "field 1: bitmap not hexadecimal");
  EXPECT_EQ(fault_of(replaced(kSignOnBytes, "0400000000000000", "8400000000000000")), "field 65: not known");
  EXPECT_EQ(fault_of(replaced(kSignOnBytes, "0400000000000000", "0000000000000000")), "field 65: bitmap empty");
  EXPECT_EQ(fault_of(replaced(kSignOnBytes, "0400000000000000", "2400000000000000")), "field 67: not known");
  EXPECT_EQ(fault_of(replaced(kHoldBytes, "16411", "20411")), "field 2: too long");
  EXPECT_EQ(fault_of(replaced(kHoldBytes, "16411", "1x411")), "field 2: length cut off or not numeric");
  EXPECT_EQ(fault_of(replaced(kHoldBytes, "164111111111111111", "00")), "field 2: empty");
  EXPECT_EQ(fault_of(replaced(kHoldBytes, "164111", "16411x")), "field 2: not numeric");
  EXPECT_EQ(fault_of(replaced(kHoldBytes, "REF000000001", "REF00000000\x01")), "field 37: not alphanumeric");
  EXPECT_EQ(fault_of(replaced(kHoldBytes, "012CV", "999CV")), "field 48: cut off");
  EXPECT_EQ(fault_of(replaced(kHoldBytes, "KARV0001", "KARV\xff\x01\x02\x03")), "field 41: not printable");
}

TEST(Iso8583Test, a_fault_never_quotes_the_value) {
  const std::string fault = fault_of(replaced(kHoldBytes, "164111111111111111", "16411111111111111x"));
  EXPECT_EQ(fault, "field 2: not numeric");
  EXPECT_EQ(fault.find("4111"), std::string::npos);
}

TEST(Iso8583Test, every_request_and_advice_has_its_answer) {
  EXPECT_EQ(response_mti("0100"), "0110");
  EXPECT_EQ(response_mti("0200"), "0210");
  EXPECT_EQ(response_mti("0220"), "0230");
  EXPECT_EQ(response_mti("0221"), "0230");
  EXPECT_EQ(response_mti("0400"), "0410");
  EXPECT_EQ(response_mti("0421"), "0430");
  EXPECT_EQ(response_mti("0800"), "0810");
  EXPECT_THROW(static_cast<void>(response_mti("0110")), base::RequirementFailed);
}

// A valid value for an element.
std::string any_value(const Field& field) {
  const std::size_t size =
      field.kind == Length::fixed ? field.length : *rc::gen::inRange<std::size_t>(1, field.length + 1U);
  const auto text = [](std::size_t length, std::string_view letters) {
    return *rc::gen::container<std::string>(length, rc::gen::elementOf(std::string(letters)));
  };
  std::string printable;
  for (char c = 0x20; c < 0x7f; ++c) printable.push_back(c);
  switch (field.charset) {
    case Charset::n:
      return text(size, "0123456789");
    case Charset::an:
      return text(size, "0189AZaz ");
    case Charset::ans:
      return text(size, printable);
    case Charset::xn:
      return text(1, "CD") + text(size - 1, "0123456789");
    case Charset::z:
      return text(size, "0123456789=D");
    case Charset::b:
      return text(size, "0123456789ABCDEF");
  }
  return {};
}

RC_GTEST_PROP(Iso8583Properties, what_is_encoded_is_decoded_again, ()) {
  Message message(*rc::gen::elementOf(std::vector<std::string>{"0100", "0230", "0421", "0810"}));
  const auto chosen = *rc::gen::unique<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(0, kFields.size()));
  for (const std::size_t index : chosen) {
    const Field& field = kFields[index];
    const std::string value = any_value(field);
    if (field.exposure == Exposure::secret)
      message.set_secret(field.number, SecretBytes::copy_of(value));
    else
      message.set(field.number, value);
  }
  const auto bytes = encode(message);
  if (!bytes.ok()) {
    RC_ASSERT(bytes.error().internal_text() == "field 0: message too long");
    return;
  }
  const auto decoded = decode(bytes->expose());
  RC_ASSERT(decoded.ok());
  RC_ASSERT(*decoded == message);
}

RC_GTEST_PROP(Iso8583Properties, what_is_accepted_has_one_form_only, ()) {
  std::string bytes(*rc::gen::elementOf(std::vector<std::string_view>{kHoldBytes, kSignOnBytes}));
  const auto changes = *rc::gen::inRange(1, 4);
  for (int i = 0; i < changes; ++i)
    bytes[*rc::gen::inRange<std::size_t>(0, bytes.size())] = *rc::gen::arbitrary<char>();
  const auto decoded = decode(base::as_bytes(bytes));
  if (!decoded.ok()) return;
  const auto again = encode(*decoded);
  RC_ASSERT(again.ok());
  RC_ASSERT(again->expose_text() == bytes);
}

}  // namespace
}  // namespace karv::wire::iso8583
