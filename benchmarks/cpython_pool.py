"""The figures of Figures.java with CPython's multiprocessing.Pool. Prints lines of a name and a number."""

import statistics
import sys
import time
from multiprocessing import Pool


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


def trip():
    micros = []
    with Pool(1) as pool:
        for _ in range(10_000):
            pool.apply(nop, (1,))
        for _ in range(5_000):
            start = time.perf_counter()
            pool.apply(nop, (1,))
            micros.append((time.perf_counter() - start) * 1e6)
    micros.sort()
    print("trip.p99", micros[len(micros) * 99 // 100])
    return statistics.median(micros)


def fiber():
    with Pool(5) as pool:
        return timed(lambda: pool.map(nap, range(5_000), chunksize=1), 1, 3)


if __name__ == "__main__":
    print(sys.argv[1], {"dispatch": dispatch, "singles": singles, "chunked": chunked, "trip": trip, "fiber": fiber}[sys.argv[1]]())
