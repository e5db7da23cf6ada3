#include "apps/cli/doctor/machine.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/utsname.h>

#include "apps/common/confinement/landlock.h"

namespace karv::apps::cli::doctor {
namespace {

std::string first_line(const std::string& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

void look_at_kernel(Report& report) {
  utsname name{};
  if (::uname(&name) == 0) report.good(fmt::format("Linux {}", name.release));
  const int abi = landlock_abi();
  if (abi == 0) {
    report.wrong("no Landlock: a vault that was broken into could read every file of its user",
                 "Linux 5.13 or newer with `lsm=landlock,...` on the kernel's command line");
  } else {
    report.good(fmt::format("Landlock, version {}: the vault's files are held to a list", abi));
    if (abi >= kLandlockWithNetwork)
      report.good("Landlock knows TCP ports: the vault holds its own connections to a list of ports");
    else
      report.note("Landlock before version 4 (Linux 6.7) knows no ports: the rules below alone hold the connections");
    if (abi < kLandlockWithScopes) report.note("Landlock before version 6 (Linux 6.12) does not hold back signals");
  }
  const std::string actions = first_line("/proc/sys/kernel/seccomp/actions_avail");
  if (actions.contains("kill_process") && actions.contains("trap"))
    report.good("seccomp: the vault's system calls are held to a list");
  else
    report.wrong("no seccomp filters, or none that end the process",
                 "a kernel with CONFIG_SECCOMP_FILTER, 4.14 or newer");
}

void look_at_memory(Report& report) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_MEMLOCK, &limit) == 0) {
    if (limit.rlim_max == RLIM_INFINITY)
      report.good("memory can be locked without limit, also outside of the unit");
    else
      report.note(fmt::format("here {} kB can be locked; the vault needs no limit, which its unit gives (LimitMEMLOCK)",
                              limit.rlim_max / 1024));
  }
  const std::string pattern = first_line("/proc/sys/kernel/core_pattern");
  report.good(
      fmt::format("core files go to '{}'; the vault makes none (limit 0, not dumpable, nothing selected)", pattern));
  if (const std::string dumpable = first_line("/proc/sys/fs/suid_dumpable"); dumpable == "1")
    report.wrong("fs.suid_dumpable is 1: processes that may not be dumped are", "sysctl fs.suid_dumpable=0");
  const std::string scope = first_line("/proc/sys/kernel/yama/ptrace_scope");
  if (scope.empty())
    report.note("no Yama: only the vault's own refusal keeps its user's other processes from tracing it");
  else if (scope == "0")
    report.wrong("kernel.yama.ptrace_scope is 0: any process may trace others of its user",
                 "sysctl kernel.yama.ptrace_scope=1, and in /etc/sysctl.d");
  else
    report.good(fmt::format("kernel.yama.ptrace_scope is {}", scope));
}

// Whether a device of /proc/swaps keeps what it gets unreadable: dm-crypt, or memory again.
bool is_sealed(const std::string& device) {
  std::error_code ec;
  const auto real = std::filesystem::canonical(device, ec);
  const std::string name = (ec ? std::filesystem::path(device) : real).filename();
  return name.starts_with("zram") || first_line("/sys/block/" + name + "/dm/uuid").starts_with("CRYPT-");
}

void look_at_swap(Report& report) {
  std::ifstream swaps("/proc/swaps");
  std::string line;
  std::getline(swaps, line);  // the head
  int devices = 0;
  while (std::getline(swaps, line)) {
    std::istringstream words(line);
    std::string device;
    words >> device;
    ++devices;
    if (is_sealed(device))
      report.good(fmt::format("swap on {} is encrypted, or memory", device));
    else
      report.wrong(fmt::format("swap on {} is readable: the server's memory may be written to it", device),
                   "swapoff -a and remove it from /etc/fstab, or encrypt it (crypttab: swap option)");
  }
  if (devices == 0) report.good("no swap");
}

}  // namespace

void look_at_machine(Report& report) {
  report.section("Machine");
  look_at_kernel(report);
  look_at_memory(report);
  look_at_swap(report);
}

}  // namespace karv::apps::cli::doctor
