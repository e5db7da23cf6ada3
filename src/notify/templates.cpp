#include "notify/templates.h"

#include <algorithm>
#include <array>

#include "notify/texts.h"

namespace karv::notify {
namespace {

constexpr std::size_t kMaxValue = 600;

base::Error our_bug(std::string detail) {
  return base::internal_error(base::ErrorCode::internal, "mail: " + std::move(detail));
}

const Template* find_template(std::string_view name) {
  const auto all = all_templates();
  const auto found = std::ranges::find(all, name, &Template::name);
  return found == all.end() ? nullptr : &*found;
}

// Nothing that could start a new line or hide text: control characters and the line breaks of Unicode.
bool is_plain(std::string_view value) {
  if (value.empty() || value.size() > kMaxValue) return false;
  if (std::ranges::any_of(value, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }))
    return false;
  return value.find("\xE2\x80\xA8") == std::string_view::npos &&  // U+2028
         value.find("\xE2\x80\xA9") == std::string_view::npos &&  // U+2029
         value.find("\xC2\x85") == std::string_view::npos;        // U+0085
}

using Parameters = std::vector<std::pair<std::string, std::string>>;

base::Result<void> check_parameters(const Template& used, const Parameters& given) {
  if (given.size() != used.parameters.size())
    return our_bug("wrong number of parameters for " + std::string(used.name));
  for (const std::string_view name : used.parameters)
    if (std::ranges::count(given, name, &Parameters::value_type::first) != 1)
      return our_bug("parameter " + std::string(name) + " of " + std::string(used.name));
  for (const auto& [name, value] : given)
    if (!is_plain(value)) return our_bug("malformed parameter " + name + " of " + std::string(used.name));
  return {};
}

// Replaces each {name}. Values are inserted once and not looked at again.
std::string filled(std::string_view text, const Parameters& given) {
  std::string out;
  while (!text.empty()) {
    const std::size_t open = text.find('{');
    out += text.substr(0, open);
    if (open == std::string_view::npos) break;
    const std::size_t close = text.find('}', open);
    const std::string_view name = text.substr(open + 1, close - open - 1);
    out += std::ranges::find(given, name, &Parameters::value_type::first)->second;
    text.remove_prefix(close + 1);
  }
  return out;
}

}  // namespace

base::Result<MailText> render(const identity::MailToSend& mail) {
  const Template* used = find_template(mail.template_name);
  if (used == nullptr) return our_bug("unknown template " + std::string(mail.template_name));
  KARV_TRY_VOID(check_parameters(*used, mail.parameters));
  const Text& text = used->texts.at(static_cast<std::size_t>(mail.language));
  return MailText{filled(text.subject, mail.parameters), filled(text.body, mail.parameters)};
}

std::span<const std::string_view> template_names() {
  static const std::vector<std::string_view> kNames = [] {
    std::vector<std::string_view> names;
    for (const Template& one : all_templates()) names.push_back(one.name);
    return names;
  }();
  return kNames;
}

std::span<const std::string_view> parameters_of(std::string_view template_name) {
  const Template* found = find_template(template_name);
  if (found == nullptr) return {};
  return found->parameters;
}

base::Duration useful_for(std::string_view template_name) {
  const Template* found = find_template(template_name);
  return found == nullptr ? base::Duration{} : found->useful_for;
}

}  // namespace karv::notify
