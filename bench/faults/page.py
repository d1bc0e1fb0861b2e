"""docs/faults.md, from the outcomes of a campaign."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from bench.faults.damaged import DAMAGES, KINDS
from bench.faults.pairs import TOGETHER
from bench.faults.points import CASE_OF
from bench.faults.trial import Outcome
from jobs.lake.faults import POINTS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "faults.md"
ENDS = ("done", "refused", "crashed", "killed", "hung")
HOW = {
    "call": "a call fails, or ends the process",
    "cut: names": "the strictest disk: names that nothing flushed are gone",
    "cut: bytes": "the strictest disk: names are there, bytes that nothing flushed aren't",
    "point": "a named point breaks",
    "disk cut": "a named point on ext4, and the power goes",
    "pair": "two steps at once, the first waits at a named point",
    "pair, two mounts": "the same on two mount points of one lake, as of two hosts",
}


def write(outcomes: Sequence[Outcome]) -> None:
    """Replace the page."""
    broken = [each for each in outcomes if each.how in HOW]
    PAGE.write_text(
        TEXT.format(
            runs=f"{len(broken) + sum(each.how == 'damaged' for each in outcomes):,}",
            bad=sum(bool(each.problems) for each in outcomes),
            hows="\n".join(_how(broken)), cases="\n".join(_cases(broken)), points="\n".join(_points(broken)),
            damaged="\n".join(_damaged(outcomes)), kinds=" | ".join(DAMAGES), line="|---" * len(DAMAGES),
            mutants="\n".join(_mutants(outcomes)), pairs="\n".join(_pairs(outcomes)), steps=len(TOGETHER),
            full="\n".join(_full(outcomes)), fuzz="\n".join(_fuzz(outcomes)),
        )
    )  # fmt: skip


def _how(outcomes: Sequence[Outcome]) -> Iterable[str]:
    for how, words in HOW.items():
        ends = Counter(each.ended for each in outcomes if each.how == how)
        bad = sum(bool(each.problems) for each in outcomes if each.how == how)
        yield f"| {words} | {sum(ends.values()):,} | {' | '.join(f'{ends[end]:,}' for end in ENDS)} | {bad} |"


def _cases(outcomes: Sequence[Outcome]) -> Iterable[str]:
    alone = [how for how in HOW if not how.startswith("pair")]
    for case in dict.fromkeys(each.case for each in outcomes if each.how in alone):
        own = [each for each in outcomes if each.case == case]
        counts = Counter(each.how for each in own)
        ends = Counter(each.ended for each in own)
        said = " | ".join(str(counts[how]) for how in alone)
        yield f"| `{case}` | {said} | {', '.join(f'{ends[e]} {e}' for e in ENDS if ends[e])} |"


def _points(outcomes: Sequence[Outcome]) -> Iterable[str]:
    for point, between in POINTS.items():
        own = [each for each in outcomes if each.how in ("point", "disk cut") and each.where.startswith(f"{point}:")]
        faults = Counter("cut" if each.how == "disk cut" else each.where.rpartition(":")[2] for each in own)
        bad = sum(bool(each.problems) for each in own)
        said = ", ".join(f"{fault} {number}" for fault, number in faults.items())
        yield f"| `{point}` | {between} | `{CASE_OF[point]}` | {said} | {bad} |"


def _damaged(outcomes: Sequence[Outcome]) -> Iterable[str]:
    ended = {each.where: "**" + each.ended + "**" if each.problems else each.ended for each in outcomes}
    for kind in KINDS:
        cells = (ended.get(f"{kind.name}: {damage}", "–") for damage in DAMAGES)
        yield f"| {kind.name} | `{kind.case}` | {' | '.join(cells)} |"


def _pairs(outcomes: Sequence[Outcome]) -> Iterable[str]:
    own = [(each, *each.case.split(" + ")) for each in outcomes if each.how.startswith("pair")]
    for name in dict.fromkeys(first for _, first, _ in own):
        others = {other for _, first, other in own if first == name}
        runs = [each for each, first, _ in own if first == name]
        yield f"| `{name}` | {len(others)} | {len(runs)} | {sum(bool(each.problems) for each in runs)} |"


def _full(outcomes: Sequence[Outcome]) -> Iterable[str]:
    own = [each for each in outcomes if each.how == "full"]
    for case, zone in dict.fromkeys((each.case, each.where.partition(",")[0]) for each in own):
        ended = [each for each in own if (each.case, each.where.partition(",")[0]) == (case, zone)]
        said = Counter(f"**{each.ended}**" if each.problems else each.ended for each in ended)
        yield f"| `{zone}` | `{case}` | {', '.join(f'{count} {end}' for end, count in said.items())} |"


def _fuzz(outcomes: Sequence[Outcome]) -> Iterable[str]:
    own = [each for each in outcomes if each.how == "fuzz"]
    for kind in dict.fromkeys(each.case for each in own):
        ended = Counter[str]()
        for each in own:
            if each.case == kind:
                ended[each.ended] += int(each.where)
        bad = sum(bool(each.problems) for each in own if each.case == kind)
        counts = " | ".join(f"{ended[end]:,}" for end in ("done", "refused", "crashed", "hung"))
        yield f"| {kind} | {sum(ended.values()):,} | {counts} | {bad} |"


def _mutants(outcomes: Sequence[Outcome]) -> Iterable[str]:
    for each in outcomes:
        if each.how == "mutant":
            runs, _, seen = each.said.partition("; ")
            yield f"| {each.where} | `{each.case}` | {'**no**' if each.problems else f'in {runs}'} | {seen} |"


TEXT = """\
# Broken on purpose

