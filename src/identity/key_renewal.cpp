#include "identity/key_renewal.h"

#include <utility>

#include "base/log.h"
#include "identity/key_repository.h"

namespace karv::identity {
namespace {

using base::Result;
using vault_api::ServerKeyState;

constexpr auto kPage = static_cast<std::int64_t>(vault_api::kMostServerKeys);

using Page = std::vector<SubjectKeyRow>;

Result<Page> read_page(store::Database& database, std::int64_t before_epoch, const SubjectKeyRow& after) {
  return database.read<Page>("old_subject_keys", [&](store::ReadTx& tx) -> Result<Page> {
    KARV_TRY(const auto rows, tx.read_one(find_subject_keys_before(before_epoch, after, kPage)));
    return read_subject_keys(rows);
  });
}

Result<vault_api::RenewServerKeysAnswer> ask_for(KeyVault& vault, const Page& page) {
  vault_api::RenewServerKeys message;
  for (const auto& row : page) message.keys.push_back(row.stored);
  KARV_TRY(auto answer, vault.ask(message));
  if (answer.keys.size() != page.size())
    return base::internal_error(base::ErrorCode::internal, "the vault renewed another number of keys than was asked");
  return answer;
}

// Errors: conflict (a row is no longer what it was: erased meanwhile).
Result<Renewal> write_page(store::Database& database, const Page& page,
                           const vault_api::RenewServerKeysAnswer& answer) {
  return database.write<Renewal>("renew_subject_keys", [&](store::Tx& tx) -> Result<Renewal> {
    Renewal done;
    for (std::size_t i = 0; i < page.size(); ++i) {
      const auto& renewed = answer.keys[i];
      switch (renewed.state) {
        case ServerKeyState::ok:
          update_subject_key(tx, page[i], {page[i].stored.key, renewed.epoch, renewed.wrapped});
          done.renewed += 1;
          break;
        case ServerKeyState::gone:
          delete_subject_key(tx, page[i]);
          done.gone += 1;
          break;
        case ServerKeyState::broken:
          done.broken += 1;
          break;
      }
    }
    return done;
  });
}

void add(Renewal& sum, const Renewal& page) {
  sum.renewed += page.renewed;
  sum.gone += page.gone;
  sum.broken += page.broken;
}

Result<void> tell_left(store::Database& database, KeyVault& vault, std::int64_t before_epoch, Renewal& sum) {
  KARV_TRY(sum.left, database.read<std::int64_t>("left_subject_keys", [&](store::ReadTx& tx) -> Result<std::int64_t> {
    KARV_TRY(const auto rows, tx.read_one(count_subject_keys_before(before_epoch)));
    return rows.at(0).integer(0);
  }));
  const vault_api::ServerKeysLeft message{.before_epoch = before_epoch, .rows = sum.left};
  KARV_TRY(const auto heard, vault.ask(message));
  static_cast<void>(heard);
  return {};
}

// False when it was stopped.
Result<bool> renew_before(store::Database& database, KeyVault& vault, std::int64_t newest,
                          const std::function<bool()>& stopping, Renewal& sum) {
  SubjectKeyRow after{};
  while (!stopping()) {
    KARV_TRY(const auto page, read_page(database, newest, after));
    if (page.empty()) return true;
    KARV_TRY(const auto answer, ask_for(vault, page));
    const auto written = write_page(database, page, answer);
    if (!written.ok() && written.error().code() == base::ErrorCode::conflict) continue;  // reads the page again
    KARV_TRY(const auto done, written);
    add(sum, done);
    after = page.back();
  }
  return false;
}

void log_renewal(std::int64_t epoch, const Renewal& sum) {
  if (sum.renewed + sum.gone + sum.broken == 0) return;
  base::log::write(
      sum.broken > 0 ? base::log::Level::error : base::log::Level::info, "subject_keys_renewed",
      {{"epoch", epoch}, {"renewed", sum.renewed}, {"gone", sum.gone}, {"broken", sum.broken}, {"left", sum.left}});
}

}  // namespace

Result<Renewal> renew_subject_keys(store::Database& database, KeyVault& vault, const std::function<bool()>& stopping) {
  Renewal sum;
  std::int64_t done = 0;
  // The vault's answer to what is left may be the first to name a newer epoch.
  while (done < vault.newest_epoch()) {
    const auto newest = vault.newest_epoch();
    sum.broken = 0;  // counted anew: they are met again
    KARV_TRY(const bool all, renew_before(database, vault, newest, stopping, sum));
    if (!all) return sum;
    KARV_TRY_VOID(tell_left(database, vault, newest, sum));
    log_renewal(newest, sum);
    done = newest;
  }
  return sum;
}

}  // namespace karv::identity
