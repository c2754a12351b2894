"""The command line: `python -m jobs …`. Every command says what it did by its exit status."""

import signal
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from types import FrameType
from typing import Annotated
from uuid import UUID

import typer

from jobs import doctor as examination
from jobs import imports
from jobs import payouts as payout_job
from jobs.config import Config
from jobs.database import Database
from jobs.mail_reports import read_reports
from jobs.maintenance import Maintenance
from jobs.messages import Messages
from jobs.outbox import Outbox
from jobs.output import open_output
from jobs.reconciliation import Reconciliation
from jobs.replay import Replay
from jobs.sending import NotSent, OutcomeUnknown
from jobs.stripe_calls import CallFailed, make_stripe_calls
from jobs.transfers import Transfers
from lplate.postgres import DatabaseFault, DatabaseUnavailable, Refused
from lplate.settings import ConfigurationError
from lplate.stripe_client import make_stripe_client

SETTLED, UNSETTLED, BAD_ARGUMENTS = 0, 1, 2

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="Scheduled work. Exit status: 0 all settled, 1 something needs a look, 2 not started.",
)


def _parse_day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a date. Write it as 2026-01-30.") from None


@app.command()
def payouts(
    on: Annotated[
        list[date] | None,
        typer.Option(
            "--date",
            parser=_parse_day,
            metavar="YYYY-MM-DD",
            help="The payout day. Default: each organization's last one.",
        ),
    ] = None,
    org: Annotated[
        list[UUID] | None,
        typer.Option("--org", help="The id of an organization. Default: all of them."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be paid. Sends and writes nothing.")
    ] = False,
    workers: Annotated[
        int, typer.Option(min=1, max=32, help="How many transfers to make at the same time.")
    ] = 8,
) -> None:
    """Pay instructors what they have earned. Safe to repeat: every payout is made once."""
    for option, values in (("--date", on), ("--org", org)):
        if values and len(values) > 1:
            raise typer.BadParameter(f"Give {option} once: a run is for one.")
    with _session(pool_size=workers) as (config, database):
        output = open_output()
        try:
            runs = database.require_due_payout_runs(on[0] if on else None, org[0] if org else None)
        except Refused as refusal:
            if refusal.status == HTTPStatus.CONFLICT:  # the books forbid it, not the arguments
                examination.show_violations(database.check_invariants(), output)
                output.error("payouts_refused", code=refusal.code, reason=refusal.message)
                raise typer.Exit(UNSETTLED) from None
            _explain(refusal)
            raise typer.Exit(BAD_ARGUMENTS) from None
        if dry_run:
            payout_job.preview(database, runs, output)
            return
        stop = _stop_signal()
        client = make_stripe_client(config, retries=0)
        calls = make_stripe_calls(config, database, stop)
        job = payout_job.PayoutJob(config, database, Transfers(client, calls), output, stop)
        is_settled = job.run(runs, workers)
        if not on and not org:
            database.record_heartbeat("payouts")
        if not is_settled:
            raise typer.Exit(UNSETTLED)


@app.command()
def outbox(
    watch: Annotated[
        bool, typer.Option("--watch", help="Keep going until stopped by a signal.")
    ] = False,
) -> None:
    """Carry out what the database decided: refunds, captures, questions to Stripe, messages."""
    with _session(pool_size=2) as (config, database):
        stop = _stop_signal()
        client = make_stripe_client(config, retries=0)
        calls = make_stripe_calls(config, database, stop)
        output = open_output()
        work = Outbox(config, database, client, calls, output, stop)
        messages = Messages(config, database, output, stop)
        if watch:
            with ThreadPoolExecutor(1, "messages") as pool:
                sending = pool.submit(messages.watch)
                try:
                    work.watch()
                finally:
                    stop.set()
            sending.result()
        elif not all([work.drain(), messages.drain()]):
            raise typer.Exit(UNSETTLED)


@app.command("replay-events")
def replay_events(
    since: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"],
            help="From when on, in UTC. Default: an hour before the newest event that is stored.",
        ),
    ] = None,
) -> None:
    """Apply Stripe's events that no webhook has brought, of the last 30 days at most.

    After a restore, and after an endpoint was disabled or wrong. Safe to repeat.
    """
    with _session(pool_size=1) as (config, database):
        client = make_stripe_client(config, retries=0)
        calls = make_stripe_calls(config, database, _stop_signal())
        replay = Replay(config, database, client, calls, open_output())
        try:
            is_settled = replay.run(since.replace(tzinfo=UTC) if since else None)
        except CallFailed as error:
            typer.echo(f"Stripe did not say what happened: {error.failure.message}", err=True)
            raise typer.Exit(UNSETTLED) from None
        if not is_settled:
            raise typer.Exit(UNSETTLED)


