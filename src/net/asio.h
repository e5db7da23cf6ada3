// What net's own .cpp files use of Asio, in one place. Internal: no header that other modules include may include this.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>
#include <thread>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>

#include "base/clock.h"
#include "net/loop.h"

namespace karv::net {

namespace asio = boost::asio;
using asio::ip::tcp;
// TCP or a Unix socket: which one the address says.
using Endpoint = asio::generic::stream_protocol::endpoint;
using Socket = asio::generic::stream_protocol::socket;
using Acceptor = asio::basic_socket_acceptor<asio::generic::stream_protocol>;
using boost::system::error_code;
using SteadyTime = std::chrono::steady_clock::time_point;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

inline SteadyTime after(base::Duration duration) {
  return std::chrono::steady_clock::now() + std::chrono::milliseconds(duration.ms);
}

struct Loop::Impl {
  asio::io_context io;
  asio::executor_work_guard<asio::io_context::executor_type> work = asio::make_work_guard(io);
  std::vector<std::thread> threads;
};

// "127.0.0.1:8443", "[::1]:8443" or "unix:/absolute/path" (at most 107 bytes); names are not looked up.
std::optional<Endpoint> endpoint_of(std::string_view address);

}  // namespace karv::net