Written by `make faults` (`python -m bench.faults`). Every step that changes anything is run on a lake of four people and
three nights, broken at one place, looked at, run again, and looked at once more: **{runs} runs, {bad} not survived.**

What must hold, each time, is one function (`bench/faults/oracle.py`). Acknowledged: only the new state is visible. Not
acknowledged: of each day of a table, answer, copy, key … the old or the new one. A rerun finishes, and then everything is
as after a run that nothing disturbed: the multiset of rows, the keys and their states, every entry of the record once.
The ledger's chain holds, or ends in one torn line that nobody was told of. No file is visible that no verdict names. No
byte of anybody is outside landing, answers and packages, which are closed, nor in anything printed.

Of Spark there is nothing in these runs: its part of a step is done by pyarrow (`tests/jobs/rights/machine/without_spark.py`).
Spark itself is killed by `bench.kills` and in the tests of each step.

| how it is broken | runs | done | refused | crashed | killed | hung | not survived |
|---|---|---|---|---|---|---|---|
{hows}

*Refused* says what to do and is on record; *crashed* says where, without a value, and to run it again.

- **A call fails**: `strace` lets the N-th `write`, `fsync`, `rename`, `link`, `unlink`, `openat`, `mkdir` … of a thread fail
  with EIO (once, or from then on) or ENOSPC, or kills there. Every N of the small steps, a seeded sample of the others.
- **The strictest disk** (`bench/faults/strictest.py`): of each killed run it is known which bytes and which names of which
  folder were flushed. Two disks are made of that which POSIX allows after a power cut, stricter than any file system
  that people use: so no flush that is missing is hidden by what ext4 does besides. It needs neither root nor a device.
- **ext4, and the power goes**: the kernel's own shutdown ioctl on a loop device, with the journal unflushed and without
  `auto_da_alloc`; left out, by name, where there is no root or loop device.

## Steps
| case | calls | names lost | bytes lost | points | ext4 | how they ended |
|---|---|---|---|---|---|---|
{cases}

## Named points
`IGNICLOUD_FAULT=publish.after_commit:kill` (or `eio`, `enospc`, `slow`) breaks a step there; only on a lake in whose folder
there is a file `for-breaking`. On any other lake no step starts while the variable is set (`jobs/lake/faults.py`).

| point | between | case | broken by | not survived |
|---|---|---|---|---|
{points}

## Damaged files
Each kind of file that is read back: *refused* by a message that says which file it is and the way back; *done* where the
damage does no harm, and everything is as without it.

| file | case | {kinds} |
|---|---{line}|
{damaged}

## Two at once
One step waits at a named point, as if it were slow, while the other runs; then both end. The oracle: each is done or
refused by a typed error, neither waits for ever, and what is there and on record is as after the one and then the other,
in one of the two orders (`bench/faults/pairs.py`). Every two of {steps} steps, at a seeded sample of the points of the
first, but such as can't be laid ready on one lake; a bind mount stands for the second host, where there is root.

| first | with how many others | runs | not survived |
|---|---|---|---|
{pairs}

