// A private PostgreSQL cluster for the tests of one process, started at the first use and gone with the process.
// The work is done by tools/dev/postgres-cluster, which ends when its standard input closes. For tests only.
#pragma once

#include <atomic>
#include <string>

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "store/postgres/postgres.h"

namespace karv::store::postgres {

class ClusterForTest {
 public:
  static ClusterForTest& shared() {
    static ClusterForTest cluster;
    return cluster;
  }
  ~ClusterForTest() {
    ::close(keep_);
    ::waitpid(script_, nullptr, 0);
  }
  ClusterForTest(const ClusterForTest&) = delete;
  ClusterForTest& operator=(const ClusterForTest&) = delete;

  std::string address() const { return fmt::format("postgresql://karv@/postgres?host={}&port={}", folder_, port_); }
  // By TLS and password.
  std::string address_over_tcp() const {
    return fmt::format("postgresql://karv@localhost:{}/postgres?hostaddr=127.0.0.1&sslrootcert={}/ca.crt&passfile={}",
                       port_, folder_, passfile());
  }
  const std::string& folder() const { return folder_; }
  int port() const { return port_; }
  std::string passfile() const { return folder_ + "/passfile"; }

  // A schema that nothing else uses: much faster than a database of its own.
  std::string make_schema() {
    std::string name = fmt::format("test_{}", ++schemas_);
    auto database = open_postgres({.address = address(), .connections = 1});
    KARV_CHECK(database.ok());
    const auto made = (*database)->write<void>(
        "make_schema", [&](Tx& tx) -> Result<void> { return tx.change_schema("create schema " + name); });
    KARV_CHECK(made.ok());
    return name;
  }

 private:
  ClusterForTest() {
    int to_script[2];
    int from_script[2];
    KARV_CHECK(::pipe2(to_script, O_CLOEXEC) == 0 && ::pipe2(from_script, O_CLOEXEC) == 0);
    script_ = ::fork();
    KARV_CHECK(script_ >= 0);
    if (script_ == 0) {
      ::dup2(to_script[0], 0);
      ::dup2(from_script[1], 1);
      ::execl("tools/dev/postgres-cluster", "postgres-cluster", "listen=1", nullptr);
      ::_exit(127);
    }
    ::close(to_script[0]);
    ::close(from_script[1]);
    keep_ = to_script[1];
    read_ready(from_script[0]);
    ::close(from_script[0]);
  }
  void read_ready(int from) {
    std::string line;
    for (char c = 0; ::read(from, &c, 1) == 1 && c != '\n';) line.push_back(c);
    const auto last = line.rfind(' ');
    if (!line.starts_with("ready ") || last <= 6) {
      fmt::print(stderr, "tools/dev/postgres-cluster did not come up (run tests from the project's root)\n");
      ::_exit(1);
    }
    folder_ = line.substr(6, last - 6);
    port_ = std::stoi(line.substr(last + 1));
  }

  pid_t script_ = 0;
  int keep_ = -1;
  std::string folder_;
  int port_ = 0;
  std::atomic<int> schemas_ = 0;
};

}  // namespace karv::store::postgres
