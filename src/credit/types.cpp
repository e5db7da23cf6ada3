#include "credit/types.h"

#include <array>
#include <utility>

namespace karv::credit {
namespace {

template <class Enum, std::size_t N>
std::optional<Enum> value_named(const std::array<Enum, N>& values, std::string_view name) {
  for (const Enum value : values)
    if (name_of(value) == name) return value;
  return std::nullopt;
}

}  // namespace

std::string_view name_of(Plan plan) {
  switch (plan) {
    case Plan::pay_now:
      return "pay_now";
    case Plan::pay_in_30:
      return "pay_in_30";
    case Plan::pay_in_3:
      return "pay_in_3";
  }
  std::unreachable();
}
std::optional<Plan> plan_from(std::string_view name) {
  return value_named(std::array{Plan::pay_now, Plan::pay_in_30, Plan::pay_in_3}, name);
}

std::string_view name_of(AgreementState state) {
  switch (state) {
    case AgreementState::concluded:
      return "concluded";
    case AgreementState::active:
      return "active";
    case AgreementState::settled:
      return "settled";
    case AgreementState::canceled:
      return "canceled";
  }
  std::unreachable();
}
std::optional<AgreementState> agreement_state_from(std::string_view name) {
  using enum AgreementState;
  return value_named(std::array{concluded, active, settled, canceled}, name);
}

std::string_view name_of(InstallmentState state) {
  switch (state) {
    case InstallmentState::planned:
      return "planned";
    case InstallmentState::due:
      return "due";
    case InstallmentState::processing:
      return "processing";
    case InstallmentState::overdue:
      return "overdue";
    case InstallmentState::paid:
      return "paid";
    case InstallmentState::canceled:
      return "canceled";
  }
  std::unreachable();
}
std::optional<InstallmentState> installment_state_from(std::string_view name) {
  using enum InstallmentState;
  return value_named(std::array{planned, due, processing, overdue, paid, canceled}, name);
}

money::Money Agreement::outstanding() const { return captured - canceled - paid; }
money::Money Installment::owed() const { return amount - paid - canceled; }

}  // namespace karv::credit
