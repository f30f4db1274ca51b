"""The part of a script that has its data."""

from __future__ import annotations

import json
from base64 import b64encode
from textwrap import indent, wrap

from gru_core.data.series import FOLDER, SERIES
from gru_core.data.tasks import sunspots
from gru_core.data.tasks.characters import SANZIJING, SONNETS
from gru_core.data.tasks.definition import HELD_OUT, ORDER, TRAIN, TRAIN_SET, VALIDATION
from gru_core.training.experiment import Experiment
from gru_core.training.script.sources import Sources, block

_PASSAGES = {"characters_en": SONNETS, "characters_zh": SANZIJING}


def written(e: Experiment) -> dict[str, str]:
    """What the script says in its own words, where the source has more than it needs."""
    written = {
        "Array": "Array = np.ndarray",
        "Whole64": "Whole64 = np.ndarray",
        "Schedule": "Schedule = str",
        "Parts": block("""
            class Parts(NamedTuple):
                train: Batch
                validation: Batch
                test: Batch
                scale: object = None
        """),
    }
    if e.task in _PASSAGES:
        written["Passage.text"] = "text = TEXT"
    if e.task.startswith("digit"):
        file = b64encode((FOLDER / "digits.npz").read_bytes()).decode()
        lines = "\n".join(wrap(file, 98))
        written["digits"] = f'FILE = """\n{lines}\n"""  # an npz file in base64\n\n\n' + block("""
                def digits() -> tuple[Array, Array]:
                    with np.load(io.BytesIO(base64.b64decode(FILE))) as file:
                        return file["images"] / 16.0, file["digits"].astype(np.int64)
            """)
    if e.task == "sunspots":
        written["scaling"] = block("""
            class Scaling(NamedTuple):
                shift: Array
                scale: Array

                def apply(self, values: Array) -> Array:
                    return (values - self.shift) / self.scale


            class scaling:
                @staticmethod
                def fit(values: Array, _: str) -> Scaling:
                    return Scaling(values.mean(axis=0), values.std(axis=0))
        """)
    return written


def data_of(e: Experiment, sources: Sources) -> str:
    """Training and validation data, and the functions ``batch`` and ``tensors``."""
    task = e.about
    lines = []
    if task.generate is not None:
        lines.append(f"generate = {sources.add(task.generate)}")
        rng = "np.random.default_rng([SPLIT, {}])"
        lines.append(f"validation = generate({rng.format(VALIDATION)}, LENGTH, {HELD_OUT})")
        if e.examples:
            lines.append(f"training = generate({rng.format(TRAIN_SET)}, LENGTH, {e.examples})")
    else:
        sources.imports.add("from typing import NamedTuple")
        if e.task == "sunspots":
            values = ", ".join(map(repr, SERIES["sunspots"].values.tolist()))
            lines.append(
                f"SERIES = np.array(\n    [\n{indent(_filled(values), '        ')}\n    ]\n)"
            )
            call = f"{sources.add(sunspots.split)}(SERIES, LENGTH)"
        else:
            if task.split is None:
                raise AssertionError(task.name)
            if e.task in _PASSAGES:
                text = "\n".join(map(_quoted, _PASSAGES[e.task].text.splitlines(keepends=True)))
                sources.parts["TEXT"] = f"TEXT = (\n{indent(text, '    ')}\n)"
            call = f"{sources.add(task.split)}(LENGTH, SPLIT)"
        lines.append(f"training, validation, *_ = {call}")
        if e.examples:
            lines.append(f"training = training.select(np.arange(min({e.examples}, len(training))))")
    return "\n".join(lines) + "\n\n\n" + _batches(e)


def _quoted(line: str) -> str:
    return json.dumps(line, ensure_ascii=False)


def _filled(text: str) -> str:
    return "\n".join(wrap(text, 90)) + ","


def _batches(e: Experiment) -> str:
    if e.feed == "full":
        batch = """
            def batch(step: int) -> Batch:
                \"\"\"All training data at every step.\"\"\"
                return training
        """
    elif e.about.generate is not None and not e.examples:
        batch = f"""
            def batch(step: int) -> Batch:
                \"\"\"Ever new sequences.\"\"\"
                return generate(np.random.default_rng([SEED, {TRAIN}, step]), LENGTH, BATCH)
        """
    else:
        batch = f"""
            def batch(step: int) -> Batch:
                \"\"\"Without replacement, epoch after epoch, each in an order of its own.\"\"\"
                epoch, place = divmod(step, -(-len(training) // BATCH))
                order = np.random.default_rng([SEED, {ORDER}, epoch]).permutation(len(training))
                return training.select(order[place * BATCH : (place + 1) * BATCH])
        """
    dtype = "" if e.about.kind == "classes" else ", dtype=torch.float32"
    tensors = f"""
        def tensors(data: Batch) -> tuple[torch.Tensor, torch.Tensor]:
            \"\"\"Inputs (T, B, INPUTS), and what is to be answered.\"\"\"
            inputs = torch.tensor(data.inputs, dtype=torch.float32)
            return inputs, torch.tensor(data.targets{dtype})
    """
    return f"{block(batch)}\n\n\n{block(tensors)}"
