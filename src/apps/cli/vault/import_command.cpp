#include "apps/cli/vault/import_command.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>

#include <fmt/format.h>
#include <unistd.h>

#include "apps/cli/commands.h"
#include "apps/cli/vault/acting.h"
#include "apps/cli/vault/admin_line.h"
#include "apps/cli/vault/card_file.h"
#include "crypto/files.h"
#include "json/decode.h"
#include "json/encode.h"

namespace karv::apps::cli::vault {
namespace {

using base::Result;
using vault_api::ImportChunkAnswer;
using vault_api::ImportStatus;
namespace fs = std::filesystem;

constexpr const char* kTeach = R"(Cards that were kept elsewhere move into this vault without being seen on the way:

  karv vault import key --operator operator.toml --out import.key      the vault's key, for whoever has the cards
  karv vault import encrypt cards.csv --key import.key --out cards.karv     where the cards are; no vault is needed
  karv vault import approve cards.karv --operator operator.toml --key anna-berg.key --share ID.share
                                                                       two custodians, each for himself
  karv vault import run cards.karv --operator operator.toml --out moved

The CSV's first line is number,expiry,name,customer,merchant,reference. expiry: 12/30, 12/2030 or 2030-12. customer and
merchant: Karv's ids; without a merchant it is the customer's own saved card. reference: the card's old token.
`run` writes moved/mapping.csv (reference,vault_token; mode 0600) and moved/report.csv (row,field,code of each line that
was refused; nothing of what stood there). Broken off, the same command goes on where it was.)";

struct Options {
  std::string operator_file, file, out, key;
  ActingFiles person;
};

template <class Request>
Result<typename Request::Answer> ask(AdminLine& line, const Request& request) {
  return line.ask<typename Request::Answer>(net::Method::post, std::string(Request::kPath), json::encode(request));
}

// A bar on standard error, for what takes longer than two seconds.
class ProgressBar {
 public:
  explicit ProgressBar(std::int64_t rows) : rows_(rows) {}
  ~ProgressBar() {
    if (shown_ && terminal_) fmt::print(stderr, "\r\x1b[K");
  }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void tell(std::int64_t done) {
    const auto now = std::chrono::steady_clock::now();
    if (now - begun_ < kQuiet || now - told_ < (terminal_ ? kAtTerminal : kQuiet)) return;
    told_ = now;
    shown_ = true;
    const auto width = static_cast<std::size_t>(kWidth * done / std::max<std::int64_t>(rows_, 1));
    fmt::print(stderr, "{}[{:<{}}] {} of {} rows, {} %{}", terminal_ ? "\r\x1b[K" : "", std::string(width, '='), kWidth,
               done, rows_, 100 * done / std::max<std::int64_t>(rows_, 1), terminal_ ? "" : "\n");
    (void)std::fflush(stderr);
  }

 private:
  static constexpr std::int64_t kWidth = 40;
  static constexpr std::chrono::milliseconds kAtTerminal{100}, kQuiet{2000};
  const std::int64_t rows_;
  const bool terminal_ = ::isatty(STDERR_FILENO) == 1;
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point told_{};
  bool shown_ = false;
};

// The answers that came so far, one file for each chunk: whoever goes on asks for no chunk twice.
class Answers {
 public:
  explicit Answers(std::string folder) : folder_(std::move(folder)) {}

