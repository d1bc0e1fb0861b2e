"""The independent pass: recount to zero, and search every byte.

Independent of what deleted: no Spark, no kernel, no Delta predicate. Tokens are made by Python's HMAC,
pyarrow reads the files, and the bytes of the whole folder are searched, log and leftovers included.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake import DeltaTable

from jobs.keys.heads import remember
from jobs.lake.files import flush_folders
from jobs.lake.ledger import Ledger
from jobs.lake.tables import TableFile, current_files, folder_of
from jobs.retention.calibration import unrecognised
from jobs.retention.errors import SpellingDiffersError, UnprovedError
from jobs.retention.names import named_in
from jobs.retention.plan import Plan
from jobs.retention.planner import Look, published_tables
from jobs.retention.receipt import KeptProof, TableProof, write_receipt
from jobs.retention.search import found_in
from policy.contract import Contract
from policy.periods import add_months, months_of


@dataclass(frozen=True)
class Wanted:
    """Tokens of all who must be gone, of all whom a hold protects, and of those of them whom nothing else would."""

    gone: frozenset[bytes]
    held: frozenset[bytes]
    late: frozenset[bytes] = frozenset()


def prove(plan: Plan, at: Look, ledger: Ledger) -> tuple[TableProof, ...]:
    """Look at every published table again and write the receipt.

    Raises:
        SpellingDiffersError: the plan's tokens aren't those that this pass searches for.
        UnprovedError: something that must be gone is there; an incident is in the ledger.
    """
    planned = ledger.last("expiry_planned", plan=plan.hash) or plan.counts()
    if planned.get("unlike"):
        raise SpellingDiffersError(plan.hash, planned["unlike"])
    proofs = tuple(prove_table(contract, table, plan, at) for contract, table in published_tables(at.promise, at.lake))
    kept = prove_kept(at)
    every: list[TableProof | KeptProof] = [*proofs, kept]
    failed = {proof.release: proof.left for proof in every if not proof.proved}
    for release, count in failed.items():
        ledger.append(
            "incident", what="retention not proved", release=release, day=plan.day, plan=plan.hash, count=count
        )
    if failed:
        raise UnprovedError(plan.hash, at.day, failed)
    if ledger.last("expiry_proved", plan=plan.hash) is None:
        flush_folders(at.lake.root)  # a removal that nothing flushes can come back
        receipt = write_receipt(plan, proofs, kept, at)
        ledger.append(
            "expiry_proved",
            plan=plan.hash,
            day=plan.day,
            rows=sum(proof.rows_gone for proof in proofs),
            tokens=sum(proof.tokens for proof in proofs),
            files=sum(proof.files_searched for proof in every),
            receipt=receipt,
        )
        remember(ledger, at.keyring)
    return proofs


def prove_table(contract: Contract, table: DeltaTable, plan: Plan, at: Look) -> TableProof:
    """Recount one table's rows and search all bytes of its folder."""
    root, files, tokens = folder_of(table), current_files(table), _wanted(at, contract)
    left, held, kept = recount(root, files, contract, tokens, at.day)
    wanted = tokens.gone - kept
    paths = [path for path in sorted(root.rglob("*")) if path.is_file()]
    found = found_in(paths, wanted)
    planned = [t for t in plan.tables if t.release == contract.release]
    return TableProof(
        release=contract.release,
        version=table.version(),
        rows=sum(file.rows for file in files),
        rows_gone=sum(t.gone for t in planned),
        rows_left=left,
        held=held,
        tokens=len(wanted),
        files_searched=len(paths),
        bytes_searched=sum(path.stat().st_size for path in paths),
        found=sum(found.values()),
        unrecognised=unrecognised(at, contract, root, files),
    )


def prove_kept(at: Look) -> KeptProof:
    """Search what is kept for ever, and so must never name anybody: the ledger, its pages, plans and receipts."""
    wanted = frozenset[bytes]().union(*at.all_expired().values())
    folders = (at.lake.ledger, at.lake.root / "expiry")
    paths = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    return KeptProof(len(paths), sum(path.stat().st_size for path in paths), sum(found_in(paths, wanted).values()))


def _wanted(at: Look, contract: Contract) -> Wanted:
    made = at.expired(contract) if contract.domain is not None else {}
    return Wanted(
        gone=frozenset(token.encode() for token, name in made.items() if not name.holds),
        held=frozenset(token.encode() for token, name in made.items() if name.holds),
        late=frozenset(token.encode() for token, name in made.items() if name.holds and name.is_over(at.day)),
    )


def recount(
    root: Path, files: Sequence[TableFile], contract: Contract, tokens: Wanted, today: date
) -> tuple[int, int, frozenset[bytes]]:
    """Rows that must be gone and are there, rows that nothing but a hold keeps, and the tokens in held rows."""
    keep, columns = months_of(contract.retention.keep), list(named_in(contract))
    gone, held, late = Names.of(tokens.gone), Names.of(tokens.held), Names.of(tokens.late)
    left, kept_rows, kept = 0, 0, set[bytes]()
    for file in files:
        past = add_months(file.day, keep) < today
        if not columns:
            left += file.rows if past else 0
            continue
        for batch in pq.ParquetFile(root / file.path).iter_batches(columns=columns):
            must_go, protected = any_of(batch, gone), any_of(batch, held)
            if past:
                must_go = pa.array([True] * batch.num_rows, pa.bool_())
            left += _count(pc.and_not(must_go, protected))
            kept_rows += _count(pc.and_(pc.or_(must_go, any_of(batch, late)), protected))
            kept |= _present(batch.filter(protected), gone)
    return left, kept_rows, frozenset(kept)


@dataclass(frozen=True)
class Names:
    """Tokens to look for: as an array for plain columns, as a set for nested ones."""

    array: pa.Array
    texts: frozenset[str]

    @classmethod
    def of(cls, tokens: frozenset[bytes]) -> Names:
        """The same tokens as texts."""
        texts = frozenset(token.decode() for token in tokens)
        return cls(pa.array(sorted(texts), pa.string()), texts)


def any_of(batch: pa.RecordBatch, names: Names) -> pa.Array:
    """Whether each row has one of ``names``, in a column or nested in a map or a list, whatever its type is."""
    result = pa.array([False] * batch.num_rows, pa.bool_())
    for column in batch.columns if names.texts else ():
        if column.type != pa.string():
            named = pa.array([not names.texts.isdisjoint(texts_of(cell)) for cell in column.to_pylist()], pa.bool_())
        else:
            named = pc.is_in(column, value_set=names.array)
        result = pc.or_(result, named)
    return result


def _present(rows: pa.RecordBatch, names: Names) -> set[bytes]:
    cells = (cell for row in rows.to_pylist() for cell in row.values())
    present = {text for cell in cells for text in texts_of(cell)}
    return {token.encode() for token in present & names.texts}


def texts_of(cell: object) -> list[str]:
    """The texts of a cell as Python has it: one text, a list's items, or a map's values; none of anything else."""
    if isinstance(cell, str):
        return [cell]
    items = cell if isinstance(cell, list) else ()
    return [text for item in items for text in texts_of(item[1] if isinstance(item, tuple) else item)]


def _count(mask: pa.Array) -> int:
    return int(pc.sum(mask).as_py() or 0)