## A disk that is full
A tmpfs mounted as one zone while a step runs, with 0, 1, 2, 4 and 16 pages of 4 kB left: *refused*, and the old state stays,
or no more room was needed. Then there is room, and a rerun finishes (`bench/faults/full.py`; left out by name without root).

| zone | case | how they ended |
|---|---|---|
{full}

## What people write and type
The project's own files with up to four changes each, files of pieces of YAML, expressions of pieces, and every command with
strange arguments (`bench/faults/fuzz.py`): right, or refused by type in one line without a character of control, within 10
seconds of the processor; of indicators nothing is in that line.

| kind | cases | right | refused | crashed | hung | wrong in kind |
|---|---|---|---|---|---|---|
{fuzz}

## Planted faults
Mutants of our own code that the campaign must find.

| mutant | case | found | how |
|---|---|---|---|
{mutants}

## What was found, and its mend
| found | mend |
|---|---|
| A key that was opened, retired or destroyed by a run that ended before its record was never on record: a keyring lost later would have been begun anew without a word | whoever asks for the key next, or changes one, says it (`Keyring.settle`) |
| A key-encryption key was made with no byte in it when the first run ended there; no night could run again | it is whole, or it isn't there (`write_once`) |
| A rewrap that was cut off couldn't be run again: some said the old key, the keyring the new one | what opens under the new key stays as it is |
| An entry of the ledger whose flush failed stayed in the file, and the rerun said it once more | a line that can't be kept is taken away again; the file's own name is flushed before its first line |
| Landing that was gone before its record stayed, by the record, in landing for ever | the next cleanup says what is extracted and gone |
| The end of a copy for a recipient, or of a package, was on record twice | it is said once for each time that there was one |
| The receipt of a lifting that was cut off said 0 rows | rows are counted in the record |
| A raw copy was open to the group, in its closed folder, while it was written | it is closed from its first byte on |
| A red run's way into quarantine wasn't flushed: after a power cut it could lie in both places, or in none | both folders are flushed before its record |
| Damaged Parquet (staged, published, kept apart), a damaged manifest of landing, a damaged checkpoint, and another file's line in a table's log ended in a traceback | refused by name, with the way back |
| Two people who decide on a re-identification at one moment were both on record, and two runs answered one twice; a copy's or a raw day's end was said twice by two cleanups | one lock a kind of decision; what is gone is said once, under a lock |
| A task that was started anew while its old run still staged had both write into one folder | a run is staged, judged and published by one process at a time (`Lake.run_alone`) |
| Copies that a clock of next year had dated weren't deleted until then, and such a landing was believed for a year | what seems to be made more than a day from now goes; such a landing is refused |
| A refusal that named what is no name ended in a traceback; names were said again with escapes of terminals, lines and 10,000 characters | a message is one line of characters that are seen (`policy.command_line.sayable`) |
| A link in landing or a table let extract and retention delete a stranger's files outside the lake, and writes go there | no step starts on a lake with a link in it; no file of ours is opened through one |
| A closed zone that somebody had made before, open to all, stayed open | it is closed before anything raw is in it |
| A date that doesn't exist, a number of 5,000 digits, 1,000 brackets in one another in a policy file ended in a traceback; nine lines of aliases never ended; a syntax error showed the line of the file, with an attacker's address | `policy/base.py` reads strictly, and says the place alone |
| An expression of a rule with a repeat in a repeat was accepted, and would not end on a token; 5,000 brackets ended in a traceback | refused by its name (`policy/expressions.py`) |
| A tag of a rule that is a list, a period in the register that is none ended in a traceback | refused |
| What was typed, or named in a file, got into the terminal as it was, escapes and all | written out |
| The database that went away in the middle was a crash; a locked table was waited for without end | refused by its cause, run again by Airflow; 60 s |
| A key-encryption key's command that printed without end took all memory, and what it had started lived on; one that answered differently the second time left a keyring that nobody opens | ended as a group, read to 4 kB, asked twice before the first key |
| A key that was destroyed worked again from an older keyring; a table of before an erasure was written on; a run that was judged red was published from a copy of when it was green | the ledger is asked (`OlderKeyringError`, `OlderTableError`, `_require_last_word`) |
| A full disk was a crash where a library said it; a red run could never leave for a quarantine on another file system | refused; copied and named whole |

What can't be survived, and what to do then, is in [limits.md](limits.md#broken-disks).
"""  # noqa: E501 (tables)
