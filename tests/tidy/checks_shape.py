"""How a single file looks: size, opening comment, words that do not belong. Run by tidy.py."""

import re

from source_tree import Finding, functions, line_of

HEADER_LINES, SOURCE_LINES, FUNCTION_LINES = 300, 600, 70
SOURCES = (".cpp", ".py", ".ts", ".tsx", ".mjs", ".bash", ".sql", ".css")
# The checks' own words, and their bad samples.
EXEMPT = "tests/tidy/"


def measures(tree):
    """{(path, measure): (value, limit, line)} of everything that has a size."""
    out = {}
    for path, text in tree.matching(".hpp", *SOURCES):
        limit = HEADER_LINES if path.endswith(".hpp") else SOURCE_LINES
        out[path, "lines"] = (text.count("\n"), limit, 1)
        if not path.endswith((".hpp", ".cpp")):
            continue
        for name, line, lines in functions(text):
            key = (path, f"function:{name}")
            if lines > out.get(key, (0, 0, 0))[0]:
                out[key] = (lines, FUNCTION_LINES, line)
    return out


def read_ratchet(text):
    """{(path, measure): allowed} from lines `path measure number`."""
    out = {}
    for line in text.splitlines():
        words = line.split("#")[0].split()
        if len(words) == 3:
            out[words[0], words[1]] = int(words[2])
    return out


def sizes(tree):
    """Over the limit only with an entry in ratchet.txt, which may shrink and never grow."""
    ratchet_path = "tests/tidy/ratchet.txt"
    allowed = read_ratchet(tree.files.get(ratchet_path, ""))
    measured = measures(tree)
    for (path, measure), (value, limit, line) in sorted(measured.items()):
        bound = max(limit, allowed.get((path, measure), 0))
        if value > bound:
            yield Finding(path, line, f"{measure} is {value}, at most {bound} is allowed")
    for (path, measure), value in sorted(allowed.items()):
        now, limit, _ = measured.get((path, measure), (0, 0, 0))
        if now <= limit:
            yield Finding(ratchet_path, 0, f"{path} {measure} is within its limit now: remove the entry")


COMMENT = {".hpp": "//", ".cpp": "//", ".def": "//", ".proto": "//", ".ts": "//", ".tsx": "//", ".mjs": "//", ".sql": "--",
           ".cmake": "#", ".bash": "#", ".py": '"""', ".css": "/*"}
SHEBANG = re.compile(r"^#![^\n]*\n")


def purpose(tree):
    """A file opens with what it is for; a source beside its header leaves that to the header."""
    for path, text in sorted(tree.files.items()):
        first = next((mark for suffix, mark in COMMENT.items() if path.endswith(suffix)), None)
        if first is None and text.startswith("#!"):
            first = "#"
        if first is None or not text.strip():
            continue
        if path.endswith(".cpp") and path[:-4] + ".hpp" in tree.files:
            continue
        opening = SHEBANG.sub("", text, count=1).lstrip("\n").split("\n", 1)[0]
        if not opening.startswith(first) or len(opening) < len(first) + 12:
            yield Finding(path, 1, f"opens without saying what it is for (a `{first}` comment of 1–3 lines)")


def pragma_once(tree):
    for path, text in tree.matching(".hpp"):
        if "#pragma once" not in text:
            yield Finding(path, 1, "#pragma once is missing")


UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|\b(?i:stub|placeholder)\b")
# In HTML, CSS and the page's TypeScript `placeholder` is an attribute's name.
WEB = "gateway/web/"


def unfinished(tree):
    for path, text in sorted(tree.files.items()):
        if path.startswith(EXEMPT) or path.endswith((".json", "common_passwords.txt")):
            continue
        for m in UNFINISHED.finditer(text):
            if path.startswith(WEB) and m.group(0).lower() == "placeholder":
                continue
            yield Finding(path, line_of(text, m.start()), f"`{m.group(0)}`: finish it or file an issue")


SLEEP = re.compile(r"\bsleep_(?:for|until)\b|\b(?:u|nano)?sleep\s*\(|waitForTimeout|^\s*sleep [0-9]", re.M)


def sleeps(tree):
    """Tests wait for what happens, not for time to pass."""
    for path, text in tree.matching(".cpp", ".hpp", ".py", ".mjs", ".ts", under="tests/"):
        if path.startswith(EXEMPT):
            continue
        for m in SLEEP.finditer(text):
            yield Finding(path, line_of(text, m.start()), "sleeping is no synchronisation")


VAGUE = re.compile(r"(?:^|_)(manager|util|utils|helper|helpers|common|misc)(?:$|_)")


def vague_names(tree):
    for path in tree.all_paths:
        for part in path.split("/"):
            m = VAGUE.search(part.split(".")[0])
            if m and not path.endswith("common_passwords.txt"):
                yield Finding(path, 0, f"`{m.group(1)}` does not say what is inside")
    for path, text in tree.matching(".hpp"):
        for m in re.finditer(r"\b(?:class|struct)\s+(\w*(?:manager|helper|util)\w*)", text):
            yield Finding(path, line_of(text, m.start()), f"`{m.group(1)}` does not say what it is")


MACHINE = re.compile(r"(?<![\w.])/(?:work|home|Users)/[\w.-]+|/root/[\w.-]+|\.\./(?:shared|research)/")


def machine_paths(tree):
    """Nothing of the machine on which it was written."""
    for path, text in sorted(tree.files.items()):
        if path.startswith(EXEMPT):
            continue
        for m in MACHINE.finditer(text):
            yield Finding(path, line_of(text, m.start()), f"`{m.group(0)}` is a path of somebody's machine")


CHECKS = (sizes, purpose, pragma_once, unfinished, sleeps, vague_names, machine_paths)
