"""A domain made by config/new_domain works at once: in a copy of the tree it builds, its tests pass, and the server answers.

new_domain_flow_test.py SOURCE BUILD WORK: objects of BUILD are taken where their sources are the same (reuse_object.py)."""

import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

NAME = "trial"
SOURCE, BUILD, WORK = (os.path.abspath(p) for p in sys.argv[1:4])
TREE, SCRATCH, INDEX, DATA = (os.path.join(WORK, n) for n in ("tree", "build", "index", "data"))
sys.path.insert(0, os.path.join(SOURCE, "tests/tidy"))
import source_tree  # noqa: E402


def run(*command, **options):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-6000:]}")
    return done.stdout


def copy_tree():
    for path in source_tree.list_paths(SOURCE):
        os.makedirs(os.path.dirname(os.path.join(TREE, path)), exist_ok=True)
        shutil.copy2(os.path.join(SOURCE, path), os.path.join(TREE, path))
    run("git", "init", "-q", TREE)  # tidy asks git which files there are


def same(path):
    if not os.path.exists(os.path.join(TREE, path)):
        return False
    with open(os.path.join(SOURCE, path), "rb") as a, open(os.path.join(TREE, path), "rb") as b:
        return a.read() == b.read()


def write_index():
    """One file an object of the first build whose sources in the tree are unchanged; see reuse_object.py."""
    os.makedirs(INDEX)
    good_since = {}  # path to the time since which an object of it is good
    target, generated, sound, made = "", [], False, 0
    for line in run("ninja", "-C", BUILD, "-t", "deps").splitlines() + [""]:
        if line.startswith("    "):
            path = os.path.normpath(os.path.join(BUILD, line.strip()))
            if path.startswith(BUILD + "/"):
                generated.append(os.path.relpath(path, BUILD))
            elif path.startswith(SOURCE + "/"):
                path = os.path.relpath(path, SOURCE)
                if path not in good_since:
                    good_since[path] = os.path.getmtime(os.path.join(SOURCE, path)) if same(path) else float("inf")
                sound = sound and good_since[path] <= made
        elif line:
            target, generated = line.split(":")[0], []
            made = os.path.getmtime(os.path.join(BUILD, target)) if os.path.exists(os.path.join(BUILD, target)) else 0
            sound = "VALID" in line
        elif target and sound:
            with open(os.path.join(INDEX, target.replace("/", "!")), "w") as file:
                file.write("\n".join(generated))


def configure():
    with open(os.path.join(BUILD, "CMakeCache.txt")) as file:
        build_type = re.search(r"^CMAKE_BUILD_TYPE:\w+=(\w*)", file.read(), re.M).group(1)
    launcher = ";".join([sys.executable, "-B", os.path.join(SOURCE, "tests/sample/reuse_object.py"), INDEX, BUILD, SOURCE, TREE])
    run("cmake", "-S", TREE, "-B", SCRATCH, "-G", "Ninja", f"-DCMAKE_BUILD_TYPE={build_type}",
        f"-DCMAKE_CXX_COMPILER_LAUNCHER={launcher}")


def call(port, verb, path, token=None, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    connection.request(verb, path, None if body is None else json.dumps(body), headers)
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read() or b"null")


def expect(what, got, wanted):
    if got != wanted:
        sys.exit(f"{what}: {got!r} instead of {wanted!r}")


def talk(port):
    status, tokens = call(port, "POST", "/v1/auth/register", body={
        "email": "ada@example.org", "handle": "ada", "password": "correct horse battery staple"})
    expect("status of a registration", status, 201)
    token = tokens["access_token"]
    status, note = call(port, "POST", f"/v1/{NAME}/notes", token, {"text": "over HTTP"})
    expect("status of a new note", status, 201)
    expect("the note", call(port, "GET", f"/v1/{NAME}/notes/{note['note_id']}", token), (200, note))
    deadline = time.monotonic() + 20
    while len(call(port, "GET", f"/v1/{NAME}/notes", token)[1]["items"]) < 2 and time.monotonic() < deadline:
        pass  # auth's event is on its way
    status, page = call(port, "GET", f"/v1/{NAME}/notes", token)
    expect("texts of the notes", sorted(n["text"] for n in page["items"]), ["Welcome, ada.", "over HTTP"])
    expect("status without a token", call(port, "GET", f"/v1/{NAME}/notes")[0], 401)


def serve():
    server = subprocess.Popen([os.path.join(SCRATCH, "gateway/nova"), "serve", "--data", DATA, "--port", "0"],
                              stdout=subprocess.PIPE, text=True)
    try:
        for line in server.stdout:
            ready = re.match(r"nova ready: http://\S+:(\d+)$", line)
            if ready:
                talk(int(ready.group(1)))
                break
        else:
            sys.exit("nova did not get ready")
    finally:
        server.send_signal(signal.SIGTERM)
        status = server.wait(timeout=30)
    expect("status of nova's end", status, 0)


def main():
    shutil.rmtree(WORK, ignore_errors=True)
    os.makedirs(WORK)
    began = time.monotonic()

    def step(what):
        print(f"{time.monotonic() - began:6.1f} s  {what}", flush=True)

    copy_tree()
    run(sys.executable, "-B", os.path.join(TREE, "config/new_domain"), NAME)
    expect("tidy", run(sys.executable, "-B", os.path.join(TREE, "tests/tidy/tidy.py"), TREE).splitlines()[-1][:10], "0 findings")
    step("made, and tidy")
    write_index()
    configure()
    step("configured")
    tests = [f"{NAME}_rules_test", f"{NAME}_pgtest"]
    run("ninja", "-C", SCRATCH, "update_contracts", "update_example", "nova", *tests)
    with open(INDEX + ".compiled") as file:
        compiled = file.read().splitlines()
    expect("objects of the runtime and the gateway that a new domain compiles",
           [o for o in compiled if re.search(r"/nova_(runtime|gateway)\w*\.dir/", o)], [])
    step(f"built, {len(compiled)} objects of its own")
    for test in tests:
        run(os.path.join(SCRATCH, "tests", NAME, test))
    step("its tests passed")
    serve()
    step("served")
    shutil.rmtree(WORK)


main()
