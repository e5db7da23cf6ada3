#include "apps/cli/dev/ports.h"

#include <algorithm>
#include <array>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <toml++/toml.h>
#include <unistd.h>

#include "apps/cli/dev/toml_text.h"

namespace karv::apps::cli::dev {
namespace {

struct Named {
  const char* name;
  std::uint16_t Ports::* port;
};
constexpr auto kPorts = std::to_array<Named>({{"pay", &Ports::pay},
                                              {"vault", &Ports::vault},
                                              {"vault_private", &Ports::vault_private},
                                              {"shop", &Ports::shop},
                                              {"network", &Ports::network},
                                              {"smtp", &Ports::smtp},
                                              {"vault_staff", &Ports::vault_staff},
                                              {"bank", &Ports::bank}});

// A bound socket on the loopback address; port 0 asks the kernel for a free one. Not listening: nobody can connect.
class Reservation {
 public:
  explicit Reservation(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const int on = 1;
    ::setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    // Binding alone would succeed beside a listener that allows reuse; listening does not.
    if (::bind(fd_, any, size) != 0 || ::listen(fd_, 1) != 0 || ::getsockname(fd_, any, &size) != 0) return;
    port_ = ntohs(address.sin_port);
  }
  ~Reservation() { ::close(fd_); }
  Reservation(const Reservation&) = delete;
  Reservation& operator=(const Reservation&) = delete;
  std::optional<std::uint16_t> port() const { return port_; }

 private:
  int fd_;
  std::optional<std::uint16_t> port_;
};

std::vector<std::uint16_t> taken(const Ports& ports) {
  std::vector<std::uint16_t> out;
  for (const auto& one : kPorts)
    if (!Reservation(ports.*one.port).port()) out.push_back(ports.*one.port);
  return out;
}

std::optional<Ports> last_ports(const Layout& layout) {
  Ports ports;
  try {
    const auto table = toml::parse_file(layout.file("ports.toml"));
    for (const auto& one : kPorts) {
      const auto port = table[one.name].value_exact<std::int64_t>().value_or(0);
      if (port < 1 || port > 65'535) return std::nullopt;
      ports.*one.port = static_cast<std::uint16_t>(port);
    }
  } catch (const toml::parse_error&) {
    return std::nullopt;
  }
  return ports;
}

base::Result<Ports> free_ports() {
  Ports ports;
  std::array<std::optional<Reservation>, kPorts.size()> held;  // all at once, so that no two are the same
  for (std::size_t i = 0; i < kPorts.size(); ++i) {
    const auto port = held[i].emplace(std::uint16_t{0}).port();
    if (!port) return base::internal_error(base::ErrorCode::unavailable, "no free port on 127.0.0.1");
    ports.*kPorts[i].port = *port;
  }
  return ports;
}

}  // namespace

base::Result<Ports> choose_ports(const PortWish& wish, const Layout& layout) {
  if (wish.free) {
    if (const auto last = last_ports(layout); last && taken(*last).empty()) return *last;
    return free_ports();
  }
  Ports ports;
  if (wish.base)
    for (std::size_t i = 0; i < kPorts.size(); ++i) ports.*kPorts[i].port = static_cast<std::uint16_t>(*wish.base + i);
  if (const auto busy = taken(ports); !busy.empty())
    return base::internal_error(base::ErrorCode::unavailable,
                                fmt::format("port {} on 127.0.0.1 is taken. Is another `karv dev` running? "
                                            "--base-port N moves all ports, --free-ports takes what is free.",
                                            fmt::join(busy, ", ")));
  return ports;
}

base::Result<void> remember_ports(const Ports& ports, const Layout& layout) {
  TomlText out;
  for (const auto& one : kPorts) out.integer(one.name, ports.*one.port);
  return out.write_to(layout.file("ports.toml"));
}

}  // namespace karv::apps::cli::dev
