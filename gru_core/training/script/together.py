"""The script of a whole comparison: every configuration with every seed, one after the other."""

from __future__ import annotations

from collections.abc import Sequence

from gru_core.training.comparison import Comparison
from gru_core.training.script.write import HEADER, script

_FRAME = '''"""Several ways to train one recurrent network, each with every seed.

Written by GRU Lab; it needs PyTorch and NumPy only. It prints a row for each configuration, seed
and training step: the name of the configuration, its seed, and what the configuration's own
script says of the step. That script stands below, in one piece, to be taken out and changed.
"""

import contextlib
import io

SEEDS = range({first}, {end})

CONFIGURATIONS = {{
{texts}
}}

print("configuration,seed,{header}")
for name, (text, seed_line) in CONFIGURATIONS.items():
    for seed in SEEDS:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            program = compile(text.replace(seed_line, f"\\nSEED = {{seed}}\\n"), name, "exec")
            exec(program, {{"__name__": "__main__"}})
        for row in printed.getvalue().splitlines()[1:]:
            print(f"{{name}},{{seed}},{{row}}", flush=True)
'''


def comparison_script(comparison: Comparison, names: Sequence[str]) -> str:
    """Python that trains all configurations and prints their numbers, without GRU Lab.

    names: of the configurations, in their order; a comma or quote in them is left out. The rows are
    those of ``script``, behind the configuration's name and the seed.
    """
    base, texts = comparison.base, []
    for place, (name, experiment) in enumerate(zip(names, comparison.experiments, strict=True)):
        text = script(experiment)
        plain = "".join(c for c in name if c.isprintable() and c not in ",\"'\\{}")
        key = f"{place + 1} {plain}".strip()
        line = f"\nSEED = {experiment.seed}\n"
        if "'''" in text or text.count(line) != 1:
            raise AssertionError("A script that cannot be quoted, or has another seed line.")
        texts.append(f"    {key!r}: (\n        r'''{text}''',\n        {line!r},\n    ),")
    return _FRAME.format(
        first=base.seed, end=base.seed + base.runs, texts="\n".join(texts), header=HEADER
    )
