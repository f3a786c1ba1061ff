"""Lists that must agree with the tree: build targets, README, cards. Run by tidy.py."""

import posixpath
import re

from source_tree import LAYERS, Finding, includes

README_LINES, CARD_LINES = 150, 70


def dead_sources(tree):
    """Each source stands in a CMakeLists.txt of its folder or of one above."""
    lists = {path: text for path, text in tree.files.items() if path.endswith(("CMakeLists.txt", ".cmake"))}
    named = re.compile(r"[\w./-]+\.cpp")
    words = {path: set(named.findall(text)) for path, text in lists.items()}
    for path, _ in tree.matching(".cpp"):
        if path.split("/")[0] not in LAYERS:
            continue
        found = any(posixpath.normpath(posixpath.join(posixpath.dirname(at), w)) == path or w.endswith("/" + path)
                    for at, ws in words.items() for w in ws)
        if not found:
            yield Finding(path, 0, "no CMakeLists.txt builds this file")


def dead_headers(tree):
    """Each header is included by somebody else than its own source."""
    users = {}
    for path, text in tree.matching(".hpp", ".cpp", ".def"):
        for _, _, target in includes(text):
            users.setdefault(target, set()).add(path)
    generators = "\n".join(text for path, text in tree.files.items()
                           if path.startswith("protocols/codegen/") or path.endswith((".cmake", "CMakeLists.txt")))
    settings_of_domains = {f"config/settings/{noun}.def" for noun in tree.domains()}  # CMake includes them by name
    for path, _ in tree.matching(".hpp", ".def"):
        if path in settings_of_domains:
            continue
        own = {path, posixpath.splitext(path)[0] + ".cpp"}
        if not users.get(path, set()) - own and path not in generators:
            yield Finding(path, 0, "nobody includes this header")


def dead_migrations(tree):
    """Numbered without holes, one after another."""
    numbers = {}
    for path in tree.all_paths:
        m = re.fullmatch(r"(.*/migrations)/(\d{4})_[a-z0-9_]+\.sql", path)
        if m:
            numbers.setdefault(m.group(1), []).append(int(m.group(2)))
        elif "/migrations/" in path:
            yield Finding(path, 0, "a migration is named NNNN_what_changes.sql")
    for folder, found in sorted(numbers.items()):
        if sorted(found) != list(range(1, len(found) + 1)):
            yield Finding(folder, 0, f"the migrations' numbers have holes or doubles: {sorted(found)}")


def greatest_of_batch(tree):
    """A statement that keeps the greatest value is not merged by its last execution: that would drop a greater one of its batch."""
    for path, text in tree.matching("_queries.cpp"):
        for query in re.finditer(r"\bconst query \w+\s*\{.*?\};", text, re.S):
            if "merging::last" in query.group() and re.search(r"\b(greatest|least)\(", query.group()):
                line = text.count("\n", 0, query.start()) + 1
                yield Finding(path, line, "merge it as rows and let the SQL take the greatest of each key")


def readme(tree):
    text = tree.files.get("README.md", "")
    lines = text.count("\n")
    if not text:
        yield Finding("README.md", 0, "is missing")
    if lines > README_LINES:
        yield Finding("README.md", 0, f"has {lines} lines, at most {README_LINES} are allowed")


MAP = re.compile(r"^## Folder map\n.*?^```\w*\n(.*?)^```", re.M | re.S)


def mapped_folders(text):
    """The first words of the map's lines, `a/{b,c}/` spelled out."""
    m = MAP.search(text)
    found = []
    for line in (m.group(1).splitlines() if m else []):
        if not line.strip() or line.startswith(" "):
            continue
        word = line.split()[0]
        braces = re.fullmatch(r"(.*)\{([^}]*)\}(.*)", word)
        names = [braces.group(1) + x + braces.group(3) for x in braces.group(2).split(",")] if braces else [word]
        found += [name.rstrip("/") for name in names]
    return found


def folder_map(tree):
    """The README's map names the folders of the tree, two deep, and no others."""
    mapped = mapped_folders(tree.files.get("README.md", ""))
    folders = tree.folders(2, own=True)
    for folder in sorted(folders - set(mapped)):
        yield Finding("README.md", 0, f"the folder map lacks {folder}/")
    for folder in sorted(set(mapped) - folders):
        yield Finding("README.md", 0, f"the folder map names {folder}/, which is not there")
    for folder in sorted({f for f in mapped if mapped.count(f) > 1}):
        yield Finding("README.md", 0, f"the folder map names {folder}/ twice")


NAMED = re.compile(r"`((?:config|protocols|storage|actors|gateway|tests|bench)/[\w./-]*)`")
FENCED = re.compile(r"^```.*?^```$", re.M | re.S)
LINKED = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")


def documents(tree):
    """What a page names is there."""
    folders = tree.folders(9)
    there = set(tree.all_paths) | folders
    for path, text in tree.matching(".md"):
        if path.startswith("gateway/web/"):
            continue
        text = FENCED.sub(lambda m: "\n" * m.group(0).count("\n"), text)
        names = [(m.start(), m.group(1)) for m in NAMED.finditer(text)]
        names += [(m.start(), posixpath.normpath(posixpath.join(posixpath.dirname(path), m.group(1))))
                  for m in LINKED.finditer(text)]
        for at, name in names:
            if name.rstrip("/") not in there:
                yield Finding(path, text.count("\n", 0, at) + 1, f"`{name}` is not there")


