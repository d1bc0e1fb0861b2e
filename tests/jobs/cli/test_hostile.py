"""Hostile hands: names that steer a terminal or a path, links planted in the lake, zones that others have opened."""

import io
import os
import stat
from datetime import date

import pytest

from jobs import cli
from jobs.lake.files import write_atomically
from jobs.lake.ledger import Ledger
from jobs.lake.root import LinkInLakeError, require_no_links
from jobs.night.extract import extract_day
from policy.command_line import sayable
from policy.errors import PolicyError
from tests.hostile import NAMES

DAY = date(2026, 3, 12)
REFERENCE, PLAN = "0" * 16, "a" * 64

ENTRIES = {
    "plan --day": lambda it: ["plan", f"--day={it}"],
    "extract --day": lambda it: ["extract", f"--day={it}"],
    "protect --release": lambda it: ["protect", f"--release={it}", f"--day={DAY}", "--run=r"],
    "protect --run": lambda it: ["protect", "--release=threat_events", f"--day={DAY}", f"--run={it}"],
    "publish --release": lambda it: ["publish", f"--release={it}", f"--day={DAY}", "--run=r"],
    "publish --run": lambda it: ["publish", "--release=threat_events", f"--day={DAY}", f"--run={it}"],
    "export --release": lambda it: ["export", f"--release={it}", f"--day={DAY}"],
    "accept --release": lambda it: ["accept", f"--release={it}", f"--day={DAY}", "--by=ana"],
    "accept --by": lambda it: ["accept", "--release=threat_events", f"--day={DAY}", f"--by={it}"],
    "keys --domain": lambda it: ["keys", "retire", f"--domain={it}", "--epoch=2026-01-01"],
    "keys --epoch": lambda it: ["keys", "retire", "--domain=threat", f"--epoch={it}"],
    "keys destroy": lambda it: ["keys", "destroy", f"--domain={it}", f"--epoch={it}"],
    "keys rewrap": lambda it: ["keys", "rewrap", f"--to={it}"],
    "reidentify --request": lambda it: asking(request=it),
    "reidentify --requester": lambda it: asking(requester=it),
    "reidentify --release": lambda it: asking(release=it),
    "reidentify --reason": lambda it: asking(reason=it),
    "reidentify --ticket": lambda it: asking(ticket=it),
    "reidentify decide": lambda it: ["reidentify", "decide", f"--request={it}", f"--by={it}", "--decision=approve"],
    "expire --verify": lambda it: ["expire", f"--verify={it}"],
    "expire --by": lambda it: ["expire", f"--approve={PLAN}", f"--by={it}"],
    "request": lambda it: ["request", "show", it],
    "request --by": lambda it: ["request", "approve", REFERENCE, f"--by={it}"],
    "request --reason": lambda it: ["request", "extend", REFERENCE, "--by=ana", f"--reason={it}"],
    "request --ground": lambda it: ["request", "refuse", REFERENCE, "--by=ana", f"--ground={it}"],
    "assure --by": lambda it: ["assure", "--acknowledge=1", f"--by={it}"],
    "budget --year": lambda it: ["budget", f"--year={it}"],
    "a word too many": lambda it: ["ledger", "verify", it],
    "a step": lambda it: [it],
}


def asking(**other):
    """A question, with one word of it another."""
    words = {"request": "r1", "requester": "ana", "release": "threat_events", "reason": "account_takeover"}
    words |= {"ticket": "SEC-1", **other}
    return ["reidentify", "request", *(f"--{name}={word}" for name, word in words.items())]


@pytest.fixture
def typed(lake, promise, monkeypatch, capsys):
    """A function that types a command; how it ends and what it prints."""
    Ledger(lake.ledger).append("cleaned", source="activity", day=DAY)
    monkeypatch.setattr("policy.load", lambda: promise)
    monkeypatch.setattr("jobs.spark.session.spark", lambda *_: None)

    def run(arguments):
        monkeypatch.setattr("sys.stdin", io.StringIO("token"))
        try:
            code = cli.main(arguments)
        except SystemExit as ended:
            code = ended.code
        return code, "".join(capsys.readouterr())

    return run


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_hostile_name_is_refused_and_said_again_in_one_line_that_is_seen(typed, lake, entry):
    for name, hostile in NAMES.items():
        code, said = typed(ENTRIES[entry](hostile))
        assert code in (0, cli.REFUSED), (name, said)
        assert all(each.isprintable() or each == "\n" for each in said), (name, said)
        assert "\nrefused: a line" not in said, name
        assert len(said) < 5_000, (name, len(said))
        assert "Traceback" not in said, (name, said)
    assert Ledger(lake.ledger).verify() >= 1


