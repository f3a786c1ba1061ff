"""Holds the excerpts of a page to the files that they are cut from: excerpts.py check|write ROOT PAGE.

An excerpt is a fenced block below a comment `<!-- cut PATH: FIRST WORDS -->`. It begins at the first line of PATH that
contains FIRST WORDS and ends where all brackets that it opened are closed."""

import os
import re
import sys

BLOCK = re.compile(r"(<!-- cut (?P<path>\S+): (?P<words>.+?) -->\n```\w*\n)(?P<text>.*?)(?=^```$)", re.M | re.S)


def cut(text, words):
    lines = text.splitlines()
    first = next((i for i, line in enumerate(lines) if words in line), None)
    if first is None:
        return None
    depth = 0
    for last in range(first, len(lines)):
        bare = re.sub(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])'|//.*|--.*", "", lines[last])
        depth += sum(bare.count(c) for c in "([{") - sum(bare.count(c) for c in ")]}")
        if depth <= 0 and (last > first or bare.rstrip().endswith((";", ")", "}"))):
            break
    indent = len(lines[first]) - len(lines[first].lstrip())
    return "".join(line[indent:].rstrip() + "\n" for line in lines[first:last + 1])


def main():
    mode, root, page = sys.argv[1:4]
    with open(page, encoding="utf-8") as file:
        before = file.read()
    missing = []

    def renew(m):
        with open(os.path.join(root, m.group("path")), encoding="utf-8") as file:
            text = cut(file.read(), m.group("words"))
        if text is None:
            missing.append(f"{m.group('path')} has no line with `{m.group('words')}`")
            return m.group(0)
        return m.group(1) + text

    after = BLOCK.sub(renew, before)
    if mode == "write" and not missing:
        with open(page, "w", encoding="utf-8") as file:
            file.write(after)
    elif after != before:
        missing.append(f"{page} differs from the files that it shows: run {sys.argv[0]} write {root} {page}")
    if not BLOCK.search(before):
        missing.append(f"{page} shows nothing")
    print("\n".join(missing) or f"{len(BLOCK.findall(before))} excerpts agree")
    return 1 if missing else 0


sys.exit(main())
