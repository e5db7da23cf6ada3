#include "base/side_by_side.h"

#include <exception>
#include <thread>
#include <vector>

#include "base/check.h"
#include "base/mutex.h"

namespace karv::base {
namespace {

class FirstThrown {
 public:
  void run(const std::function<void()>& work) KARV_EXCLUDES(mutex_) {
    try {
      work();
    } catch (...) {
      const Lock lock(mutex_);
      if (!thrown_) thrown_ = std::current_exception();
    }
  }
  void rethrow() KARV_EXCLUDES(mutex_) {
    const Lock lock(mutex_);
    if (thrown_) std::rethrow_exception(thrown_);
  }

 private:
  Mutex mutex_;
  std::exception_ptr thrown_ KARV_GUARDED_BY(mutex_);
};

}  // namespace

void side_by_side(std::size_t threads, const std::function<void()>& work) {
  KARV_REQUIRE(threads >= 1);
  FirstThrown first;
  {
    std::vector<std::jthread> others;
    others.reserve(threads - 1);
    for (std::size_t i = 1; i < threads; ++i) others.emplace_back([&] { first.run(work); });
    first.run(work);
  }
  first.rethrow();
}

}  // namespace karv::base
