// Several karv-vaults may share one store; each has a name. The security code of a card is in the memory of the one
// that took it, so a vault token names that one after a '.', and the caller asks it first. Any other answers as well,
// only without the code. Old and derived tokens keep the name: it is a wish, never a condition.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace karv::vault_api {

// 1 to 16 lower-case letters, digits and '-'.
inline bool is_process_name(std::string_view text) {
  return !text.empty() && text.size() <= 16 &&
         std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

// `process` may be empty: there is only one.
inline std::string token_naming(std::string_view process, std::string random) {
  if (!process.empty()) random.append(1, '.').append(process);
  return random;
}

// Empty when it names none.
inline std::string_view process_named_in(std::string_view vault_token) {
  const auto dot = vault_token.rfind('.');
  if (dot == std::string_view::npos || !is_process_name(vault_token.substr(dot + 1))) return {};
  return vault_token.substr(dot + 1);
}

}  // namespace karv::vault_api
