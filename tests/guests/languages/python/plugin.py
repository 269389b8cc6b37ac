from dataclasses import replace

from moretta import BatchError, Call, Masked, masker, refuse


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


Mask = masker({
    "spin": spin, "recurse": recurse, "hoard": hoard, "fail": fail, "keep": keep, "shorten": shorten,
    "refuse": lambda _: refuse(BatchError.INTERNAL),
})
