"""Compiler launcher of the scratch tree: takes an object of the first build when nothing that it was made from differs.

new_domain_flow_test.py writes the index: one file an object, with the generated files that the object depends on. An object
without a file in the index is compiled, and is named in INDEX.compiled. A generated file may name files of its own tree (sources that
are compiled together are listed with their whole paths), so the trees' roots are left out where two are compared."""

import os
import shutil
import sys


def read(path, root):
    """A generated file, with what it names below `root` named as if there were one tree only."""
    with open(path, "rb") as file:
        return file.read().replace(root.encode() + b"/", b"")


def reusable(index, base, source, tree, target):
    try:
        with open(os.path.join(index, target.replace("/", "!"))) as file:
            generated = file.read().split("\n")
    except OSError:
        return False
    return all(os.path.exists(p) and read(p, tree) == read(os.path.join(base, p), source) for p in generated if p)


def main():
    index, base, source, tree, command = *sys.argv[1:5], sys.argv[5:]
    target = command[command.index("-o") + 1] if "-o" in command else ""
    if target and reusable(index, base, source, tree, target):
        shutil.copyfile(os.path.join(base, target), target)
        if "-MF" in command:
            with open(command[command.index("-MF") + 1], "w") as file:
                file.write(f"{target}: {command[-1]}\n")
        return
    with open(index + ".compiled", "a") as file:
        file.write(target + "\n")
    os.execvp(command[0], command)


main()
