// The two ways out of a connection's coroutine and back: to a worker thread, and through the client. Internal to net.
#pragma once

#include <functional>
#include <optional>

#include "net/asio.h"
#include "net/client.h"
#include "net/http.h"
#include "net/worker_pool.h"

namespace karv::net {

enum class Admission : std::uint8_t { bounded, continuation };

// Runs `work` on a worker and comes back to the caller's executor. Empty when the pool did not take it.
asio::awaitable<std::optional<Reply>> on_worker(WorkerPool& pool, std::function<Reply()> work, Admission admission);

// Sends the request and comes back to the caller's executor with how it ended.
asio::awaitable<CallOutcome> through_client(Client& client, OutboundRequest request, base::Duration limit);

}  // namespace karv::net
