#include "net/client.h"

#include <algorithm>
#include <future>
#include <map>

#include "base/check.h"
#include "base/log.h"
#include "base/mutex.h"
#include "net/client_pool.h"

namespace karv::net {
namespace {

// A place that did not answer, or sent us away, is asked last for so long: one that is gone or hangs costs a limit each
// time.
constexpr base::Duration kRest = base::seconds(2);

using PoolPtr = std::shared_ptr<ClientPool>;

// On the pool's own strand.
asio::awaitable<void> perform_into(CallOutcome& outcome, PoolPtr pool, OutboundRequest request, SteadyTime deadline) {
  outcome = co_await pool->perform(std::move(request), deadline);
}

}  // namespace

struct Client::Impl : std::enable_shared_from_this<Client::Impl> {
  explicit Impl(Loop& client_loop) : loop(client_loop) {}

  asio::awaitable<void> run(std::vector<PoolPtr> places, OutboundRequest request, SteadyTime deadline, Done done);
  asio::awaitable<CallOutcome> ask_in_turn(const std::vector<PoolPtr>& places, OutboundRequest request,
                                           SteadyTime deadline);
  // The pools of the destination, in the order in which they are to be asked; empty when there is none.
  std::vector<PoolPtr> places_for(const OutboundRequest& request) KARV_EXCLUDES(mutex);
  void note_rest(const ClientPool& pool) KARV_EXCLUDES(mutex);
  void stop();

  Loop& loop;
  std::map<std::string, std::vector<PoolPtr>> pools;  // fixed after create()
  base::Mutex mutex;
  base::Condition ended;
  std::size_t under_way KARV_GUARDED_BY(mutex) = 0;
  std::size_t turn KARV_GUARDED_BY(mutex) = 0;
  std::map<const ClientPool*, SteadyTime> rests_until KARV_GUARDED_BY(mutex);
};

std::vector<PoolPtr> Client::Impl::places_for(const OutboundRequest& request) {
  const auto found = pools.find(request.destination);
  if (found == pools.end()) return {};
  auto places = found->second;
  if (places.size() == 1) return places;
  std::map<const ClientPool*, SteadyTime> resting;
  std::size_t first = 0;
  {
    const base::Lock lock(mutex);
    resting = rests_until;
    first = turn++ % places.size();
  }
  const SteadyTime now = std::chrono::steady_clock::now();
  const auto rank = [&](const PoolPtr& pool) {
    const auto rest = resting.find(pool.get());
    if (rest != resting.end() && rest->second > now) return 2;
    return pool->destination().place == request.place ? 0 : 1;
  };
  std::ranges::rotate(places, places.begin() + static_cast<std::ptrdiff_t>(first));
  std::vector<PoolPtr> order;
  for (const int wanted : {0, 1, 2})
    for (const auto& pool : places)
      if (rank(pool) == wanted) order.push_back(pool);
  return order;
}

void Client::Impl::note_rest(const ClientPool& pool) {
  const base::Lock lock(mutex);
  rests_until.insert_or_assign(&pool, after(kRest));
}

asio::awaitable<CallOutcome> Client::Impl::ask_in_turn(const std::vector<PoolPtr>& places, OutboundRequest request,
                                                       SteadyTime deadline) {
  CallOutcome outcome = base::internal_error(base::ErrorCode::unavailable, "no place was asked, nothing was sent");
  for (const auto& pool : places) {
    auto asking = perform_into(outcome, pool, &pool == &places.back() ? std::move(request) : request, deadline);
    co_await asio::co_spawn(pool->executor(), std::move(asking), asio::use_awaitable);
    const auto& destination = pool->destination();
    const bool not_sent = !outcome.ok() && outcome.error().code() == base::ErrorCode::unavailable;
    const bool nothing_done = outcome.ok() && destination.elsewhere && destination.elsewhere(outcome.value());
    if (places.size() == 1 || (outcome.ok() && !nothing_done)) break;
    note_rest(*pool);
    base::log::warn("client_place_rests", {{"destination", destination.name},
                                           {"place", destination.place},
                                           {"what", outcome.ok() ? "it said so" : outcome.error().internal_text()}});
    if (!not_sent && !nothing_done) break;  // it may have acted
  }
  co_return outcome;
}

asio::awaitable<void> Client::Impl::run(std::vector<PoolPtr> places, OutboundRequest request, SteadyTime deadline,
                                        Done done) {
  const auto self = shared_from_this();
  // Whatever throws did so before or after something was sent: nobody knows.
  CallOutcome outcome = base::internal_error(base::ErrorCode::unknown_outcome, "exception in the client");
  try {
    outcome = co_await ask_in_turn(places, std::move(request), deadline);
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
  for (const auto& [name, places] : pools)
    for (const auto& pool : places) {
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
    auto& places = impl->pools[destination.name];
    if (std::ranges::any_of(places,
                            [&](const PoolPtr& known) { return known->destination().place == destination.place; }))
      return base::internal_error(base::ErrorCode::bad_value, "two destinations named " + destination.name);
    KARV_TRY(auto pool, ClientPool::create(loop.impl().io, std::move(destination)));
    places.push_back(std::move(pool));
  }
  return std::unique_ptr<Client>(new Client(std::move(impl)));
}

Client::Client(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Client::~Client() { stop(); }
void Client::stop() { impl_->stop(); }

void Client::send(OutboundRequest request, base::Duration limit, Done done) {
  auto places = impl_->places_for(request);
  if (places.empty()) {
    done(base::internal_error(base::ErrorCode::internal, "no destination named " + request.destination));
    return;
  }
  {
    const base::Lock lock(impl_->mutex);
    ++impl_->under_way;
  }
  const auto executor = places.front()->executor();
  asio::co_spawn(executor, impl_->run(std::move(places), std::move(request), after(limit), std::move(done)),
                 asio::detached);
}

CallOutcome Client::send_blocking(OutboundRequest request, base::Duration limit) {
  auto promise = std::make_shared<std::promise<CallOutcome>>();
  auto future = promise->get_future();
  send(std::move(request), limit, [promise](CallOutcome outcome) { promise->set_value(std::move(outcome)); });
  return future.get();
}

base::Result<> Client::reload_certificates(const std::string& destination) {
  const auto places = impl_->pools.find(destination);
  KARV_REQUIRE(places != impl_->pools.end());
  for (const auto& pool : places->second) KARV_TRY_VOID(pool->reload_certificates());
  return {};
}

}  // namespace karv::net
