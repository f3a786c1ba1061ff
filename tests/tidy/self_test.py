"""Every check of tidy finds its bad sample and leaves the good one alone. Run by ctest."""

import unittest

import tidy
from source_tree import SourceTree, functions

DOMAIN = {f"{layer}/chat/{name}": "// The domain's file of this layer.\n#pragma once\n"
          for layer, name in (("storage", "chat_store.hpp"), ("actors", "chat_rules.hpp"), ("tests", "chat_world.hpp"))}
DOMAIN["protocols/chat/chat.proto"] = "// The contract of chat.\n"
DOMAIN["config/settings/chat.def"] = "// The settings of chat.\n"

LINE_TABLE = {"storage/chat/migrations/0001_chat.sql": "CREATE TABLE line (\n"}

HEADER = "// What it is for and who calls it.\n#pragma once\n"
LONG_FUNCTION = "// A source with one long function.\nint f(int a) {\n" + "  ++a;\n" * 70 + "  return a;\n}\n"


def numbered(n):
    return HEADER + "int x;\n" * (n - 2)


def readme_map(*lines):
    return {"README.md": "# Nova\n\n## Folder map\n\n```text\n" + "\n".join(lines) + "\n```\n"}


# check → bad samples, each a small tree that the check must object to.
BAD = {
    "include_edges": [
        {"storage/postgres/a.cpp": '#include "actors/runtime/node/node.hpp"\n'},
        {"gateway/server.cpp": '#include "storage/database/database.hpp"\n'},
        {"gateway/server.cpp": '#include "actors/runtime/node/node.hpp"\n'},
        {"protocols/core/a.hpp": '#include "config/settings/settings.hpp"\n'},
        {"config/a.hpp": '#include "protocols/chat/chat.pb.h"\n'},
        {"gateway/server.cpp": '#include "server.hpp"\n'},
        {"gateway/server.cpp": "#include <caf/all.hpp>\n"},
        {"actors/chat/chat_rules.cpp": "# include <caf/actor.hpp>\n"},
    ],
    "domain_edges": [
        {**DOMAIN, "actors/user/user_rules.cpp": '#include "actors/chat/chat_rules.hpp"\n'},
        {**DOMAIN, "actors/user/user_rules.cpp": '#include "storage/chat/chat_store.hpp"\n'},
        {**DOMAIN, "storage/user/user_rows.cpp": '#include "storage/chat/chat_store.hpp"\n'},
        {**DOMAIN, "actors/runtime/entities/shard.cpp": '#include "actors/chat/chat_rules.hpp"\n'},
    ],
    "room_edges": [
        {"actors/runtime/kernel/a.hpp": '#include "actors/runtime/node/b.hpp"\n'},
        {"actors/runtime/api/a.hpp": '#include "actors/runtime/kernel/b.hpp"\n'},
        {"actors/runtime/routing/a.hpp": '#include "actors/runtime/entities/b.hpp"\n'},
        {"actors/runtime/entities/a.cpp": '#include "actors/runtime/events/b.hpp"\n'},
    ],
    "proto_edges": [
        {**DOMAIN, "actors/user/user_rules.hpp": "", "protocols/user/user.proto": 'import "protocols/chat/chat.proto";\n'}],
    "mirror": [{k: v for k, v in DOMAIN.items() if not k.startswith(layer)} for layer in ("config", "protocols", "storage", "tests")],
    "dialect": [
        {**DOMAIN, "tests/sample/actors/sample/sample_rules.cpp": "", "tests/sample/storage/sample/sample_rows.cpp": ""},
        {**DOMAIN, "tests/sample/tests/sample/sample_pgtest.cpp": ""},
    ],
    "one_list_of_domains": [
        {**DOMAIN, "actors/user/user_rules.cpp": "", "tests/x/CMakeLists.txt": "foreach(noun chat user)\nendforeach()\n"},
        {**DOMAIN, "actors/user/user_rules.cpp": "", "tests/x/CMakeLists.txt": "x(y LINK nova_actors_chat nova_actors_user)\n"},
    ],
    "link_lines": [{"gateway/CMakeLists.txt": "nova_library(nova_gateway\n  SOURCES a.cpp\n  LINK nova_boost nova_runtime)\n"}],
    "suffixes": [
        {**DOMAIN, "actors/chat/chat_things.cpp": ""},
        {**DOMAIN, "storage/chat/sql.cpp": ""},
        {"tests/chat/chat_cases.cpp": 'TEST_CASE("x") {}\n'},
    ],
    "column_reads": [
        {**DOMAIN, "actors/chat/chat_handlers.cpp": "auto seq = r.rows(0).int8(0, 3);\n"},
        {**DOMAIN, "actors/chat/chat_handlers.cpp": "auto at = found.time(count - 1, 22);\n"},
        {**DOMAIN, "actors/chat/chat_rules.cpp": "int f(const storage::rows& r);\n"},
    ],
    "pure_rules": [
        {**DOMAIN, "actors/chat/chat_rules.cpp": "runtime::need f();\n"},
        {**DOMAIN, "actors/chat/chat_rules.hpp": '#include "actors/runtime/api/decision.hpp"\n'},
    ],
    "sizes": [
        {"gateway/a.hpp": numbered(301)},
        {"gateway/a.cpp": numbered(601)},
        {"gateway/a.cpp": LONG_FUNCTION},
        {"gateway/a.cpp": "x\n" * 650, "tests/tidy/ratchet.txt": "gateway/a.cpp lines 640\n"},
        {"gateway/a.cpp": "x\n", "tests/tidy/ratchet.txt": "gateway/a.cpp lines 640\n"},
        {"tests/tidy/ratchet.txt": "gateway/gone.cpp lines 640\n"},
    ],
    "purpose": [
        {"gateway/a.hpp": "#pragma once\n// Later it says something.\n"},
        {"gateway/a.cpp": "//\n"},
        {"config/a": "#!/bin/sh\nls\n"},
        {"storage/chat/migrations/0001_chat.sql": "CREATE TABLE x ();\n"},
        {"tests/a.py": "import os\n"},
    ],
    "pragma_once": [{"gateway/a.hpp": "// A header without the line.\n"}],
    "unfinished": [{"gateway/a.cpp": "// TODO: more\n"}, {"README.md": "a stub of a page\n"},
                   {"gateway/a.cpp": "// FIXME\n"}, {"gateway/a.cpp": "int placeholder;\n"}],
    "sleeps": [{"tests/a_test.cpp": "std::this_thread::sleep_for(1s);\n"}, {"tests/web/a.mjs": "page.waitForTimeout(5);\n"},
               {"tests/a_test.cpp": "usleep (5);\n"}],
    "vague_names": [{"gateway/string_util.cpp": ""}, {"storage/common/a.cpp": ""},
                    {"gateway/a.hpp": "class connection_manager {};\n"}],
    "machine_paths": [{"README.md": "see /home/ada/nova\n"}, {"config/up": "cd /wor" "k/main\n"},
                      {"protocols/README.md": "`../shared/design/CONTRACT.md`\n"}],
    "dead_sources": [
        {"gateway/a.cpp": "", "gateway/CMakeLists.txt": "nova_library(x SOURCES b.cpp)\n"},
        {"gateway/inner/a.cpp": "", "gateway/CMakeLists.txt": "nova_library(x SOURCES a.cpp)\n"},
    ],
    "dead_headers": [{"gateway/a.hpp": HEADER, "gateway/a.cpp": '#include "gateway/a.hpp"\n'}],
    "dead_migrations": [{"storage/chat/migrations/0002_more.sql": ""}, {"storage/chat/migrations/first.sql": ""}],
    "greatest_of_batch": [{"storage/chat/chat_queries.cpp":
                           'const query mark{"chat.mark", "SET seq = greatest(a.seq, b.seq)", merging::last, 1, 1, {"uuid[]"}};\n'}],
    "tables": [
        {"storage/chat/migrations/0001_chat.sql": "CREATE TABLE line (\n"},
        {"storage/chat/migrations/0001_chat.sql": "", "storage/chat/tables.txt": "line kept an account's lines\n"},
        {**LINE_TABLE, "storage/chat/tables.txt": "line retained 30 days\n"},
        {**LINE_TABLE, "storage/chat/tables.txt": "line kept long\n", "storage/chat/chat_store.cpp": '{"line", &due}'},
        {**LINE_TABLE, "storage/chat/tables.txt": "line bounded chat.lines a conversation\n"},
        {**LINE_TABLE, "storage/chat/tables.txt": "line grows\n"},
    ],
    "readme": [{}, {"README.md": "x\n" * 151}],
    "folder_map": [
        {**readme_map("gateway/  the edge"), "gateway/a.cpp": "", "actors/b.cpp": ""},
        {**readme_map("gateway/  the edge", "gateway/web/  the page"), "gateway/a.cpp": ""},
        {**readme_map("gateway/  the edge", "gateway/  again"), "gateway/a.cpp": ""},
    ],
    "documents": [{"README.md": "`gateway/gone.cpp`\n"}, {"README.md": "[card](gateway/README.md)\n"}],
    "cards": [{**DOMAIN}, {"gateway/README.md": "x\n" * 71}],
    "audit_commands": [
        {"config/guide/audit.md": "`tests/run -R gone_test`\n"},
        {"config/guide/audit.md": "`nova-bench gone`\n", "bench/runner/main.cpp": '    {"login", login},\n'},
    ],
    "events": [
        {"gateway/a.cpp": 'log::warn("gateway.a", {});\n'},
        {"gateway/a.cpp": 'log::warn(\n  "gateway.a");\n', "protocols/core/events.def": 'EVENT("gateway.a", info, "It is so.")\n'},
        {"protocols/core/events.def": 'EVENT("gateway.a", info, "It is so.")\n'},
        {"gateway/a.cpp": 'log::info("gateway.a");\n', "protocols/core/events.def": 'EVENT("gateway.a", info)\n'},
    ],
    "used_by": [{"gateway/a.hpp": "// What it is. Used by gone_file.cpp and\n// by b.\n"},
                {"gateway/a.hpp": "// What it is. Called by\n// session_open.\n"}],
    "banned": [{"gateway/a.cpp": 'spdlog::warn("x");\n'}, {"gateway/a.cpp": "out << std::endl;\n"}, {"gateway/a.cpp": "say(strerror(errno));\n"},
               {"actors/chat/a.cpp": "std::async(f);\n"}, {"actors/chat/a.cpp": "return error{errc::internal};\n"}],
    "plain_words": [{"gateway/README.md": "It goes by and by.\n"}, {"gateway/a.hpp": "// Likewise.\n"},
                    {"storage/a.cpp": "// It was tried in vain.\n"}, {"gateway/a.hpp": "// What a client sends.\n"},
                    {"gateway/a.hpp": "int a;  ///< whose turn it is\n"}, {"config/a.def": "// Somebody reads it.\n"},
                    {"gateway/web/src/a.ts": "// Whoever may see it may join.\n"}],
    "decisions": [{"config/guide/decisions/first.md": ""}, {"config/guide/decisions/0001-first.md": "# 0001 First\n"}],
    "labels": [{"README.md": "`tests/run -LE slow`\n"}],
    "dotted_names": [{"README.md": "`gateway.gone`\n", "config/nova.example.toml": "[gateway]\n# port = 1\n"}],
}