messages_app = typer.Typer(no_args_is_help=True, help="What people are told.")
app.add_typer(messages_app, name="messages")


@messages_app.command()
def preview(
    kind: Annotated[str, typer.Argument(help="A kind of message, such as booking_confirmed.")],
    org: Annotated[
        UUID | None, typer.Option("--org", help="An organization with its own texts.")
    ] = None,
    locale: Annotated[str, typer.Option("--locale", help="A language, such as de.")] = "en",
) -> None:
    """Show what would be sent of a kind, over each channel."""
    with _session(pool_size=1) as (_, database):
        try:
            previewed = database.preview_message(kind, org, locale)
        except Refused as refusal:
            _explain(refusal)
            raise typer.Exit(BAD_ARGUMENTS) from None
        open_output().table("message", [asdict(one) for one in previewed])


@messages_app.command()
def reports(
    maildir: Annotated[
        Path,
        typer.Argument(
            exists=True, file_okay=False, help="The Maildir that mails to MAIL_FROM arrive in."
        ),
    ],
) -> None:
    """Read which mails bounced, and which were called spam, from the mail servers' reports."""
    with _session(pool_size=1) as (_, database):
        read_reports(maildir, database, open_output())


@messages_app.command()
def approvals() -> None:
    """Ask Twilio which texts WhatsApp has approved. Run it every hour if you use WhatsApp."""
    with _session(pool_size=1) as (config, database):
        try:
            Messages(config, database, open_output(), threading.Event()).sync_approvals()
        except (NotSent, OutcomeUnknown) as error:
            typer.echo(f"Twilio cannot be asked: {error}", err=True)
            raise typer.Exit(UNSETTLED) from None


@messages_app.command()
def compare(
    on: Annotated[
        date | None,
        typer.Option("--date", parser=_parse_day, metavar="DATE", help="Yesterday, in UTC."),
    ] = None,
) -> None:
    """Ask Twilio for a day's texts, and settle what its callbacks have not told."""
    day = on or datetime.now(UTC).date() - timedelta(days=1)
    with _session(pool_size=1) as (config, database):
        try:
            messages = Messages(config, database, open_output(), threading.Event())
            is_complete = messages.compare(day)
        except (NotSent, OutcomeUnknown) as error:
            typer.echo(f"Twilio cannot be asked: {error}", err=True)
            raise typer.Exit(UNSETTLED) from None
    if not is_complete:
        raise typer.Exit(UNSETTLED)


@app.command()
def reconcile(
    on: Annotated[
        datetime | None,
        typer.Option(
            "--date",
            formats=["%Y-%m-%d"],
            help="The last day (UTC) to report. Default: yesterday.",
        ),
    ] = None,
) -> None:
    """Compare Stripe's balance with the ledger, to the cent, and report every day that is over."""
    with _session(pool_size=1) as (config, database):
        output = open_output()
        until = on.date() if on else database.clock().astimezone(UTC).date() - timedelta(days=1)
        client = make_stripe_client(config, retries=0)
        calls = make_stripe_calls(config, database, _stop_signal())
        try:
            is_explained = Reconciliation(database, client, calls, output).run(until)
        except CallFailed as error:
            output.error("stripe_failed", code=error.failure.code, message=error.failure.message)
            raise typer.Exit(UNSETTLED) from None
        if not on:
            database.record_heartbeat("reconcile")
        if not is_explained:
            raise typer.Exit(UNSETTLED)


