#!/usr/bin/env python3
"""Writes documents for `nova-bench search --corpus FILE`: corpus.py OUT --documents N [--from FOLDER].

About half Chinese (classical poems of the npm package chinese-poetry, MIT), 30 % English, 16 % Japanese, 4 % Korean (the
package descriptions of Debian). FOLDER keeps what was fetched: by npm and apt-get, into nothing else.
"""
import argparse
import json
import os
import random
import re
import subprocess
import sys

SHARES = (("zh", 50), ("en", 30), ("ja", 16), ("ko", 4))
POSTS_PERCENT = 37
SENTENCE = re.compile(r"[^。！？；.!?;\n]+[。！？；.!?;]?")


def run(*command, cwd=None):
    subprocess.run(command, cwd=cwd, check=True, stdout=subprocess.DEVNULL)


def fetch(folder):
    os.makedirs(os.path.join(folder, "lists", "partial"), exist_ok=True)
    if not os.path.isdir(os.path.join(folder, "package")):
        run("npm", "pack", "chinese-poetry", cwd=folder)
        archive = next(n for n in os.listdir(folder) if n.endswith(".tgz"))
        run("tar", "xzf", archive, cwd=folder)
        os.remove(os.path.join(folder, archive))
    if not any("Translation" in name for name in os.listdir(os.path.join(folder, "lists"))):
        run("apt-get", "-o", f"Dir::State::Lists={folder}/lists/", "-o", "APT::Sandbox::User=root",
            "-o", "Acquire::Languages=en,zh_CN,zh_TW,ja,ko", "update")


def strings(value, inside=False):
    """The lines of every poem in a JSON value; its other fields are names and patterns of tones."""
    if isinstance(value, str) and inside:
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from strings(item, inside)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from strings(item, key in ("paragraphs", "content"))


def poems(folder):
    for path, _, names in sorted(os.walk(os.path.join(folder, "package"))):
        for name in sorted(names):
            if name.endswith(".json") and name != "package.json":
                with open(os.path.join(path, name), encoding="utf-8") as file:
                    try:
                        yield from strings(json.load(file))
                    except ValueError:
                        continue


def descriptions(folder, language):
    """Of Debian's packages, in one language: lines that begin with a space belong to a description."""
    lists = os.path.join(folder, "lists")
    for name in sorted(os.listdir(lists)):
        if f"Translation-{language}" not in name.replace("%5f", "_"):
            continue
        text = subprocess.run(["/usr/lib/apt/apt-helper", "cat-file", os.path.join(lists, name)], check=True,
                              stdout=subprocess.PIPE).stdout.decode("utf-8", "replace")
        for block in text.split("\n\n"):
            lines = re.findall(r"^ (?!\.$)(.*)$", block, re.MULTILINE)
            yield " ".join(line.strip() for line in lines)


def sentences(texts):
    out = []
    for text in texts:
        for found in SENTENCE.findall(" ".join(text.split())):
            if 3 <= len(found.strip()) <= 300:
                out.append(found.strip())
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out")
    parser.add_argument("--documents", type=int, default=1_000_000)
    parser.add_argument("--from", dest="folder", default="corpus")
    options = parser.parse_args()
    folder = os.path.abspath(options.folder)
    fetch(folder)
    pools = {
        "zh": sentences([*poems(folder), *descriptions(folder, "zh_CN"), *descriptions(folder, "zh_TW")]),
        "en": sentences(descriptions(folder, "en")),
        "ja": sentences(descriptions(folder, "ja")),
        "ko": sentences(descriptions(folder, "ko")),
    }
    if not all(pools.values()):
        print("corpus: a language has no text", {name: len(pool) for name, pool in pools.items()}, file=sys.stderr)
        return 1
    chance = random.Random(1)
    languages = [name for name, share in SHARES for _ in range(share)]
    with open(options.out, "w", encoding="utf-8") as out:
        for _ in range(options.documents):
            language = chance.choice(languages)
            post = chance.randrange(100) < POSTS_PERCENT
            many = chance.randint(4, 10) if post else chance.randint(1, 5)
            space = " " if language in ("en", "ko") else ""
            text = space.join(chance.choice(pools[language]) for _ in range(many))
            out.write(f"{'post' if post else 'message'}\t{text}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
