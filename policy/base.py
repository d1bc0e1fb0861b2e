"""How policy files are read: strict YAML into frozen pydantic models."""

from __future__ import annotations

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


class _StrictLoader(yaml.SafeLoader):
    """Safe YAML in which a key that stands twice is an error and not a silent override."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001 (PyYAML's)
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = {str(key) for key in keys if keys.count(key) > 1}
        if twice:
            raise yaml.YAMLError(f"{', '.join(sorted(twice))} stands twice")
        return super().construct_mapping(node, deep)


def _said(error: Exception) -> str:
    """What is wrong with a file, without the folder that it lies in: pages show it, too."""
    return error.strerror or type(error).__name__ if isinstance(error, OSError) else str(error).replace("\n", " ")


def read_yaml(root: Path, file: str) -> dict[str, Any]:
    """The mapping in ``root/file``.

    Raises:
        InvalidPolicyFileError: the file is missing, isn't YAML, or isn't a mapping.
    """
    try:
        content = yaml.load((root / file).read_text("utf-8"), Loader=_StrictLoader)  # noqa: S506 (a SafeLoader)
    except (OSError, UnicodeError, yaml.YAMLError) as error:
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
    except (OSError, UnicodeError, yaml.YAMLError) as error:
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
        problems = [f"{'.'.join(str(part) for part in e['loc'])}: {e['msg']}" for e in error.errors()]
        raise InvalidPolicyFileError(file, problems) from None
