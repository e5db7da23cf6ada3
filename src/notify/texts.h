// The words of every mail, as data: one row per template with its parameters and a text per language.
#pragma once

#include <array>
#include <span>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace karv::notify {

struct Text {
  std::string_view subject, body;
};
struct Template {
  std::string_view name;
  std::vector<std::string_view> parameters;
  base::Duration useful_for;  // a mail that could not be sent for so long is given up
  std::array<Text, 3> texts;  // in the order of identity::Language: en, sv, de
};
std::span<const Template> all_templates();

}  // namespace karv::notify