GOOD = {
    "include_edges": [
        {"gateway/main.cpp": '#include "actors/runtime/node/node.hpp"\n#include <caf/all.hpp>\n'},
        {"actors/chat/chat_rules.cpp": '#include "storage/chat/chat_store.hpp"\n#include <vector>\n'},
        {"bench/a.cpp": '#include "tests/support/client/session.hpp"\n'},
    ],
    "domain_edges": [{**DOMAIN, "actors/chat/chat_actor.cpp": '#include "protocols/user/user.pb.h"\n'
                                                              '#include "storage/chat/chat_store.hpp"\n'}],
    "room_edges": [
        {"actors/runtime/kernel/a.hpp": '#include "actors/runtime/api/b.hpp"\n#include "actors/runtime/kernel/c.hpp"\n'},
        {"actors/runtime/node/a.cpp": '#include "actors/runtime/kernel/b.hpp"\n#include <actors/runtime/none.hpp>\n'},
    ],
    "mirror": [DOMAIN],
    "column_reads": [{**DOMAIN, "actors/chat/chat_handlers.cpp": "for (auto& m : read_members(r.rows(1))) f(q.text(), 2);\n",
                      "storage/chat/chat_rows.cpp": "return {r.int8(0, head::kind)};\n",
                      "actors/runtime/entities/shard.cpp": "x = r.int8(0, 0);\n"}],
    "pure_rules": [{**DOMAIN, "actors/chat/chat_handlers.cpp": "runtime::need f();\n"}],
    "dialect": [{**DOMAIN, "tests/sample/actors/sample/sample_rules.hpp": "", "tests/sample/actors/sample/sample_intake.hpp": ""}],
    "one_list_of_domains": [
        {**DOMAIN, "actors/user/user_rules.cpp": "", "CMakeLists.txt": "set(NOVA_DOMAINS chat user)\n"},
        {**DOMAIN, "actors/user/user_rules.cpp": "", "tests/x/CMakeLists.txt": "# chat and user\nx(y LINK nova_actors_chat)\n"},
    ],
    "suffixes": [{**DOMAIN, "tests/chat/chat_test.cpp": "TEST_CASE(1) {}\n"}],
    "sizes": [{"gateway/a.hpp": numbered(300), "gateway/b.cpp": LONG_FUNCTION.replace("  ++a;\n", "", 3)},
              {"gateway/a.cpp": "x\n" * 640, "tests/tidy/ratchet.txt": "gateway/a.cpp lines 640\n"}],
    "purpose": [{"gateway/a.hpp": HEADER, "gateway/a.cpp": '#include "gateway/a.hpp"\n'}],
    "unfinished": [{"gateway/web/index.html": '<input placeholder="Handle">\n', "a.md": "todo lists are fine\n"}],
    "sleeps": [{"tests/a_test.cpp": "// asleep_forever\nwake(sleeper);\n"}],
    "machine_paths": [{"config/up": "cd /usr/lib/postgresql; ls http://x.org/work/y\n"}],
    "dead_sources": [{"gateway/in/a.cpp": "", "gateway/CMakeLists.txt": "x(SOURCES in/a.cpp)\n"}],
    "folder_map": [{**readme_map("storage/{chat,user}/  data", "storage/  data"), "storage/chat/a": "", "storage/user/a": ""}],
    "audit_commands": [{"config/guide/audit.md": "`tests/run -R a_test` `nova-bench login`\n",
                        "tests/CMakeLists.txt": "nova_test(a_test SOURCES a_test.cpp)\n",
                        "bench/runner/main.cpp": '    {"login", login},\n'}],
    "events": [{"gateway/a.cpp": 'log::info("gateway.a");\n',
                "protocols/core/events.def": '// The list.\nEVENT("gateway.a", info, "It is so.")\n'}],
    "documents": [{"README.md": "`gateway/a.cpp` `gateway/`\n```cpp\nf([](int x) {});\n```\n", "gateway/a.cpp": ""}],
    "dead_migrations": [{"storage/chat/migrations/0001_chat.sql": "", "storage/chat/migrations/0002_more.sql": ""}],
    "greatest_of_batch": [{"storage/chat/chat_queries.cpp":
                           'const query mark{"chat.mark", "SET seq = greatest(a.seq, b.seq)", merging::rows, 1, 1, {"uuid[]"}};\n'
                           'const query name{"chat.name", "SET name = b.name", merging::last, 2, 1, {"uuid[]"}};\n'}],
    "tables": [
        {**LINE_TABLE, "storage/chat/migrations/0002_b.sql": "CREATE TABLE b (\nDROP TABLE b;\n",
         "storage/chat/tables.txt": "# The tables.\nline  retained  chat.line_days\n",
         "storage/chat/chat_store.cpp": '{"line", &queries::due, &queries::step, keep}',
         "config/settings/chat.def": "SETTING(int, line_days, 3, between(1, 9), restart,\n"},
    ],
    "used_by": [{"gateway/a.hpp": "// What it is. Used by b.cpp and the\n// rest.\n", "gateway/b.cpp": ""}],
    "banned": [{"gateway/a.cpp": "// std::endl\nsay(\"std::endl\");\n"}, {"tests/a.cpp": "std::async(f);\n"}],
    "plain_words": [{"gateway/a.hpp": "// The caller asks what is due.\n"}, {"gateway/a.cpp": "// What nobody has.\n"},
                    {"tests/a.hpp": "// What it is.\n"}, {"gateway/web/src/a.ts": "// An account that may see it may join.\n"}],
    "labels": [{"README.md": "tests/run -L fuzz\n", "tests/CMakeLists.txt": "x(PROPERTIES LABELS fuzz)\n"}],
    "dotted_names": [{"README.md": "`gateway.port`\n", "config/nova.example.toml": "[gateway]\n# port = 1\n"}],
}


