#include "vault/network/card_network.h"

#include <chrono>
#include <vector>

#include "base/check.h"
#include "base/log.h"
#include "base/wipe_stack.h"

namespace karv::vault {
namespace {

constexpr std::int64_t kLastStan = 999'999;
constexpr std::string_view kManagementAnswer = "0810";

// A bug in what one answer leads to must not end the conversation.
template <class Work>
void guarded(const Work& work) {
  try {
    work();
  } catch (const std::exception& bug) {
    base::log::error("card_network_bug", {{"detail", bug.what()}});
  }
}

}  // namespace

CardNetwork::~CardNetwork() { stop(); }

void CardNetwork::start(const Connect& connect) {
  {
    const base::Lock lock(mutex_);
    stan_ = wall_.now().ms % kLastStan;  // after a restart, not where the last run began
  }
  line_ = connect({.opened = [this] { push(EventKind::opened, {}); },
                   .frame = [this](base::SecretBytes frame) { push(EventKind::frame, std::move(frame)); },
                   .closed = [this] { push(EventKind::closed, {}); }});
  thread_ = std::thread([this] { run(); });  // events wait in the queue until here
}

void CardNetwork::stop() {
  if (!thread_.joinable()) return;
  if (is_signed_on()) {
    if (auto goodbye = management_request(Management::sign_off, next_stan(), wall_.now()); goodbye.ok())
      (void)ask(std::move(goodbye).value(), base::seconds(1));
  }
  {
    const base::Lock lock(mutex_);
    stopping_ = true;
    signed_on_ = false;
    wake_.notify_all();
    ready_or_over_.notify_all();
  }
  thread_.join();
  line_.reset();
  lose_all();
}

base::Result<void> CardNetwork::reload_certificates() {
  return line_ ? line_->reload_certificates() : base::Result<void>();
}

bool CardNetwork::is_signed_on() const {
  const base::Lock lock(mutex_);
  return signed_on_;
}

std::int64_t CardNetwork::sign_ons() const {
  const base::Lock lock(mutex_);
  return sign_ons_;
}

std::int64_t CardNetwork::security_refusals() const {
  const base::Lock lock(mutex_);
  return security_refusals_;
}

std::int64_t CardNetwork::next_stan() {
  const base::Lock lock(mutex_);
  stan_ = stan_ % kLastStan + 1;
  return stan_;
}

void CardNetwork::send(NetworkRequest request, base::Duration limit, Done done) {
  if (!is_signed_on()) return done({.end = ExchangeEnd::not_sent, .answer = {}});
  send_now(std::move(request), limit, std::move(done));
}

void CardNetwork::send_now(NetworkRequest request, base::Duration limit, Done done) {
  const ExchangeKey key = request.key;
  {
    const base::Lock lock(mutex_);
    const base::Instant now = wall_.now();
    // The same question is under way: its answer will do for whoever asked first, and nothing more is sent.
    if (!open_.try_emplace(key, Open{now + limit, done}).second) {
      base::log::warn("card_network_question_under_way", {{"mti", key.answer_mti}});
      return done({.end = ExchangeEnd::lost, .answer = {}});
    }
    last_use_ = now;
  }
  if (line_ && line_->send(std::move(request.frame))) return;
  {
    const base::Lock lock(mutex_);
    if (open_.erase(key) == 0) return;  // somebody has ended it meanwhile
  }
  done({.end = ExchangeEnd::not_sent, .answer = {}});
}

void CardNetwork::wait_until_signed_on() {
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(settings_.patience.ms);
  const base::Lock lock(mutex_);
  while (!signed_on_ && !stopping_) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (left.count() <= 0) return;
    ready_or_over_.wait_for(mutex_, left);
  }
}

Exchange CardNetwork::ask(NetworkRequest request, base::Duration limit) {
  struct Waiting {
    base::Mutex mutex;
    base::Condition ended;
    std::optional<Exchange> exchange KARV_GUARDED_BY(mutex);
  };
  wait_until_signed_on();
  const auto waiting = std::make_shared<Waiting>();
  send(std::move(request), limit, [waiting](Exchange exchange) {
    const base::Lock lock(waiting->mutex);
    waiting->exchange = std::move(exchange);
    waiting->ended.notify_all();
  });
  const base::Lock lock(waiting->mutex);
  while (!waiting->exchange) waiting->ended.wait(waiting->mutex);
  return *std::move(waiting->exchange);
}

