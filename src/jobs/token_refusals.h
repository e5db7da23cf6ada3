// What the vault refused of card tokens is fetched and given to risk; run by the job of that name.
#pragma once

#include "jobs/jobs.h"

namespace karv::jobs {

// Asks for what grew since the last one that risk has, and a minute before: the vault's transactions may end in another
// order than that of their times. Errors: those of the channel; what was fetched before is kept.
base::Result<void> take_token_refusals(const Tools& tools, const scheduler::JobContext& job);

}  // namespace karv::jobs
