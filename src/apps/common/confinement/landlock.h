// Landlock: the calling process gives up, for good, every file and every TCP port that is not listed here. Rules bind
// the thread that asks and what it starts later, so it is asked for in main(), before any thread.
// Source: the kernel's Documentation/userspace-api/landlock.rst; linux/landlock.h of kernel 6.1 knows the file part
// only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace karv::apps {

struct LandlockRules {
  // Files and folders with all that is in them. What does not exist gets no rule: opening it says so.
  std::vector<std::string> read;
  std::vector<std::string> write;    // read, write, make, rename and remove; of a file: read and write
  std::vector<std::string> sockets;  // folders in which a Unix socket is made and taken away
  std::vector<std::uint16_t> bind_ports, connect_ports;  // TCP; 0: a port that the kernel chooses
};

struct LandlockReport {
  int abi = 0;            // of the kernel
  bool network = false;   // TCP rules hold (ABI 4, Linux 6.7)
  bool isolated = false;  // no signals to other processes, no abstract Unix sockets of theirs (ABI 6, Linux 6.12)
};

inline constexpr int kLandlockWithNetwork = 4;
inline constexpr int kLandlockWithScopes = 6;

// 0: this kernel has none, or it is not among the active security modules.
int landlock_abi();

// Afterwards no file can be executed either. Tries at the end what must be refused, and fails when it is not.
// Pre: PR_SET_NO_NEW_PRIVS; a single thread; `abi` is at most the kernel's. Errors: unavailable.
base::Result<LandlockReport> apply_landlock(const LandlockRules& rules, int abi = landlock_abi());

}  // namespace karv::apps
