#include "apps/cli/vault/card_file.h"

#include <filesystem>

#include <fmt/format.h>

#include "base/random.h"
#include "crypto/files.h"
#include "crypto/hash.h"
#include "crypto/jwe.h"
#include "json/decode.h"
#include "json/encode.h"
#include "json/secret_buffer.h"

namespace karv::apps::cli::vault {
namespace {

using base::Result;

constexpr std::size_t kLongestLine = 1'000;
constexpr std::size_t kLongestChunk = 400'000;

base::Error wrong(std::string what) { return base::internal_error(base::ErrorCode::bad_value, std::move(what)); }

// Lines of clear text: each is wiped when the next one is read.
class ClearLines {
 public:
  explicit ClearLines(const std::string& path) : stream_(path) {
    line_.reserve(2 * kLongestLine);  // growing would leave copies behind
  }
  ~ClearLines() { base::wipe(line_.data(), line_.capacity()); }
  ClearLines(const ClearLines&) = delete;
  ClearLines& operator=(const ClearLines&) = delete;

  bool is_open() const { return stream_.is_open(); }
  // False at the end.
  bool next() {
    if (!std::getline(stream_, line_)) return false;
    if (line_.ends_with('\r')) line_.pop_back();
    return true;
  }
  const std::string& line() const { return line_; }

 private:
  std::ifstream stream_;
  std::string line_;
};

}  // namespace

Result<std::int64_t> write_card_file(const std::string& csv, const std::string& key, const std::string& out) {
  const auto recipient = base::from_base64url(key);
  if (!recipient) return wrong("the import key is none");
  ClearLines lines(csv);
  if (!lines.is_open() || !lines.next()) return wrong(csv + " cannot be read");
  if (lines.line() != vault_api::kCardFileColumns)
    return wrong(fmt::format("the first line of {} is not {}", csv, vault_api::kCardFileColumns));
  base::SystemRandom random;
  std::string body;
  std::int64_t rows = 0;
  json::SecretBuffer chunk;
  const auto end_chunk = [&]() -> Result<void> {
    KARV_TRY(const auto jwe, crypto::encrypt_jwe(*recipient, chunk.take().expose(), random));
    body += jwe + "\n";
    return {};
  };
  while (lines.next()) {
    if (lines.line().empty() || lines.line().size() > kLongestLine)
      return wrong(fmt::format("row {} of {} is empty or longer than {} bytes", rows + 1, csv, kLongestLine));
    if (rows == vault_api::kMostChunks * vault_api::kRowsPerChunk)
      return wrong(fmt::format("{} has more than {} rows: send it in parts", csv, rows));
    ++rows;
    if (chunk.empty()) chunk.append(std::to_string(rows) + "\n");
    chunk.append(lines.line());
    chunk.push_back('\n');
    if (rows % vault_api::kRowsPerChunk == 0) KARV_TRY_VOID(end_chunk());
  }
  if (!chunk.empty()) KARV_TRY_VOID(end_chunk());
  if (rows == 0) return wrong(csv + " has no rows");
  const std::string text = json::encode(vault_api::CardFileHead{.rows = rows}) + "\n" + body;
  KARV_TRY_VOID(crypto::write_private_file(out, base::as_bytes(text)));
  return rows;
}

Result<CardFileReader> CardFileReader::open(const std::string& path) {
  CardFileReader reader;
  reader.path_ = path;
  reader.stream_.open(path);
  std::string line;
  if (!reader.stream_ || !std::filesystem::is_regular_file(path) || !std::getline(reader.stream_, line))
    return wrong(path + " cannot be read");
  const auto head = json::decode<vault_api::CardFileHead>(line, json::kOwnChannel);
  if (!head.ok() || head->karv_card_file != 1)
    return wrong(path + " is no card file: `karv vault import encrypt` makes one");
  reader.file_.rows = head->rows;
  base::Bytes digests;
  while (std::getline(reader.stream_, line)) {
    if (line.size() > kLongestChunk || std::ssize(reader.file_.chunks) == vault_api::kMostChunks)
      return wrong(path + " is larger than a card file can be");
    const auto digest = crypto::sha256(base::as_bytes(line));
    digests.insert(digests.end(), digest.begin(), digest.end());
    reader.file_.chunks.push_back(base::to_base64url(digest));
  }
  const auto wanted = (head->rows + vault_api::kRowsPerChunk - 1) / vault_api::kRowsPerChunk;
  if (reader.chunks() == 0 || reader.chunks() != wanted) return wrong(path + " is not whole");
  reader.digest_ = base::to_hex(vault_api::card_file_digest(head->rows, digests));
  reader.stream_.clear();
  reader.stream_.seekg(0);
  std::getline(reader.stream_, line);
  return reader;
}

Result<std::string> CardFileReader::next() {
  std::string line;
  if (!std::getline(stream_, line)) return wrong(path_ + " was changed while it was read");
  return line;
}

}  // namespace karv::apps::cli::vault
