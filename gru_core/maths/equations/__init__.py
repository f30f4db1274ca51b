"""The GRU's equations as data: one source for the screen, for LaTeX and for a worked scalar.

Every ``Line`` states that one named array of a ``Step`` equals an expression of others, so that
``evaluate(line.expression, values(step, parameters))`` is the number the program computed. Names
are those of ``Step`` and ``GRUParameters``: ``h_previous`` is the old state, ``h`` the new one.

Sources: Cho et al. 2014 (arXiv 1406.1078; v1 resets after U_n, v3 before), eq. 5-8, and the
documentation of ``torch.nn.GRU``, whose order of terms is used.
"""

from gru_core.maths.equations.display import (
    MAX_DIGITS,
    MIN_DIGITS,
    MINUS,
    WIDTH,
    adds_up,
    displayed,
    format_number,
    is_exact,
    is_substitution_exact,
    line_sign,
    line_signs,
)
from gru_core.maths.equations.expressions import (
    Apply,
    BackwardRole,
    Complement,
    Difference,
    Expression,
    ForwardRole,
    Function,
    Hadamard,
    Line,
    MatrixVector,
    Outer,
    Role,
    Sum,
    TransposedVector,
    Value,
    Values,
    evaluate,
    evaluate_function,
)
from gru_core.maths.equations.forward import (
    PARTS,
    Part,
    equations,
    values,
)
from gru_core.maths.equations.latex import (
    latex_array,
    latex_symbol,
    lines_to_latex,
    to_latex,
)
from gru_core.maths.equations.mathml import (
    mark,
    mathml,
    mathml_array,
    mathml_definition,
    mathml_symbol,
    mathml_table,
    mathml_worked,
)
from gru_core.maths.equations.scalars import (
    Factor,
    Scalar,
    Term,
    scalar,
    scalars,
)
from gru_core.maths.equations.symbols import (
    Symbol,
    describe,
    describe_line,
    describe_scalar,
    symbol,
)

__all__ = [
    "MAX_DIGITS",
    "MINUS",
    "MIN_DIGITS",
    "PARTS",
    "WIDTH",
    "Apply",
    "BackwardRole",
    "Complement",
    "Difference",
    "Expression",
    "Factor",
    "ForwardRole",
    "Function",
    "Hadamard",
    "Line",
    "MatrixVector",
    "Outer",
    "Part",
    "Role",
    "Scalar",
    "Sum",
    "Symbol",
    "Term",
    "TransposedVector",
    "Value",
    "Values",
    "adds_up",
    "describe",
    "describe_line",
    "describe_scalar",
    "displayed",
    "equations",
    "evaluate",
    "evaluate_function",
    "format_number",
    "is_exact",
    "is_substitution_exact",
    "latex_array",
    "latex_symbol",
    "line_sign",
    "line_signs",
    "lines_to_latex",
    "mark",
    "mathml",
    "mathml_array",
    "mathml_definition",
    "mathml_symbol",
    "mathml_table",
    "mathml_worked",
    "scalar",
    "scalars",
    "symbol",
    "to_latex",
    "values",
]