def cards(tree):
    """Each layer and each domain says on one page what it is for."""
    wanted = [f"{layer}/README.md" for layer in LAYERS] + [f"actors/{noun}/README.md" for noun in tree.domains()]
    for path in wanted:
        text = tree.files.get(path)
        if text is None:
            yield Finding(path, 0, "the card is missing")
        elif text.count("\n") > CARD_LINES:
            yield Finding(path, 0, f"has {text.count(chr(10))} lines; a card is a page of at most {CARD_LINES}")


EVENT_ROW = re.compile(r'^EVENT\("([a-z_.]+)", (\w+), "[A-Z][^"]*\."\)$', re.M)
EVENT_WRITTEN = re.compile(r'\blog::(debug|info|warn|error)\(\s*"([^"]+)"')
EVENTS = "protocols/core/events.def"


def events(tree):
    """The log's list of events and the code that writes them agree, level included."""
    listed = {}
    for line, text in enumerate(tree.files.get(EVENTS, "").splitlines(), 1):
        row = EVENT_ROW.match(text)
        if row:
            listed[row.group(1)] = (row.group(2), line)
        elif text.startswith("EVENT("):
            yield Finding(EVENTS, line, 'a row is EVENT("part.name", level, "One sentence.")')
    written = set()
    for path, text in tree.matching(".hpp", ".cpp"):
        if path.startswith("tests/"):
            continue
        for m in EVENT_WRITTEN.finditer(text):
            level, name = m.groups()
            written.add(name)
            if name not in listed or listed[name][0] != level:
                yield Finding(path, text.count("\n", 0, m.start()) + 1, f"`{name}` with level {level} is not in {EVENTS}")
    for name, (_, line) in sorted(listed.items()):
        if name not in written:
            yield Finding(EVENTS, line, f"no code writes `{name}`")


CREATED = re.compile(r"^CREATE TABLE (\w+)", re.M)
DROPPED = re.compile(r"^DROP TABLE (\w+)", re.M)
TABLE_ROW = re.compile(r"(\w+) +(retained|trimmed|bounded|kept) +(\S.*)")
JOB = re.compile(r'\{"(\w+)",\s*&')
DECLARED = re.compile(r"\bSETTING\([^,]+, (\w+),")
NAMED_SETTING = re.compile(r"^(\w+)\.(\w+)\b")


def tables(tree):
    """Each table says why it does not grow without a bound, in storage/<noun>/tables.txt: core review A10."""
    created = {}
    for path, text in sorted(tree.files.items()):
        m = re.fullmatch(r"storage/(\w+)/migrations/\w+\.sql", path)
        if m:
            created.setdefault(m.group(1), set()).update(CREATED.findall(text))
            created[m.group(1)] -= set(DROPPED.findall(text))
    for noun, names in sorted(created.items()):
        jobs = {name for path, text in tree.files.items() if path.endswith(".cpp")
                and path.startswith((f"storage/{noun}/", f"actors/{noun}/")) for name in JOB.findall(text)}
        yield from tables_of(tree, noun, names, jobs)


def tables_of(tree, noun, names, jobs):
    page, listed = f"storage/{noun}/tables.txt", {}
    for number, line in enumerate(tree.files.get(page, "").splitlines(), 1):
        row = TABLE_ROW.fullmatch(line)
        if row:
            listed[row.group(1)] = row.groups()[1:]
        elif line and not line.startswith("#"):
            yield Finding(page, number, "a row is: table, retained | trimmed | bounded | kept, the setting or the reason")
    for name in sorted(names - set(listed)):
        yield Finding(page, 0, f"says nothing of the table {name}")
    for name, (how, reason) in sorted(listed.items()):
        if name not in names:
            yield Finding(page, 0, f"no migration makes the table {name}")
        if (how == "retained") != (name in jobs & names):
            yield Finding(page, 0, f"{name} is {how}, but " + ("has a" if name in jobs else "no") + " retention job")
        setting = NAMED_SETTING.match(reason)
        if setting and setting.group(2) not in DECLARED.findall(tree.files.get(f"config/settings/{setting.group(1)}.def", "")):
            yield Finding(page, 0, f"there is no setting {setting.group(0)}")


SHOWN_BY = re.compile(r"`(tests/run -R|nova-bench) ([\w-]+)`")
REGISTERED = re.compile(r"\b(?:nova_test|nova_command_test|nova_python_flow_test)\((\w+)")
SCENARIO = re.compile(r'^    \{"([\w-]+)", \w+\},$', re.M)


def audit_commands(tree):
    """Each command of the page of the audit's criteria is there."""
    tests = {name for _, text in tree.matching("CMakeLists.txt") for name in REGISTERED.findall(text)}
    scenarios = set(SCENARIO.findall(tree.files.get("bench/runner/main.cpp", "")))
    for path, text in tree.matching("config/guide/audit.md"):
        for m in SHOWN_BY.finditer(text):
            if m.group(2) not in (tests if m.group(1).startswith("tests") else scenarios):
                yield Finding(path, text.count("\n", 0, m.start()) + 1, f"`{m.group()}`: there is no such test or scenario")


CHECKS = (audit_commands, dead_sources, dead_headers, dead_migrations, greatest_of_batch, readme, folder_map, documents, cards, events, tables)
