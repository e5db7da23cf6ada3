#include "vault/bank/file_rendering.h"

#include "base/check.h"
#include "money/currency.h"
#include "vault/bank/account_view.h"
#include "vault/bank/entry_sealing.h"
#include "vault/bank/file_repository.h"
#include "vault/bank/repository.h"
#include "vault/keys/repository.h"
#include "wire/iso20022_pain001.h"

namespace karv::vault {
namespace {

namespace iso = wire::iso20022;

constexpr std::int64_t kPage = 500;
constexpr std::size_t kHeadSize = 4096;
constexpr std::size_t kEntrySize = 900;  // names and texts of the usual lengths; more only costs a copy

base::Error number_lost() {
  return base::internal_error(base::ErrorCode::gone, "an account of a bank file is not there any more")
      .with_reason("NUMBER_LOST");
}

}  // namespace

struct BankFileRendering::Page {
  std::vector<SealedBankEntry> entries;
  std::optional<SealedBankAccount> debtor;  // on the first page
  store::Rows file_key;                     // likewise
};

base::Result<BankFileRendering::Page> BankFileRendering::read_page(const StoredBankFile& file, std::int64_t after) {
  return database_.read<Page>("vault_render_bank_file", [&](store::ReadTx& tx) -> base::Result<Page> {
    Page page;
    KARV_TRY(page.entries, find_bank_entries(tx, file.id, after, kPage));
    if (after > 0) return page;
    KARV_TRY(page.debtor, find_bank_account(tx, file.debtor));
    KARV_TRY(page.file_key, tx.read_one(subject_key_query(file.tenant, subject_of(file.id))));
    return page;
  });
}

base::Result<std::string> BankFileRendering::render(const StoredBankFile& file) {
  KARV_TRY(auto page, read_page(file, 0));
  if (!page.debtor || page.file_key.empty()) return number_lost();
  KARV_TRY(const auto key, subject_keys_.open(subject_key_from(page.file_key.front())));
  KARV_TRY(const auto debtor, accounts_.open(*page.debtor));
  const auto currency = money::Currency::parse(file.currency);
  KARV_REQUIRE(currency.has_value());
  const std::string message_id = file.message_id();
  const std::string created_at = base::to_rfc3339(file.created_at);
  std::string out;
  out.reserve(kHeadSize + kEntrySize * static_cast<std::size_t>(file.entries));
  iso::Pain001Writer writer([&](std::string_view piece) { out += piece; });
  writer.begin({.message_id = message_id,
                .created_at = created_at,
                .execution_date = file.execution_date,
                .entries = file.entries,
                .sum_minor = file.sum_minor,
                .currency = file.currency,
                .exponent = currency->exponent(),
                .debtor_name = file.debtor_name,
                .debtor = view_of(debtor)});
  std::int64_t last = 0;
  while (!page.entries.empty()) {
    for (const auto& [entry, sealed] : page.entries) {
      if (entry.number != last + 1) return number_lost();
      last = entry.number;
      KARV_TRY(const auto account, accounts_.open(sealed));
      KARV_TRY(const auto texts, open_entry_texts(key, file.id, entry));
      const std::string end_to_end_id = base::to_hex(entry.id.view());
      writer.add({.end_to_end_id = end_to_end_id,
                  .amount_minor = entry.amount_minor,
                  .creditor_name = texts.name,
                  .creditor = view_of(account),
                  .remittance = texts.remittance});
    }
    KARV_TRY(page, read_page(file, last));
  }
  if (last != file.entries) return number_lost();
  writer.end();
  return out;
}

}  // namespace karv::vault
