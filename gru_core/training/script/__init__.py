"""A training run as a PyTorch script that stands alone.

The script is put together from pieces of text, of which each experiment takes those that it needs,
and from the source of the functions that make or cut its data (``sources``). A test runs scripts
and holds their numbers against the record of the engine.
"""

from gru_core.training.script.write import HEADER, script

__all__ = ["HEADER", "script"]
