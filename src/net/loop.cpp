#include "net/loop.h"

#include <charconv>

#include <sys/un.h>

#include "base/check.h"
#include "base/log.h"
#include "net/asio.h"
#include "net/unix_socket.h"

namespace karv::net {
namespace {

constexpr std::size_t kMaxUnixPath = sizeof(sockaddr_un::sun_path) - 1;

void serve(asio::io_context& io) {
  for (;;) {
    try {
      io.run();
      return;
    } catch (const std::exception& e) {
      base::log::error("loop_exception", {{"what", e.what()}});
    }
  }
}

}  // namespace

Loop::Loop(int threads) : impl_(std::make_unique<Impl>()) {
  KARV_CHECK(threads > 0);
  for (int i = 0; i < threads; ++i) impl_->threads.emplace_back([io = &impl_->io] { serve(*io); });
}

Loop::~Loop() { stop(); }

void Loop::stop() {
  impl_->work.reset();
  for (auto& thread : impl_->threads)
    if (thread.joinable()) thread.join();
  impl_->threads.clear();
}

std::optional<Endpoint> endpoint_of(std::string_view address) {
  if (address.starts_with(kUnixPrefix)) {
    const std::string_view path = address.substr(kUnixPrefix.size());
    if (!path.starts_with('/') || path.ends_with('/') || path.size() > kMaxUnixPath ||
        path.find('\0') != std::string_view::npos)
      return std::nullopt;
    return Endpoint(asio::local::stream_protocol::endpoint(path));
  }
  const std::size_t colon = address.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = address.substr(0, colon);
  const std::string_view digits = address.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  std::uint16_t port = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (problem != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  error_code ec;
  const auto ip = asio::ip::make_address(std::string(host), ec);
  if (ec) return std::nullopt;
  return Endpoint(tcp::endpoint(ip, port));
}

}  // namespace karv::net
