#include "vault/server_keys/server_keys.h"

#include <atomic>
#include <limits>
#include <set>
#include <thread>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "audit/record.h"
#include "json/decode.h"
#include "json/encode.h"
#include "vault/server_keys/server_keys_door.h"
#include "vault/server_keys/test_server_keys.h"

namespace karv::vault {
namespace {

using vault_api::ServerKeyState;
using Row = vault_api::WrappedServerKey;

Row with_bytes(const Row& row, const base::Bytes& bytes) {
  return {.key = row.key, .epoch = row.epoch, .wrapped = base::to_base64url(bytes)};
}

TEST_F(ServerKeysTest, what_was_made_opens_to_the_same_key) {
  const auto made = make(200);
  ASSERT_EQ(made.rows.size(), 200U);
  const auto opened = open(made.rows);
  EXPECT_EQ(opened.newest_epoch, 1);
  std::set<std::string> different;
  for (std::size_t i = 0; i < made.rows.size(); ++i) {
    EXPECT_EQ(opened.keys[i].state, State::ok);
    EXPECT_EQ(opened.keys[i].clear.expose_text(), made.clear[i]);
    EXPECT_EQ(base::from_base64url(made.clear[i])->size(), 32U);
    EXPECT_EQ(made.rows[i].wrapped.size(), 124U);
    EXPECT_EQ(made.rows[i].epoch, 1);
    different.insert(made.clear[i]);
    different.insert(made.rows[i].key.text());
  }
  EXPECT_EQ(different.size(), 400U);
}

TEST(ServerKeysText, a_clear_key_is_written_as_rfc_4648_has_it) {
  // The texts of RFC 4648 section 10, without padding; the last two by `printf '\377\376\375' | basenc --base64url`.
  for (const auto& [bytes, text] : std::vector<std::pair<std::string, std::string>>{
           {"", ""}, {"f", "Zg"}, {"fo", "Zm8"}, {"foo", "Zm9v"}, {"foobar", "Zm9vYmFy"}, {"\377\376\375", "__79"}})
    EXPECT_EQ(server_key_text(base::SecretBytes::copy_of(std::string_view(bytes))).expose_text(), text);
}

TEST_F(ServerKeysTest, a_change_of_any_bit_is_broken_and_seals_nothing) {
  const auto row = make().rows.front();
  const auto whole = base::from_base64url(row.wrapped).value();
  ASSERT_EQ(whole.size(), 93U);
  for (unsigned bit = 0; bit < 8; ++bit) {
    std::vector<Row> changed;
    for (std::size_t at = 0; at < whole.size(); ++at) {
      auto bytes = whole;
      bytes[at] = static_cast<std::uint8_t>(bytes[at] ^ (1U << bit));
      changed.push_back(with_bytes(row, bytes));
    }
    const auto opened = open(changed);
    const auto renewed = server_keys.renew(vault.tenant, {.keys = changed}).value();
    for (std::size_t at = 0; at < whole.size(); ++at) {
      EXPECT_EQ(opened.keys[at].state, State::broken) << at << " " << bit;
      EXPECT_TRUE(opened.keys[at].clear.empty());
      EXPECT_EQ(renewed.keys[at].state, State::broken);
      EXPECT_TRUE(renewed.keys[at].wrapped.empty());
    }
  }
  EXPECT_TRUE(vault.keys->sealed_because().empty());
  EXPECT_EQ(vault.keys->alarms(), 0);
  EXPECT_EQ(state_of(row), State::ok);
}

TEST_F(ServerKeysTest, what_cannot_be_a_wrapped_key_is_broken) {
  const auto row = make().rows.front();
  const auto with = [&](std::string wrapped) {
    return Row{.key = row.key, .epoch = row.epoch, .wrapped = std::move(wrapped)};
  };
  auto cut = base::from_base64url(row.wrapped).value();
  cut.pop_back();
  for (const auto& wrong :
       {with(""), with("A"), with(std::string(124, 'A')), with(std::string(124, '!')), with(std::string(20'000, 'A')),
        with(row.wrapped + "A"), with(row.wrapped.substr(1)), with_bytes(row, cut),
        Row{.key = row.key, .epoch = row.epoch + 1, .wrapped = row.wrapped},
        Row{.key = row.key, .epoch = 0, .wrapped = row.wrapped},
        Row{.key = row.key, .epoch = std::numeric_limits<std::int64_t>::min(), .wrapped = row.wrapped},
        Row{.key = {}, .epoch = row.epoch, .wrapped = row.wrapped}})
    EXPECT_EQ(state_of(wrong), State::broken) << wrong.wrapped.size();
}

TEST_F(ServerKeysTest, rows_that_changed_places_or_tenants_are_broken_and_the_others_open) {
  auto made = make(3);
  const auto foreign = make(other, 1);
  std::swap(made.rows[0].wrapped, made.rows[1].wrapped);
  const auto opened = open({made.rows[0], made.rows[1], made.rows[2], foreign.rows[0], made.rows[2]});
  EXPECT_EQ(opened.keys[0].state, State::broken);
  EXPECT_EQ(opened.keys[1].state, State::broken);
  EXPECT_EQ(opened.keys[2].state, State::ok);
  EXPECT_EQ(opened.keys[3].state, State::broken);
  EXPECT_EQ(opened.keys[4].clear.expose_text(), made.clear[2]);  // twice in one list: twice answered
  EXPECT_EQ(server_keys.open(other, {.keys = foreign.rows}).value().keys[0].clear.expose_text(), foreign.clear[0]);
}

TEST_F(ServerKeysTest, neither_sides_blob_opens_in_the_others_place) {
  const auto subject = vault.sealed_card(vault.make_card().vault_token).key;
  const auto row = make().rows.front();
  const auto blob = parse_server_key_blob(row.wrapped).value();
  ASSERT_EQ(blob.tenant_key, subject.tenant_key);
  ASSERT_EQ(blob.epoch_key, subject.epoch_key);
  ASSERT_EQ(blob.sealed.size(), subject.wrapped.size());
  auto bytes = base::from_base64url(row.wrapped).value();
  std::ranges::copy(subject.wrapped, bytes.end() - std::ssize(subject.wrapped));
  auto planted = with_bytes(row, bytes);
  planted.key = ServerKeyId(subject.id.uuid());
  EXPECT_EQ(state_of(planted), State::broken);
  auto taken = subject;
  taken.wrapped = blob.sealed;
  taken.id = SubjectKeyId(row.key.uuid());
  EXPECT_EQ(ring()->open_subject_key(taken).error().reason(), "KEY_ALTERED");
}

TEST_F(ServerKeysTest, one_to_200_keys_at_once) {
  for (const std::int64_t count : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{201},
                                   std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()})
    EXPECT_EQ(server_keys.make(vault.tenant, {.count = count}).error().reason(), "BATCH_SIZE");
  EXPECT_EQ(number("select count(*) from server_key_generations"), 0);  // nothing was made
  auto many = make(200).rows;
  EXPECT_EQ(open(many).keys.size(), 200U);
  many.push_back(many.front());
  EXPECT_EQ(server_keys.open(vault.tenant, {.keys = many}).error().reason(), "BATCH_SIZE");
  EXPECT_EQ(server_keys.renew(vault.tenant, {.keys = many}).error().reason(), "BATCH_SIZE");
  EXPECT_EQ(server_keys.open(vault.tenant, {}).error().reason(), "BATCH_SIZE");
  EXPECT_EQ(server_keys.renew(vault.tenant, {}).error().reason(), "BATCH_SIZE");
}

TEST_F(ServerKeysTest, a_sealed_vault_does_nothing_of_it_and_opens_the_same_again_later) {
  const auto made = make();
  vault.keys->seal("a test");
  EXPECT_EQ(server_keys.make(vault.tenant, {.count = 1}).error().reason(), "VAULT_SEALED");
  EXPECT_EQ(server_keys.open(vault.tenant, {.keys = made.rows}).error().reason(), "VAULT_SEALED");
  EXPECT_EQ(server_keys.renew(vault.tenant, {.keys = made.rows}).error().reason(), "VAULT_SEALED");
  EXPECT_EQ(server_keys.left(vault.tenant, {.before_epoch = 1, .rows = 0}).error().reason(), "VAULT_SEALED");
  EXPECT_TRUE(server_keys.look_after().ok());
  ASSERT_TRUE(vault.keys->unseal(disk.hsm).ok());
  EXPECT_EQ(clear_of(made.rows[0]), made.clear[0]);
}

TEST_F(ServerKeysTest, another_process_opens_them_and_so_does_the_next_run) {
  const auto made = make();
  KeyHolder holder(*vault.database, vault.wall, vault.random, {.tenants = {"karv-server", "karv-other"}});
  ASSERT_TRUE(holder.unseal(disk.hsm).ok());
  ServerKeys next(*vault.database, holder, vault.wall, vault.random);
  EXPECT_EQ(next.open(vault.tenant, {.keys = made.rows}).value().keys[0].clear.expose_text(), made.clear[0]);
}

TEST_F(ServerKeysTest, each_wrapping_is_a_use_of_the_epoch_key_counted_ahead) {
  const auto uses = [&] {
    const auto keys = ring();
    return keys->find_active(KeyClass::epoch)->row.uses;
  };
  EXPECT_EQ(uses(), 0);
  const auto rows = make(200).rows;
  EXPECT_EQ(uses(), 4096);
  for (int i = 0; i < 19; ++i) make(200);
  open(rows);
  EXPECT_EQ(uses(), 4096);  // 4000 of them
  make(200);
  EXPECT_EQ(uses(), 8192);
}

TEST_F(ServerKeysTest, a_row_of_the_newest_epoch_comes_back_as_it_is) {
  const auto row = make().rows.front();
  const auto again = renewed({row}).front();
  EXPECT_EQ(again.wrapped, row.wrapped);
  EXPECT_EQ(again.epoch, row.epoch);
  EXPECT_EQ(number("select count(*) from server_key_counts"), 0);  // nothing was opened for anybody
}

TEST_F(ServerKeysTest, nothing_of_a_key_is_in_the_store) {
  make(5);
  EXPECT_EQ(number("select count(*) from subject_keys"), 0);
  EXPECT_EQ(number("select count(*) from server_key_generations"), 1);
}

// Rows as a bug or a thief may leave them: whatever is mixed up, only what was made for an id opens, to its own key.
TEST_F(ServerKeysTest, whatever_is_mixed_up_only_the_rows_own_key_opens) {
  const auto made = make(20);
  EXPECT_TRUE(rc::check([&] {
    std::vector<Row> rows;
    std::vector<std::size_t> from;
    const auto count = *rc::gen::inRange<std::size_t>(1, 30);
    for (std::size_t i = 0; i < count; ++i) {
      const auto id = *rc::gen::inRange<std::size_t>(0, 20);
      const auto blob = *rc::gen::element(id, id, *rc::gen::inRange<std::size_t>(0, 20));
      auto bytes = base::from_base64url(made.rows[blob].wrapped).value();
      const bool changed = *rc::gen::inRange(0, 4) == 0;
      if (changed) bytes[*rc::gen::inRange<std::size_t>(0, bytes.size())] ^= *rc::gen::inRange<std::uint8_t>(1, 255);
      rows.push_back(with_bytes(made.rows[id], bytes));
      from.push_back(changed || id != blob ? 20 : id);
    }
    const auto opened = server_keys.open(vault.tenant, {.keys = rows});
    vault.wall.advance(base::minutes(5));  // stays below the limit
    RC_ASSERT(opened.ok());
    for (std::size_t i = 0; i < count; ++i) {
      RC_ASSERT(opened->keys[i].state == (from[i] == 20 ? State::broken : State::ok));
      RC_ASSERT(opened->keys[i].clear.expose_text() == (from[i] == 20 ? std::string() : made.clear[from[i]]));
    }
  }));
}

class ServerKeysDoor : public ServerKeysTest {
 protected:
  ServerKeysDoor() { add_server_key_routes(router, server_keys, *vault.keys); }
  net::Response post(std::string_view path, std::string body, std::string peer = "karv-server") {
    net::Request request;
    request.method = net::Method::post;
    request.path = path;
    request.body = std::move(body);
    request.peer_certificate_cn = std::move(peer);
    return std::get<net::Response>(router.handle(request));
  }
  static std::string code_of(const net::Response& response) {
    return json::decode<vault_api::Problem>(response.body).value().code;
  }
  net::Router router;
};

TEST_F(ServerKeysDoor, four_messages_and_their_refusals) {
  const auto response = post(vault_api::MakeServerKeys::kPath, R"({"count":2})");
  ASSERT_EQ(response.status, 200);
  const auto made = json::decode<vault_api::MakeServerKeysAnswer>(response.body, json::kOwnChannel).value();
  ASSERT_EQ(made.keys.size(), 2U);
  const vault_api::OpenServerKeys ask{.keys = {made.keys[0].stored, made.keys[1].stored}};
  const auto opened = json::decode<vault_api::OpenServerKeysAnswer>(
                          post(vault_api::OpenServerKeys::kPath, json::encode(ask)).body, json::kOwnChannel)
                          .value();
  EXPECT_EQ(opened.keys[1].clear.expose_text(), made.keys[1].clear.expose_text());
  const auto renewed = post(vault_api::RenewServerKeys::kPath, json::encode(ask));
  EXPECT_EQ(renewed.status, 200);
  EXPECT_EQ(renewed.body.find(made.keys[1].clear.expose_text()), std::string::npos);
  EXPECT_EQ(post(vault_api::ServerKeysLeft::kPath, R"({"before_epoch":1,"rows":0})").body, R"({"newest_epoch":1})");

  EXPECT_EQ(code_of(post(vault_api::MakeServerKeys::kPath, R"({"count":0})")), "BATCH_SIZE");
  EXPECT_EQ(post(vault_api::MakeServerKeys::kPath, R"({"count":1e2})").status, 400);
  EXPECT_EQ(post(vault_api::MakeServerKeys::kPath, R"({"count":1,"why":"x"})").status, 400);
  EXPECT_EQ(post(vault_api::OpenServerKeys::kPath, R"({"keys":[{"key":"x","epoch":1,"wrapped":""}]})").status, 400);
  EXPECT_EQ(post(vault_api::OpenServerKeys::kPath, "{").status, 400);
  EXPECT_EQ(code_of(post(vault_api::ServerKeysLeft::kPath, R"({"before_epoch":2,"rows":0})")), "BAD_VALUE");
  for (const auto path : {vault_api::MakeServerKeys::kPath, vault_api::OpenServerKeys::kPath,
                          vault_api::RenewServerKeys::kPath, vault_api::ServerKeysLeft::kPath})
    EXPECT_EQ(post(path, "{}", "karv-migration").status, 403);
  const auto foreign = post(vault_api::OpenServerKeys::kPath, json::encode(ask), "karv-other");
  EXPECT_NE(foreign.body.find(R"("state":"broken","clear":"")"), std::string::npos);
  vault.keys->seal("a test");
  const auto sealed = post(vault_api::OpenServerKeys::kPath, json::encode(ask));
  EXPECT_EQ(sealed.status, 503);
  EXPECT_EQ(code_of(sealed), "VAULT_SEALED");
}

// The largest list fits into what the private door takes, 64 kB.
TEST_F(ServerKeysDoor, two_hundred_rows_fit) {
  vault_api::OpenServerKeys ask{.keys = make(200).rows};
  for (auto& row : ask.keys) row.epoch = std::numeric_limits<std::int64_t>::max();
  EXPECT_LT(json::encode(ask).size(), std::size_t{64} * 1024);
}

class ServerKeysLimit : public ServerKeysTest {
 protected:
  std::string reason_of_opening(const std::vector<Row>& rows, ServerKeys* by = nullptr) {
    const auto opened = (by != nullptr ? *by : limited).open(vault.tenant, {.keys = rows});
    return opened.ok() ? "" : opened.error().reason();
  }
  ServerKeys limited{*vault.database, *vault.keys, vault.wall, vault.random, {.most_hourly = 10}};
};

TEST_F(ServerKeysLimit, so_many_keys_in_any_hour_and_then_an_alarm) {
  const auto rows = make(6).rows;
  EXPECT_EQ(reason_of_opening(rows), "");
  vault.wall.advance(base::minutes(30));
  const auto refused = limited.open(vault.tenant, {.keys = rows});
  EXPECT_EQ(refused.error().reason(), "TOO_MANY_KEYS");
  EXPECT_EQ(refused.error().http_status(), 429);
  EXPECT_EQ(reason_of_opening({rows.begin(), rows.begin() + 4}), "");  // what was refused counts for nothing
  EXPECT_EQ(reason_of_opening({rows[0]}), "TOO_MANY_KEYS");
  EXPECT_EQ(number("select alarmed_at from server_key_counts"), vault.wall.now().ms);
  EXPECT_TRUE(limited.open(other, {.keys = make(other, 1).rows}).ok());  // others have a count of their own
  EXPECT_TRUE(limited.make(vault.tenant, {.count = 11}).ok());           // nor are others' messages held up
  EXPECT_TRUE(limited.renew(vault.tenant, {.keys = rows}).ok());

  const auto alarmed = vault.wall.now();
  vault.wall.advance(base::minutes(29));
  EXPECT_EQ(reason_of_opening({rows[0]}), "TOO_MANY_KEYS");
  EXPECT_EQ(number("select alarmed_at from server_key_counts where refused > 0"), alarmed.ms);  // once an hour
  vault.wall.advance(base::minutes(2));  // the first six were opened 61 minutes ago
  EXPECT_EQ(reason_of_opening(rows), "");
  EXPECT_EQ(reason_of_opening({rows[0]}), "TOO_MANY_KEYS");
}

TEST_F(ServerKeysLimit, what_does_not_open_is_not_counted) {
  auto row = make().rows.front();
  row.epoch = 7;
  EXPECT_EQ(reason_of_opening(std::vector<Row>(200, row)), "");
  EXPECT_EQ(number("select count(*) from server_key_minutes"), 0);
}

TEST_F(ServerKeysLimit, processes_count_together_and_a_restart_forgets_nothing) {
  const auto rows = make(6).rows;
  ServerKeys second(*vault.database, *vault.keys, vault.wall, vault.random, {.most_hourly = 10});
  EXPECT_EQ(reason_of_opening(rows), "");
  EXPECT_EQ(reason_of_opening(rows, &second), "TOO_MANY_KEYS");
  EXPECT_EQ(reason_of_opening({rows.begin(), rows.begin() + 4}, &second), "");
  EXPECT_EQ(reason_of_opening({rows[0]}), "TOO_MANY_KEYS");
}

TEST_F(ServerKeysLimit, of_many_at_once_no_more_are_let_in) {
  const auto rows = make(3).rows;
  std::atomic<int> let_in = 0;
  {
    std::vector<std::jthread> all;
    for (int i = 0; i < 6; ++i) all.emplace_back([&] { let_in += reason_of_opening(rows).empty() ? 1 : 0; });
  }
  EXPECT_EQ(let_in, 3);
  EXPECT_EQ(number("select cast(sum(opened) as BIGINT) from server_key_minutes"), 9);
}

TEST_F(ServerKeysLimit, an_hour_is_one_record_in_the_audit_log) {
  const auto rows = make(6).rows;
  EXPECT_EQ(reason_of_opening(rows), "");
  EXPECT_EQ(reason_of_opening(rows), "TOO_MANY_KEYS");
  ASSERT_TRUE(limited.look_after().ok());
  EXPECT_EQ(number("select count(*) from audit_records where action = 'server_keys_opened'"), 0);
  vault.wall.advance(base::hours(2));
  ASSERT_TRUE(limited.look_after().ok());
  ASSERT_TRUE(limited.look_after().ok());
  EXPECT_EQ(number("select count(*) from audit_records where action = 'server_keys_opened'"), 1);
  EXPECT_EQ(number("select count(*) from server_key_minutes"), 0);
  EXPECT_EQ(reason_of_opening(rows), "");
  vault.wall.advance(base::hours(1));
  EXPECT_EQ(reason_of_opening({rows[0]}), "");  // the next hour's first closes the one before
  EXPECT_EQ(number("select count(*) from audit_records where action = 'server_keys_opened'"), 2);
  const auto records =
      vault.database
          ->read<std::vector<audit::Record>>(
              "test",
              [&](store::ReadTx& tx) { return audit::list_by_subject(tx, {"tenant", vault.tenant.text()}, 10); })
          .value();
  ASSERT_EQ(records.size(), 2U);
  EXPECT_NE(records[0].details.find(R"("opened":6,"refused":6)"), std::string::npos) << records[0].details;
}

}  // namespace
}  // namespace karv::vault
