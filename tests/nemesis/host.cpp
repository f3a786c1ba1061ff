// See host.hpp.
#include "tests/nemesis/host.hpp"

#include "tests/crash/private_disk.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <thread>

namespace nova::nemesis {

namespace {

constexpr const char* network = "10.77.0.";
constexpr const char* mask = "255.255.255.0";
constexpr const char* device = "bed";
constexpr const char* here = "/proc/thread-self/ns/net";
constexpr int packet_bytes = 16'000;
constexpr int waiting_packets = 10'000;  // before the switch reads them

std::string last_error(const char* what) {
  return std::string(what) + ": " + std::generic_category().message(errno);
}

ifreq named(const char* name) {
  ifreq r{};
  std::strncpy(r.ifr_name, name, IFNAMSIZ - 1);
  return r;
}

bool take(int socket, unsigned long what, ifreq& r, const char* name, std::string& why) {
  return ::ioctl(socket, what, &r) == 0 || (why = last_error(name), false);
}

bool set_address(int socket, unsigned long what, const std::string& text, std::string& why) {
  auto r = named(device);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  ::inet_pton(AF_INET, text.c_str(), &at.sin_addr);
  std::memcpy(&r.ifr_addr, &at, sizeof at);
  return take(socket, what, r, "address of a TUN device", why);
}

bool raise(int socket, const char* name, std::string& why) {
  auto r = named(name);
  r.ifr_flags = IFF_UP | IFF_RUNNING;
  return take(socket, SIOCSIFFLAGS, r, name, why);
}

}  // namespace

std::string host::enter() {
  std::string why;
  if (!crash::private_disk::enter_namespace(why)) return why;
  if (::unshare(CLONE_NEWNET) != 0) return last_error("unshare");
  const int tun = ::open("/dev/net/tun", O_RDWR | O_CLOEXEC);
  if (tun < 0) return last_error("/dev/net/tun");
  ::close(tun);
  return {};
}

std::string host::address_of(unsigned number) { return network + std::to_string(number); }

std::unique_ptr<host> host::of_this_process(unsigned number, std::string& why) {
  std::unique_ptr<host> out(new host(number));
  return out->open(why) ? std::move(out) : nullptr;
}

std::unique_ptr<host> host::make(unsigned number, std::string& why) {
  std::unique_ptr<host> out;
  std::thread([&] {  // a namespace belongs to a thread
    if (::unshare(CLONE_NEWNET) == 0) out = of_this_process(number, why);
    else why = last_error("unshare");
  })
      .join();
  return out;
}

bool host::open(std::string& why) {
  space_ = ::open(here, O_RDONLY | O_CLOEXEC);
  packets_ = ::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (space_ < 0 || packets_ < 0) return why = last_error("/dev/net/tun"), false;
  auto made = named(device);
  made.ifr_flags = IFF_TUN | IFF_NO_PI;
  if (!take(packets_, TUNSETIFF, made, "making a TUN device", why)) return false;
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  auto size = named(device), queue = named(device);
  size.ifr_mtu = packet_bytes;
  queue.ifr_qlen = waiting_packets;
  const bool done = set_address(socket, SIOCSIFADDR, address(), why) &&
                    set_address(socket, SIOCSIFNETMASK, mask, why) &&
                    take(socket, SIOCSIFMTU, size, "size of packets", why) &&
                    take(socket, SIOCSIFTXQLEN, queue, "queue of packets", why) &&
                    raise(socket, "lo", why) && raise(socket, device, why);
  ::close(socket);
  return done;
}

host::~host() {
  if (packets_ >= 0) ::close(packets_);
  if (space_ >= 0) ::close(space_);
}

host::visit::visit(const host& h) : home_(::open(here, O_RDONLY | O_CLOEXEC)) {
  if (::setns(h.space_, CLONE_NEWNET) != 0) throw std::runtime_error(last_error("setns"));
}

host::visit::~visit() {
  (void)::setns(home_, CLONE_NEWNET);
  ::close(home_);
}

}  // namespace nova::nemesis
