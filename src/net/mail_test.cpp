#include "net/mail.h"

#include <atomic>
#include <chrono>
#include <map>
#include <thread>
#include <utility>

#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "net/raw_server.h"
#include "net/test_support.h"

namespace karv::net {
namespace {

using testing::certificates;

enum class AfterMail : std::uint8_t { stay, hang_up };

// A mail server for one connection at a time: answers each command with a line of the test's choice, or the usual one.
class SmtpServer {
 public:
  explicit SmtpServer(std::map<std::string, std::string> answers = {}, AfterMail after_mail = AfterMail::stay)
      : answers_(std::move(answers)), after_mail_(after_mail) {
    certificates();
    listener_ = testing::listen_on_loopback(port_);
    thread_ = std::thread([this] { serve(); });
  }
  ~SmtpServer() {
    stopping_ = true;
    thread_.join();
    ::close(listener_);
  }
  SmtpServer(const SmtpServer&) = delete;
  SmtpServer& operator=(const SmtpServer&) = delete;
  std::uint16_t port() const { return port_; }

  // Valid after the mail was sent or refused.
  std::string commands() {
    const base::Lock lock(mutex_);
    return commands_;
  }
  std::string data() {
    const base::Lock lock(mutex_);
    return data_;
  }
  bool encrypted() const { return encrypted_; }
  int connections() const { return connections_; }
  int mails() const { return mails_; }

 private:
  bool readable(int socket) const {
    while (!stopping_) {
      pollfd waiting{.fd = socket, .events = POLLIN, .revents = 0};
      if (::poll(&waiting, 1, 20) > 0) return true;
    }
    return false;
  }
  void write(std::string_view text) {
    if (ssl_)
      SSL_write(ssl_, text.data(), static_cast<int>(text.size()));
    else
      static_cast<void>(::send(socket_, text.data(), text.size(), MSG_NOSIGNAL));
  }
  // The next line; empty when the client has gone.
  std::string line() {
    for (;;) {
      const std::size_t end = received_.find("\r\n");
      if (end != std::string::npos) {
        std::string out = received_.substr(0, end);
        received_.erase(0, end + 2);
        return out;
      }
      if ((!ssl_ || SSL_pending(ssl_) == 0) && !readable(socket_)) return {};
      char piece[4096];
      const auto got = ssl_ ? SSL_read(ssl_, piece, sizeof(piece)) : ::recv(socket_, piece, sizeof(piece), 0);
      if (got <= 0) return {};
      received_.append(piece, static_cast<std::size_t>(got));
    }
  }
  void read_data() {
    std::string all;
    for (std::string next = line(); next != "."; next = line()) all += next + "\r\n";
    const base::Lock lock(mutex_);
    data_ = all;
  }
  std::string answer_to(const std::string& word, const std::string& usual) const {
    const auto found = answers_.find(word);
    return found == answers_.end() ? usual : found->second;
  }

  void serve() {
    while (readable(listener_)) {
      socket_ = ::accept(listener_, nullptr, nullptr);
      ++connections_;
      received_.clear();
      converse();
    }
  }
  void converse() {
    SSL_CTX* const context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_use_certificate_chain_file(context, certificates().cert("server").c_str());
    SSL_CTX_use_PrivateKey_file(context, certificates().key("server").c_str(), SSL_FILETYPE_PEM);
    write("220 test\r\n");
    for (std::string command = line(); !command.empty(); command = line()) {
      const std::string word = command.substr(0, 4);
      {
        const base::Lock lock(mutex_);
        commands_ += word + " ";
      }
      if (word == "EHLO") {
        write(answer_to(word, ssl_ != nullptr ? "250-test\r\n250 AUTH PLAIN\r\n" : "250-test\r\n250 STARTTLS\r\n"));
      } else if (word == "STAR") {
        write("220 go\r\n");
        ssl_ = SSL_new(context);
        SSL_set_fd(ssl_, socket_);
        if (SSL_accept(ssl_) != 1) break;
        encrypted_ = true;
      } else if (word == "DATA") {
        const std::string answer = answer_to(word, "354 go\r\n");
        write(answer);
        if (!answer.starts_with("354")) continue;
        read_data();
        ++mails_;
        write(answer_to("after", "250 taken\r\n"));
        if (after_mail_ == AfterMail::hang_up) break;
      } else if (word == "AUTH") {
        write("334 \r\n");
        write(line() == "AGthcnYAc2VjcmV0" ? "235 yes\r\n" : "535 no\r\n");  // NUL karv NUL secret
      } else {
        write(answer_to(word, word == "QUIT" ? "221 bye\r\n" : "250 ok\r\n"));
      }
    }
    SSL_free(std::exchange(ssl_, nullptr));
    SSL_CTX_free(context);
    ::close(socket_);
  }

