// The data elements of ISO 8583:1987 in its ASCII form, as data: what each may hold and how long it is. An element that
// is not listed cannot be sent and is refused when it comes. Used by iso8583.cpp and its tests. Source: ISO 8583:1987
// section 4.4 (data element directory), ASCII encoding of every element.
#pragma once

#include <array>
#include <cstdint>

namespace karv::wire::iso8583 {

enum class Charset : std::uint8_t {
  n,    // digits
  an,   // letters and digits; spaces fill up on the right
  ans,  // any printable ASCII
  xn,   // C or D, then digits
  z,    // digits, '=' and 'D', as on a magnetic stripe
  b,    // bytes as upper-case hexadecimal digits
};

enum class Length : std::uint8_t { fixed, llvar, lllvar };

// Secret elements can be read through Message::secret() only.
enum class Exposure : std::uint8_t { plain, secret };

struct Field {
  int number;
  Charset charset;
  Length kind;
  std::uint16_t length;  // in characters; the greatest one of a variable element
  Exposure exposure = Exposure::plain;
};

// clang-format off
inline constexpr auto kFields = [] {
  using enum Charset;
  using enum Length;
  constexpr auto secret = Exposure::secret;
  return std::to_array<Field>({
      {2, n, llvar, 19, secret},     // primary account number
      {3, n, fixed, 6},              // processing code
      {4, n, fixed, 12},             // amount, transaction
      {5, n, fixed, 12},             // amount, settlement
      {6, n, fixed, 12},             // amount, cardholder billing
      {7, n, fixed, 10},             // transmission date and time
      {8, n, fixed, 8},              // amount, cardholder billing fee
      {9, n, fixed, 8},              // conversion rate, settlement
      {10, n, fixed, 8},             // conversion rate, cardholder billing
      {11, n, fixed, 6},             // systems trace audit number
      {12, n, fixed, 6},             // time, local
      {13, n, fixed, 4},             // date, local
      {14, n, fixed, 4, secret},     // date, expiration
      {15, n, fixed, 4},             // date, settlement
      {16, n, fixed, 4},             // date, conversion
      {17, n, fixed, 4},             // date, capture
      {18, n, fixed, 4},             // merchant's type
      {19, n, fixed, 3},             // acquiring institution country code
      {20, n, fixed, 3},             // primary account number country code
      {21, n, fixed, 3},             // forwarding institution country code
      {22, n, fixed, 3},             // point of service entry mode
      {23, n, fixed, 3},             // card sequence number
      {24, n, fixed, 3},             // network international identifier
      {25, n, fixed, 2},             // point of service condition code
      {26, n, fixed, 2},             // point of service PIN capture code
      {27, n, fixed, 1},             // authorization identification response length
      {28, xn, fixed, 9},            // amount, transaction fee
      {29, xn, fixed, 9},            // amount, settlement fee
      {30, xn, fixed, 9},            // amount, transaction processing fee
      {31, xn, fixed, 9},            // amount, settlement processing fee
      {32, n, llvar, 11},            // acquiring institution identification code
      {33, n, llvar, 11},            // forwarding institution identification code
      {34, ans, llvar, 28, secret},  // primary account number, extended
      {35, z, llvar, 37, secret},    // track 2 data
      {36, z, lllvar, 104, secret},  // track 3 data
      {37, an, fixed, 12},           // retrieval reference number
      {38, an, fixed, 6},            // authorization identification response
      {39, an, fixed, 2},            // response code
      {40, an, fixed, 3},            // service restriction code
      {41, ans, fixed, 8},           // card acceptor terminal identification
      {42, ans, fixed, 15},          // card acceptor identification code
      {43, ans, fixed, 40},          // card acceptor name and location
      {44, an, llvar, 25},           // additional response data
      {45, ans, llvar, 76, secret},  // track 1 data
      {46, ans, lllvar, 999},        // additional data, ISO
      {47, ans, lllvar, 999},        // additional data, national
      {48, ans, lllvar, 999, secret},  // additional data, private: holds the security code
      {49, n, fixed, 3},             // currency code, transaction
      {50, n, fixed, 3},             // currency code, settlement
      {51, n, fixed, 3},             // currency code, cardholder billing
      {52, b, fixed, 16, secret},    // PIN data
      {53, n, fixed, 16},            // security related control information
      {54, an, lllvar, 120},         // additional amounts
      {55, ans, lllvar, 999, secret},  // chip data
      {63, ans, lllvar, 999},        // reserved private: a wrapped key
      {64, b, fixed, 16},            // message authentication code
      {70, n, fixed, 3},             // network management information code
      {90, n, fixed, 42},            // original data elements
      {95, an, fixed, 42},           // replacement amounts
  });
}();
// clang-format on

constexpr const Field* find_field(int number) {
  for (const Field& field : kFields)
    if (field.number == number) return &field;
  return nullptr;
}

constexpr bool fields_are_in_order() {
  for (std::size_t i = 1; i < kFields.size(); ++i)
    if (kFields[i - 1].number >= kFields[i].number) return false;
  return kFields.front().number > 1 && kFields.back().number <= 128;
}
static_assert(fields_are_in_order());

}  // namespace karv::wire::iso8583
