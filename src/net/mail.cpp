#include "net/mail.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include <curl/curl.h>
#include <fmt/format.h>

#include "base/mutex.h"

namespace karv::net {
namespace {

// Mail servers end idle lines after 30 seconds and more.
constexpr long kIdleSeconds = 20;

using Curl = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, FreeList>;

// Once per process, before the first handle; safe to be reached by several threads.
void init_curl() {
  static const CURLcode done = curl_global_init(CURL_GLOBAL_DEFAULT);
  static_cast<void>(done);
}

std::size_t read_text(char* out, std::size_t size, std::size_t count, void* from) {
  auto& rest = *static_cast<std::string_view*>(from);
  const std::size_t taken = std::min(rest.size(), size * count);
  std::memcpy(out, rest.data(), taken);
  rest.remove_prefix(taken);
  return taken;
}

void apply_server(CURL* curl, const MailServer& server, const List& connect_to) {
  const std::string url = fmt::format("smtp://{}:{}", server.server_name, server.port);
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp");
  curl_easy_setopt(curl, CURLOPT_CONNECT_TO, connect_to.get());
  curl_easy_setopt(curl, CURLOPT_USE_SSL, static_cast<long>(CURLUSESSL_ALL));
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(curl, CURLOPT_CAINFO, server.ca_file.c_str());
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(server.limit.ms));
  // A line that the mail server may have ended meanwhile is not used again: its mail would wait for the next try.
  curl_easy_setopt(curl, CURLOPT_MAXAGE_CONN, kIdleSeconds);
  if (server.user.empty()) return;
  curl_easy_setopt(curl, CURLOPT_USERNAME, server.user.c_str());
  base::SecretBytes password(server.password.size() + 1);  // libcurl wants a closing NUL and keeps its own copy
  std::memcpy(password.expose_mutable().data(), server.password.expose().data(), server.password.size());
  curl_easy_setopt(curl, CURLOPT_PASSWORD, reinterpret_cast<const char*>(password.expose().data()));
}

MailResult result_of(CURL* curl, CURLcode code) {
  if (code == CURLE_OK) return {.outcome = MailOutcome::sent, .detail = "sent"};
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  // A 5xx is final, unless it only says that we came without TLS or login: that is our configuration.
  const bool about_us = status == 530 || status == 535 || status == 538;
  const bool refused = status >= 500 && status <= 599 && !about_us &&
                       (code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR || code == CURLE_WEIRD_SERVER_REPLY);
  return {.outcome = refused ? MailOutcome::permanent_failure : MailOutcome::temporary_failure,
          .detail = fmt::format("{} (SMTP {})", curl_easy_strerror(code), status)};
}

}  // namespace

// Handles that wait for the next mail, each with its connection.
class MailSender::Connections {
 public:
  Curl take() {
    {
      const base::Lock lock(mutex_);
      if (!idle_.empty()) {
        Curl taken = std::move(idle_.back());
        idle_.pop_back();
        return taken;
      }
    }
    init_curl();
    return {curl_easy_init(), &curl_easy_cleanup};
  }
  void give_back(Curl curl) {
    curl_easy_reset(curl.get());  // forgets the options; the connection stays
    const base::Lock lock(mutex_);
    idle_.push_back(std::move(curl));
  }

 private:
  base::Mutex mutex_;
  std::vector<Curl> idle_ KARV_GUARDED_BY(mutex_);
};

MailSender::MailSender(MailServer server) : server_(std::move(server)), connections_(std::make_unique<Connections>()) {}
MailSender::~MailSender() = default;

MailResult MailSender::send(const Mail& mail) {
  const auto rendered = render_mail(mail);
  if (!rendered.ok()) return {.outcome = MailOutcome::permanent_failure, .detail = rendered.error().internal_text()};
  Curl curl = connections_->take();
  if (!curl) return {.outcome = MailOutcome::temporary_failure, .detail = "no memory"};
  const List connect_to(curl_slist_append(nullptr, fmt::format("::{}:{}", server_.host, server_.port).c_str()));
  const List recipients(curl_slist_append(nullptr, fmt::format("<{}>", mail.to).c_str()));
  apply_server(curl.get(), server_, connect_to);
  std::string_view rest = *rendered;
  curl_easy_setopt(curl.get(), CURLOPT_MAIL_FROM, fmt::format("<{}>", mail.from).c_str());
  curl_easy_setopt(curl.get(), CURLOPT_MAIL_RCPT, recipients.get());
  curl_easy_setopt(curl.get(), CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_READFUNCTION, read_text);
  curl_easy_setopt(curl.get(), CURLOPT_READDATA, &rest);
  auto result = result_of(curl.get(), curl_easy_perform(curl.get()));
  if (result.outcome == MailOutcome::sent) connections_->give_back(std::move(curl));
  return result;
}

}  // namespace karv::net
