"""How policy files are read: strict YAML into frozen pydantic models."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from policy.errors import InvalidPolicyFileError

ROOT = Path(__file__).parent


class Model(BaseModel):
    """A frozen piece of the promise; a word that the model doesn't know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


M = TypeVar("M", bound=Model)


DEEPEST = 30
"""Collections in one another: the policy's own files have eight."""

MOST_CELLS = 100_000
"""Of a document with its aliases written out: the sources have some thousand."""

_UNREAD = (ValueError, TypeError, KeyError, IndexError, AttributeError)
"""What PyYAML raises for a cell that says of itself a type which it isn't of: 2026-13-45, ``!!int x``."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_|+-]{0,60}")


@dataclass
class _Extent:
    """How high a node is, and how many cells are in it, with its aliases written out."""

    height: int = 0
    cells: int = 1


class _StrictLoader(yaml.SafeLoader):
    """Safe YAML in which no key stands twice, no document is its own part, and a cell is what it looks like.

    A key that stands twice would override in silence; nine lines of aliases make a thousand million cells.
    """

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self.around = [_Extent()]

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent):
            own = getattr(self.anchors.get(event.anchor), "extent", None)
            if own is None:
                raise _wrong("an alias of nothing, or of what it is part of", event.start_mark)
            node = super().compose_node(parent, index)
        else:
            own = _Extent()
            self.around.append(own)
            if len(self.around) > DEEPEST:
                raise _wrong(f"more than {DEEPEST} collections in one another", event.start_mark)
            node = super().compose_node(parent, index)
            self.around.pop()
            if node is not None:
                node.extent = own  # type: ignore[attr-defined]
        outer = self.around[-1]
        outer.height, outer.cells = max(outer.height, own.height + 1), outer.cells + own.cells
        if len(self.around) + own.height > DEEPEST or outer.cells > MOST_CELLS:
            raise _wrong(f"more than {DEEPEST} collections in one another, or {MOST_CELLS} cells", event.start_mark)
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:  # noqa: FBT001 (PyYAML's)
        try:
            made = super().construct_object(node, deep)
        except _UNREAD:
            raise _wrong("a date, a time or a number that there can't be", node.start_mark) from None
        if isinstance(made, str) and not made.isascii() and re.search(r"[\ud800-\udfff]", made):
            raise _wrong("half of a character (a lone surrogate)", node.start_mark)
        return made

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001 (PyYAML's)
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        try:
            twice = [str(key) for key, times in Counter(keys).items() if times > 1]
        except TypeError:
            raise _wrong("a key that is a collection", node.start_mark) from None
        if twice:
            raise _wrong(f"{', '.join(map(_shown, sorted(twice)))} stands twice", node.start_mark)
        return super().construct_mapping(node, deep)


def _wrong(problem: str, mark: Any) -> yaml.YAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=mark)


def _shown(name: str) -> str:
    """A key as a message may name it: what looks like no word of a policy could be somebody's address."""
    return name if _NAME.fullmatch(name) else "a key that is no name"


def _place(part: int | str) -> str:
    return str(part) if isinstance(part, int) else _shown(part)


def _said(error: Exception) -> str:
    """What is wrong with a file and where, without the folder that it lies in or a line of it: pages show it, too."""
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    problem, mark = getattr(error, "problem", None), getattr(error, "problem_mark", None)
    said = re.sub(r" '[^<'][^']*'", "", problem) if problem else "isn't YAML"
    return f"line {mark.line + 1}, column {mark.column + 1}: {said}" if mark else said


def read_yaml(root: Path, file: str) -> dict[str, Any]:
    """The mapping in ``root/file``.

    Raises:
        InvalidPolicyFileError: the file is missing, isn't YAML, or isn't a mapping.
    """
    try:
        content = yaml.load((root / file).read_text("utf-8"), Loader=_StrictLoader)  # noqa: S506 (a SafeLoader)
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise InvalidPolicyFileError(file, [_said(error)]) from None
    if not isinstance(content, dict):
        raise InvalidPolicyFileError(file, ["not a mapping"])
    return content


def read_documents(root: Path, file: str) -> list[dict[str, Any]]:
    """Every mapping of the YAML documents in ``root/file``, in their order.

    Raises:
        InvalidPolicyFileError: the file isn't YAML, or holds something that isn't a mapping.
    """
    try:
        documents = list(yaml.load_all((root / file).read_text("utf-8"), Loader=_StrictLoader))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise InvalidPolicyFileError(file, [_said(error)]) from None
    if not all(isinstance(document, dict) for document in documents):
        raise InvalidPolicyFileError(file, ["not mappings"])
    return documents


def parse(model: type[M], content: dict[str, Any], file: str) -> M:
    """``content`` as ``model``; every problem of the file is named at once.

    Raises:
        InvalidPolicyFileError: with one line per problem and its place in the file.
    """
    try:
        return model.model_validate(content)
    except ValidationError as error:
        problems = [f"{'.'.join(map(_place, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise InvalidPolicyFileError(file, problems) from None
