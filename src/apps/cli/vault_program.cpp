#include "apps/cli/vault_program.h"

#include <filesystem>

namespace karv::apps::cli {

base::Result<base::ProgramEnd> run_vault_program(const std::vector<std::string>& words, Printing printing,
                                                 std::string input) {
  const auto path = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "karv-vault";
  if (!std::filesystem::exists(path))
    return base::internal_error(
        base::ErrorCode::unavailable,
        path.string() + " is missing: the vault's own program works on its store; install it beside karv");
  base::Program program{.words = {path.string()}, .input = std::move(input), .capture = printing == Printing::captured};
  program.words.insert(program.words.end(), words.begin(), words.end());
  return base::run_program(program);
}

}  // namespace karv::apps::cli
