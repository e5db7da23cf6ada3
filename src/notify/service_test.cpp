#include "notify/service.h"

#include <string>

#include <gtest/gtest.h>

#include "identity/world_for_test.h"
#include "notify/sealed_mail.h"
#include "store/outbox.h"

namespace karv::notify {
namespace {

namespace outbox = store::outbox;

class NotifyTest : public testing::Test {
 protected:
  Context context() { return {key, world.wall, world.random}; }
  base::Result<void> enqueue(std::string_view name = kSignInCode) {
    identity::MailToSend mail{identity::WorldForTest::email("anna@example.com"), name, identity::Language::en, {}};
    for (const std::string_view parameter : parameters_of(name)) mail.parameters.emplace_back(parameter, "123456");
    return world.write<void>([&](store::Tx& tx) { return enqueue_mail(tx, context(), mail); });
  }
  DeliveryCounts deliver(std::int64_t limit = 100) {
    return deliver_due_mails(
               *world.database, context(),
               [this](const OutgoingMail& mail) {
                 sent.push_back(mail);
                 return answer;
               },
               limit)
        .value();
  }
  std::vector<outbox::Entry> entries(std::string_view name = kSignInCode) {
    return world
        .read<std::vector<outbox::Entry>>([&](store::ReadTx& tx) { return outbox::list_by_key(tx, kMailTopic, name); })
        .value();
  }

  identity::WorldForTest world{{migrations()}};
  base::SecretBytes key = identity::key_for_test(5);
  base::Result<void> answer{};
  std::vector<OutgoingMail> sent;
};

TEST_F(NotifyTest, a_committed_mail_is_sent_once_with_its_text) {
  ASSERT_TRUE(enqueue().ok());
  EXPECT_EQ(deliver().sent, 1);
  EXPECT_EQ(deliver().sent, 0);
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].to, "anna@example.com");
  EXPECT_EQ(sent[0].subject, "Your sign-in code");
  EXPECT_NE(sent[0].body.find("123456"), std::string::npos);
  EXPECT_EQ(sent[0].message_id, entries()[0].id.text());
  EXPECT_EQ(entries()[0].state, outbox::State::done);
}

TEST_F(NotifyTest, what_is_undone_is_never_sent) {
  const auto undone = world.write<void>([&](store::Tx& tx) -> base::Result<void> {
    identity::MailToSend mail{
        identity::WorldForTest::email("anna@example.com"), kSignInCode, identity::Language::en, {{"code", "123456"}}};
    KARV_TRY_VOID(enqueue_mail(tx, context(), mail));
    return base::Error(base::ErrorCode::refused);
  });
  EXPECT_FALSE(undone.ok());
  EXPECT_EQ(deliver().sent, 0);
}

TEST_F(NotifyTest, a_malformed_mail_undoes_its_transaction) {
  const auto refused = world.write<void>([&](store::Tx& tx) {
    return enqueue_mail(
        tx, context(),
        {identity::WorldForTest::email("anna@example.com"), kSignInCode, identity::Language::en, {{"code", "1\n2"}}});
  });
  EXPECT_FALSE(refused.ok());
  EXPECT_TRUE(entries().empty());
}

TEST_F(NotifyTest, a_mail_that_cannot_be_sent_waits_longer_each_time_with_the_same_message_id) {
  ASSERT_TRUE(enqueue(kCardReplaced).ok());
  answer = base::Error(base::ErrorCode::unavailable);
  EXPECT_EQ(deliver().to_retry, 1);
  EXPECT_EQ(deliver().to_retry, 0);
  world.wall.advance(base::seconds(30));
  EXPECT_EQ(deliver().to_retry, 1);
  world.wall.advance(base::seconds(30));
  EXPECT_EQ(deliver().to_retry, 0);
  world.wall.advance(base::seconds(90));
  answer = {};
  EXPECT_EQ(deliver().sent, 1);
  ASSERT_EQ(sent.size(), 3U);
  EXPECT_EQ(sent[0].message_id, sent[2].message_id);
}

TEST_F(NotifyTest, a_refused_mail_is_given_up_and_said_so) {
  ASSERT_TRUE(enqueue().ok());
  answer = base::Error(base::ErrorCode::refused);
  EXPECT_EQ(deliver().given_up, 1);
  EXPECT_EQ(deliver().given_up, 0);
  EXPECT_EQ(entries()[0].state, outbox::State::failed);
  EXPECT_EQ(entries()[0].last_error, "REFUSED");
}

