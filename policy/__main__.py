"""``python -m policy`` checks the promise; ``… trace`` prints clause → rule → evidence; ``… coverage`` how much of it
is kept in writing, as numbers that can be red."""

from __future__ import annotations

import sys

from policy.command_line import Parser, command, require_installed
from policy.errors import PolicyError


def main() -> int:
    """Exit 0 when the promise holds together, 2 with one line when it doesn't, or when a number of coverage is red."""
    parser = Parser(prog=command("policy"), description=__doc__)
    parser.add_argument("what", nargs="?", choices=("check", "trace", "coverage"), default="check")
    what = parser.parse_args().what
    require_installed("pydantic", "yaml")
    from policy.coverage import declared
    from policy.promise import load
    from policy.trace import trace

    try:
        promise = load()
        if what == "trace":
            print(*trace(promise), sep="\n")
        elif what == "coverage":
            numbers = declared(promise)
            print(*(line for each in numbers for line in each.lines()), sep="\n")
            return 2 if any(each.is_red for each in numbers) else 0
        else:
            print(f"{len(promise.releases)} releases from {len(promise.readable)} sources: the promise holds together")
    except PolicyError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
