#include "api/checkout/terms_page.h"

#include <fmt/format.h>

#include "api/errors.h"
#include "api/html.h"
#include "credit/plans.h"

namespace karv::api::checkout {

net::Response terms_page(const net::Request& request) {
  const auto plan = credit::plan_from(request.parameter("plan"));
  if (!plan) return problem(request, base::Error(base::ErrorCode::not_found));
  const auto asked = request.query_parameter("lang");
  const auto language =
      identity::language_of_locale(asked ? *asked : std::string(request.headers.find("Accept-Language").substr(0, 5)));
  const auto& terms = credit::terms_of(*plan, language);
  std::string body = fmt::format("<h1>{}</h1>", escape_html(terms.title));
  for (const auto& paragraph : terms.paragraphs) body += fmt::format("<p>{}</p>", escape_html(paragraph));
  if (const auto late = credit::late_sentence(*plan, language); !late.empty())
    body += fmt::format("<p>{}</p>", escape_html(late));
  return html_page(200, identity::name_of(language), terms.title, body);
}

}  // namespace karv::api::checkout
