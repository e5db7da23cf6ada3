// Overwrites what calls that have returned left behind on this thread's stack: registers with eight or sixteen bytes of
// a secret text are spilled there by the compiler, where no destructor wipes them. To be called by whoever called them.
#pragma once

namespace karv::base {

// 64 kB from the caller's frame on.
void wipe_stack();

}  // namespace karv::base
