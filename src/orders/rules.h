// What an order allows, decided without touching anything: state + command + facts -> the order as it will be.
//
// The state machine is kOrderSteps; what is not listed is refused. Money rules come on top. Every refusal carries the
// contract's word as its reason (CAPTURE_NOT_ALLOWED, ...) and says in its second line what was asked and what is left.
// Source: Order Management v1.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "base/result.h"
#include "orders/types.h"

namespace karv::orders {

// capture_nothing: a capture of 0 while something is left. It is recorded and changes nothing else: shops send it for
// lines without a price, and an order of which nothing was taken can still be canceled. A capture of 0 when nothing is
// left (an order of 0) is capture_rest.
enum class OrderCommand : std::uint8_t {
  capture_nothing,
  capture_part,
  capture_rest,
  cancel,
  release,
  expire,
  extend,
  update,
  refund
};

struct OrderStep {
  OrderStatus from;
  OrderCommand command;
  OrderStatus to;
};

inline constexpr auto kOrderSteps = std::to_array<OrderStep>({
    {OrderStatus::AUTHORIZED, OrderCommand::capture_nothing, OrderStatus::AUTHORIZED},
    {OrderStatus::AUTHORIZED, OrderCommand::capture_part, OrderStatus::PART_CAPTURED},
    {OrderStatus::AUTHORIZED, OrderCommand::capture_rest, OrderStatus::CAPTURED},
    {OrderStatus::AUTHORIZED, OrderCommand::cancel, OrderStatus::CANCELLED},
    {OrderStatus::AUTHORIZED, OrderCommand::expire, OrderStatus::EXPIRED},
    {OrderStatus::AUTHORIZED, OrderCommand::extend, OrderStatus::AUTHORIZED},
    {OrderStatus::AUTHORIZED, OrderCommand::update, OrderStatus::AUTHORIZED},
    {OrderStatus::PART_CAPTURED, OrderCommand::capture_nothing, OrderStatus::PART_CAPTURED},
    {OrderStatus::PART_CAPTURED, OrderCommand::capture_part, OrderStatus::PART_CAPTURED},
    {OrderStatus::PART_CAPTURED, OrderCommand::capture_rest, OrderStatus::CAPTURED},
    {OrderStatus::PART_CAPTURED, OrderCommand::release, OrderStatus::CAPTURED},
    {OrderStatus::PART_CAPTURED, OrderCommand::expire, OrderStatus::EXPIRED},
    {OrderStatus::PART_CAPTURED, OrderCommand::extend, OrderStatus::PART_CAPTURED},
    {OrderStatus::PART_CAPTURED, OrderCommand::update, OrderStatus::PART_CAPTURED},
    {OrderStatus::PART_CAPTURED, OrderCommand::refund, OrderStatus::PART_CAPTURED},
    {OrderStatus::CAPTURED, OrderCommand::refund, OrderStatus::CAPTURED},
    {OrderStatus::EXPIRED, OrderCommand::refund, OrderStatus::EXPIRED},
});

constexpr std::optional<OrderStatus> next_status(OrderStatus from, OrderCommand command) {
  for (const auto& step : kOrderSteps)
    if (step.from == from && step.command == command) return step.to;
  return std::nullopt;
}

// How long an authorization lasts and may be stretched. Source: the contract's account settings.
inline constexpr base::Duration kAuthorizationTime = base::days(28);
inline constexpr base::Duration kLongestAuthorizationTime = base::days(180);

// Midnight UTC 28 days after the day of `from`.
base::Instant authorization_end(base::Instant from);

// Each answers the order after the command (version raised by one), or the refusal.
base::Result<Order> decide_capture(const Order& order, std::int64_t amount, base::Instant now);
base::Result<Order> decide_cancel(const Order& order, base::Instant now);
base::Result<Order> decide_release(const Order& order, base::Instant now);
base::Result<Order> decide_extend(const Order& order, base::Instant now);
base::Result<Order> decide_expire(const Order& order, base::Instant now);
base::Result<Order> decide_refund(const Order& order, std::int64_t amount);
// A new total. Not below what was captured; an increase needs the caller's fresh decision (`increase_allowed`).
base::Result<Order> decide_update_amount(const Order& order, std::int64_t order_amount, bool increase_allowed,
                                         base::Instant now);

}  // namespace karv::orders
