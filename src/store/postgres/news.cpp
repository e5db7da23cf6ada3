#include "store/postgres/news.h"

#include <array>
#include <memory>

#include <libpq-fe.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"

namespace karv::store::postgres {
namespace {

constexpr std::size_t kMaxPayload = 7'500;
constexpr std::size_t kMaxWaiting = 10'000;
constexpr int kRestMs = 1000;
constexpr int kProbeMs = 10'000;  // how often an idle line is asked whether it still stands

std::vector<const char*> pointers(const Keywords& keywords, bool names) {
  std::vector<const char*> all;
  for (const auto& [name, value] : keywords) all.push_back((names ? name : value).c_str());
  all.push_back(nullptr);
  return all;
}

}  // namespace

// The connection that listens.
class PostgresNews::Line {
 public:
  explicit Line(const Keywords& keywords)
      : connection_(PQconnectdbParams(pointers(keywords, true).data(), pointers(keywords, false).data(), 0)) {}
  ~Line() { PQfinish(connection_); }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  bool good() const { return connection_ != nullptr && PQstatus(connection_) == CONNECTION_OK; }
  int socket() const { return PQsocket(connection_); }
  bool run(const std::string& text, const std::vector<const char*>& parameters = {}) {
    PGresult* result = PQexecParams(connection_, text.c_str(), static_cast<int>(parameters.size()), nullptr,
                                    parameters.data(), nullptr, nullptr, 0);
    const auto status = PQresultStatus(result);
    PQclear(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
  }
  // The payloads that have arrived. False when the line is lost.
  bool read(const std::function<void(std::string_view)>& each) {
    if (PQconsumeInput(connection_) != 1) return false;
    for (PGnotify* one = PQnotifies(connection_); one != nullptr; one = PQnotifies(connection_)) {
      each(one->extra);
      PQfreemem(one);
    }
    return true;
  }

 private:
  PGconn* connection_;
};

PostgresNews::PostgresNews(Keywords keywords, std::string channel, std::string origin, Hear hear)
    : keywords_(std::move(keywords)),
      channel_(std::move(channel)),
      origin_(std::move(origin)),
      hear_(std::move(hear)),
      waker_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  KARV_CHECK(waker_ >= 0);
  thread_ = std::thread([this] { run(); });
}

PostgresNews::~PostgresNews() {
  {
    const base::Lock lock(mutex_);
    stopping_ = true;
  }
  wake();
  thread_.join();
  ::close(waker_);
}

void PostgresNews::tell(std::string_view text) {
  KARV_REQUIRE(text.size() <= kMaxText && text.find('\n') == std::string_view::npos);
  hear_(text);
  {
    const base::Lock lock(mutex_);
    if (waiting_.size() >= kMaxWaiting) return;
    waiting_.emplace_back(text);
  }
  wake();
}

void PostgresNews::run() {
  for (bool first = true; !stopping(); first = false) {
    Line line(keywords_);
    if (line.good() && line.run("listen " + channel_)) {
      if (!first) hear_("");
      serve(line);
    }
    if (stopping()) return;
    base::log::warn("news_line_lost");
    rest();
  }
}

void PostgresNews::serve(Line& line) {
  while (!stopping()) {
    for (std::string payload = take_payload(); !payload.empty(); payload = take_payload())
      if (!line.run("select pg_notify($1, $2)", {channel_.c_str(), payload.c_str()})) return;
    // Last before the poll: what came while we told is in libpq's hands already and would not wake it.
    if (!line.read([this](std::string_view payload) { hear_payload(payload); })) return;
    std::array<pollfd, 2> polls{
        {{.fd = line.socket(), .events = POLLIN, .revents = 0}, {.fd = waker_, .events = POLLIN, .revents = 0}}};
    const int ready = ::poll(polls.data(), polls.size(), kProbeMs);
    if (ready == 0 && !line.run("select 1")) return;  // what comes with it is read in the next round
    std::uint64_t count = 0;
    if (polls[1].revents != 0) std::ignore = ::read(waker_, &count, sizeof count);
  }
}

// As many messages as fit, each once, after a line that says who tells. Empty: nothing waits.
std::string PostgresNews::take_payload() {
  const base::Lock lock(mutex_);
  if (waiting_.empty()) return {};
  std::string payload = origin_;
  std::size_t taken = 0;
  for (; taken < waiting_.size() && payload.size() + waiting_[taken].size() < kMaxPayload; ++taken) {
    if (taken > 0 && waiting_[taken] == waiting_[taken - 1]) continue;
    payload.append("\n").append(waiting_[taken]);
  }
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(taken));
  return payload;
}

void PostgresNews::hear_payload(std::string_view payload) const {
  auto end = payload.find('\n');
  if (payload.substr(0, end) == origin_) return;
  while (end != std::string_view::npos) {
    payload.remove_prefix(end + 1);
    end = payload.find('\n');
    const auto text = payload.substr(0, end);
    if (!text.empty() && text.size() <= kMaxText) hear_(text);
  }
}

bool PostgresNews::stopping() const {
  const base::Lock lock(mutex_);
  return stopping_;
}

void PostgresNews::rest() const {
  pollfd poll{.fd = waker_, .events = POLLIN, .revents = 0};
  std::uint64_t count = 0;
  if (::poll(&poll, 1, kRestMs) > 0) std::ignore = ::read(waker_, &count, sizeof count);
}

void PostgresNews::wake() const {
  const std::uint64_t one = 1;
  std::ignore = ::write(waker_, &one, sizeof one);
}

}  // namespace karv::store::postgres
