// How long the certificates live that a configuration names.
#pragma once

#include <string>
#include <vector>

#include "apps/cli/doctor/report.h"
#include "base/clock.h"

namespace karv::apps::cli::doctor {

// One line for all that are good for at least 30 days, one for each that is not.
void look_at_certificates(Report& report, const std::vector<std::string>& files, base::Instant now);

}  // namespace karv::apps::cli::doctor
