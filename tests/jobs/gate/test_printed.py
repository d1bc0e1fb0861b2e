"""What the gate's attacker of a day starts with."""

from dataclasses import dataclass
from datetime import date

from expectations.case import Recounted
from jobs.gate.printed import printed

DAY, MONTH_BEFORE = date(2026, 10, 31), date(2026, 9, 30)


@dataclass
class Visible:
    """A landing of which only what readers see is asked."""

    rows: list[dict[str, object]]
    day: date = DAY

    def visible(self, contract):
        return self.rows


def test_of_what_readers_see_the_day_s_own_rows_alone_are_its_cells(promise, spark):
    # standing counts of an earlier month have the same cells and other numbers: they contradict nothing
    contract = promise.release("service_statistics")
    row = dict.fromkeys(contract.output_schema)
    landing = Visible([row | {"day": MONTH_BEFORE, "row_count": 12}, row | {"day": DAY, "row_count": 13}])
    nothing = spark.createDataFrame([], ", ".join(f"{name} {kind}" for name, kind in contract.output_schema.items()))
    [seen] = printed(contract, landing, nothing, Recounted(rows_in=0, excluded=0, keyed={}, differing=0)).visible
    assert dict(zip(contract.output_schema, seen, strict=True))["row_count"] == 13
