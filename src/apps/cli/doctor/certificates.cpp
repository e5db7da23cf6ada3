#include "apps/cli/doctor/certificates.h"

#include <algorithm>

#include <fmt/format.h>

#include "net/certificate_watch.h"

namespace karv::apps::cli::doctor {

void look_at_certificates(Report& report, const std::vector<std::string>& files, base::Instant now) {
  constexpr const char* kCure =
      "put a new pair in its place; it is taken within seconds (docs/operations/certificates.md)";
  std::size_t fine = 0;
  base::Instant first = now + base::days(36'500);
  for (const auto& file : files) {
    const auto facts = net::read_certificate_facts(file);
    if (!facts.ok()) {
      report.wrong(fmt::format("{} is no certificate that can be read", file), "correct the configuration");
      continue;
    }
    const std::string end = base::to_rfc3339(facts->not_after).substr(0, 10);
    if (facts->not_after <= now) {
      report.wrong(fmt::format("{} was good until {}", file, end), kCure);
    } else if (facts->not_after <= now + net::kCertificateWarning) {
      report.wrong(fmt::format("{} is good until {} only", file, end), kCure);
    } else {
      ++fine;
      first = std::min(first, facts->not_after);
    }
  }
  if (fine > 0)
    report.good(fmt::format("{} certificates are good until {} at least", fine, base::to_rfc3339(first).substr(0, 10)));
}

}  // namespace karv::apps::cli::doctor
