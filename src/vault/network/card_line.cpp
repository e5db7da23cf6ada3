#include "vault/network/card_line.h"

#include <chrono>
#include <thread>

#include "base/log.h"
#include "base/mutex.h"

namespace karv::vault {
namespace {

constexpr base::Duration kGrace = base::milliseconds(500);
// A peer that we just gave up on is not called again at once.
constexpr std::chrono::milliseconds kRestartPause{500};

class FramedCardLine final : public CardLine {
 public:
  FramedCardLine(net::Loop& loop, net::Destination destination, CardLineEvents events)
      : loop_(loop), destination_(std::move(destination)), events_(std::move(events)) {}
  ~FramedCardLine() override {
    if (const auto client = take()) client->stop(kGrace);
  }

  base::Result<void> open() {
    net::FramedOptions options{.destination = destination_};
    net::FramedCallbacks callbacks{
        .on_frame = [this](base::ByteView frame) { events_.frame(base::SecretBytes::copy_of(frame)); },
        .on_up = [this] { events_.opened(); },
        .on_down = [this] { events_.closed(); }};
    KARV_TRY(auto client, net::FramedClient::create(loop_, std::move(options), std::move(callbacks)));
    const base::Lock lock(mutex_);
    client_ = std::move(client);
    return {};
  }

  bool send(base::SecretBytes frame) override {
    const auto client = current();
    return client && client->send(std::move(frame));
  }

  base::Result<void> reload_certificates() override {
    const auto client = current();
    if (!client) return {};  // between two connections: the next one reads the files
    return client->reload_certificates();
  }

  void restart() override {
    if (const auto client = take()) client->stop(base::milliseconds(0));
    events_.closed();
    std::this_thread::sleep_for(kRestartPause);
    if (const auto opened = open(); !opened.ok())
      base::log::error("card_line_cannot_open", {{"detail", opened.error().internal_text()}});
  }

 private:
  std::shared_ptr<net::FramedClient> current() KARV_EXCLUDES(mutex_) {
    const base::Lock lock(mutex_);
    return client_;
  }
  std::shared_ptr<net::FramedClient> take() KARV_EXCLUDES(mutex_) {
    const base::Lock lock(mutex_);
    return std::move(client_);
  }

  net::Loop& loop_;
  const net::Destination destination_;
  const CardLineEvents events_;
  base::Mutex mutex_;
  std::shared_ptr<net::FramedClient> client_ KARV_GUARDED_BY(mutex_);
};

}  // namespace

base::Result<std::unique_ptr<CardLine>> open_card_line(net::Loop& loop, net::Destination destination,
                                                       CardLineEvents events) {
  auto line = std::make_unique<FramedCardLine>(loop, std::move(destination), std::move(events));
  KARV_TRY_VOID(line->open());
  return std::unique_ptr<CardLine>(std::move(line));
}

}  // namespace karv::vault