  const std::map<std::string, std::string> answers_;
  const AfterMail after_mail_;
  std::uint16_t port_ = 0;
  int listener_ = -1;
  int socket_ = -1;
  SSL* ssl_ = nullptr;
  std::string received_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> encrypted_{false};
  std::atomic<int> connections_{0};
  std::atomic<int> mails_{0};
  base::Mutex mutex_;
  std::string commands_ KARV_GUARDED_BY(mutex_);
  std::string data_ KARV_GUARDED_BY(mutex_);
  std::thread thread_;
};

MailServer at(const SmtpServer& server) {
  MailServer made;
  made.port = server.port();
  made.server_name = "server.test";
  made.ca_file = certificates().ca();
  made.limit = base::seconds(5);
  return made;
}

Mail mail() {
  return {.from = "karv@pay.test",
          .from_name = "Karv",
          .to = "jo.doe@example.test",
          .subject = "Your code",
          .text = "Hello\n.\n..dots\nJürgen",
          .message_id = "0199-abc",
          .date = {1'763'833'265'000}};
}

std::string decoded_body(const std::string& data) {
  std::string encoded = data.substr(data.find("\r\n\r\n") + 4);
  std::erase_if(encoded, [](char c) { return c == '\r' || c == '\n'; });
  const auto bytes = base::from_base64(encoded);
  return bytes ? std::string(base::as_text(*bytes)) : "not base64";
}

TEST(MailTest, a_mail_is_sent_over_tls_and_arrives_as_written) {
  SmtpServer server;
  const auto result = MailSender(at(server)).send(mail());
  EXPECT_EQ(result.outcome, MailOutcome::sent) << result.detail;
  EXPECT_TRUE(server.encrypted());
  EXPECT_EQ(server.commands().substr(0, 10), "EHLO STAR ");
  const std::string data = server.data();
  for (const auto* const header :
       {"From: =?UTF-8?B?S2Fydg==?= <karv@pay.test>\r\n", "\r\nTo: <jo.doe@example.test>\r\n",
        "\r\nSubject: Your code\r\n", "\r\nMessage-ID: <0199-abc@pay.test>\r\n",
        "Date: Sat, 22 Nov 2025 17:41:05 +0000\r\n"})
    EXPECT_NE(data.find(header), std::string::npos) << header << "\n" << data;
  EXPECT_EQ(decoded_body(data), "Hello\r\n.\r\n..dots\r\nJürgen");
}

TEST(MailTest, a_login_goes_out_after_tls_only) {
  SmtpServer server;
  auto where = at(server);
  where.user = "karv";
  where.password = base::SecretBytes::copy_of("secret");
  EXPECT_EQ(MailSender(std::move(where)).send(mail()).outcome, MailOutcome::sent);
  EXPECT_EQ(server.commands().substr(0, 20), "EHLO STAR EHLO AUTH ");
}

TEST(MailTest, a_server_without_starttls_gets_nothing) {
  SmtpServer server({{"EHLO", "250 test\r\n"}});
  EXPECT_EQ(MailSender(at(server)).send(mail()).outcome, MailOutcome::temporary_failure);
  EXPECT_EQ(server.commands().find("MAIL"), std::string::npos);
}

TEST(MailTest, a_server_that_is_not_who_it_should_be_gets_nothing) {
  for (const bool wrong_name : {true, false}) {
    SmtpServer server;
    auto where = at(server);
    if (wrong_name)
      where.server_name = "elsewhere.test";
    else
      where.ca_file = certificates().cert("other-ca");
    EXPECT_EQ(MailSender(std::move(where)).send(mail()).outcome, MailOutcome::temporary_failure);
    EXPECT_EQ(server.commands().find("MAIL"), std::string::npos);
  }
}

TEST(MailTest, what_the_server_says_decides_whether_it_is_final) {
  const std::map<std::string, MailOutcome> cases = {{"550 no such box\r\n", MailOutcome::permanent_failure},
                                                    {"552 too large\r\n", MailOutcome::permanent_failure},
                                                    {"451 later\r\n", MailOutcome::temporary_failure},
                                                    {"421 closing\r\n", MailOutcome::temporary_failure},
                                                    {"530 login first\r\n", MailOutcome::temporary_failure}};
  for (const auto& [answer, outcome] : cases) {
    for (const std::string word : {"MAIL", "RCPT", "DATA", "after"}) {
      SmtpServer server({{word, answer}});
      const auto result = MailSender(at(server)).send(mail());
      EXPECT_EQ(result.outcome, outcome) << word << " " << answer << result.detail;
    }
  }
}

TEST(MailTest, the_next_mail_takes_the_same_connection) {
  SmtpServer server;
  MailSender sender(at(server));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(sender.send(mail()).outcome, MailOutcome::sent);
  EXPECT_EQ(server.mails(), 3);
  EXPECT_EQ(server.connections(), 1);
}

TEST(MailTest, a_connection_that_the_server_closed_is_made_anew) {
  SmtpServer server({}, AfterMail::hang_up);
  MailSender sender(at(server));
  for (int i = 0; i < 3; ++i) {
    const auto result = sender.send(mail());
    EXPECT_EQ(result.outcome, MailOutcome::sent) << result.detail;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));  // until the hang-up has come
  }
  EXPECT_EQ(server.mails(), 3);
  EXPECT_EQ(server.connections(), 3);
}

