"""What a step moves: bytes read, shuffled, spilled and written, and what its tasks hand to the driver.

From Spark's own account of its stages (`AppStatusStore`), which is kept even where no UI shows it; what is read, from
the files, since Spark doesn't count it where they are local.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pyspark.sql import SparkSession

OF_ROWS = ("shuffleWriteBytes", "diskBytesSpilled", "outputBytes")
TO_THE_DRIVER = "resultSize"
HEAD = """\
| step | rows | read, B a row | shuffled | spilled | written | to the driver |
|---|--:|--:|--:|--:|--:|--:|"""


def moved_by(step: Callable[[], object], spark: SparkSession) -> Mapping[str, int]:
    """Bytes by Spark's names of them, of one run of a step."""
    before = _so_far(spark)
    step()
    return _so_far(spark) - before


def line(step: str, rows: int, files: Sequence[str], moved: Mapping[str, int]) -> str:
    """Markdown: bytes a row, and what reaches the driver in all; ``files`` are those that the step reads."""
    read = sum(Path(file).stat().st_size for file in files)
    a_row = " | ".join(f"{each / rows:.1f}" for each in (read, *(moved[name] for name in OF_ROWS)))
    return f"| {step} | {rows / 1e6:g} M | {a_row} | {moved[TO_THE_DRIVER] / 2**10:,.0f} KiB |"


def _so_far(spark: SparkSession) -> Counter[str]:
    jvm, gateway = spark._jvm, spark.sparkContext._gateway
    assert jvm is not None
    assert gateway is not None
    context = spark.sparkContext._jsc.sc()
    context.listenerBus().waitUntilEmpty()
    no_quantiles, every = gateway.new_array(jvm.double, 0), jvm.java.util.ArrayList()
    stages = context.statusStore().stageList(every, False, False, no_quantiles, every)
    each = [stages.apply(place) for place in range(stages.size())]
    return Counter({name: sum(getattr(stage, name)() for stage in each) for name in (*OF_ROWS, TO_THE_DRIVER)})
