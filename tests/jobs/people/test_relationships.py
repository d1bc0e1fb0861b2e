"""Who may still be kept, and through which day: every edge of clauses 8.1 and 10.3, by name."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.people.relationships import Account, Hold, Relationships, ServiceContract
from policy.periods import add_months

FAR = date(2100, 1, 1)
D = date.fromisoformat


def throughs(contracts, accounts, holds=(), withdrawn=None, day=date(2026, 3, 1), until=FAR):
    """Identifier and value → (kept through, holds) for everybody who is due or held."""
    known = Relationships(tuple(contracts), lambda: accounts, tuple(holds), withdrawn or {})
    return {(n.identifier, n.value): (n.through, n.holds) for n in known.names(18, until, frozenset({day}))}


def ended(*ends):
    return [ServiceContract("c", D(end) if end else None) for end in ends]


@pytest.mark.parametrize(
    ("case", "contracts", "closed_on", "through"),
    [
        ("an ordinary day", ended("2024-08-15"), None, "2026-02-15"),
        ("the last of August ends on the last of February", ended("2024-08-31"), None, "2026-02-28"),
        ("… on the 29th in a leap year", ended("2022-08-31"), None, "2024-02-29"),
        ("29 February + 18 months keeps its number", ended("2024-02-29"), None, "2025-08-29"),
        ("28 February doesn't jump to the end of August", ended("2025-02-28"), None, "2026-08-28"),
        ("the last of several contracts counts", ended("2023-01-01", "2024-08-15", "2024-05-01"), None, "2026-02-15"),
        ("a running contract has no end", ended(None), None, None),
        ("a reopened contract runs again", ended("2020-01-01", None), None, None),
        ("… in any order", ended(None, "2020-01-01"), None, None),
        ("an end in the future is counted from there", ended("2026-04-30"), None, "2027-10-30"),
        ("an account closed earlier than its company", ended("2024-08-15"), "2024-07-01", "2026-01-01"),
        ("an account closed later than its company", ended("2024-08-15"), "2025-07-01", "2026-02-15"),
        ("an account closed in a running company", ended(None), "2024-08-15", "2026-02-15"),
        ("a company without contracts: its account's closure", [], "2024-08-15", "2026-02-15"),
        ("a company without contracts, account open", [], None, None),
    ],
)  # fmt: skip
def test_an_account_is_kept_through(case, contracts, closed_on, through):
    account = Account("u", "c", D(closed_on) if closed_on else None)
    found = throughs(contracts, [account]).get(("person", "u"), (None, ()))
    assert found == (D(through) if through else None, ())


@pytest.mark.parametrize(
    ("contracts", "closures", "through"),
    [
        (ended("2024-08-31"), [None, None], "2026-02-28"),
        (ended("2024-08-31"), ["2020-01-01", "2020-01-01"], "2026-02-28"),
        ([], ["2024-01-10", "2024-08-31"], "2026-02-28"),
        ([], ["2024-01-10", None], None),
        (ended("2024-08-31", None), [None, None], None),
    ],
)
def test_a_company_is_kept_through(contracts, closures, through):
    accounts = [Account(f"u{n}", "c", D(day) if day else None) for n, day in enumerate(closures)]
    found = throughs(contracts, accounts).get(("company", "c"), (None, ()))
    assert found == (D(through) if through else None, ())


def test_an_objection_that_was_granted_ends_it_at_once():
    found = throughs(ended(None), [Account("u", "c")], withdrawn={"u": D("2026-02-01")})
    assert found == {("person", "u"): (D("2026-02-01"), ())}


@pytest.mark.parametrize(
    ("placed", "lifted", "day", "stands"),
    [
        ("2026-03-01", None, "2026-02-28", False),
        ("2026-03-01", None, "2026-03-01", True),
        ("2026-03-01", "2026-03-10", "2026-03-10", True),
        ("2026-03-01", "2026-03-10", "2026-03-11", False),
        (None, None, "1990-01-01", True),
        (None, "2026-03-10", "2026-03-11", False),
    ],
)
def test_a_hold_stands_from_its_placing_through_the_day_of_its_lifting(placed, lifted, day, stands):
    hold = Hold("h", "user", "u", D(placed) if placed else None, D(lifted) if lifted else None)
    assert hold.stands(D(day)) == stands


@pytest.mark.parametrize("kind", ["user", "company"])
def test_a_hold_is_named_beside_the_date_which_it_does_not_move(kind):
    hold = Hold("h1", kind, "u" if kind == "user" else "c", D("2025-01-01"))
    found = throughs(ended("2020-01-31"), [Account("u", "c", email="A@x.fr")], [hold])
    held = {("person", "u"), ("email", "A@x.fr")} | ({("company", "c")} if kind == "company" else set())
    assert all(found[name] == (D("2021-07-31"), ("h1",)) for name in held)
    assert (("company", "c") in held) or found["company", "c"] == (D("2021-07-31"), ())


def test_a_hold_that_is_lifted_protects_nobody_the_next_day():
    hold = Hold("h1", "user", "u", D("2025-01-01"), D("2026-02-28"))
    still, gone = (
        throughs(ended("2020-01-31"), [Account("u", "c")], [hold], day=D(d)) for d in ("2026-02-28", "2026-03-01")
    )
    assert still["person", "u"][1] == ("h1",)
    assert gone["person", "u"][1] == ()


def test_one_address_in_two_spellings_ends_with_the_last_and_is_named_in_both():
    """As the accounts write it: an older epoch's tokens were made from another spelling than today's."""
    accounts = [Account("u", "c", email="ΑΛΕΞΗΣ-Π@x.gr"), Account("v", "d", email="αλεξης-π@x.gr")]
    contracts = [*ended("2020-01-31"), ServiceContract("d", D("2020-03-31"))]
    found = throughs(contracts, accounts, until=D("2023-01-01"))
    addresses = {value: through for (kind, value), (through, _) in found.items() if kind == "email"}
    assert addresses == dict.fromkeys(["ΑΛΕΞΗΣ-Π@x.gr", "αλεξης-π@x.gr"], D("2021-09-30"))


@pytest.mark.parametrize(
    ("other", "through"),
    [
        (Account("v", "open", None, "a@X.fr"), None),
        (Account("v", "c", D("2019-12-31"), " A@x.fr "), "2021-07-31"),
        (Account("v", "open", D("2021-01-31"), "a@x.fr"), "2022-07-31"),
    ],
)
def test_an_address_that_accounts_share_is_kept_as_long_as_the_last_of_them(other, through):
    contracts = [*ended("2020-01-31"), ServiceContract("open", None)]
    found = throughs(contracts, [Account("u", "c", email="a@x.fr"), other], until=D("2023-01-01"))
    assert found.get(("email", "a@x.fr"), (None, ()))[0] == (D(through) if through else None)


def test_nobody_who_may_be_kept_longer_is_listed():
    found = throughs(ended("2024-08-15"), [Account("u", "c")], until=D("2026-02-14"))
    assert found == {}


@given(st.lists(st.dates(date(2015, 1, 1), date(2030, 1, 1)) | st.none(), max_size=4), st.dates() | st.none())
def test_one_more_contract_never_shortens_and_one_more_closure_never_lengthens(ends, closed):
    def through(contracts, closed_on):
        found = throughs([ServiceContract("c", e) for e in contracts], [Account("u", "c", closed_on)])
        return found.get(("person", "u"), (date.max, ()))[0]

    if closed is None or closed < date(2090, 1, 1):
        assert not ends or through([*ends, date(2020, 5, 5)], closed) >= through(ends, closed)
        assert through(ends or [None], closed) <= through(ends or [None], None)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_what_may_be_kept_today_may_not_be_a_day_after_its_last(end):
    last = add_months(end, 18)
    both = {("person", "u"), ("company", "c")}
    assert throughs([ServiceContract("c", end)], [Account("u", "c")], until=last).keys() == both
    assert not throughs([ServiceContract("c", end)], [Account("u", "c")], until=last - timedelta(days=1))


# -- holds and ends that are strange


def test_a_hold_of_a_kind_that_nobody_knows_protects_the_user_and_the_company_of_its_id():
    accounts = [Account("u", "c"), Account("c", "other")]
    found = throughs([*ended("2020-01-31"), ServiceContract("other", None)], accounts, [Hold("h", "unknown", "c")])
    assert {name for name, (_, holds) in found.items() if holds} == {("person", "u"), ("person", "c"), ("company", "c")}


def test_a_hold_that_is_lifted_before_it_is_placed_is_not_lifted():
    assert Hold("h", "user", "u", D("2026-03-01"), D("2026-02-01")).stands(D("2030-01-01"))


@pytest.mark.parametrize("end", [date.max, date(9999, 1, 31), date(9998, 8, 1), date(2200, 1, 1)])
def test_an_end_in_a_far_year_is_no_end_that_anybody_sees(end):
    account, hold = Account("u", "c", end), Hold("h", "user", "u", D("2020-01-01"), end)
    known = Relationships((ServiceContract("c", end),), lambda: [account], (hold,), {"v": end})
    assert [n.holds for n in known.names(18, FAR, frozenset({D("2026-03-01")})) if n.identifier == "person"] == [("h",)]
    assert [gone for _, gone in known.let_go(18, D("2026-03-01"))] == [False]


# -- whom retention has let go


@pytest.mark.parametrize(
    ("case", "holds", "gone"),
    [
        ("nobody holds it", [], True),
        ("held since before", [("2020-01-01", None)], False),
        ("held from the first day after its last", [("2026-02-16", None)], False),
        ("held a day too late", [("2026-02-17", None)], True),
        ("held until today", [("2020-01-01", "2026-03-01")], False),
        ("held until yesterday", [("2020-01-01", "2026-02-28")], True),
        ("one hold after the other", [("2020-01-01", "2026-02-20"), ("2026-02-21", None)], False),
        ("a day between two holds", [("2020-01-01", "2026-02-20"), ("2026-02-22", None)], True),
        ("a hold inside another", [("2020-01-01", None), ("2026-02-17", "2026-02-18")], False),
    ],
)
def test_a_hold_keeps_what_it_finds_and_brings_nothing_back(case, holds, gone):
    spans = [Hold(f"h{n}", "user", "u", D(placed), lifted and D(lifted)) for n, (placed, lifted) in enumerate(holds)]
    known = Relationships(tuple(ended("2024-08-15")), lambda: [Account("u", "c")], tuple(spans))
    found = {name.identifier: gone for name, gone in known.let_go(18, D("2026-03-01"))}
    assert found == {"person": gone, "company": True}, case


def test_nobody_is_let_go_on_their_last_day():
    known = Relationships(tuple(ended("2024-08-15")), lambda: [Account("u", "c", email="a@x.fr")])
    assert not list(known.let_go(18, D("2026-02-15")))
    assert [(n.identifier, gone) for n, gone in known.let_go(18, D("2026-02-16"))] == [
        ("person", True), ("company", True), ("email", True),
    ]  # fmt: skip


def test_an_address_that_somebody_else_still_needs_is_not_let_go():
    accounts = [Account("u", "c", email="a@x.fr"), Account("v", "open", email="A@x.fr")]
    known = Relationships((*ended("2024-08-15"), ServiceContract("open", None)), lambda: accounts)
    assert {n.identifier for n, _ in known.let_go(18, D("2026-03-01"))} == {"person", "company"}