  Result<void> make_folder() const {
    std::error_code problem;
    fs::create_directories(folder_, problem);
    if (!problem) fs::permissions(folder_, fs::perms::owner_all, problem);
    if (problem) return base::internal_error(base::ErrorCode::unavailable, folder_ + ": " + problem.message());
    return {};
  }
  std::string mapping() const { return folder_ + "/mapping.csv"; }
  std::string report() const { return folder_ + "/report.csv"; }
  bool has(std::int64_t chunk) const { return fs::exists(path_of(chunk)); }
  Result<void> keep(std::int64_t chunk, const ImportChunkAnswer& answer) const {
    return crypto::write_private_file(path_of(chunk), base::as_bytes(json::encode(answer)));
  }
  // Mapping and report of all chunks. Errors: those of the files.
  Result<void> write_out(std::int64_t chunks) const {
    std::string mapping_text = "reference,vault_token\n";
    std::string report_text = "row,field,code\n";
    for (std::int64_t chunk = 0; chunk < chunks; ++chunk) {
      KARV_TRY(const auto text, crypto::read_secret_file(path_of(chunk)));
      KARV_TRY(const auto answer, json::decode<ImportChunkAnswer>(text.expose_text(), json::kOwnChannel));
      for (const auto& row : answer.rows) {
        if (row.code.empty())
          mapping_text += fmt::format("{},{}\n", row.reference, row.vault_token);
        else
          report_text += fmt::format("{},{},{}\n", row.row, row.field, row.code);
      }
    }
    KARV_TRY_VOID(crypto::write_private_file(mapping(), base::as_bytes(mapping_text)));
    return crypto::write_private_file(report(), base::as_bytes(report_text));
  }
  void remove_chunks(std::int64_t chunks) const {
    std::error_code ignored;
    for (std::int64_t chunk = 0; chunk < chunks; ++chunk) fs::remove(path_of(chunk), ignored);
  }

 private:
  std::string path_of(std::int64_t chunk) const { return fmt::format("{}/chunk-{:06}.json", folder_, chunk); }
  std::string folder_;
};

int say_done(const ImportStatus& status, const Answers& answers) {
  fmt::print("{} cards kept, {} rows refused.\n{}  old references and vault tokens\n", status.kept, status.refused,
             answers.mapping());
  if (status.refused > 0) fmt::print("{}  what is wrong with the others\n", answers.report());
  return 0;
}

Result<int> run(const Options& options) {
  KARV_TRY(auto reader, CardFileReader::open(options.file));
  KARV_TRY(const auto line, AdminLine::open(options.operator_file));
  KARV_TRY(auto status, ask(*line, vault_api::FindImportRequest{.file = reader.digest()}));
  const Answers answers(options.out);
  KARV_TRY_VOID(answers.make_folder());
  if (status.finished && fs::exists(answers.mapping())) {
    answers.remove_chunks(reader.chunks());
    return say_done(status, answers);
  }
  {
    ProgressBar bar(status.rows);
    for (std::int64_t chunk = 0; chunk < reader.chunks(); ++chunk) {
      bar.tell(std::min(chunk * vault_api::kRowsPerChunk, status.rows));
      KARV_TRY(auto jwe, reader.next());
      if (answers.has(chunk)) continue;
      KARV_TRY(const auto answer, ask(*line, vault_api::ImportChunkRequest{
                                                 .file = reader.digest(), .chunk = chunk, .jwe = std::move(jwe)}));
      KARV_TRY_VOID(answers.keep(chunk, answer));
    }
  }
  KARV_TRY_VOID(answers.write_out(reader.chunks()));
  KARV_TRY(status, ask(*line, vault_api::FinishImportRequest{.file = reader.digest()}));
  answers.remove_chunks(reader.chunks());
  return say_done(status, answers);
}

Result<int> fetch_key(const Options& options) {
  KARV_TRY(const auto line, AdminLine::open(options.operator_file));
  KARV_TRY(const auto key,
           line->ask<vault_api::ImportKeyAnswer>(net::Method::get, std::string(vault_api::kImportKeyPath), ""));
  KARV_TRY_VOID(crypto::write_public_file(options.out, base::as_bytes(json::encode(key) + "\n")));
  fmt::print("{}  for whoever encrypts the cards; no secret\n", options.out);
  return 0;
}

Result<int> encrypt(const Options& options) {
  std::ifstream file(options.key);  // no secret: anybody may read it
  std::string text;
  std::getline(file, text);
  const auto key = json::decode<vault_api::ImportKeyAnswer>(text, json::kOwnChannel);
  if (!key.ok()) return base::internal_error(base::ErrorCode::bad_value, options.key + " is no import key");
  KARV_TRY(const auto rows, write_card_file(options.file, key->opens, options.out));
  KARV_TRY(const auto made, CardFileReader::open(options.out));
  fmt::print("{} rows, {}\nfile {}\n", rows, options.out, made.digest());
  return 0;
}

void say_status(const ImportStatus& status) {
  fmt::print("file {}\n{} rows; approved by {} of 2; {} of {} chunks are in, {} cards kept, {} rows refused{}\n",
             status.file, status.rows, std::min<std::int64_t>(status.approvals, 2), status.next_chunk, status.chunks,
             status.kept, status.refused, status.finished ? "; finished" : "");
}

Result<int> approve(const Options& options) {
  KARV_TRY(const auto reader, CardFileReader::open(options.file));
  KARV_TRY(const auto acting, acting_of(options.person));
  KARV_TRY(const auto line, AdminLine::open(options.operator_file));
  vault_api::ApproveImportRequest request;
  request.file = reader.file();
  sign(request, acting, "import", reader.digest_bytes());
  KARV_TRY(const auto status, ask(*line, request));
  say_status(status);
  return 0;
}

Result<int> tell_status(const Options& options) {
  KARV_TRY(const auto reader, CardFileReader::open(options.file));
  KARV_TRY(const auto line, AdminLine::open(options.operator_file));
  KARV_TRY(const auto status, ask(*line, vault_api::FindImportRequest{.file = reader.digest()}));
  say_status(status);
  return 0;
}

}  // namespace

