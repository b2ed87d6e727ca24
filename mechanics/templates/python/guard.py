"""A mechanic has no clock and no chance: the moment of the purchase comes with the receipt. In a component those of
Python stand still, at the moment of the build and with the same random numbers at every receipt. Here they raise
instead, also while the component is built. Import this module first.
"""

import datetime
import os
import sys
import time
from types import ModuleType
from typing import Any, Callable

# The sentence by which `offer-host mechanic check` knows that a component is guarded.
REFUSAL = "a mechanic has no clock and no chance: use the receipt's `time`"


def refuse(name: str) -> Callable[..., Any]:
    def refused(*_: Any, **__: Any) -> Any:
        raise RuntimeError(f"{name}: {REFUSAL}")

    return refused


class NoChance(ModuleType):
    """A module of which every function raises."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return refuse(f"{self.__name__}.{name}()")


def timeless(real: type, names: list[str]) -> type:
    """`date` or `datetime` without the methods that tell the time. Values of either class are instances of both."""

    class Timeless(type):
        def __instancecheck__(cls, value: Any) -> bool:
            return isinstance(value, real)

        def __subclasscheck__(cls, other: type) -> bool:
            return issubclass(other, real)

    methods = {name: classmethod(refuse(f"{real.__name__}.{name}()")) for name in names}
    return Timeless(real.__name__, (real,), methods)


def told(name: str, real: Callable[..., Any], place: int) -> Callable[..., Any]:
    """A function of `time` that must be told the time, as its argument at `place`."""

    def function(*values: Any) -> Any:
        return real(*values) if len(values) > place and values[place] is not None else refuse(f"time.{name}()")()

    return function


def install() -> None:
    for name in ["time", "monotonic", "perf_counter", "process_time"]:
        for function in [name, f"{name}_ns"]:
            setattr(time, function, refuse(f"time.{function}()"))
    for name, place in [("localtime", 0), ("gmtime", 0), ("ctime", 0), ("asctime", 0), ("strftime", 1)]:
        setattr(time, name, told(name, getattr(time, name), place))
    os.urandom = refuse("os.urandom()")
    for name in ["random", "secrets"]:
        sys.modules[name] = NoChance(name)
    datetime.date = timeless(datetime.date, ["today"])
    datetime.datetime = timeless(datetime.datetime, ["now", "today", "utcnow"])


# In a component only: tests may look at the clock.
if sys.platform == "wasi":
    install()
