"""Plots as SVG whose bytes depend on the figures alone. matplotlib is needed for them and for nothing else."""
import contextlib

try:
    import matplotlib
    matplotlib.use("svg")
    from matplotlib import pyplot, ticker
except ImportError:
    matplotlib = pyplot = ticker = None

# The palette of Okabe and Ito, told apart by the colour-blind too; an arm has the same colour in every plot.
COLOURS = {"grey": "#777777", "orange": "#E69F00", "sky": "#56B4E9", "green": "#009E73", "blue": "#0072B2",
           "red": "#D55E00", "pink": "#CC79A7", "black": "#000000"}
ARM_COLOURS = {"local": "grey", "average": "orange", "shared": "sky", "personalised": "green", "served": "blue",
               "central": "red", "two_local": "pink", "average_tuned": "orange", "central_tuned": "red"}
STYLE = {"svg.hashsalt": "bauta", "svg.fonttype": "none", "font.size": 9, "axes.spines.top": False,
         "axes.spines.right": False, "axes.grid": True, "grid.color": "#e5e5e5", "axes.axisbelow": True,
         "legend.frameon": False, "figure.facecolor": "white"}


def can_draw():
    return pyplot is not None


@contextlib.contextmanager
def style():
    with matplotlib.rc_context(STYLE):
        yield


def save(figure, path):
    figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})
    pyplot.close(figure)
    # Trailing blanks are matplotlib's.
    text = "\n".join(line.rstrip() for line in path.read_text(encoding="utf-8").splitlines())
    path.write_text(text + "\n", encoding="utf-8")


def arm_colour(arm):
    return COLOURS[ARM_COLOURS[arm]]


def _dots(axes, rows, series, colours, labels=True):
    """For every row a dot a series: series[name][row] is an Estimate or None. The first row is on top."""
    step = 0.7 / len(series)
    for s, (name, estimates) in enumerate(series.items()):
        label = name
        for r, estimate in enumerate(estimates):
            if estimate is None or estimate.mean() is None:
                continue
            y = r + (s - (len(series) - 1) / 2) * step
            axes.plot(estimate.envelope(), [y, y], color=colours[name], linewidth=1.2)
            axes.plot([estimate.mean()], [y], "o", color=colours[name], markersize=4, label=label if labels else None)
            label = None
    axes.set_yticks(range(len(rows)), rows)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.grid(axis="y", visible=False)
    for r in range(1, len(rows)):
        axes.axhline(r - 0.5, color="#e5e5e5", linewidth=0.8)


def dot_plot(rows, series, colours, words, zero=True):
    """One panel: dots are means over the seeds, lines go from the least to the greatest end of their intervals."""
    height = 1.2 + len(rows) * max(0.3, 0.13 * len(series))
    figure, axes = pyplot.subplots(figsize=(7.5, height), layout="constrained")
    if zero:
        axes.axvline(0, color="black", linewidth=0.8)
    _dots(axes, rows, series, colours)
    axes.set_xlabel(words)
    if len(series) > 1:
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=len(series))
    return figure


def dot_panels(panels, words, columns=3):
    """{title: (rows, estimates)}: a small panel each, one dot a row."""
    columns = min(columns, len(panels))
    rows = -(-len(panels) // columns)
    height = 0.6 + rows * (0.55 + 0.19 * max(len(names) for names, _ in panels.values()))
    figure, grid = pyplot.subplots(rows, columns, figsize=(3 * columns, height), layout="constrained", squeeze=False)
    for axes in grid.flat[len(panels):]:
        axes.set_visible(False)
    for axes, (title, (names, estimates)) in zip(grid.flat, panels.items()):
        _dots(axes, names, {"": estimates}, {"": COLOURS["blue"]}, labels=False)
        axes.set_title(title, fontsize=9)
    figure.supxlabel(words, fontsize=9)
    return figure


def curve(axes, labels, estimates, colour, name):
    """Means over the seeds, in a band from the lowest to the highest end of their intervals."""
    low, high = zip(*(one.envelope() for one in estimates))
    axes.fill_between(labels, low, high, color=colour, alpha=0.15, linewidth=0)
    axes.plot(labels, [one.mean() for one in estimates], "o-", markersize=3, linewidth=1.2, color=colour, label=name)


def curve_panels(panels, words_x, words_y, columns=4):
    """{title: draw(axes)}: a small panel each with one legend for all; a logarithmic axis of labels."""
    columns = min(columns, len(panels))
    rows = -(-len(panels) // columns)
    figure, grid = pyplot.subplots(rows, columns, figsize=(max(4.5, 2.4 * columns), 0.6 + 2.1 * rows),
                                   layout="constrained", squeeze=False)
    for axes in grid.flat[len(panels):]:
        axes.set_visible(False)
    for axes, (title, draw) in zip(grid.flat, panels.items()):
        draw(axes)
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        axes.xaxis.set_minor_formatter(ticker.NullFormatter())
        axes.set_title(title, fontsize=9)
    handles, labels = grid.flat[0].get_legend_handles_labels()
    figure.get_layout_engine().set(rect=(0, 0, 1, 1 - 0.3 / figure.get_figheight()))
    figure.legend(handles, labels, loc="upper center", ncols=len(labels))
    figure.supxlabel(words_x, fontsize=9)
    figure.supylabel(words_y, fontsize=9)
    return figure
