#include "notify/templates.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

#include "notify/texts.h"

namespace karv::notify {
namespace {

using identity::Language;
constexpr Language kLanguages[] = {Language::en, Language::sv, Language::de};

identity::MailToSend mail(std::string_view name, Language language = Language::en) {
  identity::MailToSend made{*identity::Email::parse("anna@example.com"), name, language, {}};
  for (const std::string_view parameter : parameters_of(name))
    made.parameters.emplace_back(parameter, "<" + std::string(parameter) + ">");
  return made;
}

// The {names} in a text.
std::set<std::string> placeholders(std::string_view text) {
  std::set<std::string> names;
  while (true) {
    const auto open = text.find('{');
    if (open == std::string_view::npos) return names;
    const auto close = text.find('}', open);
    names.emplace(text.substr(open + 1, close - open - 1));
    text.remove_prefix(close + 1);
  }
}

TEST(TemplatesTest, every_text_in_every_language_uses_exactly_its_parameters) {
  EXPECT_EQ(template_names().size(), 10U);
  for (const Template& one : all_templates()) {
    const std::set<std::string> expected(one.parameters.begin(), one.parameters.end());
    for (const Text& text : one.texts) {
      std::set<std::string> used = placeholders(text.body);
      used.merge(placeholders(text.subject));
      EXPECT_EQ(used, expected) << one.name;
      EXPECT_FALSE(text.subject.empty());
      EXPECT_EQ(text.subject.find('\n'), std::string_view::npos);
      EXPECT_TRUE(text.body.ends_with("\n"));
    }
  }
}

TEST(TemplatesTest, every_mail_renders_in_three_different_languages) {
  for (const std::string_view name : template_names()) {
    std::set<std::string> bodies;
    for (const Language language : kLanguages) {
      const auto text = render(mail(name, language));
      ASSERT_TRUE(text.ok()) << name;
      EXPECT_EQ(text->body.find('{'), std::string::npos);
      bodies.insert(text->body);
    }
    EXPECT_EQ(bodies.size(), 3U) << name;
  }
}

TEST(TemplatesTest, values_are_inserted_once_and_never_read_as_a_template) {
  auto made = mail(kCheckoutCode);
  made.parameters[1].second = "Shop {code} {unknown} {";
  const auto text = render(made);
  ASSERT_TRUE(text.ok());
  EXPECT_EQ(text->subject, "Your code for Shop {code} {unknown} {");
}

TEST(TemplatesTest, a_value_cannot_start_a_new_line_or_be_empty_or_huge) {
  for (const std::string& value : {std::string("Shop\nBcc: x"), std::string("Shop\r"), std::string("a\0b", 3),
                                   std::string(), std::string(601, 'x'),
                                   std::string("a\xE2\x80\xA8"
                                               "b"),
                                   std::string("a\xC2\x85"
                                               "b"),
                                   std::string("a\x7f")}) {
    auto made = mail(kCheckoutCode);
    made.parameters[1].second = value;
    const auto text = render(made);
    ASSERT_FALSE(text.ok());
    EXPECT_EQ(text.error().code(), base::ErrorCode::internal);
  }
}

TEST(TemplatesTest, missing_unknown_and_repeated_parameters_are_refused) {
  auto missing = mail(kRefundMade);
  missing.parameters.pop_back();
  EXPECT_FALSE(render(missing).ok());
  auto unknown = mail(kSignInCode);
  unknown.parameters[0].first = "kode";
  EXPECT_FALSE(render(unknown).ok());
  auto repeated = mail(kCheckoutCode);
  repeated.parameters[1] = repeated.parameters[0];
  EXPECT_FALSE(render(repeated).ok());
  EXPECT_FALSE(render(mail("nothing")).ok());
}

TEST(TemplatesTest, a_code_is_worth_sending_for_ten_minutes_and_news_for_days) {
  EXPECT_EQ(useful_for(kSignInCode), base::minutes(10));
  EXPECT_EQ(useful_for(kCheckoutCode), base::minutes(10));
  EXPECT_EQ(useful_for(kRefundMade), base::days(3));
}

}  // namespace
}  // namespace karv::notify
