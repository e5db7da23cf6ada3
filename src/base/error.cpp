#include "base/error.h"

#include <array>

namespace karv::base {
namespace {

using enum ErrorCode;
constexpr auto kErrorCatalog = std::to_array<ErrorRow>({
    {bad_request, "BAD_REQUEST", 400, "The request could not be read.", Retry::never, MoneyMoved::no},
    {bad_value, "BAD_VALUE", 400, "A value is wrong.", Retry::never, MoneyMoved::no},
    {unauthorized, "UNAUTHORIZED", 401, "The credentials are missing or wrong.", Retry::never, MoneyMoved::no},
    {forbidden, "FORBIDDEN", 403, "This is not yours to see or do.", Retry::never, MoneyMoved::no},
    {not_found, "NOT_FOUND", 404, "There is nothing here by that name.", Retry::never, MoneyMoved::no},
    {gone, "GONE", 410, "This was used or has expired.", Retry::never, MoneyMoved::no},
    {conflict, "CONFLICT", 409, "Something else changed this at the same time.", Retry::same_key, MoneyMoved::no},
    {idempotency_conflict, "IDEMPOTENCY_CONFLICT", 409, "This idempotency key was used with another request.",
     Retry::never, MoneyMoved::no},
    {not_matching, "NOT_MATCHING", 409, "The request does not match what was agreed.", Retry::never, MoneyMoved::no},
    {not_allowed, "NOT_ALLOWED", 403, "The state does not allow this.", Retry::never, MoneyMoved::no},
    {wrong_code, "WRONG_CODE", 401, "The code is not right.", Retry::never, MoneyMoved::no},
    {code_expired, "CODE_EXPIRED", 410, "The code is no longer valid. Ask for a new one.", Retry::never,
     MoneyMoved::no},
    {declined, "DECLINED", 402, "The card was declined by its bank.", Retry::never, MoneyMoved::no},
    {refused, "REFUSED", 403, "This purchase cannot be offered.", Retry::never, MoneyMoved::no},
    {too_large, "TOO_LARGE", 413, "The request is too large.", Retry::never, MoneyMoved::no},
    {too_many_requests, "TOO_MANY_REQUESTS", 429, "Too many requests. Try again later.", Retry::later, MoneyMoved::no},
    {unprocessable, "UNPROCESSABLE", 422, "A field breaks a rule.", Retry::never, MoneyMoved::no},
    {unknown_outcome, "UNKNOWN_OUTCOME", 502, "The outcome is not known yet; it will be settled, do not repeat it.",
     Retry::same_key, MoneyMoved::unknown},
    {unavailable, "UNAVAILABLE", 503, "This is not available right now. Try again later.", Retry::same_key,
     MoneyMoved::no},
    {timeout, "TIMEOUT", 504, "This took too long. Repeat it with the same key.", Retry::same_key, MoneyMoved::unknown},
    {storage_full, "STORAGE_FULL", 503, "Nothing can be stored right now. Try again later.", Retry::same_key,
     MoneyMoved::no},
    {internal, "INTERNAL", 500, "Something went wrong on our side.", Retry::same_key, MoneyMoved::unknown},
});

constexpr bool rows_are_in_order() {
  for (std::size_t i = 0; i < kErrorCatalog.size(); ++i)
    if (static_cast<std::size_t>(kErrorCatalog[i].code) != i) return false;
  return kErrorCatalog.size() == static_cast<std::size_t>(internal) + 1;
}
static_assert(rows_are_in_order(), "row_of() indexes the catalogue by code");

}  // namespace

std::span<const ErrorRow> error_catalog() { return kErrorCatalog; }
const ErrorRow& row_of(ErrorCode code) { return kErrorCatalog[static_cast<std::size_t>(code)]; }

}  // namespace karv::base