@app.command()
def statement(
    payout_id: Annotated[UUID, typer.Argument(metavar="PAYOUT_ID", help="The id of a payout.")],
    pdf: Annotated[
        Path, typer.Option("--pdf", dir_okay=False, help="Where to write the document.")
    ],
) -> None:
    """Write the statement of a payout as a PDF, for the payee's books."""
    from lplate import papers, statements  # a typesetter is not loaded by jobs that set no type

    with _session(pool_size=1) as (config, database):
        try:
            contents = database.payout_statement_document(payout_id)
            pdf.write_bytes(statements.render(contents, config.statement_fonts_dir))
        except Refused as refusal:
            _explain(refusal)
            raise typer.Exit(BAD_ARGUMENTS) from None
        except (papers.NoGlyph, OSError) as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(UNSETTLED) from None
        open_output().event("statement_written", payout_id=payout_id, file=str(pdf))


@app.command()
def evidence(
    dispute: Annotated[str, typer.Argument(metavar="DISPUTE", help="Its id here, or du_….")],
    pdf: Annotated[
        Path, typer.Option("--pdf", dir_okay=False, help="Where to write the document.")
    ],
) -> None:
    """Write what answers a dispute as one PDF, as Stripe takes it."""
    from lplate import evidence as papers  # a typesetter is not loaded by jobs that set no type

    with _session(pool_size=1) as (config, database):
        try:
            contents = database.dispute_evidence(dispute)
            pdf.write_bytes(papers.render(contents, config.statement_fonts_dir))
        except Refused as refusal:
            _explain(refusal)
            raise typer.Exit(BAD_ARGUMENTS) from None
        except (papers.TooLong, OSError) as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(UNSETTLED) from None
        open_output().event("evidence_written", dispute=dispute, file=str(pdf))


@app.command()
def report(
    month: Annotated[
        datetime,
        typer.Option("--month", formats=["%Y-%m"], help="The month (UTC) of the books."),
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", dir_okay=False, help="The page. Default: report-YYYY-MM.html here."),
    ] = None,
) -> None:
    """Write a month's figures as one HTML page, and beside it each table as CSV."""
    from lplate import reports  # a plotting library is not loaded by jobs that draw nothing

    page = out or Path(f"report-{month:%Y-%m}.html")
    with _session(pool_size=1) as (_, database):
        try:
            files = reports.write(database.month_report(month.date()), page)
        except Refused as refusal:
            _explain(refusal)
            raise typer.Exit(BAD_ARGUMENTS) from None
        except OSError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(UNSETTLED) from None
        open_output().event("report_written", month=f"{month:%Y-%m}", files=[*map(str, files)])


@app.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="A CSV file with a header.")
    ],
    org: Annotated[UUID, typer.Option("--org", help="The id of the school.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Name every line that is wrong. Changes nothing.")
    ] = False,
) -> None:
    """Import learners, hours owed or lessons ahead: the whole file, or nothing. Safe to repeat."""
    with _session(pool_size=1) as (_, database):
        try:
            is_clean = imports.run(database, open_output(), org, file, is_dry_run=dry_run)
        except Refused as refusal:
            _explain(refusal)
            raise typer.Exit(BAD_ARGUMENTS) from None
        except (imports.BadFile, OSError) as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(BAD_ARGUMENTS) from None
        if not is_clean:
            raise typer.Exit(UNSETTLED)


