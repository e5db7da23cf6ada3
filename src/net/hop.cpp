#include "net/hop.h"

#include <boost/asio/associated_executor.hpp>

namespace karv::net {
namespace {

// Ends a coroutine's wait with a value, on the coroutine's own executor, from any thread.
template <class Handler, class Value>
void resume(const std::shared_ptr<Handler>& handler, Value value) {
  const auto executor = asio::get_associated_executor(*handler);
  asio::post(executor, [handler, value = std::move(value)]() mutable { std::move (*handler)(std::move(value)); });
}

}  // namespace

asio::awaitable<std::optional<Reply>> on_worker(WorkerPool& pool, std::function<Reply()> work, Admission admission) {
  auto initiate = [&pool, work = std::move(work), admission](auto handler) mutable {
    auto waiting = std::make_shared<decltype(handler)>(std::move(handler));
    WorkerPool::Job job = [waiting, work = std::move(work)] { resume(waiting, std::optional<Reply>(work())); };
    const bool taken =
        admission == Admission::bounded ? pool.submit(std::move(job)) : pool.submit_continuation(std::move(job));
    if (!taken) resume(waiting, std::optional<Reply>());
  };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(std::optional<Reply>)>(
      std::move(initiate), asio::use_awaitable);
}

asio::awaitable<CallOutcome> through_client(Client& client, OutboundRequest request, base::Duration limit) {
  auto initiate = [&client, request = std::move(request), limit](auto handler) mutable {
    auto waiting = std::make_shared<decltype(handler)>(std::move(handler));
    client.send(std::move(request), limit,
                [waiting](CallOutcome outcome) { resume(waiting, std::optional<CallOutcome>(std::move(outcome))); });
  };
  auto outcome = co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(std::optional<CallOutcome>)>(
      std::move(initiate), asio::use_awaitable);
  co_return *std::move(outcome);
}

}  // namespace karv::net
