"""What a contract with noise costs a person, recomputed by others' means."""

import opendp.prelude as dp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.errors import ContractError
from policy.privacy import DAYS, NoisyCount, PrivacyBudget, closed_epsilon_of, epsilon_of
from policy.promise import _check_draws

dp.enable_features("contrib")


@pytest.mark.parametrize(
    ("rho", "delta", "tight", "closed"),
    [(0.015, 1e-7, 0.8546, 0.9984), (0.1, 1e-6, 2.1419, 2.4508), (0.5, 1e-6, 5.2215, 5.7565)],
)
def test_the_loss_is_the_one_that_others_compute(rho, delta, tight, closed):
    assert round(epsilon_of(rho, delta), 4) == tight
    assert round(closed_epsilon_of(rho, delta), 4) == closed


@given(st.floats(1e-5, 20), st.floats(1e-12, 1e-5))
def test_the_loss_is_opendps(rho, delta):
    gaussian = dp.m.make_gaussian(dp.vector_domain(dp.atom_domain(T="i64")), dp.l2_distance(T=float), 1.0)
    theirs = dp.c.make_zCDP_to_approxDP(gaussian).map((2 * rho) ** 0.5).epsilon(delta)
    assert epsilon_of(rho, delta) == pytest.approx(theirs, rel=1e-6, abs=1e-9)
    assert epsilon_of(rho, delta) <= closed_epsilon_of(rho, delta)


def test_no_loss_is_no_loss():
    assert epsilon_of(0, 1e-6) == 0


def test_the_noise_of_a_unit_in_three_cells_with_five_events_each():
    count = NoisyCount(name="x", by=("kind",), counted="events", cells=3, events=5, rho=0.0025)
    assert count.sensitivity == pytest.approx(8.6603, abs=1e-4)  # 5 √3
    assert count.scale == pytest.approx(122.4745, abs=1e-4)  # 5 √3 / √0.005


def test_our_own_contract_states_what_it_costs(promise):
    budget = promise.release("attack_statistics").privacy
    assert budget.rho == pytest.approx(0.005)
    assert epsilon_of(budget.rho, budget.delta) <= budget.epsilon.day
    assert epsilon_of(DAYS * budget.rho, budget.delta) <= budget.epsilon.year


@pytest.mark.parametrize(("period", "most"), [("day", 0.4), ("year", 11)])
def test_a_contract_that_costs_more_than_it_says_is_refused(promise, period, most):
    said = promise.release("attack_statistics").privacy.model_dump()
    said["epsilon"][period] = most
    with pytest.raises(ValueError, match=f"a {period} costs ε"):
        PrivacyBudget.model_validate(said)


def test_a_unit_can_t_count_as_several():
    with pytest.raises(ValueError, match="a unit counts once"):
        NoisyCount(name="x", by=("kind",), counted="units", cells=3, events=5, rho=0.0025)


def test_a_second_book_over_one_source_is_refused_for_a_person_would_lose_the_sum(promise):
    first = promise.release("attack_statistics")
    second = first.model_copy(update={"release": "attack_counts"})
    _check_draws({"attack_statistics": first})
    with pytest.raises(ContractError, match=r"attack_counts.*as attack_statistics does; one source has one budget"):
        _check_draws({"attack_statistics": first, "attack_counts": second})
