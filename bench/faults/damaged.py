"""Files that are read back, damaged: empty, torn, a bit flipped, another file's bytes, an older version.

Each is refused with a message that says which file it is and what to do, or does no harm: the step ends as it would
have. Never a traceback, never a value, never an old version without a word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.faults import oracle
from bench.faults.home import DONE, REFUSED, apart, started
from bench.faults.trial import Outcome, Trial

FOREIGN = {".parquet": b"PAR1 not a table PAR1", ".json": b'{"some": "other file"}\n', ".jsonl": b'{"some": "line"}\n'}


def empty(_: Path, __: bytes) -> bytes:
    """A file without a byte."""
    return b""


def torn(_: Path, content: bytes) -> bytes:
    """Its first half."""
    return content[: len(content) // 2]


def flipped(_: Path, content: bytes) -> bytes:
    """One bit of its middle."""
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def foreign(path: Path, _: bytes) -> bytes:
    """Another file's bytes."""
    return FOREIGN.get(path.suffix, b"something else\n")


DAMAGES: dict[str, Callable[[Path, bytes], bytes]] = {
    "empty": empty, "torn": torn, "a bit flipped": flipped, "foreign": foreign,
}  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """A kind of file, and a case whose step reads it back; ``which``: of several the first or the last."""

    name: str
    case: str
    pattern: str
    which: int = 0


KINDS = (
    Kind("landed Parquet", "read.landing", "lake/landing/security_events/*/*.parquet"),
    Kind("landing's manifest", "cleanup", "lake/landing/_days/*/manifest.json"),
    Kind("staged Parquet", "publish.again", "lake/staged/threat_events/two/part-*.parquet"),
    Kind("verdict", "publish.again", "lake/staged/threat_events/two/_verdict.json"),
    Kind("staged memory of a month", "publish.month", "lake/staged/usage_profile/third/memory-*.parquet"),
    Kind("published Parquet", "rights.restrict", "lake/published/threat_events/day=*/*.parquet"),
    Kind("newest entry of a table's log", "publish.again", "lake/published/threat_events/_delta_log/*.json", -1),
    Kind("older entry of a table's log", "publish.again", "lake/published/threat_events/_delta_log/*.json", 1),
    Kind("checkpoint of a table's log", "expire.prove", "lake/published/threat_events/_delta_log/*.parquet"),
    Kind("pointer to the checkpoint", "expire.prove", "lake/published/threat_events/_delta_log/_last_checkpoint"),
    Kind("ledger", "publish.again", "lake/ledger/ledger.jsonl"),
    Kind("the ledger's sealed head", "ledger.seal", "secrets/ledger-head.json"),
    Kind("keyring", "read.keys", "secrets/keyring.json"),
    Kind("key-encryption key", "keys.open", "secrets/kek"),
    Kind("plan of retention", "expire.execute", "lake/expiry/*/plan.json"),
    Kind("plan of an erasure", "rights.erase", "lake/expiry/*/plan.json"),
    Kind("receipt", "read.receipts", "lake/expiry/*/receipt.json"),
    Kind("receipt's page", "read.receipts", "lake/expiry/*/receipt.md"),
    Kind("suppression list", "read.lists", "lake/suppression/threat/2025-01-01.json"),
    Kind("drawn numbers", "read.draw", "lake/budget/*/*.json"),
    Kind("rows kept apart", "rights.lift", "lake/restricted/threat_events/*/*/day=*/*.parquet"),
    Kind("memory of a month", "publish.month", "lake/memory/usage_profile/*.parquet"),
    Kind("the platform's database", "extract.again", "platform.db"),
)


def damaged(trial: Trial, kind: Kind) -> Iterator[Outcome]:
    """Each damage of one kind of file."""
    for name, damage in DAMAGES.items():
        trial.home.put_back(trial.kept)
        paths = sorted(trial.home.root.glob(kind.pattern))
        if not paths:
            yield Outcome(trial.case.name, "damaged", f"{kind.name}: {name}", 0, ("there is no such file",))
            continue
        path = paths[kind.which]
        was = path.read_bytes()
        path.write_bytes(damage(path, was))
        with started(lambda: trial.case.step(trial.home), trial.home) as run:
            run.go()
            status = run.wait()
        said = trial.home.said.read_text(errors="replace")
        yield Outcome(
            trial.case.name,
            "damaged",
            f"{kind.name}: {name}",
            status,
            tuple(_problems(trial, status)),
            said[-1500:],
        )


def _problems(trial: Trial, status: int) -> list[str]:
    problems = oracle._said(trial.home)
    if status == REFUSED:
        return problems
    if status != DONE:
        return [*problems, f"ended with {status}"]
    try:
        return problems + apart(trial._problems_after)
    except RuntimeError:
        return [*problems, "acknowledged, and what is there can't be read"]
