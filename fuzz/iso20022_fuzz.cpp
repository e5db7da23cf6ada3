// What a bank sends: whatever the bytes, the reader answers with values that keep their forms, or refuses.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "wire/iso20022_camt053.h"
#include "wire/iso20022_pain002.h"

namespace {

void check_statements(karv::base::ByteView bytes) {
  const auto statements = karv::wire::iso20022::read_camt053(bytes);
  if (!statements.ok()) return;
  if (statements->empty()) std::abort();
  for (const auto& statement : *statements) {
    if (statement.id.empty() || statement.account.empty()) std::abort();
    for (const auto& entry : statement.entries)
      if (entry.account.size() > 34 || entry.amount.currency.size() != 3) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  check_statements({data, size});
  const auto report = karv::wire::iso20022::read_pain002({data, size});
  if (!report.ok()) return 0;
  if (report->original_message_id.empty() || report->original_message_id.size() > 35) std::abort();
  if (report->group_status.size() > 4 || report->reason.size() > 4 || report->text.size() > 500) std::abort();
  for (const auto& entry : report->entries)
    if (entry.end_to_end_id.empty() || entry.status.empty() || entry.status.size() > 4) std::abort();
  return 0;
}
