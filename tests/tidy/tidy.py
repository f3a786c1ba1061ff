"""Checks the tree against the house's rules and prints what breaks them: tidy.py ROOT [CHECK …]. Run by ctest."""

import sys

import checks_layers
import checks_lists
import checks_shape
import checks_words
from source_tree import SourceTree

CHECKS = {check.__name__: check for module in (checks_layers, checks_shape, checks_lists, checks_words) for check in module.CHECKS}


def main(argv):
    if len(argv) < 2 or any(name not in CHECKS for name in argv[2:]):
        print(f"usage: tidy.py ROOT [{' | '.join(CHECKS)}]", file=sys.stderr)
        return 2
    tree = SourceTree.read(argv[1])
    if not tree.files:
        print(f"there are no files in {argv[1]}", file=sys.stderr)
        return 2
    count = 0
    for name in argv[2:] or CHECKS:
        for finding in CHECKS[name](tree):
            print(f"{finding.placed_in(tree)} [{name}]")
            count += 1
    print(f"{count} findings in {len(tree.files)} files")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
