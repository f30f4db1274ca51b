"""Every word of the app is there in each language, and the languages run parallel.

Each check is a function from a project folder to its complaints; a second test plants one mistake
at a time in a small project and shows that the check finds it.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po
from streamlit.testing.v1 import AppTest

from gru_core.errors import InputError
from pages.ui import words

ROOT = Path(__file__).parents[1]
# The same as in `make words`: were they to differ, what it writes would fail here.
KEYWORDS = {"_": None, "label": None, "template": None, "N_": None, "InputError": (1,)}


def python_files(root: Path) -> Iterator[Path]:
    yield root / "app.py"
    for room in ("pages", "gru_core"):
        yield from sorted((root / room).rglob("*.py"))


def extracted(root: Path) -> set[str]:
    """The English texts that Babel finds in the code."""
    return {
        str(message)
        for path in python_files(root)
        for _, message, _, _ in extract_from_file("python", path, keywords=KEYWORDS)
    }


def placeholders(template: str) -> set[str | None]:
    return {name for _, name, _, _ in Formatter().parse(template)} - {None}


def entry_complaints(message: Message) -> Iterator[str]:
    if message.fuzzy:
        yield f"fuzzy: {message.id!r}"
    if not message.string:
        yield f"not translated: {message.id!r}"
    elif placeholders(message.id) != placeholders(message.string):
        yield f"other placeholders: {message.id!r} -> {message.string!r}"


def label_complaints(root: Path) -> list[str]:
    with (root / "assets/text/zh.po").open("rb") as file:
        catalogue = read_po(file, locale="zh", abort_invalid=True)
    entries = {message.id: message for message in catalogue if message.id}
    found = extracted(root)
    return [
        *(f"not in zh.po, run `make words`: {msgid!r}" for msgid in sorted(found - set(entries))),
        *(f"no longer in the code: {msgid!r}" for msgid in sorted(set(entries) - found)),
        *(f"obsolete: {msgid!r}" for msgid in catalogue.obsolete),
        *(complaint for message in entries.values() for complaint in entry_complaints(message)),
    ]


def calls(root: Path) -> Iterator[tuple[str, str, list[ast.expr]]]:
    """Place, function name and positional arguments of every call in the code."""
    for path in python_files(root):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
                name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
                yield f"{path.relative_to(root)}:{node.lineno}", name, node.args


def is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def hidden_in_f_strings(root: Path) -> Iterator[str]:
    """Babel reads tokens, and before Python 3.12 an f-string is one."""
    for path in python_files(root):
        for string in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(string, ast.JoinedStr):
                for node in ast.walk(string):
                    if isinstance(node, ast.Name) and node.id in KEYWORDS:
                        place = f"{path.relative_to(root)}:{string.lineno}"
                        yield f"{place}: {node.id} is called inside an f-string; call it before"


def call_complaints(root: Path) -> list[str]:
    """Texts that Babel cannot see: put together by the code, or not literal where they must be."""
    return [
        *hidden_in_f_strings(root),
        *(
            f"{place}: {name} needs a literal text, with its values as keyword arguments"
            for place, name, arguments in calls(root)
            if name in KEYWORDS
            and arguments
            and not is_text(arguments[0])
            and (
                name in ("InputError", "N_") or isinstance(arguments[0], ast.JoinedStr | ast.BinOp)
            )
        ),
    ]


def parallel_marks(markdown: str) -> dict[str, object]:
    """What a translation leaves as it is: how many formulas, and which links."""
    text = re.sub(r"```.*?```|`[^`\n]*`|\\\$", "", markdown, flags=re.DOTALL)
    inline, displayed = re.subn(r"\$\$.+?\$\$", "", text, flags=re.DOTALL)
    return {
        "displayed formulas": displayed,
        "inline formulas": len(re.findall(r"\$[^$]+\$", inline)),
        "dollar signs": text.count("$"),
        "links": sorted(re.findall(r"\]\(([^)\s]+)|<(https?://[^>]+)>", text)),
    }


def prose_complaints(root: Path) -> list[str]:
    folder = root / "assets/text"
    pages = {path.stem for code in words.LANGUAGES for path in (folder / code).glob("*.md")}
    complaints = []
    english = {}
    for page in sorted(pages):
        try:
            texts = {code: words.sections(code, page, folder) for code in words.LANGUAGES}
        except (OSError, ValueError) as error:
            complaints.append(str(error))
            continue
        english[page] = texts["en"]
        for code, sections in texts.items():
            if list(sections) != list(english[page]):
                complaints.append(f"{code}/{page}.md: other sections or another order")
                continue
            for key, text in sections.items():
                if not text:
                    complaints.append(f"{code}/{page}.md, {key}: empty")
                expected, actual = parallel_marks(english[page][key]), parallel_marks(text)
                complaints.extend(
                    f"{code}/{page}.md, {key}: {mark} {actual[mark]}, in English {expected[mark]}"
                    for mark in expected
                    if actual[mark] != expected[mark]
                )
    for place, name, arguments in calls(root):
        if name == "prose" and len(arguments) == 2 and all(map(is_text, arguments)):
            page, key = map(ast.literal_eval, arguments)
            if key not in english.get(page, {}):
                complaints.append(f"{place}: no section {key!r} in {page}.md")
    return complaints


def test_every_label_is_translated():
    assert label_complaints(ROOT) == []


def test_every_label_can_be_extracted():
    assert call_complaints(ROOT) == []


def test_prose_is_parallel():
    assert prose_complaints(ROOT) == []


APP = """
_("Size {size}")
N_("Time")
raise errors.InputError("{name}: expected " "a number.", name="x")
prose("gates", "open")
"""
PO = """
msgid "Size {size}"
msgstr "大小 {size}"

