#include "apps/common/confinement/landlock.h"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <linux/landlock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace karv::apps {
namespace {

// What linux/landlock.h of Debian 12 does not name yet.
constexpr std::uint64_t kFsTruncate = 1ULL << 14;
constexpr std::uint64_t kFsIoctlDevice = 1ULL << 15;
constexpr std::uint64_t kNetBind = 1ULL << 0;
constexpr std::uint64_t kNetConnect = 1ULL << 1;
constexpr std::uint64_t kScopeAbstractUnix = 1ULL << 0;
constexpr std::uint64_t kScopeSignal = 1ULL << 1;
constexpr int kRuleNetPort = 2;
struct Ruleset {
  std::uint64_t fs, net, scoped;
};
struct NetPort {
  std::uint64_t access, port;
};

constexpr std::uint64_t kReadFile = LANDLOCK_ACCESS_FS_READ_FILE;
constexpr std::uint64_t kReadFolder = kReadFile | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t kWriteFile = kReadFile | LANDLOCK_ACCESS_FS_WRITE_FILE | kFsTruncate;
constexpr std::uint64_t kWriteFolder = kWriteFile | kReadFolder | LANDLOCK_ACCESS_FS_MAKE_REG |
                                       LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
                                       LANDLOCK_ACCESS_FS_REMOVE_DIR;
constexpr std::uint64_t kSocketFolder =
    LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_REMOVE_FILE;

base::Error cannot(const std::string& what, int reason = errno) {
  return base::internal_error(base::ErrorCode::unavailable,
                              "landlock: " + what + ": " + std::error_code(reason, std::generic_category()).message());
}

// Every right to files that this kernel can take away.
std::uint64_t handled_fs(int abi) {
  std::uint64_t all = (1ULL << 13) - 1;
  if (abi >= 2) all |= LANDLOCK_ACCESS_FS_REFER;
  if (abi >= 3) all |= kFsTruncate;
  if (abi >= 5) all |= kFsIoctlDevice;
  return all;
}

class Descriptor {
 public:
  explicit Descriptor(long fd) : fd_(static_cast<int>(fd)) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

base::Result<void> add_path(int ruleset, const std::string& path, std::uint64_t of_file, std::uint64_t of_folder) {
  const Descriptor target(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (target.get() < 0) {
    if (errno == ENOENT || errno == ENOTDIR || errno == EACCES) return {};
    return cannot(path);
  }
  struct stat found{};
  if (::fstat(target.get(), &found) != 0) return cannot(path);
  landlock_path_beneath_attr rule{};
  rule.parent_fd = target.get();
  rule.allowed_access = S_ISDIR(found.st_mode) ? of_folder : of_file;
  if (rule.allowed_access == 0) return {};
  if (::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0) return cannot(path);
  return {};
}

base::Result<void> add_port(int ruleset, std::uint16_t port, std::uint64_t access) {
  const NetPort rule{.access = access, .port = port};
  if (::syscall(SYS_landlock_add_rule, ruleset, kRuleNetPort, &rule, 0) != 0)
    return cannot("port " + std::to_string(port));
  return {};
}

// A rule that does not bite is worse than none.
base::Result<void> try_what_is_refused(const LandlockReport& report) {
  const Descriptor root(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (root.get() >= 0 || errno != EACCES) return cannot("the folder / can still be read", 0);
  if (!report.network) return {};
  const Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in nobody{};
  nobody.sin_family = AF_INET;
  nobody.sin_port = htons(1);
  nobody.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (socket.get() < 0) return cannot("socket");
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&nobody), sizeof(nobody)) == 0 || errno != EACCES)
    return cannot("TCP port 1 can still be reached", 0);
  return {};
}

}  // namespace

int landlock_abi() {
  const long abi = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return abi > 0 ? static_cast<int>(abi) : 0;
}

base::Result<LandlockReport> apply_landlock(const LandlockRules& rules, int abi) {
  LandlockReport report{.abi = abi};
  if (report.abi == 0)
    return base::internal_error(base::ErrorCode::unavailable,
                                "this kernel has no Landlock: it needs Linux 5.13 and `lsm=landlock,...` at boot");
  report.network = report.abi >= kLandlockWithNetwork;
  report.isolated = report.abi >= kLandlockWithScopes;
  const std::uint64_t fs = handled_fs(report.abi);
  const Ruleset asked{.fs = fs,
                      .net = report.network ? kNetBind | kNetConnect : 0,
                      .scoped = report.isolated ? kScopeAbstractUnix | kScopeSignal : 0};
  const std::size_t size = report.isolated ? sizeof(asked) : report.network ? 16 : 8;
  const Descriptor ruleset(::syscall(SYS_landlock_create_ruleset, &asked, size, 0));
  if (ruleset.get() < 0) return cannot("ruleset");
  for (const auto& path : rules.read) KARV_TRY_VOID(add_path(ruleset.get(), path, fs & kReadFile, fs & kReadFolder));
  for (const auto& path : rules.write) KARV_TRY_VOID(add_path(ruleset.get(), path, fs & kWriteFile, fs & kWriteFolder));
  for (const auto& path : rules.sockets) KARV_TRY_VOID(add_path(ruleset.get(), path, 0, fs & kSocketFolder));
  if (report.network) {
    for (const auto port : rules.bind_ports) KARV_TRY_VOID(add_port(ruleset.get(), port, kNetBind));
    for (const auto port : rules.connect_ports) KARV_TRY_VOID(add_port(ruleset.get(), port, kNetConnect));
  }
  if (::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) != 0) return cannot("restrict");
  KARV_TRY_VOID(try_what_is_refused(report));
  return report;
}

}  // namespace karv::apps