def test_a_refusal_that_names_what_is_no_name_is_on_record_without_it(lake, promise, monkeypatch):
    args = cli._parser().parse_args(["accept", "--release=x", f"--day={DAY}", "--by=ana"])
    args.release = NAMES["ANSI"]
    Ledger(lake.ledger).append("cleaned", source="activity", day=DAY)
    assert cli._attempt(args, lake) == cli.REFUSED
    last = Ledger(lake.ledger).last("refused")
    assert (last["error"], last.get("release")) == ("NothingHeldError", None)


@pytest.mark.parametrize("name", NAMES)
def test_an_error_says_a_name_so_that_it_is_seen(name):
    said = str(PolicyError(f"table {NAMES[name]}: ask its owner"))
    assert said.isprintable()
    assert len(said) < 400
    assert said.endswith(": ask its owner") or name == "10,000 characters"


def test_what_is_seen_stays_as_it_is():
    assert sayable("Größe 10 µm, 一二, ‚so‘: it's 50 % – no more") == "Größe 10 µm, 一二, ‚so‘: it's 50 % – no more"


# -- links


ZONES = (
    "landing", "staged", "quarantine", "published", "exports", "budget", "memory", "restricted", "suppression",
    "answers", "packages", "ledger", "expiry", "locks",
)  # fmt: skip


@pytest.fixture
def elsewhere(tmp_path):
    """A folder outside the lake with somebody's file; nothing may happen to it."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "mine.txt").write_text("mine")
    before = [(path.name, path.stat().st_mtime_ns) for path in folder.rglob("*")], folder.stat().st_mode
    yield folder
    assert ([(path.name, path.stat().st_mtime_ns) for path in folder.rglob("*")], folder.stat().st_mode) == before


@pytest.mark.parametrize("below", ["", "activity", f"activity/day={DAY}", "mine.txt"])
@pytest.mark.parametrize("zone", ZONES)
def test_a_link_in_any_zone_stops_every_step_before_it_does_anything(typed, lake, elsewhere, zone, below):
    link = lake.root / zone / below
    link.parent.mkdir(parents=True, exist_ok=True)
    if link.exists():
        link.rename(lake.root / "before")
    link.symlink_to(elsewhere / "mine.txt" if below == "mine.txt" else elsewhere)
    for step in (["extract", f"--day={DAY}"], ["cleanup", f"--day={DAY}"], ["reidentify", "forget"]):
        code, said = typed(step)
        assert code == cli.REFUSED
        assert f"refused: {link.relative_to(lake.root)} in the lake is a link" in said


def test_a_link_with_a_hostile_name_is_named_so_that_it_is_seen(lake, elsewhere):
    lake.private(lake.root / "staged")
    (lake.root / "staged" / "\x1b[31m\n").symlink_to(elsewhere)
    with pytest.raises(LinkInLakeError, match=r"staged/\\x1b\[31m\\n in the lake is a link"):
        require_no_links(lake.root)


def test_no_link_is_followed_that_is_planted_while_a_step_runs(lake, ledger, elsewhere):
    folder = lake.private(lake.answers / "ana")
    (folder / f".r1.json.{os.getpid()}").symlink_to(elsewhere / "mine.txt")
    lake.shared(lake.ledger)
    ledger.path.symlink_to(elsewhere / "mine.txt")
    (lake.private(lake.root / "locks") / "release").symlink_to(elsewhere / "mine.txt")
    with pytest.raises(OSError, match="symbolic links"):
        write_atomically(folder / "r1.json", "{}", 0o600)
    with pytest.raises(OSError, match="symbolic links"):
        ledger.append("cleaned", source="activity", day=DAY)
    with pytest.raises(OSError, match="symbolic links"), lake.alone("release"):
        pass


# -- owners and modes


def test_a_zone_that_somebody_made_open_to_all_is_closed_before_anything_raw_is_in_it(platform, lake, ledger, promise):
    (lake.root / "landing").mkdir(parents=True)
    (lake.root / "landing").chmod(0o777)
    extract_day(promise, DAY, lake, ledger)
    assert stat.S_IMODE((lake.root / "landing").stat().st_mode) == 0o700


def test_whoever_may_only_read_is_not_refused_for_zones_that_are_closed_to_them(typed, lake, monkeypatch):
    lake.private(lake.root / "landing")
    look = os.scandir

    def closed(folder):
        if folder.name == "landing":
            raise PermissionError(13, "Permission denied", str(folder))
        return look(folder)

    monkeypatch.setattr("jobs.lake.root.os.scandir", closed)
    code, said = typed(["ledger", "verify"])
    assert (code, "the chain holds" in said) == (0, True)
