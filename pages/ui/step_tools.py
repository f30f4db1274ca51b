"""What can be done with a worked step: compare conventions, check, read the numbers, export."""

import streamlit as st

from gru_core.data.comparison import compare
from gru_core.data.export import csv_of_intermediates, latex_of_step, script
from gru_core.data.setup import Setup
from gru_core.figures.conventions import compare_conventions
from gru_core.maths.convention import NAMED
from gru_core.maths.gru import Trace
from pages.ui.classroom import locks, unlocked
from pages.ui.desk import Desk, changing
from pages.ui.downloads import download
from pages.ui.trace_tools import show_intermediates
from pages.ui.words import label as _
from pages.ui.words import language, of_error, prose

TOLERANCE = 1e-6


def tabs(desk: Desk, trace: Trace) -> None:
    """Only the open tab is computed, so that the stage answers at once."""
    titles = {
        _("In words"): _words,
        _("What changes in another convention?"): _what_changes,
        _("Check against PyTorch"): _check,
        _("All numbers"): _numbers,
        _("Export and import"): _export,
    }
    names = list(titles)
    open_tab = st.session_state.setdefault("gates_open_tab", 0)
    # Streamlit knows a tab by its words, so that each language needs its own.
    key = f"gates_tab_{language()}"
    st.session_state.setdefault(key, names[open_tab])
    tabs = st.tabs(names, key=key, on_change="rerun")
    for number, (tab, draw) in enumerate(zip(tabs, titles.values(), strict=True)):
        if tab.open:
            st.session_state["gates_open_tab"] = number
            with tab:
                draw(desk, trace)


def _words(desk: Desk, trace: Trace) -> None:
    st.markdown(prose("gates", f"reset_{trace.convention.reset}"))
    st.markdown(prose("gates", f"z_{trace.convention.z_weights}"))


def _what_changes(desk: Desk, trace: Trace) -> None:
    setup = desk.sheet.setup
    others = [name for name, named in NAMED.items() if named.convention != setup.convention]
    name = st.selectbox(
        _("Compare with"),
        others,
        format_func=lambda other: _(NAMED[other].title),
        key="gates_other",
        width=360,
    )
    comparison = compare(setup, NAMED[name].convention)
    titles = [_("as on this page"), _(NAMED[name].title)]
    figure, table = st.columns([2.2, 1])
    figure.plotly_chart(
        compare_conventions(comparison.ours, comparison.theirs, titles),
        alt=_("The state over time in both conventions"),
        key="gates_compare",
        height=320,
    )
    table.dataframe(
        comparison.table(),
        hide_index=True,
        height=320,
        column_config={
            "step": _("step"),
            "unit": _("unit"),
            "ours": st.column_config.NumberColumn(titles[0], format=f"%.{desk.digits}f"),
            "theirs": st.column_config.NumberColumn(titles[1], format=f"%.{desk.digits}f"),
        },
    )
    st.markdown(
        _(
            "The same numbers, read in the other convention, give states that differ by up to "
            "**{difference:.3g}**.",
            difference=comparison.difference,
        )
    )
    if comparison.drops_c_n:
        st.markdown(_("That convention has no place for $c_n$, which was left out."))
    if comparison.refusal:
        st.info(of_error(comparison.refusal))
    else:
        st.success(
            _(
                "An exact conversion exists: with converted weights the states differ by "
                "{remaining:.1e}.",
                remaining=comparison.remaining,
            )
        )


def _check(desk: Desk, trace: Trace) -> None:
    st.caption(_("PyTorch computes the same steps in double precision; it is loaded only now."))
    if not st.button(_("Compare with PyTorch"), key="gates_check", type="primary"):
        return
    with st.spinner(_("PyTorch is being loaded …")):
        from gru_core.training.reference import largest_difference_from_torch

        difference, method = largest_difference_from_torch(trace)
    how = {
        "nn.GRU": _("torch.nn.GRU with these weights"),
        "torch operations": _("torch operations, because nn.GRU cannot express this convention"),
    }[method]
    text = _(
        "Largest absolute difference in h over the whole sequence: **{difference:.2e}** ({how}).",
        difference=difference,
        how=how,
    )
    (st.error if not difference <= TOLERANCE else st.success)(text)


def _numbers(desk: Desk, trace: Trace) -> None:
    show_intermediates(trace)
    download("gru-step.csv", lambda: csv_of_intermediates(trace))


def _export(desk: Desk, trace: Trace) -> None:
    setup = desk.sheet.setup
    with st.container(horizontal=True):
        download("gru-step.json", setup.to_json, _("JSON"))
        download("gru-step.csv", lambda: csv_of_intermediates(trace), _("CSV"))
        download("gru_step_numpy.py", lambda: script(setup, "numpy"), _("NumPy script"))
        download("gru_step_pytorch.py", lambda: script(setup, "pytorch"), _("PyTorch script"))
        download("gru-step.tex", lambda: _latex(desk, trace), _("LaTeX of this step"))
    st.file_uploader(
        _("Open a JSON file that this page has exported"),
        type="json",
        key="gates_import",
        disabled=locks("numbers"),
        on_change=changing(unlocked(_import, "numbers")),
        width=520,
    )
    kinds = {"numpy": "NumPy", "pytorch": "PyTorch", "latex": "LaTeX"}
    shown = st.segmented_control(
        _("Show"),
        list(kinds),
        format_func=kinds.__getitem__,
        default="numpy",
        required=True,
        key="gates_show",
    )
    if shown == "latex":
        st.code(_latex(desk, trace), language="latex")
    else:
        st.code(script(setup, shown), language="python")


def _latex(desk: Desk, trace: Trace) -> str:
    return latex_of_step(trace, desk.place.time, desk.digits)


def _import(desk: Desk) -> Desk:
    upload = st.session_state["gates_import"]
    return desk if upload is None else desk.with_setup(Setup.from_json(upload.getvalue()))
