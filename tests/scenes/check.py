"""Measures what scenes show, from their truth.json, against what the configuration promises."""

import collections
import json
import pathlib


def keeps_promises(out, config):
    """Prints the figures and whether each promise is kept; true if all are."""
    truths = [json.loads(file.read_text()) for file in sorted(pathlib.Path(out).glob("scenes/*/*/truth.json"))]
    return all([report(unit, [t for t in truths if t["unit"] == unit], config) for unit in config["scenes"]["tiles"]])


def report(unit, truths, config):
    promised, scale = config["promises"], unit / 160
    people = [person for truth in truths for person in truth["people"]]
    looks = [(look, person["in_gallery"]) for person in people for look in person["appearances"]]
    if not looks:
        print(f"tiles of {unit}: no scene shows anybody")
        return False
    heights = sorted(look["height"] / scale for look, _ in looks)
    below = sum(height < 24 for height in heights) / len(heights)
    extras = sum(not person["in_gallery"] for person in people) / len(people)
    seen_extras = sum(not known for _, known in looks) / len(looks)
    lying = sum(30 < look["turned"] < 330 for look, _ in looks) / len(looks)
    counts = collections.Counter(len(truth["people"]) for truth in truths)
    halves = collections.Counter(truth["half"] for truth in truths)
    low, high = promised["heights"]
    print(f"tiles of {unit}: {len(truths)} scenes ({dict(halves)}), people in them {dict(sorted(counts.items()))}")
    places = [(share, min(len(heights) - 1, share * len(heights) // 100)) for share in (0, 10, 25, 50, 75, 90, 100)]
    print(f"  appearances {len(looks)}, face heights at 160: "
          + ", ".join(f"p{share} {heights[place]:.1f}" for share, place in places))
    print(f"  grids {dict(collections.Counter(t['frames'] for t in truths))}, "
          f"shapes {dict(collections.Counter('x'.join(map(str, t['tile'])) for t in truths))}")
    kept = [
        ("scenes", len(truths), len(truths) >= promised["scenes"]),
        (f"lowest face >= {low}", heights[0], heights[0] >= low - 0.01),
        (f"highest face <= {high}", heights[-1], heights[-1] <= high + 0.01),
        (f"appearances below 24 >= {promised['below_24']}", below, below >= promised["below_24"]),
        (f"extras among people >= {promised['extras']}", extras, extras >= promised["extras"]),
        (f"extras among appearances >= {promised['extras']}", seen_extras, seen_extras >= promised["extras"]),
        (f"people in a scene <= {promised['most_people']}", max(counts), max(counts) <= promised["most_people"]),
        (f"lying or upside down >= {promised['lying']}", lying, lying >= promised["lying"]),
    ]
    for what, value, fine in kept:
        print(f"  {'kept' if fine else 'BROKEN'}: {what}: {value:.3f}" if isinstance(value, float)
              else f"  {'kept' if fine else 'BROKEN'}: {what}: {value}")
    return all(fine for _, _, fine in kept)