@app.command()
def platform_report(
    year: Annotated[int, typer.Option("--year", help="The calendar year.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", dir_okay=False, help="The file. Default: sellers-YYYY.csv here."),
    ] = None,
    xml: Annotated[
        Path | None,
        typer.Option(
            "--xml", dir_okay=False, help="Write HMRC's file too, for its digital service."
        ),
    ] = None,
    operator_id: Annotated[
        str | None,
        typer.Option("--operator-id", help="The platform operator ID that HMRC gave, for --xml."),
    ] = None,
    operator_tin: Annotated[
        str | None,
        typer.Option("--operator-tin", help="The platform's own tax number (UTR), for --xml."),
    ] = None,
) -> None:
    """Write what each seller was paid in a year, by quarter, as tax offices ask for it, as CSV."""
    from jobs import hmrc, sellers

    if xml is not None and not (operator_id and operator_tin):
        typer.echo("--xml needs --operator-id and --operator-tin.", err=True)
        raise typer.Exit(BAD_ARGUMENTS)
    file = out or Path(f"sellers-{year}.csv")
    with _session(pool_size=1) as (_, database):
        try:
            reports = database.platform_report(year)
            sellers.write(reports, file)
            if xml is not None and operator_id and operator_tin:
                message = database.platform_message(year)
                if reports and message["operator"] and not message["sellers"]:
                    raise hmrc.NotReportable(
                        "No seller has said who they are, and the XML would tell HMRC that there"
                        " are none. Have them call save_seller_details; without --xml the command"
                        " names them."
                    )
                hmrc.write(message, xml, operator_id, operator_tin, database.clock())
        except hmrc.NotReportable as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(BAD_ARGUMENTS) from None
        except Refused as refusal:
            _explain(refusal)
            raise typer.Exit(BAD_ARGUMENTS) from None
        except OSError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(UNSETTLED) from None
        output = open_output()
        output.event("sellers_written", year=year, sellers=len(reports), file=str(file))
        for seller in reports:
            if seller.missing is not None:
                output.error(
                    "seller_incomplete",
                    org_id=str(seller.org_id),
                    payee_id=str(seller.payee_id),
                    missing=seller.missing,
                )
        if any(seller.missing is not None for seller in reports):
            raise typer.Exit(UNSETTLED)


@app.command()
def maintain() -> None:
    """Expire what has expired, publish and release what is due. Run it every few minutes."""
    with _session(pool_size=1) as (_, database):
        if not Maintenance(database, open_output()).run():
            raise typer.Exit(UNSETTLED)
        database.record_heartbeat("maintain")


@app.command()
def doctor() -> None:
    """Check configuration, database, books, paydays and Stripe."""
    with _session(pool_size=1) as (config, database):
        client = make_stripe_client(config, retries=1)
        if not examination.examine(config, database, client, open_output()):
            raise typer.Exit(UNSETTLED)


@contextmanager
def _session(*, pool_size: int) -> Iterator[tuple[Config, Database]]:
    """Read the configuration, connect, and turn what may go wrong into an exit status."""
    try:
        config = Config.load()
    except ConfigurationError as error:
        typer.echo(f"jobs cannot start.\n{error}", err=True)
        raise typer.Exit(BAD_ARGUMENTS) from None
    url = config.jobs_database_url.get_secret_value()
    timeout = config.database_pool_timeout_seconds
    try:
        with Database(url, login="jobs", size=pool_size, timeout=timeout) as database:
            yield config, database
    except DatabaseUnavailable as error:
        typer.echo(f"The database {error.reason}. Run the same command again later.", err=True)
        raise typer.Exit(UNSETTLED) from None
    except Refused as refusal:
        _explain(refusal)
        raise typer.Exit(UNSETTLED) from None
    except DatabaseFault as fault:
        typer.echo(f"The database failed in a way that nobody expected: {fault}", err=True)
        raise typer.Exit(UNSETTLED) from None


def _explain(refusal: Refused) -> None:
    typer.echo(" ".join(filter(None, [refusal.message, refusal.hint])), err=True)


def _stop_signal() -> threading.Event:
    """Return an event that SIGTERM and SIGINT set, so that work in hand is finished first."""
    stop = threading.Event()

    def handle(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, handle)
    signal.signal(signal.SIGINT, handle)
    return stop


def main() -> None:
    """Run a command."""
    sys.exit(app(prog_name="python -m jobs"))
