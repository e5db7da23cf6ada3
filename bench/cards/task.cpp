#include "cards/task.h"

#include "base/check.h"
#include "crypto/aead.h"
#include "crypto/hash.h"

namespace karv::bench {
namespace {

constexpr int kFormWorkers = 4;  // of karv-vault's public door
constexpr std::int64_t kList = 100;
constexpr std::size_t kClearSize = 48;  // a card's number, expiry and name; a key is smaller
constexpr std::size_t kPlaceSize = 72;  // associated data: the table's name and three ids

template <class Call>
std::function<std::int64_t(BenchVault&)> one(Call call) {
  return [call](BenchVault& vault) {
    (vault.*call)();
    return std::int64_t{1};
  };
}
template <class Call>
std::function<std::int64_t(BenchVault&)> list(Call call, std::int64_t size) {
  return [call, size](BenchVault& vault) {
    (vault.*call)(size);
    return size;
  };
}

}  // namespace

std::vector<Task> tasks(int callers) {
  return {
      // Digests: the ticket's three times, fingerprint, token. Sealed: the customer's key, the card; both are opened
      // when the token is collected, for the expiry.
      {.name = "tokenize",
       .callers = kFormWorkers,
       .cryptography = {.digests = 5, .seals = 2, .opens = 2},
       .call = one(&BenchVault::tokenize)},
      {.name = "tokenize, lists of 100",
       .callers = kFormWorkers,
       .items = kList,
       .cryptography = {.digests = 2, .seals = 2},
       .call = list(&BenchVault::tokenize_list, kList)},
      {.name = "describe",
       .callers = callers,
       .kind = Kind::questions,
       .cryptography = {.digests = 1, .opens = 2},
       .call = list(&BenchVault::describe, 1)},
      {.name = "describe, lists of 100",
       .callers = kFormWorkers,
       .items = kList,
       .kind = Kind::questions,
       .cryptography = {.digests = 1, .opens = 2},
       .call = list(&BenchVault::describe, kList)},
      // Digests: the token's, and that of the message.
      {.name = "use", .callers = callers, .cryptography = {.digests = 2, .opens = 2}, .call = one(&BenchVault::hold)},
      {.name = "rewrap",
       .items = vault::RotationSettings().batch,
       .kind = Kind::rewrap,
       .cryptography = {.seals = 1, .opens = 1},
       .call = [](BenchVault& vault) { return vault.rewrap(); }}};
}

Cipher::Cipher()
    : key_(crypto::kAeadKeySize),
      clear_(kClearSize, 7),
      place_(kPlaceSize, 9),
      sealed_((random_.fill(key_.expose_mutable()), crypto::seal(key_, clear_, place_, random_))) {}

void Cipher::run(const Cryptography& cryptography) {
  for (int i = 0; i < cryptography.digests; ++i) KARV_CHECK(!crypto::hmac_sha256(key_, clear_).empty());
  for (int i = 0; i < cryptography.seals; ++i) sealed_ = crypto::seal(key_, clear_, place_, random_);
  for (int i = 0; i < cryptography.opens; ++i) KARV_CHECK(crypto::open(key_, sealed_, place_).ok());
}

}  // namespace karv::bench
