#include <algorithm>

#include "base/check.h"
#include "net/http.h"

namespace karv::net {
namespace {

template <class Text>
std::vector<Text> split_path(std::string_view path) {
  std::vector<Text> segments;
  while (!path.empty()) {
    const std::string_view segment = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(path.size(), segment.size() + 1));
    if (!segment.empty()) segments.emplace_back(segment);
  }
  return segments;
}

bool is_rest(std::string_view segment) { return segment.front() == '*'; }
bool is_parameter(std::string_view segment) { return segment.front() == ':'; }
int looseness(std::string_view segment) { return is_rest(segment) ? 2 : is_parameter(segment) ? 1 : 0; }

// Segment by segment, a literal comes before a parameter and a parameter before a rest.
bool more_literal(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return std::ranges::lexicographical_compare(a, b, {}, looseness, looseness);
}

bool matches(const std::vector<std::string>& pattern, const std::vector<std::string_view>& path) {
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (i >= path.size()) return false;
    if (is_rest(pattern[i])) return true;
    if (!is_parameter(pattern[i]) && pattern[i] != path[i]) return false;
  }
  return pattern.size() == path.size();
}

void fill_parameters(Request& request, const std::vector<std::string>& pattern,
                     const std::vector<std::string_view>& path) {
  request.path_parameters.clear();
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (is_parameter(pattern[i])) request.path_parameters.emplace_back(pattern[i].substr(1), path[i]);
    if (!is_rest(pattern[i])) continue;
    std::string rest;
    for (std::size_t k = i; k < path.size(); ++k) rest.append(k == i ? "" : "/").append(path[k]);
    request.path_parameters.emplace_back(pattern[i].substr(1), std::move(rest));
  }
}

bool has_prefix(std::string_view path, std::string_view prefix) {
  if (!path.starts_with(prefix)) return false;
  return prefix.empty() || prefix.back() == '/' || path.size() == prefix.size() || path[prefix.size()] == '/';
}

}  // namespace

void Router::add(Method method, std::string_view pattern, Handler handler) {
  KARV_CHECK(pattern.starts_with('/') && handler != nullptr);
  Route route{method, split_path<std::string>(pattern), std::move(handler)};
  for (const auto& other : routes_) KARV_CHECK(other.method != method || other.segments != route.segments);
  for (std::size_t i = 0; i + 1 < route.segments.size(); ++i) KARV_CHECK(!is_rest(route.segments[i]));
  const auto at = std::upper_bound(routes_.begin(), routes_.end(), route,
                                   [](const Route& a, const Route& b) { return more_literal(a.segments, b.segments); });
  routes_.insert(at, std::move(route));
}

void Router::set_fallback(std::string_view prefix,
                          std::function<Response(const Request&, std::vector<Method>)> fallback) {
  const auto at = std::find_if(fallbacks_.begin(), fallbacks_.end(),
                               [&](const Fallback& other) { return other.prefix.size() < prefix.size(); });
  fallbacks_.insert(at, {std::string(prefix), std::move(fallback)});
}

Reply Router::handle(Request& request) const {
  const auto path = split_path<std::string_view>(request.path);
  const Route* chosen = nullptr;
  const Route* chosen_for_head = nullptr;
  std::vector<Method> allowed;
  for (const auto& route : routes_) {
    if (!matches(route.segments, path)) continue;
    if (route.method == request.method) {
      chosen = &route;
      break;
    }
    if (route.method == Method::get && request.method == Method::head && !chosen_for_head) chosen_for_head = &route;
    if (std::ranges::find(allowed, route.method) == allowed.end()) allowed.push_back(route.method);
  }
  if (!chosen) chosen = chosen_for_head;
  if (!chosen) return answer_unrouted(request, allowed);
  fill_parameters(request, chosen->segments, path);
  return chosen->handler(request);
}

Reply Router::answer_unrouted(const Request& request, const std::vector<Method>& allowed) const {
  for (const auto& fallback : fallbacks_)
    if (has_prefix(request.path, fallback.prefix)) return fallback.answer(request, allowed);
  if (allowed.empty()) return Response{.status = 404, .headers = {}, .body = {}};
  std::string names;
  for (const Method method : allowed) names.append(names.empty() ? "" : ", ").append(method_text(method));
  return Response{.status = 405, .headers = {{"Allow", names}}, .body = {}};
}

}  // namespace karv::net
