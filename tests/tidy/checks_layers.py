"""Who may include whom: the layers, the domains, CAF, and the mirror rule. Run by tidy.py."""

import posixpath
import re

from source_tree import LAYERS, Finding, includes

# A layer may include itself and these.
BELOW = {
    "config": {"protocols"},
    "protocols": set(),
    "storage": {"config", "protocols"},
    "actors": {"config", "protocols", "storage"},
    "gateway": {"config", "protocols"},
    "tests": set(LAYERS),
    "bench": set(LAYERS),
}
ROOTS_OF_COMPOSITION = ("gateway/main.cpp",)
CONFIG_MAY_ONLY = "protocols/core/"
CAF_PLACES = ("actors/runtime/", "tests/", "bench/") + ROOTS_OF_COMPOSITION


def include_edges(tree):
    for path, text in tree.matching(".hpp", ".cpp", ".def"):
        layer = path.split("/")[0]
        if layer not in BELOW:
            continue
        for line, quoted, target in includes(text):
            if not quoted:
                if target.startswith("caf/") and not path.startswith(CAF_PLACES):
                    yield Finding(path, line, f"<{target}>: CAF is included by actors/runtime and gateway/main.cpp only")
                continue
            to = target.split("/")[0]
            if "$" in target:  # a text of the code generator
                continue
            if to not in LAYERS or "/" not in target:
                yield Finding(path, line, f'"{target}": include by the full path from the root')
                continue
            if path in ROOTS_OF_COMPOSITION:
                continue
            why = forbidden(path, layer, to, target)
            if why:
                yield Finding(path, line, f'"{target}": {why}')


def forbidden(path, layer, to, target):
    if to != layer and to not in BELOW[layer]:
        return f"{layer}/ may not include {to}/"
    if layer == "config" and to == "protocols" and not target.startswith(CONFIG_MAY_ONLY):
        return f"config/ sees only {CONFIG_MAY_ONLY} of protocols/"
    return ""


def domain_edges(tree):
    """A domain sees of another one only protocols/<other>; machinery sees no domain at all."""
    domains = set(tree.domains())
    for path, text in tree.matching(".hpp", ".cpp"):
        parts = path.split("/")
        if len(parts) < 3 or parts[0] not in ("storage", "actors"):
            continue
        own = parts[1]
        for line, quoted, target in includes(text):
            to = target.split("/")
            if quoted and len(to) > 2 and to[0] in ("storage", "actors") and to[1] in domains and to[1] != own:
                yield Finding(path, line, f'"{target}": {parts[0]}/{own} may not know {to[0]}/{to[1]}')


# The rooms of a folder, lowest first: a file includes its own room and lower ones. Rooms that are not listed, and files that
# lie in the folder itself, are above all listed rooms.
ROOMS = {
    "actors/runtime": ["api", "sagas", "link", "kernel", "routing", "pushes", "entities", "events", "placement", "node"],
    "gateway": ["loop", "codec", "access", "views", "session", "websocket", "http", "transfer"],
}


def room_edges(tree):
    """Between the rooms of one folder no include goes upwards, so that they have an order and no circle."""
    for path, text in tree.matching(".hpp", ".cpp"):
        for folder, rooms in ROOMS.items():
            level = room_level(path, folder, rooms)
            if level is None:
                continue
            for line, quoted, target in includes(text):
                to = room_level(target, folder, rooms) if quoted else None
                if to is not None and to > level:
                    yield Finding(path, line, f'"{target}": lies above this room; order of {folder}: {", ".join(rooms)}')


def room_level(path, folder, rooms):
    """The place of a file's room in the order; None for a file of another folder."""
    if not path.startswith(folder + "/"):
        return None
    room = path[len(folder) + 1:].split("/")[0]
    return rooms.index(room) if room in rooms else len(rooms)


PROTO_IMPORT = re.compile(r'^\s*import\s+(?:public\s+)?"(protocols/[^"]+)"', re.M)


def proto_edges(tree):
    """A domain's .proto imports the shared ones, never another domain's."""
    domains = set(tree.domains())
    for path, text in tree.matching(".proto", under="protocols/"):
        own = path.split("/")[1]
        for m in PROTO_IMPORT.finditer(text):
            noun = m.group(1).split("/")[1]
            if noun in domains and noun != own:
                yield Finding(path, text.count("\n", 0, m.start(1)) + 1,
                              f"protocols/{own} may not import protocols/{noun}")


def mirror(tree):
    """A domain is one noun in every layer."""
    folders = tree.folders(2)
    for noun in tree.domains():
        for layer in ("protocols", "storage", "actors", "tests"):
            if f"{layer}/{noun}" not in folders:
                yield Finding(f"{layer}/{noun}", 0, f"the domain {noun} has no folder here")
        if f"protocols/{noun}/{noun}.proto" not in tree.files:
            yield Finding(f"protocols/{noun}/{noun}.proto", 0, "the domain's contract is missing")
        if f"config/settings/{noun}.def" not in tree.files:
            yield Finding(f"config/settings/{noun}.def", 0, "the domain's settings are missing")


# Roles that a domain may do without: it takes no events.
OPTIONAL_ROLES = {"intake"}
SHAPED = (".cpp", ".hpp", ".proto", ".sql", "CMakeLists.txt", "README.md")


