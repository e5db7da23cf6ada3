#include "net/client.h"

#include <future>
#include <map>

#include "base/log.h"
#include "base/mutex.h"
#include "net/client_pool.h"

namespace karv::net {

struct Client::Impl : std::enable_shared_from_this<Client::Impl> {
  explicit Impl(Loop& client_loop) : loop(client_loop) {}

  asio::awaitable<void> run(std::shared_ptr<ClientPool> pool, OutboundRequest request, SteadyTime deadline, Done done);
  void stop();

  Loop& loop;
  std::map<std::string, std::shared_ptr<ClientPool>> pools;  // fixed after create()
  base::Mutex mutex;
  base::Condition ended;
  std::size_t under_way KARV_GUARDED_BY(mutex) = 0;
};

asio::awaitable<void> Client::Impl::run(std::shared_ptr<ClientPool> pool, OutboundRequest request, SteadyTime deadline,
                                        Done done) {
  const auto self = shared_from_this();
  // Whatever throws did so before or after something was sent: nobody knows.
  CallOutcome outcome = base::internal_error(base::ErrorCode::unknown_outcome, "exception in the client");
  try {
    outcome = co_await pool->perform(std::move(request), deadline);
  } catch (const std::exception& e) {
    base::log::error("client_exception", {{"what", e.what()}});
  }
  done(std::move(outcome));
  const base::Lock lock(mutex);
  --under_way;
  ended.notify_all();
}

void Client::Impl::stop() {
  std::vector<std::future<void>> stopped;
  for (const auto& [name, pool] : pools) {
    auto promise = std::make_shared<std::promise<void>>();
    stopped.push_back(promise->get_future());
    asio::post(pool->executor(), [pool, promise] {
      pool->stop();
      promise->set_value();
    });
  }
  for (auto& future : stopped) future.wait();
  const base::Lock lock(mutex);
  while (under_way > 0) ended.wait(mutex);
}

base::Result<std::unique_ptr<Client>> Client::create(Loop& loop, std::vector<Destination> destinations) {
  auto impl = std::make_shared<Impl>(loop);
  for (auto& destination : destinations) {
    const std::string name = destination.name;
    KARV_TRY(auto pool, ClientPool::create(loop.impl().io, std::move(destination)));
    if (!impl->pools.emplace(name, std::move(pool)).second)
      return base::internal_error(base::ErrorCode::bad_value, "two destinations named " + name);
  }
  return std::unique_ptr<Client>(new Client(std::move(impl)));
}

Client::Client(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Client::~Client() { stop(); }
void Client::stop() { impl_->stop(); }

void Client::send(OutboundRequest request, base::Duration limit, Done done) {
  const auto found = impl_->pools.find(request.destination);
  if (found == impl_->pools.end()) {
    done(base::internal_error(base::ErrorCode::internal, "no destination named " + request.destination));
    return;
  }
  {
    const base::Lock lock(impl_->mutex);
    ++impl_->under_way;
  }
  const auto& pool = found->second;
  asio::co_spawn(pool->executor(), impl_->run(pool, std::move(request), after(limit), std::move(done)), asio::detached);
}

CallOutcome Client::send_blocking(OutboundRequest request, base::Duration limit) {
  auto promise = std::make_shared<std::promise<CallOutcome>>();
  auto future = promise->get_future();
  send(std::move(request), limit, [promise](CallOutcome outcome) { promise->set_value(std::move(outcome)); });
  return future.get();
}

base::Result<> Client::reload_certificates() {
  for (const auto& [name, pool] : impl_->pools) KARV_TRY_VOID(pool->reload_certificates());
  return {};
}

}  // namespace karv::net