void add_import_commands(CLI::App& vault_group, int& exit_code) {
  CLI::App* group = vault_group.add_subcommand("import", "a card file that moves in, approved by two custodians");
  group->footer(kTeach);
  group->require_subcommand(1);
  const auto options = std::make_shared<Options>();
  const auto add = [&](const char* word, const char* sentence, Result<int> (*work)(const Options&)) {
    CLI::App* command = group->add_subcommand(word, sentence);
    command->callback([options, work, &exit_code] {
      const auto done = work(*options);
      exit_code = done.ok() ? done.value() : fail(done.error());
    });
    return command;
  };
  const auto needs = [](CLI::App* command, const char* name, std::string& into, const char* sentence) {
    command->add_option(name, into, sentence)->type_name("FILE")->required();
  };
  constexpr const char* kOperator = "operator.toml: how to reach the vault's admin door";
  CLI::App* command = add("key", "fetch the vault's import key", fetch_key);
  needs(command, "--operator", options->operator_file, kOperator);
  needs(command, "--out", options->out, "where to write it");
  command = add("encrypt", "make a card file of CSV, where the cards are", encrypt);
  needs(command, "csv", options->file, "the cards");
  needs(command, "--key", options->key, "the vault's import key");
  needs(command, "--out", options->out, "the card file");
  command = add("approve", "approve a card file, signed; takes two custodians", approve);
  needs(command, "file", options->file, "the card file");
  needs(command, "--operator", options->operator_file, kOperator);
  needs(command, "--key", options->person.key, "the custodian's .key file");
  needs(command, "--share", options->person.share, "the custodian's .share file");
  command->add_option("--passphrase-file", options->person.passphrase_file, "instead of being asked")
      ->type_name("FILE");
  command = add("run", "take an approved card file in; goes on where it was broken off", run);
  needs(command, "file", options->file, "the card file");
  needs(command, "--operator", options->operator_file, kOperator);
  command->add_option("--out", options->out, "the folder for mapping and report")->type_name("FOLDER")->required();
  command = add("status", "how far a card file is", tell_status);
  needs(command, "file", options->file, "the card file");
  needs(command, "--operator", options->operator_file, kOperator);
}

}  // namespace karv::apps::cli::vault
