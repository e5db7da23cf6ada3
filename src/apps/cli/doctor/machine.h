// What of the vault's protection this machine's kernel can give: looked up, never changed.
#pragma once

#include "apps/cli/doctor/report.h"

namespace karv::apps::cli::doctor {

void look_at_machine(Report& report);

}  // namespace karv::apps::cli::doctor
