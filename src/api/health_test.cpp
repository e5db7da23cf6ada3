#include "api/health.h"

#include <variant>

#include <gtest/gtest.h>

namespace karv::api {
namespace {

using base::Result;
using store::StorageState;

class StateOnly final : public store::Database {
 public:
  explicit StateOnly(StorageState state) : state_(state) {}
  void add_commit_check(store::CommitCheck) override {}
  StorageState state() const override { return state_; }

 protected:
  Result<void> run_write(std::string_view, const std::function<Result<void>(store::Tx&)>&) override { return {}; }
  Result<void> run_read(std::string_view, const std::function<Result<void>(store::ReadTx&)>&) override { return {}; }

 private:
  StorageState state_;
};

net::Response health_in(StorageState state) {
  const StateOnly database(state);
  net::Router router;
  add_health_route(router, database);
  net::Request request;
  request.path = "/health";
  request.correlation_id = "c";
  return std::get<net::Response>(router.handle(request));
}

TEST(HealthTest, all_is_well_while_writes_are_taken) {
  const auto well = health_in(StorageState::writable);
  EXPECT_EQ(well.status, 200);
  EXPECT_EQ(well.body, R"({"status":"ok"})");
  EXPECT_EQ(well.headers.find("Cache-Control"), "no-store");
}

TEST(HealthTest, what_keeps_writes_away_is_named) {
  struct Case {
    StorageState state;
    const char* code;
    const char* words;
  };
  for (const auto& [state, code, words] :
       {Case{StorageState::full, R"("code":"STORAGE_FULL")", "Nothing can be stored"},
        Case{StorageState::failing, R"("code":"UNAVAILABLE")", "writes are tried again"},
        Case{StorageState::damaged, R"("code":"UNAVAILABLE")", "an operator must look"}}) {
    const auto ill = health_in(state);
    EXPECT_EQ(ill.status, 503);
    EXPECT_EQ(ill.headers.find("Retry-After"), "1");
    EXPECT_EQ(ill.headers.find("Content-Type"), "application/problem+json");
    EXPECT_NE(ill.body.find(code), std::string::npos) << ill.body;
    EXPECT_NE(ill.body.find(words), std::string::npos) << ill.body;
  }
}

}  // namespace
}  // namespace karv::api
