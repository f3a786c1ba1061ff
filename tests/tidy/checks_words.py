"""What sentences and calls may say: users that exist, calls with a better replacement, plain words, decisions. Run by tidy.py."""

import posixpath
import re

from source_tree import Finding, line_of, without_comments_and_texts

EXEMPT = "tests/tidy/"
# The contract with clients is kept word for word, and names what comes with later domains.
CONTRACT = "config/guide/client_contract.md"

CLAIM = re.compile(r"\b(?:Used|Called|Included|Run|Made|Driven) (?:only )?by[\x00 ]+([^.;:]*(?:\.(?:cpp|hpp|py|mjs|ts|js|txt|sh)[^.;:]*)*)")
NAME = re.compile(r"[a-z0-9_*]+(?:[/.][\w*]+)+|\w+_\w+")


def used_by(tree):
    """Who a header or source says to be used by is a file, a folder or a target of the tree."""
    names = set()
    for path in tree.all_paths:
        parts = path.split("/")
        names.update(parts)
        names.update("/".join(parts[:n]) for n in range(1, len(parts) + 1))
        names.add(posixpath.splitext(parts[-1])[0])
    for path, text in tree.matching("CMakeLists.txt", ".cmake"):
        names.update(re.findall(r"\w+", text))
    suffixes = {"/".join(p.split("/")[-2:]) for p in tree.all_paths}
    for path, text in tree.matching(".hpp", ".cpp", ".def", ".ts", ".mjs", ".py"):
        if path.startswith(EXEMPT):
            continue
        joined = re.sub(r"\n\s*(?:///?|\*|#) ?", lambda m: "\x00" + " " * (len(m.group(0)) - 1), text)
        for m in CLAIM.finditer(joined):
            for name in NAME.findall(m.group(1).replace("\x00", " ")):
                bare = name.rstrip("/.")
                if bare in names or bare in suffixes or "*" in bare or any("/" + bare in "/" + p for p in tree.all_paths):
                    continue
                yield Finding(path, line_of(text, m.start()), f"`{bare}` is said to use this, and is not there")


# What is not called, what is called instead, and where it may stand all the same.
BANNED = (
    (r"\bstd::endl\b", "'\\n', and std::flush where a reader waits for the line", ()),
    (r"\bstrerror\s*\(", "std::generic_category().message(errno): strerror is not thread-safe", ()),
    (r"\bstd::(?:async|rand)\b", "the job pool, the injected randomness", ("tests/", "bench/")),
    (r"\bspdlog::", "protocols/core/log.hpp: one log, with fields and listed events", ("protocols/core/log.cpp",)),
    (r"(?<![\w:])error\{", "make_error(code, detail, retry_after_ms): one maker, which says what is left out", ("protocols/core/error",)),
    (r"\b(?:gmtime|localtime|asctime|ctime)\s*\(", "protocols/core/ids.hpp: these share one buffer", ()),
)


def banned(tree):
    """Calls that have a better replacement in the house."""
    for path, text in tree.matching(".hpp", ".cpp"):
        code = without_comments_and_texts(text)
        for pattern, instead, allowed in BANNED:
            if path.startswith(allowed) if allowed else False:
                continue
            for m in re.finditer(pattern, code):
                yield Finding(path, line_of(code, m.start()), f"`{m.group(0).strip()}`: use {instead}")


UNPLAIN = re.compile(r"\b(by and by|likewise|whoever|whatsoever|what is more|what became of|for ever|a farewell|in vain|"
                     r"to be had|of one's own|as it were|sees? to it|worked off|(?:ground|top) floor|thereof|therein|hence|whilst|albeit|amongst|hitherto|lest)\b", re.I)
# A header's comment names the thing: it opens with its noun, and calls no part of Nova a person.
VAGUE = r"((?:some|any|every|no)body|whatever|whichever|whoever)"
UNNAMED = re.compile(r"//[/<]* (What|Whatever|Who|Whom|Whose)\b|//[^\n]*?\b" + VAGUE + r"\b", re.I)
UNNAMED_IN_PAGE = re.compile(r"//[^\n]*?\b" + VAGUE + r"\b", re.I)
PROSE = (".hpp", ".cpp", ".def", ".proto", ".md", ".bash", ".cmake", ".py")  # applied migrations do not change


