#include "audit/chain.h"

#include "audit/repository.h"
#include "base/log.h"
#include "crypto/hash.h"

namespace karv::audit {
namespace {

using base::Bytes;
using base::Result;
using repository::Link;

constexpr std::int64_t kPage = 1000;
constexpr std::int64_t kMaxForgotten = 1000;

Bytes hash_of(const Link& link, const Bytes& digest) {
  return crypto::sha256(crypto::framed({base::as_bytes("karv audit link 1"), link.previous,
                                        base::as_bytes(std::to_string(link.sequence)), link.record_id.view(), digest}));
}

// The digest that stands in for a record that was deleted before it could be chained: the gap stays visible.
const Bytes kMissingDigest;

Result<std::int64_t> chain_in(store::Tx& tx, std::int64_t limit) {
  KARV_TRY(auto line, repository::read_line(tx, limit));
  Head head = line.head;
  for (const auto& waiting : line.waiting) {
    Link link{.sequence = head.sequence + 1, .record_id = waiting.record_id, .previous = head.hash, .hash = {}};
    link.hash = hash_of(link, waiting.digest.value_or(kMissingDigest));
    repository::insert_link(tx, link);
    repository::delete_waiting(tx, waiting.record_id);
    head = {link.sequence, link.hash};
  }
  return static_cast<std::int64_t>(line.waiting.size());
}

// Walks the links in order and notes what does not fit.
class Walk {
 public:
  explicit Walk(Verification& out) : out_(out) {}

  void visit(const repository::LinkAndRecord& found) {
    const Link& link = found.link;
    if (link.sequence != out_.head.sequence + 1) note(link, "links before this one are missing");
    if (link.previous != out_.head.hash) note(link, "does not follow the link before it");
    check_record(found);
    out_.head = {link.sequence, link.hash};
  }
  void remember(const Head& remembered, const Link& link) {
    if (link.sequence == remembered.sequence && link.hash != remembered.hash)
      note(link, "differs from the remembered head");
  }

 private:
  void check_record(const repository::LinkAndRecord& found) {
    if (!found.stored) return note(found.link, "the record is gone");
    if (digest_of(found.stored->record) != found.stored->digest) note(found.link, "the record was changed");
    if (hash_of(found.link, found.stored->digest) != found.link.hash) note(found.link, "the link was changed");
  }
  void note(const Link& link, std::string what) {
    out_.findings.push_back({.sequence = link.sequence, .record_id = link.record_id.text(), .what = std::move(what)});
  }

  Verification& out_;
};

Result<Verification> verify_in(store::ReadTx& tx, const std::optional<Head>& remembered) {
  Verification out;
  Walk walk(out);
  while (true) {
    KARV_TRY(auto links, repository::read_links_after(tx, out.head.sequence, kPage));
    if (links.empty()) break;
    for (const auto& found : links) {
      walk.visit(found);
      if (remembered) walk.remember(*remembered, found.link);
    }
  }
  if (remembered && remembered->sequence > out.head.sequence)
    out.findings.push_back({.sequence = remembered->sequence, .record_id = "", .what = "the newest links are missing"});
  KARV_TRY(auto forgotten, repository::read_forgotten(tx, kMaxForgotten));
  for (const auto& id : forgotten)
    out.findings.push_back({.sequence = 0, .record_id = id.text(), .what = "the record has no link"});
  KARV_TRY(const auto counts, repository::count(tx));
  out.records = counts.records;
  out.waiting = counts.waiting;
  return out;
}

}  // namespace

Result<std::int64_t> chain_waiting(store::Database& database, std::int64_t limit) {
  return database.write<std::int64_t>("audit_chain", [&](store::Tx& tx) { return chain_in(tx, limit); });
}

Result<Head> read_head(store::ReadTx& tx) {
  KARV_TRY(auto line, repository::read_line(tx, 1));
  return line.head;
}

Result<Verification> verify_chain(store::Database& database, const std::optional<Head>& remembered) {
  return database.read<Verification>("audit_verify", [&](store::ReadTx& tx) { return verify_in(tx, remembered); });
}

}  // namespace karv::audit
