#include "vault/operations/operation_checks.h"

#include <algorithm>

#include "vault/network/network_messages.h"

namespace karv::vault {
namespace {

constexpr std::int64_t kMostMinor = 999'999'999'999;  // DE4 has twelve digits

base::Error wrong(const char* text) { return base::public_error(base::ErrorCode::bad_value, text, "BAD_VALUE"); }

}  // namespace

base::Result<void> check_operation(OperationKind kind, const vault_api::CardOperation& request) {
  const bool may_be_zero = kind == OperationKind::hold || kind == OperationKind::reverse;
  if (request.amount_minor < (may_be_zero ? 0 : 1) || request.amount_minor > kMostMinor)
    return wrong("The amount is not one that the card network takes.");
  if (numeric_currency(request.currency).empty()) return wrong("The currency is not one that the card network takes.");
  if (request.operation.is_nil()) return wrong("The operation has no id.");
  const auto printable = [](char c) { return c >= 0x20 && c < 0x7f; };
  if (request.merchant_reference.empty() || request.merchant_reference.size() > 15 ||
      !std::ranges::all_of(request.merchant_reference, printable))
    return wrong("The merchant reference is not 1 to 15 printable characters.");
  if (request.merchant_name.empty() || request.merchant_name.size() > 200)
    return wrong("The merchant name is not 1 to 200 bytes.");
  const bool quotes = kind != OperationKind::hold && kind != OperationKind::payout;
  if (quotes != request.original_operation.has_value())
    return wrong("A hold or payout quotes no operation, everything else does.");
  return {};
}

}  // namespace karv::vault
