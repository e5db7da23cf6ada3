#include "store/sqlite/start_check.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <system_error>
#include <thread>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace karv::store::sqlite {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;
using base::internal_error;
using base::Result;

constexpr std::string_view kMagic{"SQLite format 3\0", 16};
constexpr std::size_t kLogHeader = 32;
constexpr std::size_t kFrameHeader = 24;

base::Error refusal(std::string sentence) { return internal_error(ErrorCode::unavailable, std::move(sentence)); }

Result<void> check_folder(const std::string& path) {
  const auto parent = fs::path(path).parent_path();
  const std::string folder = parent.empty() ? "." : parent.string();
  struct stat facts{};
  if (::stat(folder.c_str(), &facts) != 0)
    return refusal(
        fmt::format("the folder {} cannot be reached ({}): make it, or correct `database` in the "
                    "configuration",
                    folder, words_of(errno)));
  if (!S_ISDIR(facts.st_mode)) return refusal(fmt::format("{} is no folder: correct `database`", folder));
  if (::access(folder.c_str(), W_OK | X_OK) != 0)
    return refusal(
        fmt::format("the folder {} cannot be written ({}): the log is kept beside the database, so let the "
                    "user that runs this (uid {}) own the folder",
                    folder, words_of(errno), ::geteuid()));
  return {};
}

