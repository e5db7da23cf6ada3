// Decoding leaves nothing of a secret behind on the stack: it runs on a thread whose stack is ours to search.
#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <pthread.h>

#include "json/decode.h"

namespace karv::json {
namespace {

struct Card {
  base::SecretBytes number;
};
BOOST_DESCRIBE_STRUCT(Card, (), (number))

struct Work {
  std::string text;
  bool read = false;
};

template <class T>
void* decode_there(void* argument) {
  auto& work = *static_cast<Work*>(argument);
  work.read = decode<T>(work.text).ok();
  return nullptr;
}

// The stack as it is after `routine` ran on it.
std::string stack_after(void* (*routine)(void*), Work& work) {
  constexpr std::size_t kSize = 1024 * 1024;
  std::vector<char> stack(kSize + 4096);
  auto* base = reinterpret_cast<char*>((reinterpret_cast<std::uintptr_t>(stack.data()) + 4095) & ~std::uintptr_t{4095});
  pthread_attr_t attributes;
  EXPECT_EQ(pthread_attr_init(&attributes), 0);
  EXPECT_EQ(pthread_attr_setstack(&attributes, base, kSize), 0);
  pthread_t thread{};
  EXPECT_EQ(pthread_create(&thread, &attributes, routine, &work), 0);
  EXPECT_EQ(pthread_join(thread, nullptr), 0);
  pthread_attr_destroy(&attributes);
  return {base, kSize};
}

constexpr std::string_view kSecret = "correct horse battery staple";
std::string escaped(std::string_view close) {
  return R"({"number":"\u0063orrect horse battery staple)" + std::string(close);
}

TEST(SecretTraces, an_escaped_secret_leaves_none) {
  Work work{escaped("\"}")};
  EXPECT_EQ(stack_after(&decode_there<Card>, work).find(kSecret), std::string::npos);
  EXPECT_TRUE(work.read);
}

TEST(SecretTraces, a_secret_in_a_broken_document_leaves_none) {
  Work work{escaped("\\x")};
  EXPECT_EQ(stack_after(&decode_there<Card>, work).find(kSecret), std::string::npos);
  EXPECT_FALSE(work.read);
}

}  // namespace
}  // namespace karv::json
