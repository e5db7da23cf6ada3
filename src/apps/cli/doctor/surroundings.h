// What the machine around karv-vault holds it to: its systemd unit and the rules for its outgoing connections.
#pragma once

#include <optional>
#include <string>

#include <sys/types.h>

#include "apps/cli/doctor/report.h"

namespace karv::apps::cli::doctor {

// `unit`: the unit's file, with its drop-ins in the folder FILE.d beside it.
void look_at_unit(Report& report, const std::string& unit);
void look_at_rules(Report& report, std::optional<uid_t> vault_user);

}  // namespace karv::apps::cli::doctor