class Checks(unittest.TestCase):
    def test_every_check_has_a_bad_sample(self):
        self.assertEqual(set(BAD), set(tidy.CHECKS))

    def test_bad_samples_are_found(self):
        for name, samples in BAD.items():
            for sample in samples:
                with self.subTest(check=name, files=sorted(sample)):
                    self.assertTrue(list(tidy.CHECKS[name](SourceTree(sample))))

    def test_good_samples_are_left_alone(self):
        for name, samples in GOOD.items():
            for sample in samples:
                with self.subTest(check=name, files=sorted(sample)):
                    self.assertEqual([], [str(f) for f in tidy.CHECKS[name](SourceTree(sample))])


class Functions(unittest.TestCase):
    def lengths(self, text):
        return [(name, lines) for name, _, lines in functions(text)]

    def test_functions_are_told_from_other_braces(self):
        self.assertEqual([("f", 3), ("g", 1), ("b::run", 2)], self.lengths(
            "namespace a {\nstruct s {\n  int f(int x = 3) const {\n    return x;\n  }\n};\n"
            "const std::vector<int> rows = {\n1,\n2};\n"
            "template <class T>\nstruct t : u<T> { void g() {} };\nenum class e { one };\n"
            "void b::run() {\n}\n}\n"))

    def test_braces_in_texts_and_comments_do_not_count(self):
        self.assertEqual([("f", 6)], self.lengths(
            'void f() {\n  char c = \'{\';\n  auto s = "}{";  // }\n  auto r = R"x(}}})x";\n  int n = 1\'000;\n}\n'))

    def test_lambdas_and_blocks_belong_to_their_function(self):
        self.assertEqual([("f", 5)], self.lengths("int f() {\n  auto g = [](int x) {\n    return x;\n  };\n}\n"))

    def test_a_test_case_is_a_function(self):
        self.assertEqual([("TEST_CASE", 2)], self.lengths('TEST_CASE("a {b}") {\n}\n'))


if __name__ == "__main__":
    unittest.main()
