// The card network's side of the line inside the process: approves every question at once. What it costs (reading the
// message and writing the answer) counts against the vault. Not the sandbox's network, which `./dev bench` measures
// through the doors.
#pragma once

#include "vault/network/card_network.h"

namespace karv::bench {

vault::CardNetwork::Connect approving_acquirer();

}  // namespace karv::bench
