#include "net/frames.h"

#include <algorithm>
#include <array>
#include <deque>

#include "base/check.h"
#include "base/log.h"
#include "base/mutex.h"
#include "net/channel.h"

namespace karv::net {

struct FramedClient::Impl : std::enable_shared_from_this<FramedClient::Impl> {
  Impl(Loop& loop, FramedOptions chosen, FramedCallbacks called, Endpoint where)
      : options(std::move(chosen)),
        callbacks(std::move(called)),
        endpoint(std::move(where)),
        executor(asio::make_strand(loop.impl().io)),
        pause(executor),
        drained(executor) {}

  base::Result<> reload_certificates();
  void start();
  bool send(base::SecretBytes frame);
  void stop(base::Duration grace);

  asio::awaitable<void> run();
  asio::awaitable<bool> open();
  asio::awaitable<void> receive();
  asio::awaitable<void> write_queue();
  asio::awaitable<void> end(SteadyTime deadline);
  void set_up(bool value);
  bool is_up() const;
  std::optional<base::SecretBytes> next_frame();

  const FramedOptions options;
  const FramedCallbacks callbacks;
  const Endpoint endpoint;
  const asio::any_io_executor executor;

  // On the strand only.
  asio::steady_timer pause;
  asio::steady_timer drained;
  std::shared_ptr<Channel> channel;
  bool stopping = false;

