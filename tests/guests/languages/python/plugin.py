import builtins
import json
import random
import re
import time
from dataclasses import replace

import moretta
from moretta import BatchError, Call, Masked, TextBuilder, map_text, masker, refuse

seen = "clean"


def spin(_: Call) -> Masked:
    while True:
        pass


def recurse(call: Call) -> Masked:
    return recurse(call)


def hoard(_: Call) -> Masked:
    held = []
    while True:
        held.append(bytes(b"\1") * (1 << 20))


def fail(_: Call) -> Masked:
    raise ValueError("said to nobody")


def keep(call: Call) -> Masked:
    return Masked(call.columns, [])


def shorten(call: Call) -> Masked:
    return Masked([replace(call.only(), rows=call.only().rows - 1)], [])


def saying(rows: int, text: str) -> Masked:
    """Every value is this text."""
    builder = TextBuilder()
    for _ in range(rows):
        builder.push(text)
    return Masked([builder.finish()], [])


def garble(call: Call) -> Masked:
    values = call.only().values.value
    values.data = b"\xff" * len(values.data)
    return keep(call)


def pollute(call: Call, held: list[str] = []) -> Masked:
    """What an earlier batch left, in each of the places that outlive a call in this language."""
    global seen
    left = [seen, getattr(builtins, "seen", ""), getattr(json, "seen", ""), *held, str(len([]))]
    seen = builtins.seen = json.seen = "polluted"
    held.append("polluted")
    answer = saying(call.only().rows, " ".join(left))
    builtins.len = lambda _: 7
    TextBuilder.push = lambda *_: None
    moretta.map_text = json.loads = None
    return answer


Mask = masker({
    "spin": spin, "recurse": recurse, "hoard": hoard, "fail": fail, "keep": keep, "shorten": shorten,
    "refuse": lambda _: refuse(BatchError.INTERNAL),
    "lengthen": lambda call: saying(call.only().rows + 1, "one more"),
    "flood": lambda call: saying(call.only().rows, "x" * (16 << 20)),
    "garble": garble,
    "clock": lambda call: saying(call.only().rows, str(time.time_ns())),
    "seed": lambda call: saying(call.only().rows, f"{random.random()} {id(call)} {hash('seed')}"),
    "pollute": pollute,
    "backtrack": lambda call: map_text(call.only(), lambda it: str(re.match(r"^(\w+\s?)*$", it * 64 + "!"))),
    "evaluate": lambda call: map_text(call.only(), lambda it: str(eval(it))),
})
