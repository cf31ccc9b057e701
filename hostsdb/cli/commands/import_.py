"""The command import: read hosts from a file."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import BinaryIO

import click

from hostsdb import ImportPlan, ImportSummary, InvalidData, Storage
from hostsdb.cli.asking import confirm
from hostsdb.cli.options import (
    by_option,
    dry_run_option,
    open_storage,
    quiet_option,
    url_and_json,
    yes_option,
)
from hostsdb.cli.showing import show_json, shown
from hostsdb.cli.terminal import printable, to_stderr
from hostsdb.errors import escaped
from hostsdb.formats import READABLE, HostRecord, OtherLine, Record, detect, foreign_format, read
from hostsdb.operations.staging import Mode

_HEAD = 4096
# How many bad lines are printed.
_REPORTED = 20


@click.command("import")
@click.argument("file", type=click.File("rb"))
@click.option(
    "--skip", "mode", flag_value="skip", default=True, help="Add hosts that are not stored yet (the default)."
)
@click.option(
    "--replace", "mode", flag_value="replace", help="Also change stored hosts to the values in the file."
)
@click.option(
    "--mirror",
    "mode",
    flag_value="mirror",
    help="Also delete hosts that are not in the file; asks first. With --tag, only hosts with this tag.",
)
@click.option("--allow-empty", is_flag=True, help="With --mirror: accept a file without a valid line.")
@yes_option
@click.option("--strict", is_flag=True, help="Import nothing if a line is bad.")
@dry_run_option
@click.option("--format", "format_", type=click.Choice(READABLE), help="Default: detected from the content.")
@click.option("--tag", "tags", multiple=True, help="Add this tag to every host in the file. May be repeated.")
@quiet_option
@by_option
@url_and_json
def import_command(
    file: BinaryIO,
    mode: Mode,
    allow_empty: bool,
    yes: bool,
    strict: bool,
    dry_run: bool,
    format_: str | None,
    tags: tuple[str, ...],
    quiet: bool,
    created_by: str | None,
    url: str,
    as_json: bool,
) -> None:
    """Import hosts from FILE, - for standard input.

    FILE is a hosts(5) file, JSON, CSV, or a configuration of dnsmasq or unbound with host-record or local-data.
    The import is one transaction, with one event for each change. Lines with the same address and hostname are merged.
    Bad lines are reported with their line numbers, and only their valid names are imported; then the exit code is 1.

    --mirror first stores a snapshot. With --tag TAG it applies to the hosts with this tag: a host that is not in FILE
    loses the tag, and is deleted if it was created with the tag and has no other one.

    Example: hostsdb import /etc/hosts

    Example: hostsdb import hosts.csv --mirror --dry-run

    Example: hostsdb import hosts.csv --mirror --tag ads --yes
    """
    if mode == "mirror" and len(tags) > 1:
        raise click.UsageError("--mirror applies to the hosts with one tag; give --tag once")
    if mode == "mirror" and not (yes or dry_run):
        which = f"Hosts with the tag {printable(tags[0])}" if tags else "Hosts"
        confirm(f"{which} that are not in the file will be deleted. Continue?")
    with (
        open_storage(url, "nothing") as storage,
        _interruptible(storage),
        _progress(file, quiet) as stream,
        io.BufferedReader(stream, _HEAD) as buffered,  # type: ignore[type-var]  # its peek works on a pipe too
    ):
        format_ = format_ or _detected(file.name, buffered.peek(_HEAD))
        records = _reported(file.name, read(buffered, format_))
        result: ImportPlan | ImportSummary
        if dry_run:
            result = storage.plan_import(records, mode=mode, tags=tags, allow_empty=allow_empty)
        else:
            result = storage.import_hosts(
                records, mode=mode, strict=strict, tags=tags, created_by=created_by, allow_empty=allow_empty
            )
    raise SystemExit(_shown(result, mode, as_json))  # after the progress bar, which would be on the same line


def _detected(name: str, head: bytes) -> str:
    if refused := foreign_format(head):
        raise InvalidData(f"{escaped(name)}: {refused}")
    return detect(name, head)


def _reported(name: str, records: Iterator[Record]) -> Iterator[Record]:
    """Yield the records of a file. Report its first bad lines on standard error, and then the number of the others."""
    count = 0
    for record in records:
        problem = _problem(record)
        if problem is not None:
            count += 1
        if problem is not None and count <= _REPORTED:
            to_stderr(f"{name}:{record.number}: {problem}")
        yield record
    if count > _REPORTED:
        to_stderr(f"{name}: {count - _REPORTED} more bad lines")


def _problem(record: Record) -> str | None:
    if isinstance(record, HostRecord):
        return record.problem
    return None if isinstance(record, OtherLine) else record.reason


@contextmanager
def _interruptible(storage: Storage) -> Iterator[None]:
    """After Ctrl-C, say whether the import is stored. The commit may have ended before the interrupt."""
    before = storage.log_end()
    try:
        yield
    except KeyboardInterrupt:
        what = "nothing was imported"
        if storage.log_end() != before:
            what = "the log has new events; use --dry-run to see whether the hosts are imported"
        to_stderr(f"hostsdb: interrupted; {what}")
        raise SystemExit(130) from None


@contextmanager
def _progress(file: BinaryIO, quiet: bool) -> Iterator[BinaryIO]:
    if quiet or not sys.stderr.isatty() or not file.seekable():
        yield file
        return
    from rich.console import Console
    from rich.progress import wrap_file

    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    with wrap_file(
        file, size, description="import", console=Console(stderr=True), transient=True
    ) as shown_file:
        yield shown_file


def _shown(result: ImportPlan | ImportSummary, mode: Mode, as_json: bool) -> int:
    """Print what an import did or would do, and return the exit code."""
    if as_json:
        show_json(asdict(result))
    elif isinstance(result, ImportPlan):
        _show_plan(result, mode)
    else:
        click.echo(_words(result, mode))
    if isinstance(result, ImportPlan):
        return 2 if result.differences else 1 if result.summary.bad else 0
    return 1 if result.bad else 0


def _show_plan(plan: ImportPlan, mode: Mode) -> None:
    marks = {"added": "+", "changed": "~", "removed": "-"}
    for difference in plan.differences:
        changes = [
            f"{name}: {shown(old) or '-'} -> {shown(new) or '-'}"
            for name, (old, new) in difference.changes.items()
        ]
        words = "; ".join([f"{difference.ip_address} {difference.hostname}", *changes])
        click.echo(printable(f"{marks[difference.kind]} {words}"))
    click.echo(_words(plan.summary, mode))


def _words(summary: ImportSummary, mode: Mode) -> str:
    counts = asdict(summary)
    comments, blank = counts.pop("comments"), counts.pop("blank")
    unused = {
        "skip": ("changed", "removed", "untagged"),
        "replace": ("removed", "differing", "untagged"),
        "mirror": ("differing", "untagged"),
    }
    words = ", ".join(
        f"{name} {count}" for name, count in counts.items() if count or name not in unused[mode]
    )
    dropped = [f"{comments} comment lines"] * (comments > 0) + [f"{blank} blank lines"] * (blank > 0)
    return f"{words}; not kept: {', '.join(dropped)}" if dropped else words