TEST(MailTest, after_a_refused_mail_the_next_one_goes_out) {
  SmtpServer server;
  MailSender sender(at(server));
  Mail malformed = mail();
  malformed.to = "jo";
  EXPECT_EQ(sender.send(malformed).outcome, MailOutcome::permanent_failure);
  EXPECT_EQ(sender.send(mail()).outcome, MailOutcome::sent);
}

TEST(MailTest, a_server_that_is_away_or_silent_is_a_temporary_failure) {
  std::uint16_t port = 0;
  {
    testing::MuteServer gone;
    port = gone.port();
  }
  testing::MuteServer mute;
  for (const auto where_port : {port, mute.port()}) {
    MailServer where;
    where.port = where_port;
    where.server_name = "server.test";
    where.ca_file = certificates().ca();
    where.limit = base::milliseconds(500);
    EXPECT_EQ(MailSender(std::move(where)).send(mail()).outcome, MailOutcome::temporary_failure);
  }
}

TEST(MailTest, nothing_can_be_smuggled_into_headers_or_commands) {
  const auto refused = [](auto change) {
    Mail changed = mail();
    change(changed);
    return !render_mail(changed).ok();
  };
  for (const std::string address :
       {"", "jo", "@b.test", "jo@", "a@b@c", "jo@b.test\r\nBcc: x@y.test", "jo@b.test>", "<jo@b.test", "jo doe@b.test",
        "\"jo\"@b.test", "jo@b.test,x@y.test", "jö@b.test", "jo@b .test", "jo@[127.0.0.1]"}) {
    EXPECT_TRUE(refused([&](Mail& m) { m.to = address; })) << address;
    EXPECT_TRUE(refused([&](Mail& m) { m.from = address; })) << address;
  }
  EXPECT_TRUE(refused([](Mail& m) { m.to = std::string(250, 'a') + "@b.test"; }));
  EXPECT_TRUE(refused([](Mail& m) { m.subject = "a\r\nBcc: x@y.test"; }));
  EXPECT_TRUE(refused([](Mail& m) { m.subject = "a\nb"; }));
  EXPECT_TRUE(refused([](Mail& m) { m.subject = "\xff"; }));
  EXPECT_TRUE(refused([](Mail& m) { m.subject = std::string(501, 'a'); }));
  EXPECT_TRUE(refused([](Mail& m) { m.from_name = "a\r\nX: y"; }));
  EXPECT_TRUE(refused([](Mail& m) { m.message_id = "a>\r\nX: y"; }));
  EXPECT_TRUE(refused([](Mail& m) { m.text = "\xc3"; }));
  EXPECT_TRUE(refused([](Mail& m) { m.text = std::string(300'000, 'a'); }));
  EXPECT_EQ(MailSender({}).send({}).outcome, MailOutcome::permanent_failure);
}

TEST(MailTest, long_and_foreign_subjects_become_encoded_words_that_split_no_character) {
  Mail changed = mail();
  changed.subject = "Betalning på förfallodagen för köpet hos Åäö Äpplen & Öl, månad för månad";
  const auto rendered = render_mail(changed);
  ASSERT_TRUE(rendered.ok());
  const std::size_t begin = rendered->find("Subject: ") + 9;
  std::string words = rendered->substr(begin, rendered->find("\r\nMessage-ID") - begin);
  std::string decoded;
  while (!words.empty()) {
    const std::size_t end = words.find("?=");
    ASSERT_TRUE(words.starts_with("=?UTF-8?B?"));
    ASSERT_LE(end + 2, 75U);
    decoded += base::as_text(*base::from_base64(words.substr(10, end - 10)));
    words.erase(0, end + 2);
    if (words.starts_with("\r\n ")) words.erase(0, 3);
  }
  EXPECT_EQ(decoded, changed.subject);
}

}  // namespace
}  // namespace karv::net
