#include "net/http.h"

#include <algorithm>

#include "base/check.h"
#include "net/ascii.h"
#include "net/percent.h"

namespace karv::net {

std::string_view method_text(Method method) {
  switch (method) {
    case Method::get:
      return "GET";
    case Method::head:
      return "HEAD";
    case Method::post:
      return "POST";
    case Method::put:
      return "PUT";
    case Method::patch:
      return "PATCH";
    case Method::delete_:
      return "DELETE";
    case Method::options:
      return "OPTIONS";
    case Method::other:
      break;
  }
  return "OTHER";
}

std::string_view Headers::find(std::string_view name) const {
  for (const auto& header : all_)
    if (equal_ignoring_case(header.name, name)) return header.value;
  return {};
}

bool Headers::has(std::string_view name) const { return count(name) > 0; }

std::size_t Headers::count(std::string_view name) const {
  return static_cast<std::size_t>(std::count_if(
      all_.begin(), all_.end(), [&](const Header& header) { return equal_ignoring_case(header.name, name); }));
}

const std::string& Request::parameter(std::string_view name) const {
  const auto found = std::find_if(path_parameters.begin(), path_parameters.end(),
                                  [&](const auto& parameter) { return parameter.first == name; });
  KARV_REQUIRE(found != path_parameters.end());
  return found->second;
}

std::optional<std::string> Request::query_parameter(std::string_view name) const {
  for (std::string_view rest = query; !rest.empty();) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    const std::size_t equals = pair.find('=');
    const auto key = percent_decode(pair.substr(0, equals), PlusMeans::space);
    if (!key || *key != name) continue;
    return percent_decode(equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1),
                          PlusMeans::space);
  }
  return std::nullopt;
}

}  // namespace karv::net