def plain_words(tree):
    """Turns that a reader with another first language has to look up, and header comments that do not name their thing."""
    for path, text in tree.matching(*PROSE):
        if path.startswith(EXEMPT) or path == CONTRACT:
            continue
        for m in UNPLAIN.finditer(text):
            yield Finding(path, line_of(text, m.start()), f"`{m.group(0)}`: say it plainly")
    for path, text in tree.matching(".hpp", ".def", ".proto"):
        if path.startswith("tests/"):
            continue
        for m in UNNAMED.finditer(text):
            yield Finding(path, line_of(text, m.start()), f"`{m.group(1) or m.group(2)}`: name the thing")
    for path, text in tree.matching(".ts", ".tsx", under="gateway/web/src/"):
        for m in UNNAMED_IN_PAGE.finditer(text):
            yield Finding(path, line_of(text, m.start()), f"`{m.group(1)}`: name the thing")


DECISIONS = "config/guide/decisions/"
HEADINGS = ("**Status:**", "## Context", "## Decision", "## Why", "## Consequences", "## What would change it")


def decisions(tree):
    """A decision's page is NNNN-title.md with a number of its own and the same parts as all others."""
    numbers = {}
    for path, text in tree.matching(".md", under=DECISIONS):
        name = posixpath.basename(path)
        m = re.fullmatch(r"(\d{4})-[a-z0-9-]+\.md", name)
        if not m:
            yield Finding(path, 0, "a decision is named NNNN-title.md")
            continue
        if m.group(1) in numbers:
            yield Finding(path, 0, f"{numbers[m.group(1)]} has the same number")
        numbers[m.group(1)] = name
        at = 0
        for heading in HEADINGS:
            found = text.find(heading, at)
            if found < 0:
                yield Finding(path, 0, f"`{heading}` is missing or out of order")
                break
            at = found


LABEL = re.compile(r"(?:ctest|tests/run) [^\n`]*?-LE? ([a-z]+)")


def labels(tree):
    """A ctest label that a page or script names is borne by a test."""
    borne = set()
    for _, text in tree.matching("CMakeLists.txt", ".cmake"):
        for m in re.finditer(r"\bLABELS\s+\"?([\w;]+)", text):
            borne.update(m.group(1).split(";"))
    for path, text in sorted(tree.files.items()):
        if not (path.endswith((".md", ".bash"))) or path.startswith(EXEMPT):
            continue
        for m in LABEL.finditer(text):
            if m.group(1) not in borne:
                yield Finding(path, line_of(text, m.start()), f"no test bears the label `{m.group(1)}`")


DOTTED = re.compile(r"`((?:general|gateway|storage|runtime|cluster|auth|user|messaging|presence|session|feed|content)\.[a-z][a-z0-9_]*)`")

def dotted_names(tree):
    """A dotted name on a page is a setting, a method or push (of today or of the contract), or an event of the log."""
    known, group = set(), ""
    for line in tree.files.get("config/nova.example.toml", "").splitlines():
        head = re.match(r"\[([a-z.]+)\]", line)
        row = re.match(r"#?\s*([a-z][a-z0-9_]*) = ", line)
        if head:
            group = head.group(1)
        elif row:
            known.add(f"{group}.{row.group(1)}")
    for path in ("protocols/contracts.txt", "protocols/core/events.def", CONTRACT):
        known.update(re.findall(r"[a-z]+\.[a-z_]+", tree.files.get(path, "")))
    for path, text in tree.matching(".md"):
        for m in DOTTED.finditer(text):
            if m.group(1) not in known and path != CONTRACT:
                yield Finding(path, line_of(text, m.start()), f"`{m.group(1)}` is no setting, method, push or log event")


CHECKS = (used_by, banned, plain_words, decisions, labels, dotted_names)
