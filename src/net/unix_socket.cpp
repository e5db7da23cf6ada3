#include "net/unix_socket.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <grp.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace karv::net {
namespace {

base::Error cannot(const std::string& path, const std::string& why) {
  return base::internal_error(base::ErrorCode::unavailable, "cannot listen on unix:" + path + ": " + why);
}

std::string reason() { return std::error_code(errno, std::generic_category()).message(); }

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

int with_address(int (*act)(int, const sockaddr*, socklen_t), int fd, const std::string& path) {
  const sockaddr_un address = address_of(path);
  return act(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
}

// Takes away a socket whose process is gone; leaves everything else as it is and says so.
base::Result<> remove_stale(const std::string& path) {
  struct stat found{};
  if (::lstat(path.c_str(), &found) != 0) {
    if (errno == ENOENT) return {};
    return cannot(path, reason());
  }
  if (!S_ISSOCK(found.st_mode)) return cannot(path, "the file is no socket; move it away or choose another path");
  const Descriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (probe.get() < 0) return cannot(path, reason());
  if (with_address(::connect, probe.get(), path) == 0 || errno == EAGAIN)
    return cannot(path, "another process listens there; stop it first");
  if (errno != ECONNREFUSED) return cannot(path, "whether anybody listens there is not clear: " + reason());
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return cannot(path, reason());
  return {};
}

base::Result<gid_t> group_id(const std::string& path, const std::string& name) {
  std::array<char, std::size_t{16} * 1024> buffer{};
  group entry{};
  group* found = nullptr;
  if (::getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr)
    return cannot(path, "there is no group named " + name);
  return found->gr_gid;
}

}  // namespace

base::Result<> UnixSocketFile::bind(int descriptor, const std::string& path, const std::string& group) {
  const std::string folder = std::filesystem::path(path).parent_path();
  // Two processes that start at once must not take each other's socket for a stale one.
  const Descriptor lock(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (lock.get() < 0) return cannot(path, "folder " + folder + ": " + reason());
  if (::flock(lock.get(), LOCK_EX) != 0) return cannot(path, reason());
  KARV_TRY_VOID(remove_stale(path));
  if (::fchmod(descriptor, 0600) != 0 || with_address(::bind, descriptor, path) != 0) return cannot(path, reason());
  struct stat made{};
  if (::lstat(path.c_str(), &made) != 0) return cannot(path, reason());
  path_ = path;
  device_ = made.st_dev;
  inode_ = made.st_ino;
  if (group.empty()) {
    if (::chmod(path.c_str(), 0600) != 0) return cannot(path, reason());
    return {};
  }
  KARV_TRY(const gid_t gid, group_id(path, group));
  if (::lchown(path.c_str(), static_cast<uid_t>(-1), gid) != 0)
    return cannot(path, "it cannot be given to group " + group + " (is this process's user a member?): " + reason());
  if (::chmod(path.c_str(), 0660) != 0) return cannot(path, reason());
  return {};
}

void UnixSocketFile::remove() {
  if (path_.empty()) return;
  struct stat found{};
  if (::lstat(path_.c_str(), &found) == 0 && found.st_dev == device_ && found.st_ino == inode_) ::unlink(path_.c_str());
  path_.clear();
}

std::optional<PeerCredentials> peer_credentials_of(int descriptor) {
  ucred peer{};
  socklen_t size = sizeof(peer);
  int family = 0;
  socklen_t family_size = sizeof(family);
  if (::getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &family, &family_size) != 0 || family != AF_UNIX)
    return std::nullopt;
  if (::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || size != sizeof(peer)) return std::nullopt;
  return PeerCredentials{.uid = peer.uid, .gid = peer.gid, .pid = peer.pid};
}

}  // namespace karv::net
