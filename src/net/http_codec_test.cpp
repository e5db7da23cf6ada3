#include "net/http_codec.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "net/event_queue.h"
#include "net/percent.h"
#include "net/wiped_text.h"

namespace karv::net {
namespace {

TEST(HttpDateTest, the_example_of_rfc_9110) {
  EXPECT_EQ(http1::http_date({784'111'777'000}), "Sun, 06 Nov 1994 08:49:37 GMT");
}

// The table of RFC 3629 section 4, at its edges.
TEST(Utf8Test, well_formed_text_only) {
  for (const auto* const good : {"", "a", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
                                 "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"})
    EXPECT_TRUE(is_utf8(good));
  for (const auto* const bad : {"\x80", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2\x41", "\xe0\x9f\xbf", "\xed\xa0\x80",
                                "\xe2\x82", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff"})
    EXPECT_FALSE(is_utf8(bad));
}

TEST(HttpCodecTest, a_response_may_not_carry_what_net_writes_itself) {
  for (const auto* const name :
       {"Content-Length", "transfer-encoding", "Connection", "Date", "Upgrade", "Bad Name", "", "X:Y"})
    EXPECT_FALSE(http1::are_sendable(Headers{{name, "1"}})) << name;
  EXPECT_FALSE(http1::are_sendable(Headers{{"X", std::string("a\0b", 3)}}));
  EXPECT_TRUE(http1::are_sendable(Headers{{"X", "a\tb \xc3\xa9"}}));
}

RC_GTEST_PROP(HttpCodecProperties, a_rendered_request_is_read_back_as_it_was, ()) {
  const auto word = rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::inRange('a', 'z')));
  OutboundRequest request{.destination = "d", .path = "/" + *word, .headers = {{"X-" + *word, *word}}, .body = *word};
  const auto bytes = http1::render_request(request, "host.test");
  RC_ASSERT(bytes.has_value());
  const std::size_t end = bytes->find("\r\n\r\n") + 4;
  http1::RequestHead head;
  RC_ASSERT(http1::parse_request_head(std::string_view(*bytes).substr(0, end), head).ok());
  RC_ASSERT(head.request.path == request.path);
  RC_ASSERT(head.framing.length == request.body.size());
  RC_ASSERT(head.request.headers.find(request.headers.all().front().name) == request.headers.all().front().value);
  RC_ASSERT(bytes->substr(end) == request.body);
}

RC_GTEST_PROP(ChunkDecoderProperties, pieces_make_no_difference, ()) {
  const auto parts =
      *rc::gen::container<std::vector<std::string>>(rc::gen::nonEmpty(rc::gen::arbitrary<std::string>()));
  std::string wire;
  std::string whole;
  for (const auto& part : parts) {
    char size[16];
    std::snprintf(size, sizeof(size), "%zx\r\n", part.size());
    wire.append(size).append(part).append("\r\n");
    whole += part;
  }
  wire += "0\r\n\r\nrest";
  http1::ChunkDecoder decoder(1 << 20);
  std::string body;
  auto state = http1::ChunkDecoder::State::more;
  std::size_t at = 0;
  while (state == http1::ChunkDecoder::State::more) {
    const auto size = *rc::gen::inRange<std::size_t>(1, 10);
    std::size_t consumed = 0;
    state = decoder.feed(std::string_view(wire).substr(at, size), body, consumed);
    at += consumed;
  }
  RC_ASSERT(state == http1::ChunkDecoder::State::done);
  RC_ASSERT(body == whole);
  RC_ASSERT(wire.substr(at) == "rest");
}

// So that a path that does not decode is refused in the dialect of the API below which it lies.
TEST(ReadablePathTest, the_segments_before_the_first_that_does_not_decode_are_read) {
  struct Case {
    std::string target, path;
  };
  for (const auto& [target, path] : std::vector<Case>{{"/payments/v1/%zz", "/payments/v1"},
                                                      {"/payments/v1/%zz/order", "/payments/v1"},
                                                      {"//payments///v1/%ff?a=b", "/payments/v1"},
                                                      {"/payments/v1/../x", "/payments/v1"},
                                                      {"/payments/v1/%2e%2e/x", "/payments/v1"},
                                                      {"/payments/a%2fb", "/payments"},
                                                      {"/payments/\xc3\xbc", "/payments"},
                                                      {"/pay%6dents/%00", "/payments"},
                                                      {"/payments/x#y", "/payments/x"},
                                                      {"/%zz/payments", ""},
                                                      {"payments/v1", ""},
                                                      {"https://pay.localhost/payments", ""},
                                                      {"*", ""},
                                                      {"", ""}}) {
    http1::RequestHead head;
    const std::string text = "GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n";
    EXPECT_FALSE(http1::parse_request_head(text, head).ok()) << target;
    EXPECT_EQ(head.request.path, path) << target;
  }
}

TEST(ReadablePathTest, a_head_that_is_not_there_to_its_end_is_read_as_far_as_it_goes) {
  EXPECT_EQ(http1::readable_path("POST /payments/v1/sessions HTTP/1.1\r\nHost: pay"), "/payments/v1/sessions");
  EXPECT_EQ(http1::readable_path("POST /payments/v1/ses"), "/payments/v1/ses");
  for (const char* text : {"", " ", "POST", "POST ", "POST HTTP", "\r\n\r\n", "\r\n /payments"})
    EXPECT_EQ(http1::readable_path(text), "") << text;
}

TEST(WipedTextTest, growing_keeps_the_text_and_wiping_empties_it) {
  std::string text = "0123456789012345678901234567890123456789";
  reserve_text(text, 1000, Wipe::yes);
  EXPECT_GE(text.capacity(), 1000U);
  EXPECT_EQ(text, "0123456789012345678901234567890123456789");
  const char* const memory = text.data();
  wipe_text(text);
  EXPECT_TRUE(text.empty());
  ASSERT_EQ(text.data(), memory);
  text.resize(40, '\0');  // the same memory: nothing but zeros is left in it
  EXPECT_EQ(text, std::string(40, '\0'));
}

TEST(EventTest, an_event_has_one_data_line_per_line) {
  EXPECT_EQ(render_event("changed", "a\r\nb\nc\rd"), "event: changed\ndata: a\ndata: b\ndata: c\ndata: d\n\n");
  EXPECT_EQ(render_event("", ""), "data: \n\n");
  EXPECT_EQ(render_event("a\rb", ""), std::nullopt);
}

TEST(EventQueueTest, a_full_queue_closes_and_forgets) {
  int woken = 0;
  EventQueue queue(2, [&] { ++woken; });
  EXPECT_TRUE(queue.push("a"));
  EXPECT_TRUE(queue.push("b"));
  EXPECT_EQ(queue.take(), "ab");
  EXPECT_EQ(queue.take(), "");
  EXPECT_TRUE(queue.push("c"));
  EXPECT_TRUE(queue.push("d"));
  EXPECT_FALSE(queue.push("e"));
  EXPECT_FALSE(queue.push("f"));
  EXPECT_EQ(queue.take(), std::nullopt);
  EXPECT_EQ(woken, 5);
}

}  // namespace
}  // namespace karv::net
