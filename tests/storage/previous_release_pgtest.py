"""The previous release lives on this one's schema: its statements are planned there, and nothing is asked of its rows that it did not ask.

Which commit it is says previous_release in config/build/steps.bash. A migration that this test refuses belongs into the release after next:
add the new shape now, and take the old one away when no release needs it.
"""

import ast
import functools
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
sys.path.insert(0, os.path.join(SOURCE, "tests/support"))

from second_server import LIMIT_S, SecondServer  # noqa: E402

SKIPPED = 77

# Constraints that replace one of the previous release and allow all that it allowed: (table, definition): why.
WIDER = {}

LITERAL = r'"(?:[^"\\\n]|\\.)*"'
LITERALS = rf"(?:{LITERAL}\s*)+"
QUERY = re.compile(rf"\bquery\s+(\w+)\s*=?\s*\{{\s*(?:\.name\s*=\s*)?({LITERALS}),\s*(?:\.sql\s*=\s*)?({LITERALS})[,}}]")
DEFINED = re.compile(r"\bquery\s+(\w+)\s*=?\s*\{")
CONSTANT = re.compile(rf"\bconstexpr (?:std::string_view|auto) (\w+)\s*=\s*({LITERALS});")
PLANNED = re.compile(r"\s*(?:SELECT|INSERT|UPDATE|DELETE|WITH)\b", re.I)

# The types of parameters that the server cannot find out: a driver gives them with the values.
TYPES = {"runtime.outbox_short": "(timestamptz, bigint, bigint)", "runtime.extend_outbox": "(timestamptz, bigint, bigint)"}

# What holds of each column, constraint and unique index, one a line.
COLUMNS = """SELECT c.relname || '.' || a.attname || '|' || format_type(a.atttypid, a.atttypmod) || '|' || (a.attnotnull)::text || '|' ||
  (a.atthasdef OR a.attidentity <> '' OR a.attgenerated <> '')::text
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped"""
CONSTRAINTS = """SELECT c.relname || '|' || pg_get_constraintdef(k.oid) FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
WHERE c.relnamespace = 'public'::regnamespace AND NOT c.relispartition
UNION SELECT c.relname || '|unique index' || substring(pg_get_indexdef(i.indexrelid) FROM ' USING .*') FROM pg_index i
JOIN pg_class c ON c.oid = i.indrelid WHERE c.relnamespace = 'public'::regnamespace AND NOT c.relispartition AND i.indisunique"""


def git(*words):
    return subprocess.run(["git", "-C", SOURCE, *words], capture_output=True, check=False)


def previous_release():
    steps = os.path.join(SOURCE, "config/build/steps.bash")
    return subprocess.run(["bash", "-c", f"source '{steps}' && previous_release"], capture_output=True, text=True, check=False).stdout.strip()


def joined(literals):
    return "".join(ast.literal_eval(x) for x in re.findall(LITERAL, literals))


def preprocessed(path):
    """The text of a source with its own macros; what it includes has none that a statement needs."""
    lines = pathlib.Path(path).read_text(encoding="utf-8").splitlines(keepends=True)
    text = "".join(line for line in lines if not line.startswith("#include"))
    return subprocess.run([os.environ.get("NOVA_CXX", "c++"), "-E", "-P", "-x", "c++", "-"], input=text, capture_output=True, text=True,
                          check=True).stdout


class Release:
    """The sources of a release in a folder: its parts, their migrations and their statements."""

    def __init__(self, tree):
        self.storage = os.path.join(tree, "storage")
        self.parts = sorted(d for d in os.listdir(self.storage) if os.path.isdir(f"{self.storage}/{d}/migrations"))

    def domains(self):
        return [p for p in self.parts if p != "runtime"]

    def migrations(self, part):
        """Name → text, in their order."""
        return {path.name: path.read_text(encoding="utf-8") for path in sorted(pathlib.Path(f"{self.storage}/{part}/migrations").glob("*.sql"))}

    @functools.cache
    def statements(self, folder):
        """Name → SQL of all queries of storage/FOLDER, or of the constants there. What is not read is an error."""
        found = {}
        for name in sorted(os.listdir(f"{self.storage}/{folder}")):
            path = f"{self.storage}/{folder}/{name}"
            if name.endswith("_queries.cpp"):
                text = preprocessed(path)
                queries = {m[1]: (joined(m[2]), joined(m[3])) for m in QUERY.finditer(text)}
                unread = set(DEFINED.findall(text)) - set(queries)
                assert queries and not unread, f"{path}: no name and text of {unread or 'any query'} could be read"
                found.update(queries.values())
            elif name.endswith("_sql.hpp"):
                constants = {m[1]: joined(m[2]) for m in CONSTANT.finditer(preprocessed(path))}
                assert constants, f"{path}: no constant could be read"
                found.update((f"{name}: {k}", sql) for k, sql in constants.items() if PLANNED.match(sql))
        return found


