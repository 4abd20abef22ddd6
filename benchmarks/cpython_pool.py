"""The figures of Figures.java with CPython's multiprocessing.Pool, those of what is shared with its Manager. Prints lines of a name and a number."""

import statistics
import sys
import time
from multiprocessing import Manager, Pool


def nop(n):
    return n


def square(n):
    return n * n


def nap(n):
    time.sleep(0.001)
    return n


def timed(run, warm_ups, runs):
    for _ in range(warm_ups):
        run()
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def dispatch():
    items = range(200_000)
    with Pool(4) as pool:
        return len(items) / timed(lambda: pool.map(nop, items, chunksize=1), 1, 3)


def singles():
    def run():
        for result in [pool.apply_async(nop, (n,)) for n in range(50_000)]:
            result.get()

    with Pool(4) as pool:
        return 50_000 / timed(run, 1, 3)


def chunked():
    items = range(1_000_000)
    with Pool(4) as pool:
        return len(items) / timed(lambda: pool.map(square, items), 1, 3)


def trips(name, trip):
    for _ in range(10_000):
        trip()
    micros = []
    for _ in range(5_000):
        start = time.perf_counter()
        trip()
        micros.append((time.perf_counter() - start) * 1e6)
    micros.sort()
    print(name + ".p99", micros[len(micros) * 99 // 100])
    return statistics.median(micros)


def trip():
    with Pool(1) as pool:
        return trips("trip", lambda: pool.apply(nop, (1,)))


def lock():
    with Manager() as manager:
        shared = manager.Lock()

        def pair():
            shared.acquire()
            shared.release()

        return trips("lock", pair)


def queue():
    with Manager() as manager:
        shared = manager.Queue()

        def pair():
            shared.put("item")
            shared.get()

        return trips("queue", pair)


def mapget():
    with Manager() as manager:
        shared = manager.dict(key="value")
        return trips("mapget", lambda: shared["key"])


def mapput():
    with Manager() as manager:
        shared = manager.dict()

        def put():
            shared["key"] = "value"

        return trips("mapput", put)


def fiber():
    with Pool(5) as pool:
        return timed(lambda: pool.map(nap, range(5_000), chunksize=1), 1, 3)


FIGURES = [dispatch, singles, chunked, trip, fiber, lock, queue, mapget, mapput]

if __name__ == "__main__":
    print(sys.argv[1], {figure.__name__: figure for figure in FIGURES}[sys.argv[1]]())