void CardNetwork::push(EventKind kind, base::SecretBytes frame) {
  const base::Lock lock(mutex_);
  events_.push_back({kind, std::move(frame)});
  wake_.notify_all();
}

void CardNetwork::run() {
  for (;;) {
    std::deque<Event> events;
    {
      const base::Lock lock(mutex_);
      if (stopping_) return;
      if (events_.empty()) wake_.wait_for(mutex_, std::chrono::milliseconds(settings_.tick.ms));
      events.swap(events_);
    }
    for (auto& event : events) guarded([&] { handle(std::move(event)); });
    guarded([&] { expire(); });
    guarded([&] { keep_alive(); });
    if (!events.empty()) base::wipe_stack();
  }
}

void CardNetwork::handle(Event event) {
  switch (event.kind) {
    case EventKind::opened: {
      {
        const base::Lock lock(mutex_);
        connected_ = true;
      }
      return sign_on();
    }
    case EventKind::frame:
      return handle_frame(event.frame);
    case EventKind::closed: {
      {
        const base::Lock lock(mutex_);
        connected_ = signed_on_ = false;
      }
      base::log::warn("card_network_line_closed");
      return lose_all();
    }
  }
}

void CardNetwork::handle_frame(const base::SecretBytes& frame) {
  auto answer = read_answer(frame.expose());
  if (!answer.ok()) {
    // Whatever else comes on this line cannot be trusted to be in step.
    base::log::error("card_network_message_not_understood", {{"detail", answer.error().internal_text()}});
    return line_->restart();
  }
  Done done;
  {
    const base::Lock lock(mutex_);
    last_use_ = wall_.now();
    if (answer->response_code == "63" && answer->key.answer_mti != kManagementAnswer) ++security_refusals_;
    const auto found = open_.find(answer->key);
    if (found != open_.end()) {
      done = std::move(found->second.done);
      open_.erase(found);
    }
  }
  if (done) return done({.end = ExchangeEnd::answered, .answer = std::move(answer).value()});
  unexpected_(answer.value());
}

void CardNetwork::expire() {
  std::vector<Done> over;
  {
    const base::Lock lock(mutex_);
    const base::Instant now = wall_.now();
    std::erase_if(open_, [&](auto& entry) {
      if (now < entry.second.deadline) return false;
      over.push_back(std::move(entry.second.done));
      return true;
    });
  }
  for (const auto& done : over) done({.end = ExchangeEnd::lost, .answer = {}});
}

void CardNetwork::lose_all() {
  std::map<ExchangeKey, Open> lost;
  {
    const base::Lock lock(mutex_);
    lost.swap(open_);
  }
  for (auto& [key, open] : lost) open.done({.end = ExchangeEnd::lost, .answer = {}});
}

void CardNetwork::sign_on() {
  auto hello = management_request(Management::sign_on, next_stan(), wall_.now());
  KARV_REQUIRE(hello.ok());
  send_now(std::move(hello).value(), settings_.management_limit, [this](const Exchange& exchange) {
    if (exchange.end != ExchangeEnd::answered || exchange.answer.response_code != "00") {
      base::log::error("card_network_sign_on_failed", {{"response_code", exchange.answer.response_code}});
      return line_->restart();
    }
    {
      const base::Lock lock(mutex_);
      signed_on_ = true;
      ++sign_ons_;
      ready_or_over_.notify_all();
    }
    base::log::info("card_network_signed_on");
    ready_();
  });
}

void CardNetwork::keep_alive() {
  {
    const base::Lock lock(mutex_);
    if (!signed_on_ || wall_.now() - last_use_ < settings_.echo_after) return;
  }
  auto echo = management_request(Management::echo, next_stan(), wall_.now());
  KARV_REQUIRE(echo.ok());
  send_now(std::move(echo).value(), settings_.management_limit, [this](const Exchange& exchange) {
    if (exchange.end == ExchangeEnd::answered) return;
    base::log::warn("card_network_line_silent");
    line_->restart();
  });
}

}  // namespace karv::vault
