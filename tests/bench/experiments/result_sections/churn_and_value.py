"""Churn and customer value have a page of their own; here is the way to it."""
from . import Text
from .tables import shell

TITLE = "Churn and customer value"
NEEDS = "churn_and_value.json"
COMMAND = shell("cmake --build build/release --target repeat_purchase",
                "build/release/tests/bench/experiments/repeat_purchase --data $DIR --out $FIGURES/churn_and_value.json",
                "python3 tests/bench/experiments/churn_and_value.py")
PAGE = "churn_and_value.md"


def read(folder):
    del folder  # its own script reads the figures


def draw(data):
    del data
    return {}


def text(data, image):
    del data, image
    return Text(f"on [a page of its own]({PAGE})",
                f"Who comes back, how often and for how much, by BG/NBD and Gamma-Gamma fitted from masked sums and by "
                f"the model's own heads: [Churn and customer value]({PAGE}).")
