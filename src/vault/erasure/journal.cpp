#include "vault/erasure/journal.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/check.h"
#include "base/log.h"
#include "crypto/files.h"
#include "crypto/hash.h"
#include "json/decode.h"
#include "json/encode.h"

namespace karv::vault {

BOOST_DESCRIBE_STRUCT(Journal::Top, (), (format, journal, store, key, first, before))

namespace {

constexpr std::size_t kMacSize = 32;

base::Error refused(const std::string& path, std::string_view why) {
  return base::public_error(base::ErrorCode::not_matching, fmt::format("The erasure journal {} {}.", path, why),
                            "ERASURE_JOURNAL_REFUSED");
}

// The HSM's key that wraps the MAC keys of all journals.
std::string wrapping_label(const std::string& prefix) { return prefix + "-erasure-journal"; }
std::string anchor_label(const std::string& prefix, ErasureJournalId journal, std::int64_t position) {
  return fmt::format("{}-erasure-journal-{}-{}", prefix, journal.text(), position);
}

base::Bytes place_of(const Journal::Top& top) {
  return crypto::framed({base::as_bytes("karv erasure journal 1"), top.journal.view(), top.store.view()});
}

base::Bytes mac_of(std::string_view what, base::ByteView before, std::string_view text, const base::SecretBytes& key) {
  return crypto::hmac_sha256(key, crypto::framed({base::as_bytes(what), before, base::as_bytes(text)}));
}
constexpr std::string_view kTopLine = "top";
constexpr std::string_view kEntryLine = "entry";

std::string line_of(std::string_view text, const base::Bytes& mac) {
  return fmt::format("{} {}\n", text, base::to_hex(mac));
}

// A line's text and its MAC in hexadecimal.
struct Line {
  std::string_view text;
  std::string_view mac;
};
std::optional<Line> next_line(std::string_view& lines) {
  const auto end = lines.find('\n');
  const auto line = lines.substr(0, end);
  const auto blank = line.rfind(' ');
  if (end == std::string_view::npos || blank == std::string_view::npos) return std::nullopt;
  lines.remove_prefix(end + 1);
  return Line{.text = line.substr(0, blank), .mac = line.substr(blank + 1)};
}
bool has_mac(const Line& line, const base::Bytes& mac) {
  return base::equal_constant_time(base::as_bytes(line.mac), base::as_bytes(base::to_hex(mac)));
}

}  // namespace

base::Result<bool> Journal::was_ever_begun(HsmTools tools) { return tools.hsm.has_key(wrapping_label(tools.prefix)); }

std::int64_t Journal::position() const { return top_.first - 1 + std::ssize(entries_); }
base::Bytes Journal::last_mac() const {
  return entries_.empty() ? base::from_hex(top_.before).value_or(base::Bytes()) : entries_.back().mac;
}

JournalHead Journal::head() const {
  const base::Lock lock(mutex_);
  return {.journal = top_.journal, .store = top_.store, .position = position(), .mac = last_mac()};
}

std::vector<ErasureRecord> Journal::records() const {
  const base::Lock lock(mutex_);
  std::vector<ErasureRecord> out;
  out.reserve(entries_.size());
  for (const auto& entry : entries_) out.push_back(entry.record);
  return out;
}

std::optional<base::Bytes> Journal::mac_at(std::int64_t wanted) const {
  const base::Lock lock(mutex_);
  if (wanted == top_.first - 1) return base::from_hex(top_.before);
  if (wanted < top_.first || wanted > position()) return std::nullopt;
  return entries_[static_cast<std::size_t>(wanted - top_.first)].mac;
}

void Journal::add(const ErasureRecord& record, std::string text, const base::SecretBytes& key) {
  auto mac = mac_of(kEntryLine, last_mac(), text, key);
  entries_.push_back({.record = record, .text = std::move(text), .mac = std::move(mac)});
}

std::string Journal::whole_text(const base::SecretBytes& key) const {
  const std::string top = json::encode(top_);
  std::string text = line_of(top, mac_of(kTopLine, {}, top, key));
  for (const auto& entry : entries_) text += line_of(entry.text, entry.mac);
  return text;
}

base::Result<base::SecretBytes> Journal::unwrap(HsmTools tools) const {
  const auto wrapped = base::from_base64url(top_.key);
  if (!wrapped) return refused(path_, "has a first line that this program cannot read");
  auto key = tools.hsm.unwrap(wrapping_label(tools.prefix), *wrapped, place_of(top_));
  if (key.ok() || key.error().code() == base::ErrorCode::unavailable) return key;
  return refused(path_, "belongs to another vault, or its first line was changed");
}

base::Result<std::unique_ptr<Journal>> Journal::begin(const std::string& path, HsmTools tools, ErasureStoreId store,
                                                      const std::vector<ErasureRecord>& records,
                                                      const base::Clock& wall, base::Random& random) {
  KARV_TRY(auto held, JournalLock::take(path));
  std::unique_ptr<Journal> journal(new Journal(path, std::move(held)));
  const base::Lock lock(journal->mutex_);
  Top& top = journal->top_;
  top.journal = base::make_id<vault_api::ErasureJournalTag>(wall, random);
  top.store = store;
  top.before = base::to_hex(base::Bytes(kMacSize));
  KARV_TRY_VOID(tools.hsm.ensure_key(wrapping_label(tools.prefix)));
  KARV_TRY(const auto key, tools.hsm.make_data_key());
  KARV_TRY(const auto wrapped, tools.hsm.wrap(wrapping_label(tools.prefix), key, place_of(top)));
  top.key = base::to_base64url(wrapped);
  for (const auto& record : records) journal->add(record, json::encode(record), key);
  KARV_TRY_VOID(tools.hsm.ensure_key(anchor_label(tools.prefix, top.journal, journal->position())));
  const std::string text = journal->whole_text(key);
  KARV_TRY_VOID(crypto::write_private_file(path, base::as_bytes(text)));
  journal->size_ = text.size();
  return journal;
}

base::Result<std::unique_ptr<Journal>> Journal::open(const std::string& path, HsmTools tools) {
  KARV_TRY(auto held, JournalLock::take(path));
  KARV_TRY(const auto text, read_journal(path));
  std::unique_ptr<Journal> journal(new Journal(path, std::move(held)));
  const base::Lock lock(journal->mutex_);
  KARV_TRY_VOID(journal->read(tools, text));
  return journal;
}

base::Result<void> Journal::read_lines(std::string_view lines, const base::SecretBytes& key) {
  while (const auto line = next_line(lines)) {
    auto record = json::decode<ErasureRecord>(line->text, json::kOwnChannel);
    const bool known = record.ok() && has_mac(*line, mac_of(kEntryLine, last_mac(), line->text, key));
    if (!known) return refused(path_, fmt::format("was changed: line {} is not what was written", entries_.size() + 2));
    add(record.value(), std::string(line->text), key);
  }
  if (lines.find('\n') != std::string_view::npos) return refused(path_, "was changed: a line has no MAC");
  return {};
}

base::Result<void> Journal::read(HsmTools tools, const std::string& text) {
  std::string_view lines = text;
  const auto first = next_line(lines);
  if (!first) return refused(path_, "has no first line");
  const auto top = json::decode<Top>(first->text, json::kOwnChannel);
  if (!top.ok() || top->format != 1 || top->first < 1 ||
      base::from_hex(top->before).value_or(base::Bytes()).size() != kMacSize)
    return refused(path_, "has a first line that this program cannot read");
  top_ = top.value();
  KARV_TRY(const auto key, unwrap(tools));
  if (!has_mac(*first, mac_of(kTopLine, {}, first->text, key)))
    return refused(path_, "has a first line that was changed");
  const auto end = text.rfind('\n') + 1;
  KARV_TRY_VOID(read_lines(lines, key));
  KARV_TRY(const bool anchored, tools.hsm.has_key(anchor_label(tools.prefix, top_.journal, position())));
  if (!anchored) return refused(path_, "was cut short, or is an older copy: the HSM knows of other erasures");
  if (end < text.size()) KARV_TRY_VOID(cut_journal(path_, end));
  size_ = end;
  // A crash may have left it behind the line that replaced it.
  return tools.hsm.destroy_key(anchor_label(tools.prefix, top_.journal, position() - 1));
}

base::Result<std::int64_t> Journal::append(HsmTools tools, const ErasureRecord& record) {
  const base::Lock lock(mutex_);
  const auto there =
      std::ranges::find(entries_, record.erasure, [](const Entry& entry) { return entry.record.erasure; });
  if (there != entries_.end()) return top_.first + (there - entries_.begin());
  KARV_TRY(const auto key, unwrap(tools));
  const std::int64_t before = position();
  // First the new anchor, then the line, then the old anchor goes: at every moment the file's last line has one.
  KARV_TRY_VOID(tools.hsm.ensure_key(anchor_label(tools.prefix, top_.journal, before + 1)));
  add(record, json::encode(record), key);
  const std::string line = line_of(entries_.back().text, entries_.back().mac);
  const auto written = append_to_journal(path_, size_, line);
  if (!written.ok()) {
    entries_.pop_back();
    return written.error();
  }
  size_ += line.size();
  if (!tools.hsm.destroy_key(anchor_label(tools.prefix, top_.journal, before)).ok())
    base::log::warn("erasure_journal_old_anchor_stays", {{"position", before}});
  return before + 1;
}

base::Result<std::int64_t> Journal::prune(HsmTools tools, base::Instant before) {
  const base::Lock lock(mutex_);
  const auto keep =
      std::ranges::find_if(entries_, [&](const Entry& entry) { return entry.record.erased_at >= before.ms; });
  const auto count = keep - entries_.begin();
  if (count == 0) return std::int64_t{0};
  KARV_TRY(const auto key, unwrap(tools));
  Top pruned = top_;
  pruned.first += count;
  pruned.before = base::to_hex(entries_[static_cast<std::size_t>(count - 1)].mac);
  const Top former = std::exchange(top_, pruned);
  std::vector<Entry> gone(std::make_move_iterator(entries_.begin()), std::make_move_iterator(keep));
  entries_.erase(entries_.begin(), keep);
  const std::string text = whole_text(key);
  const auto written = crypto::write_private_file(path_, base::as_bytes(text));
  if (!written.ok()) {  // the old file is still there, whole
    top_ = former;
    entries_.insert(entries_.begin(), std::make_move_iterator(gone.begin()), std::make_move_iterator(gone.end()));
    return written.error();
  }
  size_ = text.size();
  return static_cast<std::int64_t>(count);
}

}  // namespace karv::vault
