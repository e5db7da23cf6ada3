#include "net/certificate_watch.h"

#include <filesystem>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>

#include "net/server.h"
#include "net/test_support.h"

namespace karv::net {
namespace {

using testing::certificates;
using testing::RawTls;

constexpr std::string_view kGet = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";

class CertificateWatchTest : public ::testing::Test {
 protected:
  void SetUp() override {
    testing::make_leaf("watched", "server.test", "DNS:server.test");
    ServerOptions options;
    options.cert_file = certificates().cert("watched");
    options.key_file = certificates().key("watched");
    options.error_response = [](const Request&, const base::Error&) { return Response{.status = 500}; };
    server = Server::start(loop, workers, nullptr, options, [](Request&) { return Response{.body = "hello"}; }).value();
    watch.add({"door", options.cert_file, options.key_file, "", [this] { return server->reload_certificates(); }});
  }
  // The files have changed; one look sees it, the next one that they rest.
  void look_twice() {
    watch.look();
    watch.look();
  }
  CertificateState state() const { return watch.states().front(); }

  base::SystemClock clock;
  CertificateWatch watch{clock};
  Loop loop;
  WorkerPool workers{{.threads = 2}};
  std::unique_ptr<Server> server;
};

TEST_F(CertificateWatchTest, a_new_pair_is_taken_when_its_files_rest_and_open_connections_go_on) {
  const std::string first = state().serial;
  EXPECT_EQ(read_certificate_facts(certificates().cert("watched"))->serial, first);
  RawTls before(server->port());
  look_twice();
  EXPECT_EQ(state().exchanged, 0);
  testing::make_leaf("watched", "server.test", "DNS:server.test");
  watch.look();
  EXPECT_EQ(state().exchanged, 0);
  watch.look();
  EXPECT_EQ(state().exchanged, 1);
  EXPECT_NE(state().serial, first);
  look_twice();
  EXPECT_EQ(state().exchanged, 1);
  RawTls after(server->port());
  EXPECT_EQ(after.peer_serial(), state().serial);
  EXPECT_EQ(before.peer_serial(), first);
  for (auto* one : {&before, &after}) {
    one->send(kGet);
    EXPECT_TRUE(one->read_response().ends_with("hello"));
  }
}

TEST_F(CertificateWatchTest, what_does_not_fit_is_refused_once_and_the_old_pair_stays) {
  const std::string first = state().serial;
  const std::string cert = certificates().cert("watched");
  const std::string key = certificates().key("watched");
  const auto whole = [](const std::string& path) {
    std::ifstream file(path);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  const auto write = [](const std::string& path, const std::string& text) { std::ofstream(path) << text; };
  const std::string good_cert = whole(cert), good_key = whole(key);
  int refused = 0;
  const auto is_refused = [&](const char* what) {
    look_twice();
    look_twice();
    EXPECT_EQ(state().refused, ++refused) << what;
    EXPECT_EQ(state().serial, first) << what;
    EXPECT_EQ(RawTls(server->port()).peer_serial(), first) << what;
  };
  write(cert, "no certificate");
  is_refused("garbage");
  write(cert, good_cert.substr(0, good_cert.size() / 2));
  is_refused("half a file");
  std::filesystem::remove(cert);
  is_refused("no file");
  testing::make_leaf("watched", "server.test", "DNS:server.test");
  write(key, good_key);
  is_refused("another key");
  write(cert, "");
  is_refused("an empty file");
  write(cert, good_cert);
  look_twice();
  EXPECT_EQ(state().exchanged, 1);
  EXPECT_EQ(RawTls(server->port()).peer_serial(), first);
}

TEST_F(CertificateWatchTest, a_certificate_that_is_over_is_refused_although_it_fits) {
  base::ManualClock later{clock.now() + base::days(30)};
  CertificateWatch watch_of_later(later);
  int reloads = 0;
  watch_of_later.add({"door", certificates().cert("watched"), certificates().key("watched"), "", [&] {
                        ++reloads;
                        return base::Result<>();
                      }});
  testing::make_leaf("watched", "server.test", "DNS:server.test");
  watch_of_later.look();
  watch_of_later.look();
  EXPECT_EQ(watch_of_later.states().front().refused, 1);
  EXPECT_EQ(reloads, 0);
}

TEST_F(CertificateWatchTest, who_is_told_to_does_not_wait_for_the_files_to_rest) {
  testing::make_leaf("watched", "server.test", "DNS:server.test");
  watch.read_at_once();
  watch.look();
  EXPECT_EQ(state().exchanged, 1);
}

TEST_F(CertificateWatchTest, its_thread_looks_by_itself) {
  CertificateWatch own(clock, base::milliseconds(5));
  own.add({"door", certificates().cert("watched"), certificates().key("watched"), "",
           [this] { return server->reload_certificates(); }});
  own.start();
  testing::make_leaf("watched", "server.test", "DNS:server.test");
  for (int i = 0; i < 1000 && own.states().front().exchanged == 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_GE(own.states().front().exchanged, 1);
  own.stop();
}

}  // namespace
}  // namespace karv::net
