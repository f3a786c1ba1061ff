"""The files that tidy looks at, as text, and small readers of C++ that every check shares. Used by the checks_*.py files."""

import os
import re
import subprocess
from dataclasses import dataclass

LAYERS = ("config", "protocols", "storage", "actors", "gateway", "tests", "bench")
TEXT = (".hpp", ".cpp", ".h", ".def", ".proto", ".sql", ".py", ".ts", ".tsx", ".mjs", ".js", ".css", ".html", ".md", ".txt",
        ".cmake", ".bash", ".toml", ".json", ".yml", ".yaml")
NOT_OURS = {"build", "node_modules", ".git", ".data", "dist", "__pycache__"}
# Folders of storage/ and actors/ that are machinery, not domains.
MACHINERY = {"database", "postgres", "memory", "runtime", "embedded", "blobs", "link"}


@dataclass(frozen=True)
class Finding:
    path: str
    line: int
    text: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.text}"

    def placed_in(self, tree):
        """With the path at which the file really is."""
        return Finding(tree.places.get(self.path, self.path), self.line, self.text)


# A tree of its own that every check sees as the domain `sample` in the layers: config/new_domain copies it there.
SAMPLE = "tests/sample/"


class SourceTree:
    """Path (with /) to text. `all_paths` also names what is not text. `places`: where a file of the sample really is."""

    def __init__(self, files, all_paths=None):
        self.own_paths = sorted(all_paths if all_paths is not None else files)
        self.places = {placed(path): path for path in self.own_paths if placed(path) != path}
        self.files = {}
        for path, text in files.items():
            self.files[placed(path)] = self.files.get(placed(path), "") + text
        self.all_paths = sorted({placed(path) for path in self.own_paths})

    @staticmethod
    def read(root):
        paths = list_paths(root)
        files = {}
        for path in paths:
            if not is_text(path):
                continue
            with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
                files[path] = file.read()
        return SourceTree(files, paths)

    def matching(self, *suffixes, under=""):
        return ((path, text) for path, text in sorted(self.files.items())
                if path.endswith(suffixes) and path.startswith(under))

    def folders(self, depth, own=False):
        """Every folder down to `depth` names deep that holds a file somewhere. `own`: where files really are."""
        found = set()
        for path in self.own_paths if own else self.all_paths:
            parts = path.split("/")[:-1]
            for n in range(1, min(depth, len(parts)) + 1):
                found.add("/".join(parts[:n]))
        return {f for f in found if not f.startswith(".")}

    def domains(self):
        """The nouns: folders of storage/ and actors/ that are not machinery."""
        found = set()
        for path in self.files:
            parts = path.split("/")
            if len(parts) > 2 and parts[0] in ("storage", "actors") and parts[1] not in MACHINERY:
                found.add(parts[1])
        return sorted(found)


def placed(path):
    """Where the checks see a file: one of the sample in its layer."""
    rest = path[len(SAMPLE):]
    return rest if path.startswith(SAMPLE) and rest.split("/")[0] in LAYERS else path


def is_text(path):
    name = os.path.basename(path)
    return name.endswith(TEXT) or "." not in name or name.startswith(".")


def list_paths(root):
    """What git tracks or would track; a plain walk where there is no repository."""
    try:
        out = subprocess.run(["git", "-C", root, "-c", f"safe.directory={root}", "ls-files", "-co", "--exclude-standard"],
                             check=True, capture_output=True, text=True).stdout
        return sorted(p for p in set(out.splitlines()) if os.path.isfile(os.path.join(root, p)))
    except (OSError, subprocess.CalledProcessError):
        found = []
        for folder, folders, names in os.walk(root):
            folders[:] = [f for f in folders if f not in NOT_OURS]
            found += [os.path.relpath(os.path.join(folder, n), root) for n in names]
        return sorted(found)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)


def includes(text):
    """(line, is_quoted, path) of each #include."""
    return [(line_of(text, m.start()), m.group(1) == '"', m.group(2)) for m in INCLUDE.finditer(text)]


CPP_TOKENS = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<d>[^()\\\s]{0,16})\(.*?\)(?P=d)"|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'", re.S)


def without_comments_and_texts(text):
    """The same text with comments and literals blanked; line numbers stay."""
    def blank(m):
        kept = re.sub(r"[^\n]", " ", m.group(0))
        return kept if m.group(0).startswith("/") else '"' + kept[1:-1] + '"' if len(kept) > 1 else kept
    return CPP_TOKENS.sub(blank, text)


def functions(text):
    """(name, first line, lines) of each function body at namespace or class scope, tests included."""
    code = re.sub(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", lambda m: re.sub(r"[^\n]", " ", m.group(0)),
                  without_comments_and_texts(text), flags=re.M)
    scopes, found, start = [], [], 0
    for i, c in enumerate(code):
        if c in ";{}":
            head = code[start:i]
            if c == "{":
                kind = "inner" if scopes and scopes[-1][0] in ("function", "inner", "data") else scope_kind(head)
                first = start + len(head) - len(head.lstrip())
                scopes.append((kind, head, line_of(code, first)))
            elif c == "}" and scopes:
                kind, head_then, first_line = scopes.pop()
                if kind == "function":
                    found.append((function_name(head_then), first_line, line_of(code, i) - first_line + 1))
            start = i + 1
    return found


def scope_kind(head):
    words = head.split()
    flat = head
    while True:  # parameters may hold braces' own `=`, and templates their `class`
        shorter = re.sub(r"\([^()]*\)", " () ".replace("()", "\x01"), flat)
        shorter = re.sub(r"<[^<>]*>", " ", shorter)
        if shorter == flat:
            break
        flat = shorter
    if words and (words[0] in ("namespace", "extern") or "namespace" in words[:2]):
        return "namespace"
    if re.search(r"\b(class|struct|union|enum)\b", flat) and "\x01" not in flat:
        return "class"
    if re.search(r"(?<![=!<>])=(?!=)", flat) and not re.search(r"\boperator\b", flat):
        return "data"
    if "\x01" in flat:
        return "function"
    return "class" if re.search(r"\b(class|struct|union|enum)\b", flat) else "data"


def function_name(head):
    test = re.search(r"\b(TEST_CASE\w*|SUBCASE)\b", head)
    if test:
        return test.group(1)
    m = re.search(r"([A-Za-z_~][\w:~]*|operator\S+)\s*\(", head)
    return m.group(1) if m else "function"
