"""Writes docs/results.md and its plots: every experiment of the project, from the figures that were committed.

    python3 tests/bench/experiments/results.py

Reads the JSON of the experiments in docs/figures and measures nothing itself; each section of the page names the
command that makes its figures, and an experiment without figures is named as not measured yet. Plots (SVG) need
matplotlib (Debian: python3-matplotlib); without it they stay as they are. The same figures give the same bytes.
"""
import argparse
import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.dont_write_bytecode = True

from result_sections import ablations, audience, churn_and_value, few_labels, newcomer, next_item, nine_services  # noqa: E402
from result_sections import plots, unlike_services  # noqa: E402
from result_sections.figures import FiguresError  # noqa: E402

SECTIONS = [nine_services, unlike_services, newcomer, few_labels, ablations, audience, next_item,
            churn_and_value]

HEAD = """# Results

What the project has measured, one section an experiment, each with the command that makes its figures. This page is
written by a committed command and not by hand, from the JSON in [figures]({figures}):

```sh
python3 tests/bench/experiments/results.py
```

The experiments themselves take minutes to hours; one that was interrupted goes on with `--resume` (nine_services.py
with `--keep DIR` besides). Their commands need

```sh
cmake --preset release
export FIGURES={figures_from_root} DIR=...
```

where DIR is the folder with services/, s3rec/ and cdnow/ in it: public data sets in a plain form, but no part of this
repository (without them: `bash deploy/demo/run.sh`, on made data). They are

| services | source |
|---|---|
| grocery, drugstore, fresh_food, fuel, coupon_mail, store_visits | dunnhumby, The Complete Journey: the sample in the R package [completejourney](https://github.com/bradleyboehmke/completejourney) 1.1.1, one retailer cut by department |
| gift_shop | UCI Online Retail, as in the R package [onlineretail](https://github.com/cran/onlineretail) 0.1.2 |
| fashion_banner | [Open Bandit Dataset](https://github.com/st-tech/zr-obp), small version, campaign "men", policy "random" |
| city_places | Foursquare check-ins in New York, as in [STAN](https://github.com/yingtaoluo/Spatial-Temporal-Attention-Network-for-POI-Recommendation) |
| Beauty, LastFM, Sports, Toys, Yelp | as published with [S3-Rec](https://github.com/RUCAIBox/CIKM2020-S3Rec) |
| CDNOW | as in [lifetimes](https://github.com/CamDavidsonPilon/lifetimes) |

Their terms are their owners'; read them before you use the data.
"""


def parser():
    description, _, rest = __doc__.partition("\n")
    made = argparse.ArgumentParser(description=description, epilog=rest,
                                   formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--figures", type=pathlib.Path, default=ROOT / "docs/figures", metavar="DIR",
                      help="the JSON of the experiments, and where the plots go (default: docs/figures)")
    made.add_argument("--out", type=pathlib.Path, default=ROOT / "docs/results.md", metavar="FILE",
                      help="the page (default: docs/results.md)")
    return made


def measured(figures, out):
    """{section: its figures} of all that is there."""
    found = {}
    for section in SECTIONS:
        own_page = getattr(section, "PAGE", None)
        if (figures / section.NEEDS).is_file() and (own_page is None or (out.parent / own_page).is_file()):
            found[section] = section.read(figures)
    return found


def draw(found, figures):
    if not plots.can_draw():
        print("matplotlib is not there: the plots are left as they are (Debian: python3-matplotlib)", file=sys.stderr)
        return
    for section, data in found.items():
        for name, drawn in section.draw(data).items():
            with plots.style():
                plots.save(drawn(), figures / name)


def page(found, figures, out):
    beside = pathlib.PurePath(os.path.relpath(figures, out.parent)).as_posix()

    def image(name, words):
        return f"![{words}]({beside}/{name})\n" if (figures / name).is_file() else ""

    texts = {section: section.text(data, image) for section, data in found.items()}
    from_root = os.path.relpath(figures, ROOT) if figures.resolve().is_relative_to(ROOT) else figures
    parts = [HEAD.format(figures=beside, figures_from_root=pathlib.PurePath(from_root).as_posix())]
    if texts:
        parts.append("## In short\n\n" + "".join(f"* **{section.TITLE}**: {text.headline}.\n"
                                                 for section, text in texts.items()))
    parts += [f"## {section.TITLE}\n\n{text.body.rstrip()}\n" for section, text in texts.items()]
    missing = [section for section in SECTIONS if section not in found]
    if missing:
        parts.append("## Not measured yet\n\n" + "\n".join(
            f"**{section.TITLE}** is not measured yet; this makes it:\n\n{section.COMMAND}\n" for section in missing))
    return "\n".join(parts)


def main(arguments):
    options = parser().parse_args(arguments)
    if not options.figures.is_dir():
        print(f"{options.figures} is not a folder; name that of the figures with --figures", file=sys.stderr)
        return 1
    try:
        found = measured(options.figures, options.out)
    except FiguresError as error:
        print(f"{error}; nothing was written", file=sys.stderr)
        return 1
    draw(found, options.figures)
    options.out.write_text(page(found, options.figures, options.out), encoding="utf-8")
    print(f"{options.out} written, {len(found)} of {len(SECTIONS)} experiments are measured", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
