"""Functions of GRU Lab as source that runs without it: each with all that it refers to."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Mapping
from functools import cached_property, partial
from pprint import pformat
from textwrap import dedent, indent
from types import FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

LIBRARY = __name__.partition(".")[0]
WIDTH = 92


def block(text: str) -> str:
    """Lines of code at the margin, without the empty ones around them."""
    return dedent(text).strip("\n")


class Sources:
    """Collects functions and writes them out, each after what it needs.

    Functions, classes and constants of GRU Lab that the code refers to are written out too; what
    comes from elsewhere is imported (``imports``, lines of code). A bound method brings a class
    with what it uses of its own.
    written: by name, text that stands for something instead of its source; ``Class.name`` for an
    attribute of a class.
    Raises TypeError and ValueError for what cannot be written so: a slip in GRU Lab itself.
    """

    def __init__(self, written: Mapping[str, str]) -> None:
        self.written = written
        self.imports: set[str] = set()
        self.parts: dict[str, str] = {}
        self.seen: dict[str, object] = {}

    def add(self, function: Callable[..., Any]) -> str:
        """Write out ``function``, and give the expression that stands for it."""
        match function:
            case partial():
                self.imports.add("from functools import partial")
                named = (f"{name}={value!r}" for name, value in function.keywords.items())
                given = [self.add(function.func), *map(repr, function.args), *named]
                return f"partial({', '.join(given)})"
            case MethodType():
                return f"{self._trimmed(function)}().{function.__name__}"
            case _:
                self._define(function.__name__, function)
                return function.__name__

    def text(self) -> str:
        """All that was added, constants together and functions two lines apart."""
        lines = ""
        for part in self.parts.values():
            is_block = part.startswith(("def ", "class ", "@"))
            gap = "\n\n" if is_block or lines.endswith("\n\n") else ""
            lines += f"{gap}{part}\n" + ("\n" if is_block else "")
        return lines.strip("\n").replace("\n\n\n\n", "\n\n\n")

    def _define(self, name: str, value: object) -> None:
        if self.seen.get(name, value) is not value:
            raise ValueError(f"{name}: two things of this name in one script")
        if name in self.seen or value is np:
            return
        self.seen[name] = value
        if name in self.written:
            self.parts[name] = self.written[name]
            return
        module = getattr(value, "__module__", "")
        if isinstance(value, FunctionType | type) and module.partition(".")[0] == LIBRARY:
            source = dedent(inspect.getsource(value))
            self._define_all(source, inspect.getmodule(value))
            self.parts[name] = source.strip()
        elif isinstance(value, ModuleType):
            if value.__name__.partition(".")[0] == LIBRARY:
                raise TypeError(f"{name}: a module of GRU Lab cannot be written out")
            renamed = "" if value.__name__ == name else f" as {name}"
            self.imports.add(f"import {value.__name__}{renamed}")
        elif callable(value):
            # Where C has it, functools and the like name the module that is behind them.
            self.imports.add(f"from {module.removeprefix('_')} import {name}")
        else:
            self.parts[name] = _assigned(name, value)

    def _define_all(self, source: str, module: ModuleType | None) -> None:
        known = vars(module) if module else {}
        for name in _names(ast.parse(source)):
            if name in known:
                self._define(name, known[name])

    def _trimmed(self, method: MethodType) -> str:
        """The class of a bound method: what the method uses of it, with the values it has here."""
        thing, name = method.__self__, type(method.__self__).__name__
        if name in self.parts:
            return name
        queue, values, methods = [method.__name__], [], []
        seen: set[str] = set()
        while queue:
            attribute = queue.pop(0)
            if attribute in seen:
                continue
            seen.add(attribute)
            there = inspect.getattr_static(type(thing), attribute, None)
            if (written := self.written.get(f"{name}.{attribute}")) is not None:
                values.append(written)
            elif isinstance(there, FunctionType | cached_property):
                code = there.func if isinstance(there, cached_property) else there
                if isinstance(there, cached_property):
                    self.imports.add("from functools import cached_property")
                source = dedent(inspect.getsource(code)).strip()
                self._define_all(source, inspect.getmodule(code))
                methods.append(source)
                queue += _attributes_of_self(ast.parse(source))
            else:
                values.append(_assigned(attribute, getattr(thing, attribute)))
        body = "\n".join(values) + "\n\n" + "\n\n".join(methods)
        self.parts[name] = f"class {name}:\n{indent(body.strip(), '    ')}"
        return name


def _assigned(name: str, value: object) -> str:
    if not isinstance(value, np.ndarray):
        text = pformat(value, width=WIDTH - len(name), compact=True)
        return f"{name} = {text}".replace("\n", "\n" + " " * len(f"{name} = "))
    text = pformat(value.tolist(), width=WIDTH, compact=True)
    return (
        f"{name} = np.array({text})"
        if "\n" not in text
        else (f"{name} = np.array(\n{indent(text, '    ')}\n)")
    )


def _names(tree: ast.AST) -> list[str]:
    """Every name in the code, those of annotations among them."""
    return [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)]


def _attributes_of_self(tree: ast.AST) -> list[str]:
    return [
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
    ]