TEST_F(NotifyTest, a_code_that_came_too_late_is_not_sent) {
  ASSERT_TRUE(enqueue().ok());
  world.wall.advance(base::minutes(10));
  EXPECT_EQ(deliver().given_up, 1);
  EXPECT_TRUE(sent.empty());
}

TEST_F(NotifyTest, retrying_ends_after_some_days) {
  ASSERT_TRUE(enqueue(kRefundMade).ok());
  answer = base::Error(base::ErrorCode::timeout);
  DeliveryCounts counts;
  int rounds = 0;
  while (counts.given_up == 0 && rounds < 200) {
    counts = deliver();
    world.wall.advance(base::hours(2));
    ++rounds;
  }
  EXPECT_EQ(counts.given_up, 1);
  EXPECT_EQ(rounds, 37);  // 36 rounds of two hours are three days
}

TEST_F(NotifyTest, a_mail_is_sealed_while_it_waits_and_unreadable_after) {
  ASSERT_TRUE(enqueue().ok());
  const outbox::Entry waiting = entries()[0];
  const std::string_view payload = base::as_text(waiting.payload);
  EXPECT_EQ(payload.find("123456"), std::string_view::npos);
  EXPECT_EQ(payload.find("anna"), std::string_view::npos);
  ASSERT_EQ(deliver().sent, 1);
  // The mail's own key is gone: even a copy that is claimed again cannot be opened.
  ASSERT_TRUE(world
                  .write<void>([&](store::Tx& tx) -> base::Result<void> {
                    outbox::NewEntry again{base::make_id<outbox::EntryTag>(world.wall, world.random),
                                           std::string(kMailTopic),
                                           "copy",
                                           waiting.payload,
                                           world.wall.now(),
                                           world.wall.now()};
                    outbox::put(tx, again);
                    return {};
                  })
                  .ok());
  EXPECT_EQ(deliver().given_up, 1);
  EXPECT_EQ(entries("copy")[0].last_error, "GONE");
}

TEST_F(NotifyTest, a_crash_while_sending_is_tried_again_after_the_lease) {
  ASSERT_TRUE(enqueue(kCardReplaced).ok());
  ASSERT_TRUE(world
                  .write<std::vector<outbox::Entry>>([&](store::Tx& tx) {
                    return outbox::claim(tx, kMailTopic, world.wall.now(), base::minutes(3), 10);
                  })
                  .ok());
  EXPECT_EQ(deliver().sent, 0);
  world.wall.advance(base::minutes(3));
  EXPECT_EQ(deliver().sent, 1);
}

TEST_F(NotifyTest, no_more_than_asked_for_are_sent_in_one_run) {
  for (int i = 0; i < 7; ++i) ASSERT_TRUE(enqueue().ok());
  EXPECT_EQ(deliver(5).sent, 5);
  EXPECT_EQ(deliver(5).sent, 2);
  EXPECT_EQ(deliver(0).sent, 0);
}

TEST_F(NotifyTest, a_sealed_mail_opens_for_its_entry_and_key_only) {
  const auto entry = base::make_id<outbox::EntryTag>(world.wall, world.random);
  const auto other = base::make_id<outbox::EntryTag>(world.wall, world.random);
  const WaitingMail mail{"anna@example.com", "s", "b \xC3\xA5", 5};
  const SealedMail sealed = seal_mail(key, entry, mail, world.random);
  ASSERT_TRUE(open_mail(key, entry, sealed).ok());
  EXPECT_EQ(open_mail(key, entry, sealed)->body, mail.body);
  EXPECT_FALSE(open_mail(key, other, sealed).ok());
  EXPECT_FALSE(open_mail(identity::key_for_test(6), entry, sealed).ok());
  const SealedMail second = seal_mail(key, entry, mail, world.random);
  EXPECT_FALSE(open_mail(key, entry, {sealed.payload, second.wrapped_key}).ok());
  EXPECT_FALSE(open_mail(key, entry, {{}, {}}).ok());
}

}  // namespace
}  // namespace karv::notify
