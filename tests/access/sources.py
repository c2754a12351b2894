"""sql/ as text: what a reader of the files is promised and the catalog cannot say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from tools.cluster import ROOT

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
ERRORS = re.compile(
    r"Errors: (?P<codes>[\w, ]+?)"
    r"(?:, and the rules of (?P<tables>public\.\w+(?: and public\.\w+)*))?\."
)
WRITE = re.compile(r"\b(?:insert into|update|delete from) ((?:public|private)\.\w+)")
TRIGGER = re.compile(
    r"^create (?:constraint )?trigger [^;]*? on (?P<table>[\w.]+)\s[^;]*"
    r"execute function (?P<function>private\.\w+)\(",
    re.MULTILINE,
)
REFUSE_VIOLATION = "private.refuse_violation"
VIOLATION = re.compile(
    r"(?:when (?P<caught>[\w ]+) then\s+(?:get stacked [^;]+;\s+)?)?"
    r"perform private\.refuse_violation\((?P<rule>'\w*'|\w+)(?P<column>, ['\w]+)?\)"
)
NO_CONSTRAINT = re.compile(r"\bdata_exception\b|\bnumeric_value_out_of_range\b")


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

    @property
    def writes(self) -> set[str]:
        return set(WRITE.findall(self.text))

    @property
    def passes_rules_on(self) -> bool:
        """Whether the name of a broken constraint becomes its code."""
        return any(found["rule"] != "''" for found in VIOLATION.finditer(self.text))

    @property
    def violation_codes(self) -> set[str]:
        """What it refuses through refuse_violation besides broken constraints."""
        codes = set()
        for found in VIOLATION.finditer(self.text):
            if found["column"]:
                codes.add("value_missing")
            if not found["rule"].startswith("'") and NO_CONSTRAINT.search(found["caught"] or ""):
                codes.add("value_out_of_range")
        return codes


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
        """The codes of refusals that a function can come to, but by triggers and constraints."""
        called = self._called(name)
        direct = {f"private.{each.raised_in}": set[str]() for each in self.refusals}
        for each in self.refusals:
            direct[f"private.{each.raised_in}"].add(each.code)
        return {
            code
            for function in called
            if function.name != REFUSE_VIOLATION
            for code in direct.get(function.name, set()) | function.violation_codes
        }

    def guarded(self, name: str) -> set[str]:
        """The codes of triggers on the tables that a function writes."""
        written = {table for function in self._called(name) for table in function.writes}
        return {
            code
            for text in self.files.values()
            for found in TRIGGER.finditer(text)
            if found["table"] in written
            for code in self.reachable(found["function"])
        }

    def ruled(self, name: str) -> list[set[str]]:
        """The tables written by each function that turns their rules into codes."""
        return [
            {table for each in self._called(function.name) for table in each.writes}
            for function in self._called(name)
            if function.passes_rules_on
        ]

    def documented(self) -> dict[str, set[str]]:
        """The codes that the comment on each public function names."""
        return {
            name: {code for found in errors for code in found["codes"].split(", ")}
            for name, errors in self._errors().items()
        }

    def documented_rules(self) -> dict[str, set[str]]:
        """The tables whose rules the comment on each public function names."""
        return {
            name: {
                table
                for found in errors
                if found["tables"]
                for table in found["tables"].split(" and ")
            }
            for name, errors in self._errors().items()
        }

    def _errors(self) -> dict[str, list[re.Match[str]]]:
        text = "\n".join(self.files.values())
        comments = re.findall(
            r"comment on function (public\.\w+) is\s+((?:'(?:[^']|'')*'\s*)+);", text
        )
        return {
            name: list(ERRORS.finditer(re.sub(r"'\s+'", "", comment))) for name, comment in comments
        }

    def _called(self, name: str) -> list[Function]:
        """A function and all that it calls, however deep."""
        seen: dict[str, Function] = {}
        left = [name]
        while left:
            function = self.functions.get(left.pop())
            if function and function.name not in seen:
                seen[function.name] = function
                left += function.calls
        return list(seen.values())

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
