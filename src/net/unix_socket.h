// A server's Unix socket as a file: its mode before anybody can connect, what an earlier process left behind, and who
// is at the other end. Internal to net. Source: unix(7), SO_PEERCRED.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "base/result.h"
#include "net/asio.h"
#include "net/http.h"

namespace karv::net {

inline constexpr std::string_view kUnixPrefix = "unix:";

// Binds, and takes the file away again when it goes, if it is still the one that was made.
class UnixSocketFile {
 public:
  UnixSocketFile() = default;
  ~UnixSocketFile() { remove(); }
  UnixSocketFile(const UnixSocketFile&) = delete;
  UnixSocketFile& operator=(const UnixSocketFile&) = delete;

  // Binds the descriptor to the path, mode 0600, or 0660 for the group when one is named. A socket that nobody listens
  // on is replaced. Nobody can connect before the descriptor listens, so no moment with other rights is of use.
  // Pre: path is at most 107 bytes (endpoint_of). Errors: unavailable, saying what to do.
  base::Result<> bind(int descriptor, const std::string& path, const std::string& group);
  void remove();

 private:
  std::string path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

// Who connected, as the kernel saw it then; none when the socket is not a Unix socket.
std::optional<PeerCredentials> peer_credentials_of(int descriptor);

}  // namespace karv::net
