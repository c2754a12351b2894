"""The files of deploy/ name commands, variables, metrics and functions that there are."""

from __future__ import annotations

import configparser
import json
import re
import shlex
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml  # type: ignore[import-untyped]
from prometheus_client import REGISTRY
from pydantic import BaseModel

from jobs.cli import app
from jobs.config import Config as JobsConfig
from tests.webhook_service.settings import ENVIRONMENT
from tools.cluster import ROOT
from webhook_service import create_app
from webhook_service.config import Config as ServiceConfig

DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
TIMERS = sorted((DEPLOY / "systemd").glob("*.timer"))
COMMANDS = {
    command.name or getattr(command.callback, "__name__", "") for command in app.registered_commands
}
METRIC = re.compile(r"\blplate_\w+")


def commands_in(text: str) -> set[str]:
    """The commands of the jobs that a text runs."""
    return set(re.findall(r"-m,? jobs,? ([\w-]+)", text))


def read_unit(path: Path) -> configparser.ConfigParser:
    unit = configparser.ConfigParser(interpolation=None, strict=True)
    unit.optionxform = str  # type: ignore[method-assign,assignment]
    unit.read(path)
    return unit


def metrics() -> set[str]:
    return {
        name
        for metric in REGISTRY.collect()
        for name in (
            metric.name,
            f"{metric.name}_total",
            f"{metric.name}_bucket",
            f"{metric.name}_count",
            f"{metric.name}_sum",
        )
    }


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_starts_what_there_is(path: Path) -> None:
    unit = read_unit(path)
    _python, minus_m, module, *arguments = shlex.split(unit["Service"]["ExecStart"])
    assert minus_m == "-m"
    assert module in ("jobs", "webhook_service")
    if module == "jobs":
        assert arguments[0] in COMMANDS
    example = Path(unit["Service"]["EnvironmentFile"]).name + ".example"
    assert (DEPLOY / example).exists()
    assert unit["Service"]["User"] == "lplate"
    if unit["Service"]["Type"] == "oneshot":
        assert path.with_suffix(".timer") in TIMERS
        assert unit["Unit"]["OnFailure"]
    else:
        assert unit["Service"]["Restart"] == "always"


@pytest.mark.parametrize("path", TIMERS, ids=lambda path: path.name)
def test_a_timer_has_its_unit(path: Path) -> None:
    assert path.with_suffix(".service") in UNITS
    assert read_unit(path)["Timer"]["OnCalendar"]


def test_every_command_that_is_watched_is_scheduled(db: psycopg.Connection) -> None:
    """jobs doctor misses a command that nothing starts."""
    rows = db.execute("select command from private.schedules()").fetchall()
    watched = {command for (command,) in rows}
    assert watched <= COMMANDS
    assert {
        commands_in(unit.read_text()).pop() for unit in UNITS if "jobs" in unit.read_text()
    } == (watched)
    assert commands_in((DEPLOY / "compose.yaml").read_text()) == watched


def test_compose_runs_the_image_that_the_dockerfile_makes() -> None:
    compose: Any = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    for name, service in compose["services"].items():
        assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).exists(), (
            name
        )
        for file in service["env_file"]:
            assert (DEPLOY / f"{file}.example").exists()


def test_the_dockerfile_copies_what_there_is_and_runs_as_nobody_important() -> None:
    lines = (DEPLOY / "Dockerfile").read_text().replace("\\\n", " ").splitlines()
    steps = [line.split(maxsplit=1) for line in lines if line and not line.startswith("#")]
    for _, arguments in (step for step in steps if step[0] == "COPY"):
        for source in arguments.split()[:-1]:
            assert (ROOT / source).exists(), source
    assert dict(steps)["USER"] not in ("root", "0")
    assert "/healthz" in dict(steps)["HEALTHCHECK"]
    command: list[str] = json.loads(dict(steps)["CMD"])
    assert command[:3] == ["python", "-m", "webhook_service"]
    packages = {"lplate", "webhook_service", "jobs"}
    assert packages <= {step[1].split()[0] for step in steps if step[0] == "COPY"}


@pytest.mark.parametrize(
    ("file", "config"),
    [("webhook_service.env.example", ServiceConfig), ("jobs.env.example", JobsConfig)],
)
def test_an_environment_has_what_the_program_needs(file: str, config: type[BaseModel]) -> None:
    lines = (DEPLOY / file).read_text().splitlines()
    names = {line.partition("=")[0].lower() for line in lines if line and not line.startswith("#")}
    assert names <= config.model_fields.keys()
    assert {name for name, field in config.model_fields.items() if field.is_required()} <= names


def test_alarms_and_dashboard_name_metrics_and_routes_that_there_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rules: Any = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yaml").read_text())
    board: Any = json.loads((DEPLOY / "grafana" / "lplate.json").read_text())
    expressions = [
        *(rule["expr"] for group in rules["groups"] for rule in group["rules"]),
        *(target["expr"] for panel in board["panels"] for target in panel["targets"]),
    ]
    named = {name for expression in expressions for name in METRIC.findall(expression)}
    assert named
    assert named <= metrics()
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    routes = {rule.rule for rule in create_app(ServiceConfig.load()).url_map.iter_rules()}
    for expression in expressions:
        for pattern in re.findall(r'route!?=~"([^"]+)"', expression):
            for part in pattern.split("|"):
                assert any(re.fullmatch(part, route) for route in routes), part
    named_units = re.findall(r"lplate-\(([\w|-]+)\)", str(rules))
    names = {f"lplate-{name}.service" for group in named_units for name in group.split("|")}
    assert names == {path.name for path in UNITS}


def test_pg_cron_calls_functions_that_there_are(db: psycopg.Connection) -> None:
    text = (DEPLOY / "pg_cron.sql").read_text()
    called = re.findall(r"\bprivate\.(\w+)\(", text)
    assert called
    for name in called:
        assert db.execute("select to_regproc(%s)", [f"private.{name}"]).fetchone() != (None,)
    heartbeat = re.search(r"record_heartbeat\('(\w+)'\)", text)
    assert heartbeat
    assert heartbeat[1] in COMMANDS
