// The connections to one destination and the calls made over them. Internal to net: client.cpp is its only user.
// Everything here happens on the destination's strand.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/mutex.h"
#include "net/channel.h"
#include "net/client.h"
#include "net/http_codec.h"
#include "net/tls.h"

namespace karv::net {

class ClientPool : public std::enable_shared_from_this<ClientPool> {
 public:
  static base::Result<std::shared_ptr<ClientPool>> create(asio::io_context& io, Destination destination);
  ClientPool(asio::io_context& io, Destination destination, Endpoint endpoint);

  const Destination& destination() const { return destination_; }
  const asio::any_io_executor& executor() const { return executor_; }
  base::Result<> reload_certificates();  // from any thread

  asio::awaitable<CallOutcome> perform(OutboundRequest request, SteadyTime deadline);
  void stop();

 private:
  using ChannelPtr = std::shared_ptr<Channel>;
  // A connection in use; gives its place back when it goes.
  class Lease {
   public:
    Lease(ClientPool& pool, ChannelPtr channel, bool kept) : pool_(&pool), channel_(std::move(channel)), kept_(kept) {}
    Lease(Lease&& other) noexcept = default;
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (channel_) pool_->give_back(std::move(channel_), reusable_);
    }
    Channel& channel() const { return *channel_; }
    bool kept() const { return kept_; }  // was open before this call
    void set_reusable() { reusable_ = true; }

   private:
    ClientPool* pool_;
    ChannelPtr channel_;
    bool kept_;
    bool reusable_ = false;
  };
  struct Idle {
    ChannelPtr channel;
    SteadyTime until;
  };

  asio::awaitable<base::Result<Lease>> acquire(SteadyTime deadline);
  asio::awaitable<base::Result<Lease>> connect(SteadyTime deadline);
  asio::awaitable<bool> wait_for_place(SteadyTime deadline);
  struct Outgoing {
    std::string_view first;
    std::string_view second;  // may be empty
  };
  asio::awaitable<CallOutcome> exchange(Lease& lease, Outgoing bytes, Method method, SteadyTime deadline);
  asio::awaitable<CallOutcome> read_response(Lease& lease, std::string& buffer, Method method, SteadyTime deadline);
  asio::awaitable<base::Result<>> read_body(Channel& channel, http1::ResponseHead& head, std::string& buffer,
                                            SteadyTime deadline);
  asio::awaitable<base::Result<>> fill(Channel& channel, std::string& buffer, SteadyTime deadline);
  ChannelPtr take_idle();
  void give_back(ChannelPtr channel, bool reusable);
  TlsContext tls();
  Wipe wipe() const { return destination_.wipe_buffers ? Wipe::yes : Wipe::no; }

  const Destination destination_;
  const Endpoint endpoint_;
  const asio::any_io_executor executor_;
  base::Mutex mutex_;
  TlsContext tls_ KARV_GUARDED_BY(mutex_);

  std::unordered_set<ChannelPtr> open_;  // being opened, in use, idle
  std::vector<Idle> idle_;
  std::deque<std::shared_ptr<asio::steady_timer>> waiting_;
  bool stopped_ = false;
};

}  // namespace karv::net
