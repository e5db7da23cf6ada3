#include "audit/record.h"

#include <algorithm>

#include <fmt/format.h>

#include "audit/repository.h"
#include "base/card_digits.h"
#include "base/check.h"
#include "crypto/hash.h"

namespace karv::audit {
namespace {

using base::as_bytes;

void append_quoted(std::string& out, std::string_view text) {
  out.push_back('"');
  for (const char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    if (static_cast<unsigned char>(c) < 0x20)
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    else
      out.push_back(c);
  }
  out.push_back('"');
}

std::string number_text(base::Instant instant) { return std::to_string(instant.ms); }

}  // namespace

std::string_view word(ActorKind kind) {
  switch (kind) {
    case ActorKind::system:
      return "system";
    case ActorKind::merchant:
      return "merchant";
    case ActorKind::customer:
      return "customer";
    case ActorKind::staff:
      return "staff";
    case ActorKind::vault:
      return "vault";
  }
  return "system";
}

std::string details_text(std::vector<Detail> details) {
  std::sort(details.begin(), details.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string out = "{";
  for (std::size_t i = 0; i < details.size(); ++i) {
    KARV_REQUIRE(i == 0 || details[i - 1].first != details[i].first);
    if (i > 0) out.push_back(',');
    append_quoted(out, details[i].first);
    out.push_back(':');
    if (const auto* number = std::get_if<std::int64_t>(&details[i].second))
      out += std::to_string(*number);
    else
      append_quoted(out, std::get<std::string>(details[i].second));
  }
  out.push_back('}');
  return out;
}

base::Bytes digest_of(const Record& record) {
  return crypto::sha256(crypto::framed(
      {as_bytes("karv audit record 1"), record.id.view(), as_bytes(word(record.actor.kind)), as_bytes(record.actor.id),
       as_bytes(record.action), as_bytes(record.subject.kind), as_bytes(record.subject.id), as_bytes(record.reason),
       as_bytes(number_text(record.business_time)), as_bytes(number_text(record.wall_time)),
       as_bytes(record.correlation_id), as_bytes(record.details)}));
}

void append(store::Tx& tx, Record record) {
  KARV_REQUIRE(!record.id.is_nil());
  KARV_REQUIRE(!record.action.empty() && !record.subject.kind.empty());
  record.reason = base::mask_card_numbers(record.reason).text;
  record.details = base::mask_card_numbers(record.details).text;
  repository::insert_record(tx, record, digest_of(record));
}

base::Result<std::vector<Record>> list_by_subject(store::ReadTx& tx, const Subject& subject, std::int64_t limit) {
  return repository::read_by_subject(tx, subject, limit);
}

}  // namespace karv::audit
