// When keys turn: what servers' rows are under stays until their servers have said that nothing is left.
#include <algorithm>
#include <limits>

#include "vault/server_keys/test_server_keys.h"

namespace karv::vault {
namespace {

using ServerKeysTurn = ServerKeysTest;

TEST_F(ServerKeysTurn, an_epoch_stays_while_its_rows_do_and_is_destroyed_a_week_after) {
  const auto made = make(3);
  const auto old_epoch = rotate(KeyClass::epoch);
  EXPECT_EQ(open(made.rows).newest_epoch, 2);
  work_for(base::days(100));
  EXPECT_EQ(state_of(old_epoch), KeyState::decrypt_only);
  EXPECT_EQ(clear_of(made.rows[0]), made.clear[0]);
  EXPECT_EQ(tell_left(2, 3), 2);
  work_for(base::days(100));
  EXPECT_EQ(state_of(old_epoch), KeyState::decrypt_only);

  const auto again = renewed(made.rows);
  EXPECT_EQ(again[0].epoch, 2);
  EXPECT_NE(again[0].wrapped, made.rows[0].wrapped);
  EXPECT_EQ(clear_of(again[0]), made.clear[0]);
  EXPECT_EQ(clear_of(made.rows[0]), made.clear[0]);  // a backup of yesterday
  tell_left(2, 0);
  work_for(base::days(6));
  EXPECT_EQ(state_of(old_epoch), KeyState::decrypt_only);
  work_for(base::days(1));
  EXPECT_EQ(state_of(old_epoch), KeyState::destroyed);
  EXPECT_FALSE(disk.hsm->has_key(hsm_label("karv", KeyClass::epoch, old_epoch)).value());
  EXPECT_EQ(state_of(made.rows[0]), State::gone);
  EXPECT_EQ(server_keys.renew(vault.tenant, {.keys = made.rows}).value().keys[0].state, State::gone);
  EXPECT_EQ(clear_of(again[0]), made.clear[0]);
  EXPECT_EQ(number("select count(*) from server_key_generations"), 1);
}

TEST_F(ServerKeysTurn, a_tenants_key_stays_likewise_and_lasts_as_long_as_servers_backups) {
  const auto made = make(2);
  const auto others = make(other, 1);
  const auto old_key = rotate(KeyClass::tenant);
  EXPECT_EQ(open(made.rows).newest_epoch, 2);
  EXPECT_EQ(server_keys.open(other, {.keys = others.rows}).value().newest_epoch, 1);  // its key is another one
  work_for(base::days(100));
  EXPECT_EQ(state_of(old_key), KeyState::decrypt_only);
  const auto again = renewed(made.rows);
  tell_left(2, 0);
  work_for(base::days(6));
  EXPECT_EQ(state_of(made.rows[0]), State::ok);
  work_for(base::days(1));
  EXPECT_EQ(state_of(old_key), KeyState::destroyed);
  EXPECT_EQ(state_of(made.rows[0]), State::gone);
  EXPECT_EQ(clear_of(again[1]), made.clear[1]);
}

TEST_F(ServerKeysTurn, when_both_turn_one_renewal_moves_both) {
  const auto made = make();
  const auto old_epoch = rotate(KeyClass::epoch);
  const auto meanwhile = make();
  const auto old_key = rotate(KeyClass::tenant);
  const auto newest = make();
  EXPECT_EQ(made.rows[0].epoch, 1);
  EXPECT_EQ(meanwhile.rows[0].epoch, 2);
  EXPECT_EQ(newest.rows[0].epoch, 3);
  const auto again = renewed({made.rows[0], meanwhile.rows[0]});
  EXPECT_EQ(again[0].epoch, 3);
  tell_left(2, 0);
  work_for(base::days(8));
  EXPECT_EQ(state_of(old_epoch), KeyState::destroyed);
  EXPECT_EQ(state_of(old_key), KeyState::decrypt_only);  // the second one's rows
  EXPECT_EQ(state_of(made.rows[0]), State::gone);
  EXPECT_EQ(state_of(meanwhile.rows[0]), State::ok);
  tell_left(3, 0);
  work_for(base::days(8));
  EXPECT_EQ(state_of(old_key), KeyState::destroyed);
  EXPECT_EQ(state_of(meanwhile.rows[0]), State::gone);
  EXPECT_EQ(clear_of(again[1]), meanwhile.clear[0]);
}

TEST_F(ServerKeysTurn, every_tenant_that_has_rows_is_waited_for) {
  make();
  const auto others = make(other, 1);
  const auto old_epoch = rotate(KeyClass::epoch);
  tell_left(2, 0);
  work_for(base::days(30));
  EXPECT_EQ(state_of(old_epoch), KeyState::decrypt_only);
  tell_left(other, 2, 1);
  work_for(base::days(30));
  EXPECT_EQ(state_of(old_epoch), KeyState::decrypt_only);
  EXPECT_EQ(server_keys.open(other, {.keys = others.rows}).value().keys[0].state, State::ok);
  tell_left(other, 2, 0);
  work_for(base::days(7));
  EXPECT_EQ(state_of(old_epoch), KeyState::destroyed);
}

TEST_F(ServerKeysTurn, who_never_had_a_key_is_not_waited_for) {
  const auto old_epoch = rotate(KeyClass::epoch);
  EXPECT_EQ(tell_left(2, 0), 2);
  EXPECT_EQ(number("select count(*) from server_key_generations"), 0);
  work_for(base::days(7));
  EXPECT_EQ(state_of(old_epoch), KeyState::destroyed);
}

// Server and vault came out of backups of different times: what was told then says nothing about the rows of now.
TEST_F(ServerKeysTurn, what_was_told_long_ago_ends_no_key) {
  const auto made = make();
  const auto old_epoch = rotate(KeyClass::epoch);
  tell_left(2, 0);
  work_off();
  vault.wall.advance(base::days(8));
  work_off();
  EXPECT_EQ(state_of(old_epoch), KeyState::decrypt_only);
  EXPECT_EQ(state_of(made.rows[0]), State::ok);
  tell_left(2, 0);
  work_for(base::days(7));
  EXPECT_EQ(state_of(old_epoch), KeyState::destroyed);
}

// The server came back from a backup, or an answer was under way when it counted.
TEST_F(ServerKeysTurn, rows_that_are_told_of_after_there_were_none_are_waited_for_again) {
  const auto made = make();
  const auto old_epoch = rotate(KeyClass::epoch);
  tell_left(2, 0);
  work_for(base::days(6));
  tell_left(2, 1);
  work_for(base::days(30));
  EXPECT_EQ(state_of(old_epoch), KeyState::decrypt_only);
  EXPECT_EQ(state_of(made.rows[0]), State::ok);
  tell_left(2, 0);
  work_for(base::days(6));
  EXPECT_EQ(state_of(old_epoch), KeyState::decrypt_only);  // seven days from then on
  work_for(base::days(1));
  EXPECT_EQ(state_of(old_epoch), KeyState::destroyed);
}

TEST_F(ServerKeysTurn, what_no_server_can_have_left_is_refused) {
  make();
  for (const auto& [before, rows] : std::vector<std::pair<std::int64_t, std::int64_t>>{
           {0, 0}, {-1, 0}, {2, 0}, {1, -1}, {std::numeric_limits<std::int64_t>::max(), 0}})
    EXPECT_EQ(server_keys.left(vault.tenant, {.before_epoch = before, .rows = rows}).error().reason(), "BAD_VALUE");
  EXPECT_EQ(tell_left(1, 0), 1);  // true, and says nothing
  EXPECT_EQ(number("select count(*) from server_key_generations where rows_left is null"), 1);
}

TEST_F(ServerKeysTurn, a_process_with_an_old_ring_wraps_in_the_newest_generation_that_the_store_knows) {
  KeyHolder holder(*vault.database, vault.wall, vault.random, {.tenants = {"karv-server", "karv-other"}});
  ASSERT_TRUE(holder.unseal(disk.hsm).ok());
  ServerKeys behind(*vault.database, holder, vault.wall, vault.random);
  make();
  rotate(KeyClass::epoch);
  EXPECT_EQ(behind.make(vault.tenant, {.count = 1}).value().newest_epoch, 1);  // it may, for a minute
  tell_left(2, 0);  // from here on nothing is wrapped in the first one any more
  const auto made = behind.make(vault.tenant, {.count = 1}).value();
  EXPECT_EQ(made.newest_epoch, 2);
  EXPECT_EQ(made.keys[0].stored.epoch, 2);

  KeyHolder second(*vault.database, vault.wall, vault.random, {.tenants = {"karv-server", "karv-other"}});
  ASSERT_TRUE(second.unseal(disk.hsm).ok());
  ServerKeys reader(*vault.database, second, vault.wall, vault.random);
  rotate(KeyClass::epoch);
  const auto newer = make();
  EXPECT_EQ(reader.open(vault.tenant, {.keys = newer.rows}).value().keys[0].clear.expose_text(), newer.clear[0]);
  EXPECT_EQ(reader.open(vault.tenant, {.keys = newer.rows}).value().newest_epoch, 3);
  EXPECT_EQ(tell_left(3, 5), 3);
}

TEST_F(ServerKeysTurn, what_was_under_a_compromised_key_is_gone_and_the_server_goes_on) {
  for (const auto key_class : {KeyClass::epoch, KeyClass::tenant}) {
    const auto made = make();
    const auto old_key = rotate(key_class);
    vault.wall.advance(base::hours(2));
    EXPECT_EQ(rotation.end_key(old_key, KeyCommand::destroy).error().reason(), "KEY_IN_USE");
    work_off();  // what the vault itself has under it
    ASSERT_TRUE(rotation.end_key(old_key, KeyCommand::compromise).ok());
    EXPECT_EQ(state_of(made.rows[0]), State::gone);
    EXPECT_EQ(state_of(make().rows[0]), State::ok);
    ASSERT_TRUE(rotation.end_key(old_key, KeyCommand::destroy).ok());
    EXPECT_EQ(state_of(made.rows[0]), State::gone);
  }
}

TEST_F(ServerKeysTurn, a_server_that_is_late_is_an_alarm_once_a_day) {
  make();
  const auto alarmed = [&] {
    EXPECT_TRUE(server_keys.look_after().ok());
    return number("select alarmed_at from server_key_generations where generation = 1");
  };
  vault.wall.advance(base::days(20));
  EXPECT_EQ(alarmed(), 0);  // its keys are active
  rotate(KeyClass::epoch);
  vault.wall.advance(base::days(13));
  EXPECT_EQ(alarmed(), 0);
  vault.wall.advance(base::days(1));
  const auto first = vault.wall.now();
  EXPECT_EQ(alarmed(), first.ms);
  vault.wall.advance(base::hours(23));
  EXPECT_EQ(alarmed(), first.ms);
  vault.wall.advance(base::hours(1));
  EXPECT_EQ(alarmed(), vault.wall.now().ms);
  tell_left(2, 12);
  vault.wall.advance(base::days(1));
  const auto last = vault.wall.now();
  EXPECT_EQ(alarmed(), last.ms);  // it says something, and still has rows
  tell_left(2, 0);
  vault.wall.advance(base::days(1));
  EXPECT_EQ(alarmed(), last.ms);
}

TEST_F(ServerKeysTurn, renewing_what_does_not_open_makes_nobody_wait) {
  auto foreign = make(other, 1).rows;
  const auto answer = server_keys.renew(vault.tenant, {.keys = foreign}).value();
  EXPECT_EQ(answer.keys[0].state, State::broken);
  EXPECT_EQ(answer.newest_epoch, 1);
  EXPECT_EQ(number("select count(*) from server_key_generations"), 1);  // the other's
}

// A store from before the first key: the server's rows are newer than what it knows.
TEST_F(ServerKeysTurn, rows_that_open_are_waited_for_also_when_the_store_came_back_from_before_them) {
  const auto made = make();
  change("delete from server_key_generations", 1);
  EXPECT_EQ(state_of(made.rows[0]), State::ok);
  EXPECT_EQ(number("select count(*) from server_key_generations where rows_left is null"), 1);
  const auto old_epoch = rotate(KeyClass::epoch);
  work_for(base::days(30));
  EXPECT_EQ(state_of(old_epoch), KeyState::decrypt_only);
}

TEST_F(ServerKeysTurn, a_rotation_that_waits_for_servers_keeps_nobody_busy) {
  make();
  const auto old_epoch = rotate(KeyClass::epoch);
  EXPECT_FALSE(rotation.work().value());
  EXPECT_FALSE(rotation.work().value());
  EXPECT_EQ(number("select total - done from key_rotations"), 1);
  tell_left(2, 0);
  EXPECT_FALSE(rotation.work().value());
  EXPECT_EQ(number("select done from key_rotations"), 1);
  EXPECT_EQ(state_of(old_epoch), KeyState::decrypt_only);
}

}  // namespace
}  // namespace karv::vault
