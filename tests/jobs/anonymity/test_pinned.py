"""A contract's generalisation holds for a month, or the month is refused and a person is shown what would hold."""

import pyarrow as pa
import pytest

from jobs.anonymity.classes import Roles
from jobs.anonymity.counts import Criteria
from jobs.anonymity.nodes import base_of
from jobs.anonymity.pinned import PinnedNodeError, pinned
from policy.contract import Anonymity, Generalisation

SECTORS = ("C Manufacturing", "D Energy", "G Trade")


@pytest.fixture
def month(promise):
    """The contract that pins its sectors as they are, and a month of as many rows of each sector as are given."""

    def made(*rows, level="sector", suppression=0.05):
        given = Generalisation(
            hierarchies={"sector": "sector"}, node={"sector": level}, suppression=suppression, loss="certainty_penalty"
        )
        anonymity = Anonymity(
            k=10, l=2, quasi_identifiers=("sector",), sensitive=("main_module",), generalisation=given
        )
        contract = promise.release("usage_profile").model_copy(update={"anonymity": anonymity})
        cells = [
            (sector, module, n / 2)
            for sector, n in zip(SECTORS, rows, strict=False)
            for module in ("promote", "publish")
        ]
        table = pa.table(dict(zip(("q0", "s0", "rows"), map(list, zip(*cells, strict=True)), strict=True)))
        known = promise.taxonomies.hierarchies
        base = base_of(
            table.set_column(2, "rows", table["rows"].cast("int64")),
            Roles(("sector",), ("main_module",)),
            Criteria(10, 2),
            known,
        )
        return pinned(contract, base, dict(known))

    return made


def test_a_month_for_which_the_node_holds_says_what_it_costs_and_what_else_there_was(month):
    held = month(40, 60, 100)
    assert (held.look.suppressed, held.look.loss, held.node) == (0, 0, (0,))
    assert held.found.best == held.look
    assert [each.node for each in held.found.runners_up] == [(1,), (2,)]
    assert held.found.proved


def test_few_rows_are_left_out_and_counted(month):
    held = month(40, 8, 200)
    assert (held.look.suppressed, held.look.rows) == (8, 240)


def test_a_month_for_which_the_node_does_not_hold_is_refused_with_the_next_one(month):
    with pytest.raises(PinnedNodeError, match=r"suppresses 8 of 68 rows, 11\.8%; the contract allows 5\.0%") as caught:
        month(20, 8, 40)
    assert caught.value.proposed == "{sector: group}"
    assert "pin {sector: group} in policy/releases/usage_profile.yaml" in str(caught.value)
    assert not any(sector in str(caught.value) for sector in SECTORS)


def test_a_node_that_holds_stays_even_where_a_better_one_would_hold(month):
    held = month(40, 60, 100, level="group")
    assert (held.node, held.found.best.node) == ((1,), (0,))
    assert held.look.loss > held.found.best.loss


def test_where_no_node_holds_the_refusal_says_so(month):
    with pytest.raises(PinnedNodeError, match="no node holds"):
        month(4, 2)