msgid "Time"
msgstr "时间"

msgid "{name}: expected a number."
msgstr "{name}：应为数字。"
"""
EN = """<!-- open -->
A gate $r$ is in $(0, 1)$ and costs \\$0, `$`:
$$r = 1$$
See [Cho](https://arxiv.org/abs/1406.1078) and <https://pytorch.org>.

<!-- shut -->
No.
"""
ZH = """<!-- open -->
门 $r$ 在 $(0, 1)$ 内：
$$r = 1$$
见 [Cho](https://arxiv.org/abs/1406.1078) 与 <https://pytorch.org>。

<!-- shut -->
否。
"""


@pytest.fixture
def small_project(tmp_path):
    for name, text in {
        "app.py": APP,
        "assets/text/zh.po": PO,
        "assets/text/en/gates.md": EN,
        "assets/text/zh/gates.md": ZH,
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("check", [label_complaints, call_complaints, prose_complaints])
def test_checks_accept_a_complete_project(check, small_project):
    assert check(small_project) == []


@pytest.mark.parametrize(
    ("check", "file", "old", "new", "complaint"),
    [
        (
            label_complaints,
            "app.py",
            '"Time"',
            '"Times"',
            "not in zh.po, run `make words`: 'Times'",
        ),
        (label_complaints, "app.py", 'N_("Time")', "", "no longer in the code: 'Time'"),
        (label_complaints, "app.py", "expected", "wanted", "not in zh.po"),
        (label_complaints, "assets/text/zh.po", '"时间"', '""', "not translated: 'Time'"),
        (label_complaints, "assets/text/zh.po", "大小 {size}", "大小", "other placeholders"),
        (label_complaints, "assets/text/zh.po", 'msgid "T', '#, fuzzy\nmsgid "T', "fuzzy: 'Time'"),
        (
            label_complaints,
            "assets/text/zh.po",
            'msgid "Time"\n',
            '#~ msgid "Old"\n#~ msgstr "旧"\n\nmsgid "Time"\n',
            "obsolete: 'Old'",
        ),
        (call_complaints, "app.py", '_("Size', '_(f"Size', "app.py:2: _ needs a literal"),
        (call_complaints, "app.py", '_("Size {size}")', 'label("a" + b)', "label needs a literal"),
        (call_complaints, "app.py", 'N_("Time")', """f'{_("Time")}'""", "inside an f-string"),
        (call_complaints, "app.py", 'N_("Time")', "N_(time)", "N_ needs a literal"),
        (call_complaints, "app.py", "InputError(", "InputError(text, ", "InputError needs"),
        (prose_complaints, "app.py", '"open"', '"half"', "no section 'half' in gates.md"),
        (prose_complaints, "assets/text/zh/gates.md", "shut", "closed", "other sections"),
        (prose_complaints, "assets/text/zh/gates.md", "shut", "open", "comes twice"),
        (prose_complaints, "assets/text/zh/gates.md", "<!-- open", "…\n<!-- open", "text before"),
        (prose_complaints, "assets/text/zh/gates.md", "否。", "", "shut: empty"),
        (prose_complaints, "assets/text/zh/gates.md", "$(0, 1)$", "(0, 1)", "inline formulas 1"),
        (prose_complaints, "assets/text/zh/gates.md", "$$r = 1$$", "", "displayed formulas 0"),
        (prose_complaints, "assets/text/zh/gates.md", "$r$", "$r", "dollar signs"),
        (prose_complaints, "assets/text/zh/gates.md", "1406.1078", "1412.3555", "links"),
        (prose_complaints, "assets/text/zh/gates.md", "pytorch.org", "keras.io", "links"),
    ],
)
def test_checks_find_a_planted_mistake(check, file, old, new, complaint, small_project):
    path = small_project / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    assert any(complaint in found for found in check(small_project)), check(small_project)


def test_checks_find_a_page_without_its_translation(small_project):
    (small_project / "assets/text/zh/gates.md").unlink()
    assert any("gates.md" in complaint for complaint in prose_complaints(small_project))


def test_a_label_falls_back_to_english_and_fills_in_its_values():
    assert words.translate("zh", "no such label {n}", {"n": 3}) == "no such label 3"
    assert words.translate("en", "{{literal}} {n}", {"n": 3}) == "{literal} 3"


def test_catalogues_cannot_be_changed_by_a_session(small_project):
    folder = small_project / "assets/text"
    assert words.catalogue("zh", folder)["Time"] == "时间"
    with pytest.raises(TypeError):
        words.catalogue("zh", folder)["Time"] = "x"
    with pytest.raises(TypeError):
        words.sections("zh", "gates", folder)["open"] = "x"


def shown(locale: str | None, chosen: str | None) -> str:
    """What a page shows of `words.language()`."""
    app = AppTest.from_string(
        "import streamlit as st\nfrom pages.ui import words\nst.text(words.language())"
    )
    app.context["locale"] = locale
    if chosen is not None:
        app.session_state["lang"] = chosen
    return app.run().text[0].value


@pytest.mark.parametrize(
    ("locale", "chosen", "language"),
    [
        ("en-US", None, "en"),
        ("zh-CN", None, "zh"),
        ("ZH-hant-TW", None, "zh"),
        ("fr-FR", None, "en"),
        (None, None, "en"),
        ("zh-CN", "en", "en"),
        ("en-US", "zh", "zh"),
        ("zh-CN", "tlh", "zh"),
    ],
)
def test_language_is_chosen_or_else_the_browsers(locale, chosen, language):
    assert shown(locale, chosen) == language


def test_an_error_from_the_core_is_told_in_the_language(monkeypatch):
    monkeypatch.setattr(words, "language", lambda: "zh")
    monkeypatch.setattr(
        words, "catalogue", lambda _: {"{name}: expected a number.": "{name}：应为数字。"}
    )
    assert words.of_error(InputError("{name}: expected a number.", name="x")) == "x：应为数字。"
