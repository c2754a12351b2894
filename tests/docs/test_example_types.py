"""The example frontend compiles against the types that the backend ships."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from tools.cluster import LOCAL, ROOT

WEB = ROOT / "examples" / "web"


def compiled(folder: Path, source: Path) -> str:
    """Return what `tsc` says of files of the example, or of one that uses them.

    The packages are those of the local stack: the example's own are installed for a browser only.
    """
    packages = LOCAL / "node_modules"
    config = {
        "extends": str(WEB / "tsconfig.json"),
        "compilerOptions": {
            "paths": {"@supabase/supabase-js": [str(packages / "@supabase" / "supabase-js")]}
        },
        "include": [str(source)],
    }
    (folder / "tsconfig.json").write_text(json.dumps(config))
    finished = subprocess.run(
        ["node", str(packages / "typescript" / "bin" / "tsc"), "--project", str(folder)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return finished.stdout + finished.stderr


@pytest.mark.slow
def test_the_example_compiles(tmp_path: Path) -> None:
    assert compiled(tmp_path, WEB / "src") == ""


@pytest.mark.slow
def test_a_call_that_the_api_lacks_is_found(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.ts"
    wrong.write_text(
        f'import {{ call }} from "{WEB / "src" / "api"}";\n'
        'void call("confirm_booking", { p_booking: "an id" });\n'
    )
    assert "error TS" in compiled(tmp_path, wrong)


def test_the_example_can_be_read_in_one_sitting() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", str(WEB)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    paths = [ROOT / name for name in listed.split("\0") if name]
    read = [path for path in paths if path.name != "package-lock.json"]
    assert len(read) > 20
    assert sum(len(path.read_text().splitlines()) for path in read) <= 2500


def test_the_pages_run_no_script_but_their_own_and_stripes() -> None:
    page = (WEB / "index.html").read_text()
    policy = re.search(r'http-equiv="Content-Security-Policy"\s+content="([^"]*)"', page)
    assert policy
    rules = dict(rule.split(maxsplit=1) for rule in policy[1].split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == "'self' https://js.stripe.com"
    assert rules["style-src"] == "'self'"
    assert "unsafe" not in policy[1]


def test_the_example_has_the_versions_with_which_it_is_compiled() -> None:
    def wanted(package: Path) -> dict[str, str]:
        content = json.loads(package.read_text())
        packages: dict[str, str] = content["dependencies"] | content["devDependencies"]
        return {name: packages[name] for name in ("@supabase/supabase-js", "typescript")}

    assert wanted(WEB / "package.json") == wanted(LOCAL / "package.json")
