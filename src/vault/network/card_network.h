// The conversation with the card network on one line: signs on, keeps it alive, matches answers to questions, and says
// honestly how each question ended. It knows nothing about money: operations.h and settlement.h do.
//
// One thread of its own handles what comes in and what runs out of time; every Done is called there (or, when nothing
// could be sent, on the sender's thread), exactly once, with no lock held. The line may be lost at any moment:
// questions that were sent then end as `lost`, and the line opens again by itself.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <thread>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/secret.h"
#include "vault/network/network_messages.h"

namespace karv::vault {

// A framed connection that reconnects by itself. Implemented over net's framed client, and by tests.
class CardLine {
 public:
  virtual ~CardLine() = default;
  // False: nothing of it left. True: it may have.
  virtual bool send(base::SecretBytes frame) = 0;
  // Closes the connection and opens a new one.
  virtual void restart() = 0;
  // The next connection uses the certificate files as they are now.
  virtual base::Result<void> reload_certificates() { return {}; }
};
struct CardLineEvents {  // called from any thread, never at the same time
  std::function<void()> opened;
  std::function<void(base::SecretBytes frame)> frame;
  std::function<void()> closed;
};

enum class ExchangeEnd : std::uint8_t {
  answered,
  not_sent,  // the network has seen nothing
  lost,      // it may have acted: no answer in time, or the line broke
};
struct Exchange {
  ExchangeEnd end = ExchangeEnd::not_sent;
  NetworkAnswer answer;
};

struct CardNetworkSettings {
  base::Duration echo_after = base::seconds(30);
  base::Duration management_limit = base::seconds(10);
  base::Duration tick = base::milliseconds(50);
  base::Duration patience = base::seconds(3);  // how long ask() waits for a line that is just being opened again
};

class CardNetwork {
 public:
  using Done = std::function<void(Exchange)>;
  using Connect = std::function<std::unique_ptr<CardLine>(CardLineEvents)>;

  CardNetwork(const base::Clock& wall, CardNetworkSettings settings) : wall_(wall), settings_(settings) {}
  ~CardNetwork();  // stops
  CardNetwork(const CardNetwork&) = delete;
  CardNetwork& operator=(const CardNetwork&) = delete;

  // Before start(): who hears of answers that nobody waits for, and of having signed on.
  void on_unexpected(std::function<void(const NetworkAnswer&)> action) { unexpected_ = std::move(action); }
  void on_signed_on(std::function<void()> action) { ready_ = std::move(action); }
  void start(const Connect& connect);
  // Says goodbye and closes the line. Questions under way end as lost.
  void stop();

  void send(NetworkRequest request, base::Duration limit, Done done) KARV_EXCLUDES(mutex_);
  // Waits for the line to be ready, a little, and then for the end. Not for the network's own thread.
  Exchange ask(NetworkRequest request, base::Duration limit);

  // Errors: unavailable (the files; the old ones stay in use).
  base::Result<void> reload_certificates();
  bool is_signed_on() const KARV_EXCLUDES(mutex_);
  // How often it has signed on since the start.
  std::int64_t sign_ons() const KARV_EXCLUDES(mutex_);
  // How many messages about money it has refused with 63 since the start.
  std::int64_t security_refusals() const KARV_EXCLUDES(mutex_);

 private:
  enum class EventKind : std::uint8_t { opened, frame, closed };
  struct Event {
    EventKind kind;
    base::SecretBytes frame;
  };
  struct Open {
    base::Instant deadline;
    Done done;
  };

  void wait_until_signed_on() KARV_EXCLUDES(mutex_);
  // Of network management on this line alone: operations have trace_numbers.h. 1 to 999999, around and around.
  std::int64_t next_stan() KARV_EXCLUDES(mutex_);
  void push(EventKind kind, base::SecretBytes frame) KARV_EXCLUDES(mutex_);
  void run();
  void handle(Event event);
  void handle_frame(const base::SecretBytes& frame);
  void expire() KARV_EXCLUDES(mutex_);
  void lose_all() KARV_EXCLUDES(mutex_);
  void keep_alive();
  void sign_on();
  // Registers and sends without asking whether we are signed on.
  void send_now(NetworkRequest request, base::Duration limit, Done done) KARV_EXCLUDES(mutex_);

  const base::Clock& wall_;
  const CardNetworkSettings settings_;
  std::function<void(const NetworkAnswer&)> unexpected_ = [](const NetworkAnswer&) {};
  std::function<void()> ready_ = [] {};
  std::unique_ptr<CardLine> line_;

  mutable base::Mutex mutex_;
  base::Condition wake_;
  base::Condition ready_or_over_;
  std::deque<Event> events_ KARV_GUARDED_BY(mutex_);
  std::map<ExchangeKey, Open> open_ KARV_GUARDED_BY(mutex_);
  bool signed_on_ KARV_GUARDED_BY(mutex_) = false;
  std::int64_t sign_ons_ KARV_GUARDED_BY(mutex_) = 0;
  std::int64_t security_refusals_ KARV_GUARDED_BY(mutex_) = 0;
  bool connected_ KARV_GUARDED_BY(mutex_) = false;
  bool stopping_ KARV_GUARDED_BY(mutex_) = false;
  base::Instant last_use_ KARV_GUARDED_BY(mutex_);
  std::int64_t stan_ KARV_GUARDED_BY(mutex_) = 0;
  std::thread thread_;
};

}  // namespace karv::vault
