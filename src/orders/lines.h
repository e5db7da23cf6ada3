// The arithmetic of order lines: which amounts must add up, and what to say when they do not.
//
// A problem names the field, the value received and the value expected, because "Bad value:
// order_lines[0].total_amount" alone costs a shop's developer an afternoon. Pure. Source: Klarna Payments v1 line
// rules.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "json/field_errors.h"
#include "orders/types.h"

namespace karv::orders {

// Says that `field` is wrong, what was received and what would have been right.
void complain(json::FieldErrors& errors, std::string field, std::string_view received, std::string_view expected);

// Checks each line, their sum and the tax.
void check_lines(std::span<const OrderLine> lines, std::string_view country, std::int64_t order_amount,
                 std::optional<std::int64_t> order_tax_amount, json::FieldErrors& errors);

// Checks lines that accompany a capture or refund: each line alone and their sum against `amount`, named
// `amount_field`.
void check_partial_lines(std::span<const OrderLine> lines, std::int64_t amount, std::string_view amount_field,
                         json::FieldErrors& errors);

}  // namespace karv::orders