Result<void> check_file(const std::string& path) {
  struct stat facts{};
  if (::stat(path.c_str(), &facts) != 0) {
    if (errno == ENOENT) return {};
    return refusal(fmt::format("{} cannot be reached ({}): correct `database`", path, words_of(errno)));
  }
  if (!S_ISREG(facts.st_mode))
    return refusal(fmt::format("{} is no file: `database` names the file itself, not its folder", path));
  if (::access(path.c_str(), R_OK | W_OK) != 0)
    return refusal(
        fmt::format("{} cannot be read and written ({}): let the user that runs this (uid {}) own it, with "
                    "mode 600",
                    path, words_of(errno), ::geteuid()));
  if ((facts.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return refusal(fmt::format("{} is open to others (mode {:o}): chmod 600 it, and think about who may have read it",
                               path, facts.st_mode & 0777U));
  return {};
}

std::uint32_t big_endian(const std::uint8_t* at) {
  return static_cast<std::uint32_t>(at[0]) << 24 | static_cast<std::uint32_t>(at[1]) << 16 |
         static_cast<std::uint32_t>(at[2]) << 8 | at[3];
}

// The log's running checksum over words of one endianness.
struct Checksum {
  std::uint32_t first = 0, second = 0;
  bool big = false;
  void add(const std::uint8_t* data, std::size_t size) {
    for (std::size_t i = 0; i + 8 <= size; i += 8) {
      first += word(data + i) + second;
      second += word(data + i + 4) + first;
    }
  }
  bool is(const std::uint8_t* at) const { return first == big_endian(at) && second == big_endian(at + 4); }
  void go_on_from(const std::uint8_t* at) {
    first = big_endian(at);
    second = big_endian(at + 4);
  }

 private:
  std::uint32_t word(const std::uint8_t* at) const {
    const std::uint32_t value = big_endian(at);
    return big ? value : __builtin_bswap32(value);
  }
};

struct Frame {
  bool holds = false;   // continues the running checksum
  bool commit = false;  // ends a transaction
};

// What the log tells, frame by frame.
class Log {
 public:
  static std::optional<Log> open(const std::string& path) {
    Log log;
    log.in_.open(path, std::ios::binary);
    if (!log.in_ || !log.read(log.header_.data(), kLogHeader)) return std::nullopt;
    return log;
  }
  bool is_blank() const {
    return std::all_of(header_.begin(), header_.end(), [](std::uint8_t byte) { return byte == 0; });
  }
  // Pre: not blank. Sets up the running checksum.
  bool header_holds() {
    const std::uint32_t magic = big_endian(header_.data());
    if (magic != 0x377f0682U && magic != 0x377f0683U) return false;
    sum_.big = (magic & 1U) != 0;
    sum_.add(header_.data(), 24);
    const std::uint32_t size = big_endian(header_.data() + 8);
    if (size < 512 || size > 65536 || (size & (size - 1)) != 0) return false;
    frame_.resize(kFrameHeader + size);
    return sum_.is(header_.data() + 24);
  }
  // Nothing at the end of the file. After a frame that does not hold the checksum goes on from what that frame says it
  // should be: when the next ones hold again, only this one was changed after it was written.
  std::optional<Frame> next() {
    if (!read(frame_.data(), frame_.size())) return std::nullopt;
    const std::uint8_t* at = frame_.data();
    // Frames of an earlier round of the log carry other salts.
    if (!std::equal(at + 8, at + 16, header_.data() + 16)) return Frame{};
    sum_.add(at, 8);
    sum_.add(at + kFrameHeader, frame_.size() - kFrameHeader);
    const Frame frame{.holds = sum_.is(at + 16), .commit = big_endian(at + 4) != 0};
    if (!frame.holds) sum_.go_on_from(at + 16);
    return frame;
  }

 private:
  bool read(std::uint8_t* into, std::size_t size) {
    in_.read(reinterpret_cast<char*>(into), static_cast<std::streamsize>(size));
    return static_cast<std::size_t>(in_.gcount()) == size;
  }
  std::ifstream in_;
  std::array<std::uint8_t, kLogHeader> header_{};
  std::vector<std::uint8_t> frame_;
  Checksum sum_;
};

std::string quoted(const std::string& name) {
  std::string out = "\"";
  for (const char c : name) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + '"';
}

bool means_damage(const Connection& connection) {
  const int code = connection.last_code() & 0xff;
  return code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
}

// A crash may leave the last transaction torn, its frames in any order: nobody was answered. A failed commit may leave
// its own frames behind the end. But a transaction is only begun when the one before is durable: when a chain of good
// frames behind a bad one reaches beyond a transaction's end, then the bad one was good once, and was answered.
Result<void> read_log(const std::string& path) {
  auto log = Log::open(path + "-wal");
  if (!log || log->is_blank()) return {};
  if (!log->header_holds()) return damaged(path, "the beginning of its log was overwritten");
  std::int64_t bad = 0;  // the first one, from 1
  bool reached_an_end = false;
  std::int64_t number = 0;
  while (const auto frame = log->next()) {
    ++number;
    if (!frame->holds) {
      if (bad == 0) bad = number;
      reached_an_end = frame->commit;
    } else if (bad != 0) {
      if (reached_an_end)
        return damaged(path, fmt::format("frame {} of its log is bad, and durable transactions lie behind it", bad));
      reached_an_end = frame->commit;
    }
  }
  return {};
}

}  // namespace

std::string words_of(int error_number) { return std::error_code(error_number, std::generic_category()).message(); }

base::Error damaged(const std::string& path, std::string what) {
  std::replace(what.begin(), what.end(), '\n', ' ');  // SQLite's findings come on lines of their own
  return refusal(
      fmt::format("{} is damaged ({}). Nothing was changed. Keep a copy of it with its -wal, see how far it goes with "
                  "`karv store check --config FILE`, and restore the last good backup",
                  path, what));
}

Result<void> check_place(const std::string& path) {
  KARV_TRY_VOID(check_folder(path));
  for (const char* suffix : {"", "-wal", "-shm"}) KARV_TRY_VOID(check_file(path + suffix));
  return {};
}

Result<void> check_header(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::array<char, 100> header{};
  in.read(header.data(), header.size());
  if (!in.is_open() || in.gcount() == 0) return {};  // not there yet, or nothing in it yet
  if (in.gcount() == static_cast<std::streamsize>(header.size()) && std::string_view(header.data(), 16) == kMagic)
    return {};
  return refusal(
      fmt::format("{} is no database: correct `database` in the configuration; if this is the right name, "
                  "its beginning was overwritten: restore the last good backup",
                  path));
}

// A tool that writes just now may have been seen half way; damage stays.
Result<void> check_log(const std::string& path) {
  if (read_log(path).ok()) return {};
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  return read_log(path);
}

Result<std::vector<std::string>> tables_of(Connection& connection) {
  static constexpr Sql kTables = "select name from sqlite_schema where type = 'table' and rootpage > 0 order by name";
  KARV_TRY(const auto rows, connection.query({kTables, {}}));
  std::vector<std::string> names;
  names.reserve(rows.size());
  for (const auto& row : rows) names.push_back(row.text(0));
  return names;
}

Result<std::string> check_table(Connection& connection, const std::string& table) {
  auto found = connection.setting(fmt::format("pragma quick_check({})", quoted(table)));
  if (!found.ok() && means_damage(connection)) return found.error().internal_text();
  if (!found.ok()) return std::move(found).error();
  return *found == "ok" ? std::string() : *found;
}

Result<bool> check_pages(Connection& connection, const std::string& path, std::int64_t whole_bytes) {
  const auto ask = [&](const std::string& text, bool verdict) -> Result<void> {
    const auto answer = connection.setting(text);
    if (!answer.ok()) return means_damage(connection) ? damaged(path, answer.error().internal_text()) : answer.error();
    if (verdict && *answer != "ok") return damaged(path, *answer);
    return {};
  };
  std::error_code unknown;
  const auto size = fs::file_size(path, unknown);
  if (!unknown && size <= static_cast<std::uintmax_t>(whole_bytes)) {
    KARV_TRY_VOID(ask("pragma quick_check(1)", true));
    return true;
  }
  KARV_TRY_VOID(ask("pragma freelist_count", false));
  auto tables = tables_of(connection);
  if (!tables.ok()) return means_damage(connection) ? damaged(path, tables.error().internal_text()) : tables.error();
  for (const auto& table : *tables)
    KARV_TRY_VOID(ask(fmt::format("select 1 from (select * from {} limit 1)", quoted(table)), false));
  return false;
}

}  // namespace karv::store::sqlite
