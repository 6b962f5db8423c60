"""The text below each field of a model is its meaning: documents and the JSON Schema have it from there.

It stands in the source alone: pydantic can keep it (`use_attribute_docstrings`), but reads the source for that whenever
a model is imported, and every command would wait for it.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from itertools import pairwise
from typing import Any, cast

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue


def meanings(model: type[BaseModel]) -> dict[str, str]:
    """By field of `model`, also of those it inherits."""
    inherited = {
        name: text for base in model.__bases__ if base is not BaseModel for name, text in meanings(base).items()
    }
    (statement,) = ast.parse(textwrap.dedent(inspect.getsource(model))).body
    return inherited | {
        field.target.id: inspect.cleandoc(below.value.value)
        for field, below in pairwise(cast(ast.ClassDef, statement).body)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) and isinstance(below.value.value, str)
    }


class Explained(GenerateJsonSchema):
    """A JSON Schema with the meaning of each field."""

    def model_schema(self, schema: Any) -> JsonSchemaValue:
        """That of one model."""
        found = super().model_schema(schema)
        for name, text in meanings(schema["cls"]).items():
            if name in found["properties"]:
                found["properties"][name]["description"] = text
        return found
