"""sql/ as text: what a reader of the files is promised and the catalog cannot say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from tests.stack import ROOT

FUNCTION = re.compile(
    r"(?P<header>(?:^--.*\n)*)^create function (?P<name>(?:public|private)\.\w+)\(",
    re.MULTILINE,
)
REFUSAL = re.compile(r"private\.refuse\(\s*'(?P<sqlstate>\w+)',\s*(?P<code>'\w+'|[\w.]+),")
NOTE = re.compile(r"row\('parked', '(\w+)'\)")
CALL = re.compile(r"\bprivate\.\w+(?=\()")
INSERT = re.compile(r"insert into ((?:public|private)\.\w+)\b([^;]*);")
EXCLUSION = re.compile(
    r"create table ((?:public|private)\.\w+) \((?:(?!^\);).*\n)*?.*exclude using", re.M
)
ERRORS = re.compile(r"Errors: ([\w, ]+)\.")


class Refusal(NamedTuple):
    code: str
    sqlstate: str
    raised_in: str


@dataclass(frozen=True)
class Function:
    name: str
    header: str
    text: str

    @property
    def calls(self) -> set[str]:
        return set(CALL.findall(self.text))


@dataclass(frozen=True)
class Sources:
    """The files of sql/, by their paths."""

    files: Mapping[str, str]

    @classmethod
    def read(cls) -> Sources:
        return cls(
            {
                str(path.relative_to(ROOT)): path.read_text()
                for path in sorted(ROOT.glob("sql/*/*.sql"))
            }
        )

    def changed(self, path: str, old: str, new: str) -> Sources:
        """The same with a defect in one file."""
        assert old in self.files[path]
        return Sources({**self.files, path: self.files[path].replace(old, new)})

    @cached_property
    def functions(self) -> dict[str, Function]:
        return {
            function.name: function for text in self.files.values() for function in _functions(text)
        }

    @cached_property
    def refusals(self) -> set[Refusal]:
        """Every refusal, once for each function that makes it."""
        return {
            Refusal(code, found["sqlstate"], function.name.split(".")[1])
            for function in self.functions.values()
            for found in REFUSAL.finditer(function.text)
            for code in self._codes(function, found["code"])
        }

    def silent_definers(self) -> list[str]:
        """Functions with their owner's rights whose comment does not say why."""
        return [
            function.name
            for function in self.functions.values()
            if "security definer" in function.text
            and not re.search(r"\bDefiner: ", function.header)
        ]

    def racing_inserts(self) -> list[str]:
        """Inserts into a table with an exclusion constraint that would wait for each other."""
        text = "\n".join(self.files.values())
        excluded = set(EXCLUSION.findall(text))
        return [
            f"{path}: {table}"
            for path, text in self.files.items()
            for table, rest in INSERT.findall(text)
            if table in excluded and "on conflict" not in rest
        ]

    def reachable(self, name: str) -> set[str]:
        """The codes of all refusals that a function can come to, but by triggers."""
        seen, left = set(), [name]
        while left:
            function = self.functions.get(left.pop())
            if function and function.name not in seen:
                seen.add(function.name)
                left += function.calls
        return {each.code for each in self.refusals if f"private.{each.raised_in}" in seen}

    def documented(self) -> dict[str, set[str]]:
        """The codes that the comment on each public function names."""
        text = "\n".join(self.files.values())
        comments = re.findall(
            r"comment on function (public\.\w+) is\s+((?:'(?:[^']|'')*'\s*)+);", text
        )
        return {
            name: {
                code
                for errors in ERRORS.findall(re.sub(r"'\s+'", "", comment))
                for code in errors.split(", ")
            }
            for name, comment in comments
        }

    def _codes(self, function: Function, code: str) -> set[str]:
        if code.startswith("'"):
            return {code.strip("'")}
        # The note of an outcome, by the function that came to it.
        outcomes = [self.functions[name].text for name in function.calls if "apply_" in name]
        return {note for text in outcomes for note in NOTE.findall(text)}


def _functions(text: str) -> Iterator[Function]:
    for start, end in pairwise([*FUNCTION.finditer(text), None]):
        assert start is not None
        stop = end.start() if end else len(text)
        yield Function(start["name"], start["header"], text[start.end() : stop])
