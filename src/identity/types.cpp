#include "identity/types.h"

namespace karv::identity {

std::string_view name_of(Language language) {
  switch (language) {
    case Language::en:
      return "en";
    case Language::sv:
      return "sv";
    case Language::de:
      return "de";
  }
  return "en";
}

Language language_of_locale(std::string_view locale) {
  const std::string_view primary = locale.substr(0, locale.find_first_of("-_"));
  if (primary == "sv") return Language::sv;
  if (primary == "de") return Language::de;
  return Language::en;
}

std::string_view name_of(MerchantStatus status) { return status == MerchantStatus::active ? "active" : "suspended"; }

std::string_view name_of(FactorStrength strength) {
  return strength == FactorStrength::strong ? "strong" : "mailed_code";
}

std::string_view name_of(SessionKind kind) { return kind == SessionKind::checkout ? "checkout" : "portal"; }

}  // namespace karv::identity
