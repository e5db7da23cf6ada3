#include "vault/erasure/journal.h"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "crypto/files.h"
#include "crypto/hash.h"
#include "json/decode.h"
#include "json/encode.h"

namespace karv::vault {

BOOST_DESCRIBE_STRUCT(Journal::Top, (), (format, journal, store, key, first, before))

namespace {

constexpr std::size_t kMacSize = 32;
constexpr std::chrono::seconds kBusyLimit{2};

base::Error refused(const std::string& path, std::string_view why) {
  return base::public_error(base::ErrorCode::not_matching, fmt::format("The erasure journal {} {}.", path, why),
                            "ERASURE_JOURNAL_REFUSED");
}

base::Error busy(const std::string& path) {
  return base::internal_error(base::ErrorCode::unavailable, "the erasure journal " + path + " is being written");
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

base::Result<bool> Journal::is_anchored(HsmTools tools, const JournalHead& head) {
  return tools.hsm.has_key(anchor_label(tools.prefix, head.journal, head.position));
}

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

std::string Journal::text_of(const Top& top, const std::vector<Entry>& entries, const base::SecretBytes& key) {
  const std::string first = json::encode(top);
  std::string text = line_of(first, mac_of(kTopLine, {}, first, key));
  for (const auto& entry : entries) text += line_of(entry.text, entry.mac);
  return text;
}

std::optional<std::int64_t> Journal::position_of(vault_api::ErasureId id) const {
  const base::Lock lock(mutex_);
  const auto there = std::ranges::find(entries_, id, [](const Entry& entry) { return entry.record.erasure; });
  return there == entries_.end() ? std::nullopt : std::optional(top_.first + (there - entries_.begin()));
}
Journal::End Journal::end() const {
  const base::Lock lock(mutex_);
  return {.top = top_, .position = position(), .mac = last_mac(), .size = size_, .oldest_anchor = oldest_anchor_};
}

base::Result<base::SecretBytes> Journal::unwrap(HsmTools tools, const Top& top) const {
  const auto wrapped = base::from_base64url(top.key);
  if (!wrapped) return refused(path_, "has a first line that this program cannot read");
  auto key = tools.hsm.unwrap(wrapping_label(tools.prefix), *wrapped, place_of(top));
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
  const std::string text = text_of(top, journal->entries_, key);
  KARV_TRY_VOID(crypto::write_private_file(path, base::as_bytes(text)));
  journal->size_ = text.size();
  journal->oldest_anchor_ = journal->position();
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
  KARV_TRY(const auto key, unwrap(tools, top_));
  if (!has_mac(*first, mac_of(kTopLine, {}, first->text, key)))
    return refused(path_, "has a first line that was changed");
  const auto end = text.rfind('\n') + 1;
  KARV_TRY_VOID(read_lines(lines, key));
  KARV_TRY(const bool anchored, tools.hsm.has_key(anchor_label(tools.prefix, top_.journal, position())));
  if (!anchored) return refused(path_, "was cut short, or is an older copy: the HSM knows of other erasures");
  KARV_TRY_VOID(cut_journal(path_, end));  // flushed: a crash may have left the last line in memory only
  size_ = end;
  for (oldest_anchor_ = position(); oldest_anchor_ > 0; --oldest_anchor_) {
    KARV_TRY(const bool older, tools.hsm.has_key(anchor_label(tools.prefix, top_.journal, oldest_anchor_ - 1)));
    if (!older) break;
  }
  return {};
}

base::Result<std::int64_t> Journal::append(HsmTools tools, const ErasureRecord& record) {
  if (!writing_.try_lock_for(kBusyLimit)) return busy(path_);
  const base::LockedBefore writing(writing_);
  if (const auto there = position_of(record.erasure)) return *there;
  const End end = this->end();
  KARV_TRY(const auto key, unwrap(tools, end.top));
  // The new anchor before the line: at every moment the file's last line has one.
  KARV_TRY_VOID(tools.hsm.ensure_key(anchor_label(tools.prefix, end.top.journal, end.position + 1)));
  Entry entry{.record = record, .text = json::encode(record), .mac = {}};
  entry.mac = mac_of(kEntryLine, end.mac, entry.text, key);
  const std::string line = line_of(entry.text, entry.mac);
  KARV_TRY_VOID(append_to_journal(path_, end.size, line));
  const base::Lock lock(mutex_);
  entries_.push_back(std::move(entry));
  size_ += line.size();
  return end.position + 1;
}

base::Result<void> Journal::drop_anchors(HsmTools tools, std::int64_t before) {
  if (!writing_.try_lock_for(kBusyLimit)) return busy(path_);
  const base::LockedBefore writing(writing_);
  const End end = this->end();
  // The oldest first: those that are left follow each other, up to the last, and are found again at an opening.
  for (auto oldest = end.oldest_anchor; oldest < std::min(before, end.position); ++oldest) {
    KARV_TRY_VOID(tools.hsm.destroy_key(anchor_label(tools.prefix, end.top.journal, oldest)));
    const base::Lock lock(mutex_);
    oldest_anchor_ = oldest + 1;
  }
  return {};
}

base::Result<std::int64_t> Journal::prune(HsmTools tools, base::Instant before) {
  if (!writing_.try_lock_for(kBusyLimit)) return busy(path_);
  const base::LockedBefore writing(writing_);
  Top top = end().top;
  std::vector<Entry> kept;
  std::int64_t count = 0;
  {
    const base::Lock lock(mutex_);
    const auto keep =
        std::ranges::find_if(entries_, [&](const Entry& entry) { return entry.record.erased_at >= before.ms; });
    count = keep - entries_.begin();
    if (count == 0) return std::int64_t{0};
    top.first += count;
    top.before = base::to_hex(std::prev(keep)->mac);
    kept.assign(keep, entries_.end());
  }
  KARV_TRY(const auto key, unwrap(tools, top));
  const std::string text = text_of(top, kept, key);
  const auto written = crypto::write_private_file(path_, base::as_bytes(text));
  // When only its folder could not be flushed the new file is there: what follows goes into that one.
  if (!written.ok()) {
    KARV_TRY(const auto there, read_journal(path_));
    if (there != text) return written.error();
  }
  const base::Lock lock(mutex_);
  top_ = std::move(top);
  entries_ = std::move(kept);
  size_ = text.size();
  if (!written.ok()) return written.error();
  return count;
}

}  // namespace karv::vault
