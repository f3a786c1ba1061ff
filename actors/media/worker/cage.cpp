#include "actors/media/worker/cage.hpp"

#include <linux/landlock.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace nova::media {
namespace {

bool limit(__rlimit_resource what, rlim_t most) {
  const rlimit l{most, most};
  return ::setrlimit(what, &l) == 0;
}

// A rule set that handles all of reading and writing, with no rule: no path can be opened. Older kernels have no Landlock.
void close_files() {
  landlock_ruleset_attr all{};
  all.handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;
  const auto rules = static_cast<int>(::syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0));
  if (rules < 0) return;
  ::syscall(SYS_landlock_restrict_self, rules, 0);
  ::close(rules);
}

bool refuse_calls() {
  constexpr int refused[] = {SCMP_SYS(open),
                             SCMP_SYS(openat),
                             SCMP_SYS(openat2),
                             SCMP_SYS(creat),
                             SCMP_SYS(execve),
                             SCMP_SYS(execveat),
                             SCMP_SYS(fork),
                             SCMP_SYS(vfork),
                             SCMP_SYS(socket),
                             SCMP_SYS(socketpair),
                             SCMP_SYS(connect),
                             SCMP_SYS(bind),
                             SCMP_SYS(listen),
                             SCMP_SYS(accept),
                             SCMP_SYS(accept4),
                             SCMP_SYS(sendto),
                             SCMP_SYS(sendmsg),
                             SCMP_SYS(ptrace),
                             SCMP_SYS(process_vm_readv),
                             SCMP_SYS(process_vm_writev),
                             SCMP_SYS(kill),
                             SCMP_SYS(tkill),
                             SCMP_SYS(pidfd_open),
                             SCMP_SYS(pidfd_send_signal),
                             SCMP_SYS(unlink),
                             SCMP_SYS(unlinkat),
                             SCMP_SYS(rename),
                             SCMP_SYS(renameat2),
                             SCMP_SYS(mkdir),
                             SCMP_SYS(mkdirat),
                             SCMP_SYS(chmod),
                             SCMP_SYS(fchmodat),
                             SCMP_SYS(chown),
                             SCMP_SYS(fchownat),
                             SCMP_SYS(link),
                             SCMP_SYS(linkat),
                             SCMP_SYS(symlink),
                             SCMP_SYS(symlinkat),
                             SCMP_SYS(truncate),
                             SCMP_SYS(mount),
                             SCMP_SYS(umount2),
                             SCMP_SYS(pivot_root),
                             SCMP_SYS(chroot),
                             SCMP_SYS(unshare),
                             SCMP_SYS(setns),
                             SCMP_SYS(bpf),
                             SCMP_SYS(perf_event_open),
                             SCMP_SYS(keyctl),
                             SCMP_SYS(add_key),
                             SCMP_SYS(request_key),
                             SCMP_SYS(userfaultfd),
                             SCMP_SYS(io_uring_setup),
                             SCMP_SYS(init_module),
                             SCMP_SYS(finit_module),
                             SCMP_SYS(kexec_load),
                             SCMP_SYS(reboot)};
  auto* filter = ::seccomp_init(SCMP_ACT_ALLOW);
  if (filter == nullptr) return false;
  bool good = true;
  for (const int call : refused)
    good = good && ::seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), call, 0) == 0;
  good = good && ::seccomp_load(filter) == 0;
  ::seccomp_release(filter);
  return good;
}

}  // namespace

bool lock_down(const cage_limits& limits) {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || !limit(RLIMIT_AS, limits.memory_bytes) ||
      !limit(RLIMIT_CPU, limits.cpu_s) || !limit(RLIMIT_CORE, 0) || !limit(RLIMIT_FSIZE, 0))
    return false;
  close_files();
  return refuse_calls();
}

}  // namespace nova::media
