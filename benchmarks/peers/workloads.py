"""What is asked of each project, and how much more than the others ours has to answer."""

import statistics
from dataclasses import dataclass, field

from peers.load import Load

OURS = "whyleft"
CSRF = "a" * 32
FORM = ("Content-Type", "application/x-www-form-urlencoded")
GZIP = ("Accept-Encoding", "gzip")
FIVE = (
    "q-reason=price&q-{probe}=not_enough_value&q-stuck=At+the+import+of+our+contacts."
    "&q-destination=in_house&q-comment=All+the+best+to+you."
)
TWO = "q-reason=price&q-price_probe=not_enough_value"
PEER_VALUES = (
    "price",
    "not-enough-value",
    "At+the+import+of+our+contacts.",
    "in-house",
    "All+the+best+to+you.",
)


@dataclass
class Workload:
    """The same asked of each project; ``limits`` by project: our rate over its rate, at least."""

    title: str
    loads: dict
    limits: dict = field(default_factory=dict)
    rates: dict = field(default_factory=dict)
    processor: dict = field(default_factory=dict)

    def note(self, name, rate, milliseconds):
        self.rates.setdefault(name, []).append(rate)
        self.processor.setdefault(name, []).append(milliseconds)

    def ratio(self, other, figures):
        """The median of the rounds' ratios."""
        pairs = zip(figures[OURS], figures[other], strict=True)
        return statistics.median(ours / theirs for ours, theirs in pairs)

    def report(self):
        """Prints the figures; returns what was missed."""
        print(f"  {self.title}")
        missed = []
        for name in self.loads:
            line = (
                f"    {name:10} {statistics.median(self.rates[name]):8,.0f} /s"
                f" {statistics.median(self.processor[name]):8.2f} ms"
            )
            if name != OURS:
                ratio, limit = self.ratio(name, self.rates), self.limits.get(name)
                line += f"   ours: {ratio:6.2f} times"
                line += f" (by processor time {1 / self.ratio(name, self.processor):.2f})"
                if limit is not None:
                    line += f", at least {limit:g}{'' if ratio >= limit else '   MISSED'}"
                    missed += [f"{self.title}: {name}"] if ratio < limit else []
            print(line, flush=True)
        return missed


def workloads(*, tokens, peer, vendor):
    """``tokens`` by kind of invitation; ``peer``: its surveys ``page`` and ``five``."""
    sqlite = vendor == "sqlite"
    opened = {"method": "GET", "address": "/s/{token}/", "tokens": tokens["opened"]}
    numbers = [f"post-{n}" for n in range(2 * len(tokens["one_screen"]))]
    bare_post = Load("POST", "/s/{token}/", numbers, FIVE.format(probe="probe"), (FORM,), once=True)
    named = zip(peer["five"]["fields"], PEER_VALUES, strict=True)
    peer_form = "&".join(f"{name}={value}" for name, value in named)
    peer_post = Load(
        "POST",
        f"/survey/{peer['five']['number']}/",
        ["none"],
        f"csrfmiddlewaretoken={CSRF}&{peer_form}",
        (FORM, ("Cookie", f"csrftoken={CSRF}")),
    )
    peer_get = Load("GET", f"/survey/{peer['page']['number']}/", ["none"])
    return [
        Workload(
            "GET of the first screen, opened before",
            {
                OURS: Load(**opened),
                "bare": Load(**opened),
                "peer": peer_get,
                "peer tuned": peer_get,
            },
            {"bare": 0.5, "peer": 18 if sqlite else 10},
        ),
        Workload(
            "POST of one response and five answers",
            {
                OURS: Load(
                    "POST", "/s/{token}/", tokens["one_screen"],
                    FIVE.format(probe="price_probe"), (FORM,), once=True,
                ),
                "bare": bare_post,
                "peer": peer_post,
                "peer tuned": peer_post,
            },
            {"bare": 0.8, "peer": 20 if sqlite else 4},
        ),
        Workload(
            "GET of the first screen, gzipped (the bare view: not)",
            {OURS: Load(**opened, headers=(GZIP,)), "bare": Load(**opened)},
        ),
        Workload(
            "GET of the first screen, never opened before (a second query notes it)",
            {
                OURS: Load("GET", "/s/{token}/", tokens["fresh"], once=True),
                "bare": Load(**opened),
            },
        ),
        Workload(
            "POST of the shipped first screen, two answers (the bare view: five)",
            {
                OURS: Load("POST", "/s/{token}/", tokens["first_screen"], TWO, (FORM,), once=True),
                "bare": bare_post,
            },
        ),
    ]  # fmt: skip
