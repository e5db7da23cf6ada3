// Overwrites what calls that have returned left behind on this thread's stack: registers with eight or sixteen bytes of
// a secret text are spilled there by the compiler, where no destructor wipes them. To be called by whoever called them:
// the worker pool after each request, and the loops of the threads that touch card data after each unit of work.
#pragma once

namespace karv::base {

// 64 kB from the caller's frame on.
void wipe_stack();

}  // namespace karv::base
