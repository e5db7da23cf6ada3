#include "transfers/round.h"

namespace karv::bench {

PlayedCalls play(const Hands& hands, const Pace& pace, const Write& write) {
  struct Lane {
    Share share;
    std::size_t taken = 0;
  };
  std::vector<Lane> lanes(hands.size(), Lane{.share = Share(pace.calls_per_commit)});
  const auto write_next = [&](int writer) -> std::int64_t {
    auto& lane = lanes[static_cast<std::size_t>(writer)];
    const std::span<const Call> hand = hands[static_cast<std::size_t>(writer)];
    const auto count = lane.share.next();
    if (hand.size() - lane.taken < count) return 0;
    write(writer, hand.subspan(lane.taken, count));
    lane.taken += count;
    return static_cast<std::int64_t>(count);
  };
  PlayedCalls played{play(static_cast<int>(hands.size()), pace.seconds, write_next)};
  const auto transfers_of_call = hands.front().front().transfers.size();
  played.calls = played.items;
  played.transfers = played.calls * static_cast<std::int64_t>(transfers_of_call);
  played.round.per_second *= static_cast<double>(transfers_of_call);
  played.round.cpu_us /= static_cast<double>(transfers_of_call);
  return played;
}

}  // namespace karv::bench