class Database:
    def __init__(self, server, name, template="template1"):
        self.server, self.name = server, name
        server.ask("postgres", f"CREATE DATABASE {name} TEMPLATE {template}")

    def script(self, text, *options):
        return subprocess.run(["psql", "-X", "-q", "-At", "-d", self.name, *options, "-f", "-"], env={**os.environ, **self.server.place()},
                              input=text, capture_output=True, text=True, timeout=LIMIT_S, check=False)

    def migrate(self, migrations):
        """Each in a transaction of its own."""
        lines = ["SET client_min_messages = warning;"]
        for name, text in migrations.items():
            lines += [f"\\warn {name}", "BEGIN;", text, ";COMMIT;"]
        done = self.script("\n".join(lines), "-v", "ON_ERROR_STOP=1")
        assert done.returncode == 0, f"{self.name}: {done.stderr}"

    def ask(self, sql):
        return [line for line in self.server.ask(self.name, sql).splitlines() if line]

    def refused(self, statements):
        """Name → why, of the statements that the server does not plan. None is carried out."""
        lines = ["SET plan_cache_mode = force_generic_plan;"]  # as one that was prepared long ago
        for name, sql in statements.items():
            count = max((int(n) for n in re.findall(r"\$(\d+)", sql)), default=0)
            nulls = f"({', '.join(['NULL'] * count)})" if count else ""
            lines += [f"\\warn @@ {name}", f"PREPARE s{TYPES.get(name, '')} AS {sql}\n;", f"EXPLAIN EXECUTE s{nulls};", "DEALLOCATE ALL;"]
        done = self.script("\n".join(lines), "-v", "VERBOSITY=terse", "-o", "/dev/null")
        faults, name, seen = {}, "", 0
        for line in done.stderr.splitlines():
            if line.startswith("@@ "):
                name, seen = line[3:], seen + 1
            elif "ERROR" in line:
                faults.setdefault(name, line.split("ERROR:", 1)[1].strip())
        assert seen == len(statements), f"{self.name}: {seen} of {len(statements)} statements were tried: {done.stderr[-500:]}"
        return faults

    def columns(self):
        return {name: (kind, required == "true", filled == "true")
                for name, kind, required, filled in (line.rsplit("|", 3) for line in self.ask(COLUMNS))}

    def constraints(self):
        return {tuple(line.split("|", 1)) for line in self.ask(CONSTRAINTS)}


def narrowed(old, new):
    """Why rows that were good in `old` would be refused in `new`, or read as something else."""
    before, after = old.columns(), new.columns()
    tables = {name.split(".")[0] for name in before}
    for name, (kind, required, filled) in sorted(after.items()):
        if name.split(".")[0] not in tables:
            continue
        if name not in before:
            if required and not filled:
                yield f"{name} is new and has to be given: the previous release does not give it"
        elif before[name][0] != kind:
            yield f"{name} is {kind}: for the previous release it is {before[name][0]}"
        elif required and not before[name][1]:
            yield f"{name} must not be NULL any more: the previous release may write NULL"
    for table, rule in sorted(new.constraints() - old.constraints()):
        if table in tables and (table, rule) not in WIDER:
            yield f"{table}: {rule} is new: rows of the previous release may break it"


