// The same work on several threads at once; the caller is one of them.
//
//   base::side_by_side(16, [&] { while (auto item = queue.next()) handle(*item); });
//
// For jobs that mostly wait, on a network say. One thread is the caller's alone, so a test's steps keep their order.
#pragma once

#include <cstddef>
#include <functional>

namespace karv::base {

// Returns when all have ended. What the work throws is thrown here once they have: the first of several.
// Pre: threads >= 1.
void side_by_side(std::size_t threads, const std::function<void()>& work);

}  // namespace karv::base
