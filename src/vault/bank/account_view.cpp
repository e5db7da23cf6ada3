#include "vault/bank/account_view.h"

namespace karv::vault {

// Source: ISO 20022 ExternalClearingSystemIdentification1Code; Bankgirot's own clearing number for bankgiro numbers.
wire::iso20022::AccountView view_of(const BankAccount& account) {
  const auto of_bank = [&](std::string_view system) {
    return wire::iso20022::AccountView{.is_iban = false,
                                       .number = account.number.expose_text(),
                                       .scheme = {},
                                       .clearing_system = system,
                                       .member = account.bank_code.expose_text()};
  };
  switch (account.kind) {
    case BankAccountKind::us:
      return of_bank("USABA");
    case BankAccountKind::gb:
      return of_bank("GBDSC");
    case BankAccountKind::se:
      return of_bank("SESBA");
    case BankAccountKind::au:
      return of_bank("AUBSB");
    case BankAccountKind::bankgiro:
      return {.is_iban = false,
              .number = account.number.expose_text(),
              .scheme = "BGNR",
              .clearing_system = "SESBA",
              .member = "9900"};
    case BankAccountKind::other:
      return {.is_iban = false, .number = account.number.expose_text()};
    case BankAccountKind::iban:
      break;
  }
  return {.number = account.number.expose_text()};
}

}  // namespace karv::vault
