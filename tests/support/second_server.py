"""A PostgreSQL server beside Nova's own. Used by the Python tests that give Nova, or themselves, databases."""

import ctypes
import glob
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import threading

SLOWDOWN = int(os.environ.get("NOVA_SLOWDOWN", "1"))
LIMIT_S = 60 * SLOWDOWN
PR_SET_PDEATHSIG = 1
PASSWORD = "of the administrator"


def server_bin():
    versions = glob.glob("/usr/lib/postgresql/*/bin/postgres")
    return os.path.dirname(max(versions, key=lambda path: int(path.split("/")[4])))


def become_server_user():
    """PostgreSQL does not run as root."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        os.setgroups([user.pw_gid])
        os.setresgid(user.pw_gid, user.pw_gid, user.pw_gid)
        os.setresuid(user.pw_uid, user.pw_uid, user.pw_uid)
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)


class SecondServer:
    """A PostgreSQL with passwords, on a socket in a folder of its own. `more`: words for its command line."""

    def __init__(self, *more):
        self.folder = tempfile.mkdtemp(prefix="nova-second-")
        os.chmod(self.folder, 0o777)
        self.data, secret = f"{self.folder}/data", f"{self.folder}/password"
        with open(secret, "w", encoding="utf-8") as file:
            file.write(PASSWORD + "\n")
        subprocess.run([f"{server_bin()}/initdb", "-D", self.data, "-U", "postgres", f"--pwfile={secret}", "-E", "UTF8",
                        "--locale=C.UTF-8", "--auth=scram-sha-256", "--no-sync"],
                       check=True, stdout=subprocess.DEVNULL, preexec_fn=become_server_user, cwd="/")
        self.process = subprocess.Popen(
            [f"{server_bin()}/postgres", "-D", self.data, "-c", "listen_addresses=", "-c", f"unix_socket_directories={self.folder}", *more],
            stderr=subprocess.PIPE, text=True, preexec_fn=become_server_user, cwd="/")
        for line in self.process.stderr:
            if "ready to accept connections" in line:
                break
        self.reader = threading.Thread(target=self.process.stderr.read, daemon=True)
        self.reader.start()

    def stop(self):
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(LIMIT_S)
        self.reader.join(LIMIT_S)
        self.process.stderr.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def place(self):
        return {"PGHOST": self.folder, "PGPORT": "5432", "PGUSER": "postgres", "PGPASSWORD": PASSWORD}

    def ask(self, database, sql):
        return subprocess.run(["psql", "-d", database, "-Atc", sql], env={**os.environ, **self.place()}, check=True,
                              capture_output=True, text=True, timeout=LIMIT_S).stdout.strip()
