#include "vault/input/number_scrub.h"

#include <array>
#include <cstddef>
#include <string>

#include "vault/bank/iban.h"

namespace karv::vault {
namespace {

constexpr std::size_t kLongestRun = 64;  // as much as parse_bank_account() takes
constexpr std::size_t kShownFirst = 2;
constexpr std::size_t kShownLast = 4;

// The letters and digits from a place on, with where they stand.
struct Run {
  std::array<char, kLongestIban> text{};
  std::array<std::size_t, kLongestIban> places{};
  std::size_t size = 0;

  std::string_view view() const { return {text.data(), size}; }
};

// Goes on until there are `wanted`, or something stands in the way.
void extend(Run& run, std::string_view text, std::size_t from, std::size_t wanted) {
  std::size_t at = run.size == 0 ? from : run.places[run.size - 1] + 1;
  for (; run.size < wanted && at < text.size() && at - from < kLongestRun; ++at) {
    const char c = text[at];
    const bool small = c >= 'a' && c <= 'z';
    if (small || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) {
      run.text[run.size] = static_cast<char>(small ? c - 'a' + 'A' : c);
      run.places[run.size++] = at;
    } else if (run.size == 0 || (c != ' ' && c != '-')) {
      return;
    }
  }
}

// Empty when no IBAN begins there.
Run iban_at(std::string_view text, std::size_t from) {
  Run run;
  extend(run, text, from, 2);
  const std::size_t length = run.size == 2 ? iban_length_of(run.view()) : 0;
  extend(run, text, from, length);
  return length != 0 && is_iban(run.view()) ? run : Run();
}

}  // namespace

base::MaskedText scrub_numbers(std::string_view text) {
  base::MaskedText out{.text = std::string(text), .masked = 0};
  // What is left of one may begin the next: every place is looked at, in the text as it is by then.
  for (std::size_t from = 0; from < out.text.size(); ++from) {
    const Run run = iban_at(out.text, from);
    if (run.size == 0) continue;
    for (std::size_t i = kShownFirst; i < run.size - kShownLast; ++i) out.text[run.places[i]] = '*';
    ++out.masked;
  }
  auto cards = base::mask_card_numbers(out.text);
  cards.masked += out.masked;
  return cards;
}

}  // namespace karv::vault
