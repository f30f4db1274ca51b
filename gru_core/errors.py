"""Words that leave the library: the one error for what came from outside, and N_ for labels."""

from __future__ import annotations


class InputError(ValueError):
    """Refuses an input: says what was expected, what came, and what to do next.

    ``template`` is an English ``str.format`` template. It is also the message id of its
    translation, so it must be written as a literal at the place that raises.
    ``details`` are the values for its fields. ``str(error)`` is the English sentence.
    """

    def __init__(self, template: str, /, **details: object) -> None:
        # Formatting waits for __str__, because unpickling calls this without the details.
        super().__init__(template)
        self.template = template
        self.details = details

    def __str__(self) -> str:
        return self.template.format(**self.details)


def N_(message: str) -> str:  # noqa: N802 - the name that gettext tools look for
    """Mark an English literal for translation where it is shown, and return it unchanged."""
    return message