  mutable base::Mutex mutex;
  base::Condition ended;
  TlsContext tls KARV_GUARDED_BY(mutex);
  std::deque<base::SecretBytes> queue KARV_GUARDED_BY(mutex);
  bool up KARV_GUARDED_BY(mutex) = false;
  bool writing KARV_GUARDED_BY(mutex) = false;
  bool running KARV_GUARDED_BY(mutex) = false;
};

bool FramedClient::Impl::is_up() const {
  const base::Lock lock(mutex);
  return up;
}

base::Result<> FramedClient::Impl::reload_certificates() {
  KARV_TRY(auto fresh, make_client_tls({.ca_file = options.destination.ca_file,
                                        .cert_file = options.destination.cert_file,
                                        .key_file = options.destination.key_file,
                                        .allow_tls_1_2 = options.destination.allow_tls_1_2,
                                        .wipe = Wipe::yes}));
  const base::Lock lock(mutex);
  tls = std::move(fresh);
  return {};
}

void FramedClient::Impl::start() {
  {
    const base::Lock lock(mutex);
    running = true;
  }
  asio::co_spawn(executor, [self = shared_from_this()] { return self->run(); }, asio::detached);
}

asio::awaitable<void> FramedClient::Impl::run() {
  const auto self = shared_from_this();
  base::Duration wait = options.first_retry;
  while (!stopping) {
    try {
      if (co_await open()) {
        const SteadyTime settled = after(options.longest_retry);
        set_up(true);
        co_await receive();
        set_up(false);
        if (std::chrono::steady_clock::now() > settled) wait = options.first_retry;
      }
    } catch (const std::exception& e) {
      base::log::error("frames_exception", {{"destination", options.destination.name}, {"what", e.what()}});
      set_up(false);
    }
    if (channel) channel->abort();
    channel.reset();
    if (stopping) break;
    pause.expires_after(std::chrono::milliseconds(wait.ms));
    co_await pause.async_wait(kAwait);
    wait = std::min(wait * 2, options.longest_retry);
  }
  const base::Lock lock(mutex);
  running = false;
  ended.notify_all();
}

// Tells the owner when the connection comes or goes.
void FramedClient::Impl::set_up(bool value) {
  {
    const base::Lock lock(mutex);
    if (up == value) return;
    up = value;
    queue.clear();
  }
  const auto& callback = value ? callbacks.on_up : callbacks.on_down;
  if (callback) callback();
}

asio::awaitable<bool> FramedClient::Impl::open() {
  TlsContext context;
  {
    const base::Lock lock(mutex);
    context = tls;
  }
  channel = std::make_shared<Channel>(Socket(executor), std::move(context));
  const SteadyTime limit = after(options.destination.connect_limit);
  error_code ec = co_await channel->connect(endpoint, limit);
  if (!ec) ec = co_await channel->connect_tls(options.destination.server_name, limit);
  if (ec && !stopping)
    base::log::warn("frames_connect_failed", {{"destination", options.destination.name}, {"what", ec.message()}});
  co_return !ec && !stopping;
}

asio::awaitable<void> FramedClient::Impl::receive() {
  const auto on = channel;
  std::array<std::uint8_t, 2> prefix{};
  for (;;) {
    IoResult got = co_await on->read_exactly(asio::buffer(prefix), after(options.idle_limit));
    if (got.ec) co_return;
    const std::size_t size = prefix[0] * 256U + prefix[1];
    if (size == 0 || size > options.max_frame) {
      base::log::warn("frame_size_refused", {{"destination", options.destination.name}, {"size", size}});
      co_return;
    }
    base::SecretBytes frame(size);
    const auto bytes = frame.expose_mutable();
    got = co_await on->read_exactly(asio::buffer(bytes.data(), bytes.size()), after(options.idle_limit));
    if (got.ec) co_return;
    if (callbacks.on_frame) callbacks.on_frame(frame.expose());
  }
}

bool FramedClient::Impl::send(base::SecretBytes frame) {
  if (frame.empty() || frame.size() > options.max_frame) return false;
  const base::Lock lock(mutex);
  if (!up || queue.size() >= options.max_queued) return false;
  queue.push_back(std::move(frame));
  if (writing) return true;
  writing = true;
  asio::post(executor,
             [self = shared_from_this()] { asio::co_spawn(self->executor, self->write_queue(), asio::detached); });
  return true;
}

std::optional<base::SecretBytes> FramedClient::Impl::next_frame() {
  const base::Lock lock(mutex);
  if (queue.empty() || !up) {
    writing = false;
    return std::nullopt;
  }
  base::SecretBytes frame = std::move(queue.front());
  queue.pop_front();
  return frame;
}

asio::awaitable<void> FramedClient::Impl::write_queue() {
  const auto self = shared_from_this();
  while (const auto frame = next_frame()) {
    base::SecretBytes bytes(frame->size() + 2);
    const auto out = bytes.expose_mutable();
    out[0] = static_cast<std::uint8_t>(frame->size() >> 8);
    out[1] = static_cast<std::uint8_t>(frame->size() & 0xff);
    std::ranges::copy(frame->expose(), out.begin() + 2);
    const auto on = channel;  // up, so it is there: the queue is emptied when it goes
    const IoResult sent = co_await on->write(asio::buffer(out.data(), out.size()), after(options.write_limit));
    if (sent.ec) on->abort();  // the reader notices and starts over
  }
  drained.cancel();
}

asio::awaitable<void> FramedClient::Impl::end(SteadyTime deadline) {
  const auto self = shared_from_this();
  stopping = true;
  pause.cancel();
  for (bool waiting = true; waiting && std::chrono::steady_clock::now() < deadline;) {
    {
      const base::Lock lock(mutex);
      waiting = up && writing;
    }
    if (!waiting) break;
    drained.expires_at(deadline);
    co_await drained.async_wait(kAwait);
  }
  const auto last = channel;
  if (!last) co_return;
  if (is_up())
    co_await last->close();
  else
    last->abort();
}

void FramedClient::Impl::stop(base::Duration grace) {
  {
    const base::Lock lock(mutex);
    if (!running) return;
  }
  asio::co_spawn(
      executor, [self = shared_from_this(), deadline = after(grace)] { return self->end(deadline); }, asio::detached);
  const base::Lock lock(mutex);
  while (running) ended.wait(mutex);
}

base::Result<std::unique_ptr<FramedClient>> FramedClient::create(Loop& loop, FramedOptions options,
                                                                 FramedCallbacks callbacks) {
  const auto endpoint = endpoint_of(options.destination.address);
  if (!endpoint || options.destination.server_name.empty())
    return base::internal_error(base::ErrorCode::bad_value,
                                "destination " + options.destination.name + " is malformed");
  KARV_REQUIRE(options.max_frame <= 0xffff);
  auto impl = std::make_shared<Impl>(loop, std::move(options), std::move(callbacks), *endpoint);
  KARV_TRY_VOID(impl->reload_certificates());
  impl->start();
  return std::unique_ptr<FramedClient>(new FramedClient(std::move(impl)));
}

FramedClient::FramedClient(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
FramedClient::~FramedClient() { stop({}); }
bool FramedClient::send(base::SecretBytes frame) { return impl_->send(std::move(frame)); }
void FramedClient::stop(base::Duration grace) { impl_->stop(grace); }
base::Result<> FramedClient::reload_certificates() { return impl_->reload_certificates(); }
bool FramedClient::is_up() const { return impl_->is_up(); }

}  // namespace karv::net
