#include "base/bytes.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace karv::base {
namespace {

Bytes bytes_of(std::string_view text) { return {as_bytes(text).begin(), as_bytes(text).end()}; }

// Source: RFC 4648 section 10.
TEST(Bytes, text_forms_agree_with_the_rfc_s_vectors) {
  struct Case {
    std::string_view plain, base64, hex;
  };
  for (const auto& [plain, base64, hex] :
       {Case{"", "", ""}, Case{"f", "Zg==", "66"}, Case{"fo", "Zm8=", "666f"}, Case{"foo", "Zm9v", "666f6f"},
        Case{"foob", "Zm9vYg==", "666f6f62"}, Case{"fooba", "Zm9vYmE=", "666f6f6261"},
        Case{"foobar", "Zm9vYmFy", "666f6f626172"}}) {
    EXPECT_EQ(to_base64(as_bytes(plain)), base64);
    EXPECT_EQ(from_base64(base64), bytes_of(plain));
    EXPECT_EQ(to_hex(as_bytes(plain)), hex);
    EXPECT_EQ(from_hex(hex), bytes_of(plain));
  }
  EXPECT_EQ(to_base64url(Bytes{0xfb, 0xff}), "-_8");
  EXPECT_EQ(to_base64(Bytes{0xfb, 0xff}), "+/8=");
  EXPECT_EQ(from_hex("AbCd"), (Bytes{0xab, 0xcd}));
}

TEST(Bytes, malformed_text_is_refused) {
  for (const auto* text : {"Z", "Zg", "Zg=", "Zg===", "Zg==Zg==", "=", "====", "Z===", " Zg==", "Zg==\n",
                           "Zm9v=", "Z-==", "Zh==", "Zm9=", "Zm 9v", "Zg=a"})
    EXPECT_FALSE(from_base64(text)) << text;
  for (const auto* text : {"Z", "Zg==", "Zm9v+A", "Zh", "Zm9", "Zm9vY", "\xff\xff", "Zg\n"})
    EXPECT_FALSE(from_base64url(text)) << text;
  for (const auto* text : {"0", "0g", "0x", " 00", "00 ", "\xff\xff"}) EXPECT_FALSE(from_hex(text)) << text;
}

TEST(Bytes, every_length_survives_the_way_there_and_back) {
  SeededRandom random(1);
  for (std::size_t size = 0; size < 200; ++size) {
    Bytes bytes(size);
    random.fill(bytes);
    EXPECT_EQ(from_hex(to_hex(bytes)), bytes);
    EXPECT_EQ(from_base64(to_base64(bytes)), bytes);
    EXPECT_EQ(from_base64url(to_base64url(bytes)), bytes);
  }
}

}  // namespace
}  // namespace karv::base
