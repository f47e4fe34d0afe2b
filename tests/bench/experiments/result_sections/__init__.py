"""The sections of docs/results.md, one file each, and what they share; tests/bench/experiments/results.py joins them.

A section is a module with
    TITLE, NEEDS    its heading, and the file of figures without which it is left out
    COMMAND         what makes that file, as it stands on the page; DIR and FIGURES are explained at its top
    read(folder)    its figures as values; FiguresError where they cannot be read
    draw(data)      {file name: function that draws it and returns a matplotlib figure}
    text(data, image) -> Text; image(file name, words) is the Markdown of a plot, or nothing where it was not drawn
"""
from dataclasses import dataclass


@dataclass(frozen=True)
class Text:
    headline: str  # a sentence for the top of the page
    body: str      # Markdown without the section's heading
