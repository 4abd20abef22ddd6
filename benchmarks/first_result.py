"""Time from the start of a JVM to the first result of Pool.local(5), for each class path given, in turn.

    python3 benchmarks/first_result.py ROUNDS CLASS_PATH [CLASS_PATH …]

Several class paths are builds to compare: they alternate, so that the load of the machine meets all
alike. Prints median and fastest in ms, and the ratio of the medians to that of the first.
"""
import os
import statistics
import subprocess
import sys
import tempfile
import time

HOME = os.environ.get("JAVA_HOME")
JAVA, JAVAC = (os.path.join(HOME, "bin", tool) if HOME else tool for tool in ("java", "javac"))
PROGRAM = """
import dev.podpool.Pool;
import java.util.List;

public class FirstResult {
  static int square(int n) {
    return n * n;
  }

  public static void main(String[] arguments) throws InterruptedException {
    try (Pool pool = Pool.local(5)) {
      System.out.println(pool.map(FirstResult::square, List.of(1, 2, 3, 4, 5)));
    }
  }
}
"""


def compiled(class_path, directory):
    source = os.path.join(directory, "FirstResult.java")
    with open(source, "w") as file:
        file.write(PROGRAM)
    subprocess.run([JAVAC, "-proc:none", "-cp", class_path, "-d", directory, source], check=True)
    return class_path + os.pathsep + directory


def first_result_ms(class_path):
    start = time.monotonic()
    command = [JAVA, "-cp", class_path, "FirstResult"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        line = program.stdout.readline()
        taken = time.monotonic() - start
    if line != "[1, 4, 9, 16, 25]\n" or program.returncode != 0:
        sys.exit(f"{command} printed {line!r} and ended with {program.returncode}")
    return taken * 1000


directory = tempfile.TemporaryDirectory()
rounds, class_paths = int(sys.argv[1]), [compiled(each, directory.name) for each in sys.argv[2:]]
taken = [[] for _ in class_paths]
for class_path in class_paths:
    first_result_ms(class_path)  # what is read from disk is warm then
for _ in range(rounds):
    for times, class_path in zip(taken, class_paths):
        times.append(first_result_ms(class_path))
base = statistics.median(taken[0])
for number, times in enumerate(taken, 1):
    median = statistics.median(times)
    print(f"{number}: median={median:.0f} ms fastest={min(times):.0f} ms ratio={median / base:.2f}")