class PreviousRelease(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="nova-previous-")
        cls.addClassCleanup(folder.cleanup)
        packed = git("archive", COMMIT, "storage", "protocols", "config")
        subprocess.run(["tar", "-x", "-C", folder.name], input=packed.stdout, check=True)
        cls.previous, cls.current = Release(folder.name), Release(SOURCE)
        cls.server = SecondServer("-c", "fsync=off")
        cls.addClassCleanup(cls.server.stop)
        cls.statements = {d: {**cls.previous.statements(d), **cls.previous.statements("runtime"), **cls.previous.statements("postgres")}
                          for d in cls.previous.domains()}
        cls.old, cls.new = {}, {}
        runtime = Database(cls.server, "old_runtime")
        runtime.migrate(cls.previous.migrations("runtime"))
        for d in cls.previous.domains():
            cls.old[d] = Database(cls.server, f"old_{d}", runtime.name)
            cls.old[d].migrate(cls.previous.migrations(d))
            cls.new[d] = Database(cls.server, f"new_{d}", cls.old[d].name)
            for part in ("runtime", d):
                there = cls.previous.migrations(part)
                cls.new[d].migrate({n: text for n, text in cls.current.migrations(part).items() if n not in there})

    def faults(self, domain, new=None):
        """What the previous release does not find in order in the domain's database."""
        new = new or self.new[domain]
        return [f"{name}: {why}" for name, why in new.refused(self.statements[domain]).items()] + list(narrowed(self.old[domain], new))

    def test_its_own_schema_serves_its_statements(self):
        for d in self.previous.domains():
            self.assertEqual({}, self.old[d].refused(self.statements[d]), d)
        print(f"{sum(len(self.previous.statements(p)) for p in (*self.previous.parts, 'postgres'))} statements of {COMMIT[:9]} in "
              f"{len(self.old)} databases")

    def test_its_migrations_are_those_of_this_release(self):
        for part in self.previous.parts:
            now = self.current.migrations(part)
            for name, text in self.previous.migrations(part).items():
                self.assertEqual(text, now.get(name), f"{part}/{name} was changed or removed: the previous release would not start")

    def test_this_release_s_schema_serves_it(self):
        later = [f"{p}/{n}" for p in self.current.parts for n in self.current.migrations(p) if n not in self.previous.migrations(p)]
        print(f"later migrations: {' '.join(later) or 'none'}")
        for d in self.previous.domains():
            self.assertEqual([], self.faults(d), d)

    # Each migration that the previous release cannot live with is found, and those that it can are not. Of messaging's database → in the
    # fault.
    BAD = {
        "ALTER TABLE message DROP COLUMN extras": "messaging.insert_message",
        "ALTER TABLE message RENAME COLUMN extras TO more": "messaging.insert_message",
        "ALTER TABLE member RENAME TO membership": "messaging.",
        "DROP FUNCTION nova_claim_part": "lane_sql.hpp: claim",
        "ALTER TABLE intake_offset DROP CONSTRAINT intake_offset_pkey": "runtime.save_offset",
        "ALTER TABLE outbox DROP COLUMN payload": "runtime.outbox_page",
        "ALTER TABLE message ADD COLUMN made_by uuid NOT NULL": "message.made_by is new and has to be given",
        "ALTER TABLE saga ALTER COLUMN detail TYPE text USING ''": "saga.detail is text",
        "ALTER TABLE dead_letter ADD CHECK (attempts < 100)": "dead_letter: CHECK",
        "CREATE UNIQUE INDEX ON dead_letter (key)": "dead_letter: unique index",
    }
    GOOD = (
        "ALTER TABLE message ADD COLUMN note text; ALTER TABLE message ADD COLUMN weight bigint NOT NULL DEFAULT 0",
        "CREATE TABLE letter (letter_id uuid PRIMARY KEY, text text NOT NULL CHECK (text <> ''))",
        "CREATE INDEX ON dead_letter (key)",
        "ALTER TABLE dead_letter ALTER COLUMN reason DROP NOT NULL",
    )

    def after(self, migration):
        d = "messaging"
        scratch = Database(self.server, "scratch", self.new[d].name)
        try:
            scratch.migrate({"scratch": migration})
            return self.faults(d, scratch)
        finally:
            self.server.ask("postgres", "DROP DATABASE scratch")

    def test_bad_migrations_are_refused(self):
        for migration, expected in self.BAD.items():
            faults = self.after(migration)
            self.assertTrue(any(expected in f for f in faults), f"{migration}: {faults}")

    def test_good_migrations_are_not(self):
        for migration in self.GOOD:
            self.assertEqual([], self.after(migration), migration)

    def test_a_column_that_must_not_be_null_any_more_is_refused(self):
        column = next(n for n, (_, required, _) in sorted(self.new["messaging"].columns().items()) if not required)
        table, name = column.split(".")
        faults = self.after(f"ALTER TABLE {table} ALTER COLUMN {name} SET NOT NULL")
        self.assertIn(f"{column} must not be NULL any more: the previous release may write NULL", faults)


if __name__ == "__main__":
    COMMIT = previous_release()
    if not COMMIT:
        print("skipped: this clone does not have the commit of the previous release; a whole clone does")
        sys.exit(SKIPPED)
    unittest.main()
