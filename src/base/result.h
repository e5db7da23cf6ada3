// Result<T>: the answer of everything that may be refused or fail, and the way to pass a failure on.
//
//   Result<Order> find(OrderId id);
//   KARV_TRY(auto order, find(id));        // leaves the function with the error, or goes on with the value
//   KARV_TRY_VOID(check(order));
//
// Refusals and operational failures are Results. Bugs are checks (base/check.h). Never throw for either.
#pragma once

#include <expected>
#include <type_traits>
#include <utility>

#include "base/error.h"

namespace karv::base {

template <class T = void>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  template <class U = T>
    requires(std::is_constructible_v<T, U &&> && !std::is_same_v<std::remove_cvref_t<U>, Result> &&
             !std::is_same_v<std::remove_cvref_t<U>, Error>)
  Result(U&& value) : inner_(std::in_place, std::forward<U>(value)) {}  // NOLINT(google-explicit-constructor)
  Result(Error error) : inner_(std::unexpect, std::move(error)) {}      // NOLINT(google-explicit-constructor)

  bool ok() const { return inner_.has_value(); }
  explicit operator bool() const { return ok(); }

  // Pre: ok().
  const T& value() const& { return inner_.value(); }
  T& value() & { return inner_.value(); }
  T&& value() && { return std::move(inner_).value(); }
  const T& operator*() const& { return value(); }
  T& operator*() & { return value(); }
  const T* operator->() const { return &value(); }
  T* operator->() { return &value(); }

  // Pre: !ok().
  const Error& error() const& { return inner_.error(); }
  Error&& error() && { return std::move(inner_).error(); }

 private:
  std::expected<T, Error> inner_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  Result() = default;
  Result(Error error) : inner_(std::unexpect, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return inner_.has_value(); }
  explicit operator bool() const { return ok(); }
  void value() const { inner_.value(); }
  const Error& error() const& { return inner_.error(); }
  Error&& error() && { return std::move(inner_).error(); }

 private:
  std::expected<void, Error> inner_;
};

}  // namespace karv::base

#define KARV_TRY_CONCAT_(a, b) a##b
#define KARV_TRY_NAME_(n) KARV_TRY_CONCAT_(karv_try_result_, n)
#define KARV_TRY_(name, declaration, ...)         \
  auto name = (__VA_ARGS__);                      \
  if (!name.ok()) return std::move(name).error(); \
  declaration = std::move(name).value()
#define KARV_TRY(declaration, ...) KARV_TRY_(KARV_TRY_NAME_(__COUNTER__), declaration, __VA_ARGS__)

#define KARV_TRY_VOID(...)                                                     \
  do {                                                                         \
    if (auto karv_try_void_result = (__VA_ARGS__); !karv_try_void_result.ok()) \
      return std::move(karv_try_void_result).error();                          \
  } while (false)
