#include "crypto/files.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "crypto/openssl.h"

namespace karv::crypto {
namespace {

constexpr off_t kMaxSize = 1 << 20;

class File {
 public:
  File(const std::string& path, int flags, mode_t mode) : fd_(::open(path.c_str(), flags | O_CLOEXEC, mode)) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

base::Error failed(std::string_view what, const std::string& path) {
  return base::internal_error(base::ErrorCode::unavailable, fmt::format("{} {}: errno {}", what, path, errno));
}

base::Result<void> write_file(const std::string& path, base::ByteView bytes, mode_t mode) {
  const std::string temporary = path + ".new";
  ::unlink(temporary.c_str());
  {
    const File file(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
    if (file.fd() < 0) return failed("creating", temporary);
    while (!bytes.empty()) {
      const ssize_t written = ::write(file.fd(), bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return failed("writing", temporary);
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    if (::fchmod(file.fd(), mode) != 0 || ::fsync(file.fd()) != 0) return failed("flushing", temporary);
  }
  if (std::rename(temporary.c_str(), path.c_str()) != 0) return failed("renaming", path);
  const auto slash = path.rfind('/');  // the folder has the name: it is flushed too
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const File opened(folder, O_RDONLY | O_DIRECTORY, 0);
  if (opened.fd() < 0 || ::fsync(opened.fd()) != 0) return failed("flushing", folder);
  return {};
}

}  // namespace

base::Result<base::SecretBytes> read_secret_file(const std::string& path) {
  const File file(path, O_RDONLY, 0);
  struct stat facts{};
  if (file.fd() < 0 || ::fstat(file.fd(), &facts) != 0) return failed("opening", path);
  if (!S_ISREG(facts.st_mode) || facts.st_size > kMaxSize || (facts.st_mode & (S_IRWXO | S_IWGRP)) != 0)
    return base::internal_error(base::ErrorCode::unavailable,
                                path + " is not a small file that is closed to others (chmod 600)");
  base::SecretBytes out(static_cast<std::size_t>(facts.st_size));
  auto rest = out.expose_mutable();
  while (!rest.empty()) {
    const ssize_t got = ::read(file.fd(), rest.data(), rest.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return failed("reading", path);
    rest = rest.subspan(static_cast<std::size_t>(got));
  }
  return out;
}

base::Result<base::SecretBytes> read_secret_line(const std::string& path) {
  KARV_TRY(const auto all, read_secret_file(path));
  std::string_view text = all.expose_text();
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.remove_suffix(1);
  return base::SecretBytes::copy_of(text);
}

base::Result<base::Bytes> sha256_of_file(const std::string& path) {
  const File file(path, O_RDONLY, 0);
  if (file.fd() < 0) return failed("opening", path);
  const openssl::DigestContext context(EVP_MD_CTX_new());
  KARV_CHECK(context != nullptr && EVP_DigestInit_ex2(context.get(), openssl::sha256(), nullptr) == 1);
  base::Bytes part(std::size_t{1} << 20);
  for (;;) {
    const ssize_t got = ::read(file.fd(), part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed("reading", path);
    if (got == 0) break;
    KARV_CHECK(EVP_DigestUpdate(context.get(), part.data(), static_cast<std::size_t>(got)) == 1);
  }
  base::Bytes digest(32);
  KARV_CHECK(EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) == 1);
  return digest;
}

base::Result<void> write_private_file(const std::string& path, base::ByteView bytes) {
  return write_file(path, bytes, 0600);
}
base::Result<void> write_public_file(const std::string& path, base::ByteView bytes) {
  return write_file(path, bytes, 0644);
}

}  // namespace karv::crypto