def shape_of(tree, noun):
    """{(layer, role)} of a domain's files: ("storage", "rows.hpp"), ("tests", "pgtest.cpp"), ("actors", "README.md")."""
    found = set()
    for path in tree.all_paths:
        parts = path.split("/")
        name = parts[-1]
        if path == f"config/settings/{noun}.def":
            found.add(("config/settings", "settings.def"))
        elif len(parts) > 2 and parts[0] in ("protocols", "storage", "actors", "tests") and parts[1] == noun \
                and name.endswith(SHAPED):
            if len(parts) == 3 and name.endswith((".cpp", ".hpp")):
                name = name.rsplit("_", 1)[-1]
            elif len(parts) == 3 and name == f"{noun}.proto":
                name = "NOUN.proto"
            found.add((parts[0], "/".join(parts[2:-1] + [name])))
    return {(layer, re.sub(r"\d{4}_.*\.sql", "NNNN_NOUN.sql", role)) for layer, role in found}


def dialect(tree):
    """Each domain has the files that the sample has."""
    wanted = {(layer, role) for layer, role in shape_of(tree, "sample") if role.split(".")[0] not in OPTIONAL_ROLES}
    for noun in tree.domains():
        for layer, role in sorted(wanted - shape_of(tree, noun)):
            yield Finding(f"{layer}/{noun}", 0, f"the sample domain has a file *{role} here, {noun} has none")


COMMAND = re.compile(r"^[ \t]*\w+\s*\(([^()]*(?:\([^()]*\)[^()]*)*)\)", re.M)


def one_list_of_domains(tree):
    """Only the root's CMakeLists.txt lists the domains: a command that names all of them elsewhere is a second list."""
    nouns = [noun for noun in tree.domains() if noun != "sample"]
    for path, text in tree.matching("CMakeLists.txt", ".cmake"):
        if path == "CMakeLists.txt" or len(nouns) < 2:
            continue
        code = re.sub(r"#.*", "", text)
        for m in COMMAND.finditer(code):
            words = {part for word in m.group(1).split() if "." not in word for part in re.findall(r"[a-z0-9]+", word)}
            if words.issuperset(nouns):
                yield Finding(path, code.count("\n", 0, m.start()) + 1, "lists the domains by hand: loop over NOVA_DOMAINS")


LINK = re.compile(r"\b(?:nova_library|nova_test|target_link_libraries)\s*\(\s*(\S+)([^)]*)\)")


def link_lines(tree):
    """What gateway/ and protocols/ link shows the same edges as what they include; the executable is the exception."""
    upper = re.compile(r"\bnova_(?:storage|actors|runtime)\w*")
    for path, text in tree.matching("CMakeLists.txt"):
        layer = path.split("/")[0]
        if layer not in ("gateway", "protocols", "config"):
            continue
        for m in LINK.finditer(text):
            if m.group(1) == "nova":
                continue
            for linked in upper.findall(m.group(2)):
                yield Finding(path, text.count("\n", 0, m.start()) + 1, f"{m.group(1)} may not link {linked}")


# What the last word of a domain file's stem may be, and what it means.
ROLES = {
    "actors": {"entity": "a kind: its state, its key, how it is loaded", "handlers": "what a kind answers",
               "rules": "pure decisions without runtime types", "state": "what a kind remembers",
               "intake": "other domains' events", "descriptor": "the domain as a module",
               "services": "what handlers are given", "lookup": "answers about other domains' facts",
               "tokens": "formats of tokens", "hash": "work of the job pool", "memory": "a job's working memory",
               "signer": "signatures", "saga": "steps in several domains"},
    "storage": {"queries": "named SQL", "rows": "mapping", "store": "storage calls"},
}


def suffixes(tree):
    for path, _ in tree.matching(".hpp", ".cpp"):
        parts = path.split("/")
        if len(parts) == 3 and parts[0] in ROLES and parts[1] in tree.domains():
            role = posixpath.splitext(parts[2])[0].rsplit("_", 1)[-1]
            if role not in ROLES[parts[0]]:
                yield Finding(path, 0, f"`{role}` is no role of a file here; roles: {', '.join(ROLES[parts[0]])}")
    for path, text in tree.matching(".cpp", under="tests/"):
        if "TEST_CASE" in text and not re.search(r"_(test|pgtest|flow_test|fuzz)\.cpp$", path):
            yield Finding(path, 0, "a file with test cases ends in _test, _pgtest or _flow_test")


COLUMN_READ = re.compile(r"(?:\.|->)(?:int8|text|time|id|uuid|boolean|blob|null|at|get<[\w:<> ]+>)\([^();]*,|\bstorage::rows\b")


def column_reads(tree):
    """A domain's actors take structs from storage/<domain>/<domain>_rows; column positions stand there only."""
    for path, text in tree.matching(".hpp", ".cpp", under="actors/"):
        if path.split("/")[1] not in tree.domains():
            continue
        for m in COLUMN_READ.finditer(text):
            yield Finding(path, text.count("\n", 0, m.start()) + 1, f"`{m.group()}`: columns are read in *_rows.cpp")


RUNTIME_TYPES = re.compile(r"\bruntime::|\"actors/runtime/")


def pure_rules(tree):
    """*_rules are pure functions: they know no runtime types."""
    for path, text in tree.matching("_rules.hpp", "_rules.cpp", under="actors/"):
        for m in RUNTIME_TYPES.finditer(text):
            yield Finding(path, text.count("\n", 0, m.start()) + 1, "rules know no runtime types; handlers do")


CHECKS = (include_edges, domain_edges, room_edges, proto_edges, mirror, dialect, one_list_of_domains, link_lines, suffixes,
          column_reads, pure_rules)
