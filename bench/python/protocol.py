"""The race's protocol: one JSON object per line on stdin, samples in nanoseconds per call on stdout.

A competitor gives `serve` a function that makes, for one input, a callable for each operation; each call returns a host array
or a tensor in host memory.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from types import ModuleType
from typing import Any, NamedTuple

THREADS = int(os.environ.get("THREADS", "1"))
SHORT_CALL = 50_000


class Case(NamedTuple):
    """Host arrays of shape [rows, classes] or [rows, classes, inner]; the classes are dimension 1."""

    logits: Any
    cotangent: Any
    tau: float


Operations = dict[str, Callable[[], Any]]


def modules(*names: str) -> list[ModuleType]:
    """The modules, or the end of this program where one is missing."""
    try:
        return [import_module(name) for name in names]
    except ImportError as error:
        print(json.dumps({"unavailable": str(error)}), flush=True)
        sys.exit(0)


def serve(name: str, packages: list[str], operations: Callable[[Case], Operations]) -> None:
    import numpy as np

    def answer(**fields: Any) -> None:
        print(json.dumps(fields), flush=True)

    def read(path: str, shape: list[int]) -> Any:
        return np.fromfile(path, "<f4", int(np.prod(shape))).reshape(shape)

    answer(ready=True, name=name, versions={p: version(p) for p in packages}, threads=THREADS)
    known: Any = None
    able: Operations = {}
    for line in sys.stdin:
        request = json.loads(line)
        shape = [request["rows"], request["classes"]]
        if request.get("inner", 1) > 1:
            shape.append(request["inner"])
        case = (shape, request["logits"], request["cotangent"], request["tau"])
        if case != known:
            able = operations(Case(read(case[1], shape), read(case[2], shape), request["tau"]))
            known = case
        call = able.get(request["operation"])
        if call is None:
            answer(id=request["id"], unsupported=f"no {request['operation']} here")
            continue
        try:
            samples, last = measure(call, request["warmup"], request["samples"], request["ns"])
        except Exception as error:
            answer(id=request["id"], unsupported=f"{type(error).__name__}: {error}".splitlines()[0])
            continue
        last = np.asarray(last)
        answer(id=request["id"], samples=samples, nan=int(np.isnan(last).sum()), infinite=int(np.isinf(last).sum()))


def measure(call: Callable[[], Any], warmup: int, least: int, budget: float) -> tuple[list[float], Any]:
    samples: list[float] = []
    total = 0.0
    calls = 1
    last = None
    for _ in range(warmup):
        last = call()
    while not (len(samples) >= least and total >= budget) and total <= 20 * budget:
        began = time.perf_counter_ns()
        for _ in range(calls):
            last = call()
        took = time.perf_counter_ns() - began
        if took < SHORT_CALL and 2 * took < budget:
            calls *= 2
            continue
        samples.append(took / calls)
        total += took
    return samples, last
