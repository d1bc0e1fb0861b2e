"""``python -m jobs keys …``: look after the keyring. Prints fingerprints, never key material."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

import policy
from jobs.keys.ring import Keyring
from jobs.lake.ledger import Ledger
from jobs.lake.zones import Lake
from policy.command_line import a_name, an_epoch
from policy.periods import epoch_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The subcommands of ``keys``."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="action")
    actions.add_parser("list", help="domains, epochs, states, suites and fingerprints")
    actions.add_parser("verify", help="unwrap every key that isn't destroyed")
    actions.add_parser("rotate", help="open today's epoch of every domain and retire those before it")
    for name, about in (("retire", "mark an epoch as over"), ("destroy", "delete an epoch's key for good")):
        action = actions.add_parser(name, help=about)
        action.add_argument("--domain", type=a_name, required=True)
        action.add_argument("--epoch", type=an_epoch, required=True)
    rewrap = actions.add_parser("rewrap", help="wrap all keys under another key-encryption key")
    rewrap.add_argument("--to", required=True, metavar="PROVIDER", help="file:PATH or command:EXECUTABLE ARGUMENT…")


def run(args: argparse.Namespace, lake: Lake) -> int:
    """Carry out one action; each change of a key is an entry of the ledger."""
    ring = Keyring.from_environment(Ledger(lake.ledger))
    match args.action:
        case "list":
            ring.require_there()
            print(f"{'domain':<20} {'epoch':<10}  {'state':<9}  {'fingerprint':<16}  created")
            for entry in ring.entries():
                state = f"{entry.state:<9}  suite {entry.suite}"
                print(f"{entry.domain:<20} {entry.epoch}  {state}  {entry.fingerprint}  {entry.created}")
        case "verify":
            print(f"{ring.verify()} keys of {ring.path} unwrap")
        case "rotate":
            print(*rotate(ring), sep="\n")
        case "retire":
            ring.retire(args.domain, args.epoch)
            print(f"{args.domain} {args.epoch} retired")
        case "destroy":
            _destroy(ring, lake, args.domain, args.epoch)
            print(f"{args.domain} {args.epoch} destroyed")
        case "rewrap":
            print(f"{ring.rewrap(args.to)} keys rewrapped; set IGNICLOUD_KEK to the new provider")
    return 0


def _destroy(ring: Keyring, lake: Lake, domain: str, epoch: str) -> None:
    """Destroy an epoch's key unless something still needs it."""
    from jobs.retention.epochs import Claims, require_unneeded
    from jobs.retention.platform import platform_of_today
    from jobs.retention.suppression import forget_destroyed

    promise = policy.load()
    with platform_of_today(promise, ring) as platform:
        claims = Claims(datetime.now(UTC).date(), platform.open_requests())
    require_unneeded(promise, lake, domain, epoch, claims)
    ring.destroy(domain, epoch)
    forget_destroyed(lake, ring, Ledger(lake.ledger))


def rotate(ring: Keyring) -> list[str]:
    """Open today's epoch of every domain of the contracts, retire older active ones; what was done."""
    done, today = [], datetime.now(UTC).date()
    ring.settle()
    for domain, period in sorted(
        {(c.domain, c.epoch) for c in policy.load().contracts.values() if c.domain and c.epoch}
    ):
        current = epoch_of(today, period)
        ring.domain(domain, current)
        for entry in ring.entries():
            if entry.domain == domain and entry.state == "active" and entry.epoch < current:
                ring.retire(domain, entry.epoch)
                done.append(f"{domain} {entry.epoch} retired")
        done.append(f"{domain} {current} active")
    return done
