#include "orders/fold.h"

#include <gtest/gtest.h>

namespace karv::orders {
namespace {

TEST(FoldTest, blanks_and_case_do_not_matter) {
  EXPECT_EQ(folded(" 903 25\t"), "90325");
  EXPECT_EQ(folded("Box 7\r\nC/O Berg"), "box7c/oberg");
  EXPECT_EQ(folded(""), "");
}

// Pairs from the Unicode character database (UnicodeData.txt, simple lower-case mapping).
TEST(FoldTest, letters_of_the_markets_have_their_small_form) {
  EXPECT_EQ(folded("UMEÅ ÄNGSVÄGEN ÖSTRA"), folded("Umeå Ängsvägen östra"));
  EXPECT_EQ(folded("ŁÓDŹ ŻÓŁĆ"), folded("łódź żółć"));
  EXPECT_EQ(folded("ČESKÝ TĚŠÍN ŽĎÁR"), folded("český těšín žďár"));
  EXPECT_EQ(folded("GYŐR ŰR"), folded("győr űr"));
  EXPECT_EQ(folded("IAŞI ĂRĂ"), folded("iaşi ără"));
}

TEST(FoldTest, other_signs_stay_themselves_and_apart) {
  EXPECT_EQ(folded("3×4"), "3×4");
  EXPECT_EQ(folded("straße"), "straße");
  EXPECT_EQ(folded("ÿ"), "ÿ");
  EXPECT_NE(folded("ø"), folded("o"));
  EXPECT_EQ(folded("Αθήνα 日本 🙂"), "Αθήνα日本🙂");
}

TEST(FoldTest, text_cut_in_the_middle_of_a_letter_does_no_harm) { EXPECT_EQ(folded("a\xC3"), "a\xC3"); }

}  // namespace
}  // namespace karv::orders
