#include "identity/customers.h"

#include "base/check.h"
#include "identity/deeds.h"
#include "identity/repository.h"
#include "identity/service.h"

namespace karv::identity {
namespace {

SealedField email_place(const CustomerId& customer_id) { return {"customers", customer_id.view(), "email"}; }

// A key that was given up with its epoch opens nothing any more. Whoever has just shown that the address is his buys
// on: it is sealed again under a new key.
base::Result<void> ensure_readable(store::Tx& tx, const Context& context, CustomerId customer_id, const Email& email) {
  const SubjectId subject = subject_of(customer_id);
  const auto key = context.sealer.load(tx, subject);
  if (key.ok()) return {};
  if (key.error().code() != base::ErrorCode::gone) return key.error();
  const auto former = context.sealer.erase_subject(tx, subject);
  if (!former.ok() && former.error().code() != base::ErrorCode::not_found) return former;
  KARV_TRY(const NewSubject next, context.sealer.make_subject(subject));
  const auto sealed = context.sealer.seal(*next.key, email_place(customer_id), base::as_bytes(email.expose()));
  context.sealer.insert(tx, next);
  reseal_customer(tx, customer_id, sealed);
  return {};
}

}  // namespace

base::Result<EnsuredCustomer> ensure_customer(store::Tx& tx, const Context& context, const Email& email) {
  const base::Bytes index = context.keys.email_index(email.lookup_form());
  KARV_TRY(const store::Rows rows, tx.read_one(find_customer_by_email(index)));
  if (const auto found = read_customer_id(rows)) {
    KARV_TRY_VOID(ensure_readable(tx, context, *found, email));
    return EnsuredCustomer{*found, false};
  }

  const auto customer_id = base::make_id<CustomerTag>(context.wall, context.random);
  KARV_TRY(const NewSubject subject, context.sealer.make_subject(subject_of(customer_id)));
  const base::Bytes sealed =
      context.sealer.seal(*subject.key, email_place(customer_id), base::as_bytes(email.expose()));
  context.sealer.insert(tx, subject);
  insert_customer(tx, customer_id, index, sealed, context.business.now());
  return EnsuredCustomer{customer_id, true};
}

store::Query lock_customer(CustomerId customer_id) {
  store::Query query = find_customer_row(customer_id);
  query.for_update = true;
  return query;
}

base::Result<std::optional<CustomerId>> find_customer(store::ReadTx& tx, const Context& context, const Email& email) {
  KARV_TRY(const store::Rows rows, tx.read_one(find_customer_by_email(context.keys.email_index(email.lookup_form()))));
  return read_customer_id(rows);
}

base::Result<Email> get_customer_email(store::ReadTx& tx, const Context& context, CustomerId customer_id) {
  const SubjectId subject = subject_of(customer_id);
  SubjectKeyPtr key = context.sealer.find_open(subject);
  std::vector<store::Query> batch = {find_customer_row(customer_id)};
  if (!key) batch.push_back(Sealer::key_query(subject));
  KARV_TRY(const std::vector<store::Rows> answers, tx.read(std::move(batch)));

  const std::optional<CustomerRow> row = read_customer(answers[0]);
  if (!row) return base::Error(base::ErrorCode::not_found);
  if (!row->email_sealed) return base::Error(base::ErrorCode::gone);
  if (!key) {
    KARV_TRY(key, context.sealer.load_from(subject, answers[1]));
  }
  KARV_TRY(const base::SecretBytes opened, Sealer::open(*key, email_place(customer_id), *row->email_sealed));
  std::optional<Email> email = Email::parse(opened.expose_text());
  KARV_REQUIRE(email.has_value());
  return *std::move(email);
}

base::Result<void> erase_customer(store::Tx& tx, const Context& context, CustomerId customer_id) {
  KARV_TRY(const store::Rows rows, tx.read_one(find_customer_row(customer_id)));
  if (!read_customer(rows)) return base::Error(base::ErrorCode::not_found);
  const auto erased = context.sealer.erase_subject(tx, subject_of(customer_id));
  // Its key may be gone before: the vault erases first, and the renewal drops what it hears to be gone.
  if (!erased.ok() && erased.error().code() != base::ErrorCode::not_found) return erased;
  erase_customer_row(tx, customer_id);
  record_deed(tx, context, {{}, "customer_erased", {"customer", customer_id.text()}});
  return {};
}

}  // namespace karv::identity
