"""The independent pass: recount to zero, and search every byte.

Independent of what deleted: no Spark, no kernel, no Delta predicate. Tokens are made by Python's HMAC,
pyarrow reads the files, and the bytes of the whole folder are searched, log and leftovers included.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake import DeltaTable

from jobs.keys.heads import remember
from jobs.lake.faults import fault
from jobs.lake.files import flush_folders
from jobs.lake.ledger import Ledger
from jobs.lake.tables import TableFile, current_files, folder_of
from jobs.retention.apart import left_apart
from jobs.retention.calibration import unrecognised
from jobs.retention.deadline import Deadline
from jobs.retention.errors import SpellingDiffersError, UnprovedError
from jobs.retention.names import named_in
from jobs.retention.naming import Names, Wanted, naming, texts_of, wanted_in
from jobs.retention.plan import Plan
from jobs.retention.planner import Look, published_tables
from jobs.retention.receipt import KeptProof, TableProof, write_receipt
from jobs.retention.search import found_in
from policy.contract import Contract


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
    if apart := left_apart(at):
        failed["restricted"] = apart
    for release, count in failed.items():
        ledger.append(
            "incident", what="retention not proved", release=release, day=plan.day, plan=plan.hash, count=count
        )
    if failed:
        raise UnprovedError(plan.hash, at.day, failed)
    if ledger.last("expiry_proved", plan=plan.hash) is None:
        flush_folders(at.lake.root)  # a removal that nothing flushes can come back
        receipt = write_receipt(plan, proofs, kept, at)
        fault("expire.before_proof_record")
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
    root, files, tokens = folder_of(table), current_files(table), wanted_in(contract, at)
    left, held, kept = recount(root, files, contract, tokens, at.deadline(contract))
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


def recount(
    root: Path, files: Sequence[TableFile], contract: Contract, tokens: Wanted, deadline: Deadline
) -> tuple[int, int, frozenset[bytes]]:
    """Rows that must be gone and are there, rows that nothing but a hold keeps, and the tokens in held rows."""
    columns = list(named_in(contract, tokens.classes))
    gone, held, late = Names.of(tokens.gone), Names.of(tokens.held), Names.of(tokens.late)
    left, kept_rows, kept = 0, 0, set[bytes]()
    for file in files:
        past = deadline.is_past(file.day)
        if not columns:
            left += file.rows if past else 0
            continue
        for batch in pq.ParquetFile(root / file.path).iter_batches(columns=columns):
            must_go, protected = naming(batch, gone), naming(batch, held)
            if past:
                must_go = pa.array([True] * batch.num_rows, pa.bool_())
            left += _count(pc.and_not(must_go, protected))
            kept_rows += _count(pc.and_(pc.or_(must_go, naming(batch, late)), protected))
            kept |= _present(batch.filter(protected), gone)
    return left, kept_rows, frozenset(kept)


def _present(rows: pa.RecordBatch, names: Names) -> set[bytes]:
    cells = (cell for row in rows.to_pylist() for cell in row.values())
    present = {text for cell in cells for text in texts_of(cell)}
    return {token.encode() for token in present & names.texts}


def _count(mask: pa.Array) -> int:
    return int(pc.sum(mask).as_py() or 0)
