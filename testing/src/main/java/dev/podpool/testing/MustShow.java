package dev.podpool.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What each example of the tutorial must show, wherever its processes run: its numbers, values, and
 * the order in which each of its processes prints. The lines of several processes may be in any
 * order among one another.
 */
public final class MustShow {

  private static final String SQUARES = "[0, 1, 4, 9, 16, 25, 36, 49, 64, 81]";

  private final List<String> lines;
  private final int[] numbers;

  private MustShow(List<String> lines, int[] numbers) {
    this.lines = lines;
    this.numbers = numbers;
  }

  /**
   * Compares.
   *
   * @param lines what the program and its processes have printed
   * @param numbers that it was started with
   */
  public static void check(int example, List<String> lines, int... numbers) {
    MustShow shown = new MustShow(lines, numbers);
    switch (example) {
      case 1 -> shown.exactly("child: hello, hsr");
      case 2 -> shown.numbersOfProcesses();
      case 3 -> shown.exactly("*".repeat(10), "*".repeat(20), "------- finished -------");
      case 4 -> shown.stars();
      case 5 -> shown.subclass();
      case 6 -> shown.exactly("child: n is 0", "parent: n is 100");
      case 7 -> shown.daemon();
      case 8 -> shown.daemonWithChild();
      case 9 -> shown.apples();
      case 10 -> shown.grid();
      case 11 -> shown.trafficLight();
      case 12 -> shown.queueBasics();
      case 13 -> shown.exactly("from the producer");
      case 14 -> shown.producersAndConsumers();
      case 15 -> shown.joinedProducers();
      case 16 -> shown.endOfFile();
      case 17 -> shown.drinkers();
      case 18 -> shown.exactly("child: {count=99}", "parent: {count=99}");
      case 19 -> shown.decrements();
      case 20 -> shown.map();
      case 21 -> shown.apply();
      case 22 -> shown.server();
      case 23 -> assertThat(lines).containsExactly(SQUARES, SQUARES, SQUARES);
      case 24 -> shown.callback();
      case 25 -> shown.pages();
      default -> throw new IllegalArgumentException("there is no example " + example);
    }
  }

  // ---- lines

  private void exactly(String... expected) {
    assertThat(lines).containsExactlyInAnyOrder(expected);
  }

  private long count(String line) {
    return lines.stream().filter(line::equals).count();
  }

  /** Matches of the whole line, in their order. */
  private List<Matcher> all(String pattern) {
    Pattern compiled = Pattern.compile(pattern);
    return lines.stream().map(compiled::matcher).filter(Matcher::matches).toList();
  }

  private Matcher one(String pattern) {
    List<Matcher> found = all(pattern);
    assertThat(found).as("%s in %s", pattern, lines).hasSize(1);
    return found.get(0);
  }

  private int number(String pattern) {
    return Integer.parseInt(one(pattern).group(1));
  }

  private void inThisOrder(String first, String second) {
    assertThat(lines).contains(first, second);
    assertThat(lines.indexOf(first))
        .as("%s before %s", first, second)
        .isLessThan(lines.indexOf(second));
  }

  // ---- processes

  private void numbersOfProcesses() {
    assertThat(lines).hasSize(3);
    assertThat(number("parent's pid: (\\d+)")).isPositive();
    assertThat(number("child's pid: (\\d+)")).isEqualTo(number("its child's: (\\d+)"));
  }

  private void stars() {
    for (int process = 0; process < numbers[0]; process++) {
      inThisOrder(process + "  :" + "*".repeat(10), process + "  :" + "*".repeat(20));
    }
    assertThat(count("finished")).isOne();
    assertThat(lines).hasSize(2 * numbers[0] + 1);
  }

  private void subclass() {
    assertThat(lines).hasSize(3);
    assertThat(number("parent: (\\d+)")).isPositive();
    assertThat(number("my process: (\\d+)")).isPositive();
    assertThat(count("argument: 4")).isOne();
  }

  private void daemon() {
    assertThat(number("daemon's pid: (\\d+)")).isPositive();
    assertThat(count("Good")).isPositive();
    assertThat(count("Do something")).isEqualTo(numbers[0]);
    assertThat(lines).hasSize(1 + numbers[0] + (int) count("Good"));
  }

  private void daemonWithChild() {
    assertThat(one("exit code 1: (.*)").group(1))
        .startsWith(
            "java.lang.IllegalStateException: daemonic processes are not allowed to have children");
    assertThat(lines).noneMatch(line -> line.contains("hello"));
  }

  // ---- locks and the like

  private void apples() {
    int people = numbers[0];
    int apples = numbers[1];
    int eaten = Math.min(people, apples);
    List<Matcher> eat = all("(\\d+) eats an apple");
    List<Matcher> none = all("(\\d+) finds no apple");
    assertThat(eat).hasSize(eaten);
    assertThat(none).hasSize(people - eaten);
    assertThat(
            Stream.concat(eat.stream(), none.stream()).map(each -> Integer.parseInt(each.group(1))))
        .containsExactlyInAnyOrderElementsOf(IntStream.range(0, people).boxed().toList());
    List<Integer> seen =
        IntStream.range(0, people).map(i -> Math.max(0, apples - i)).boxed().toList();
    assertThat(all("apples: (\\d+)").stream().map(each -> Integer.parseInt(each.group(1))))
        .containsExactlyInAnyOrderElementsOf(seen);
  }

  private void grid() {
    int things = numbers[0];
    int places = numbers[1];
    List<Matcher> in = all("(\\d+) is put in, one of (\\d+)");
    assertThat(in).hasSize(things);
    for (Matcher each : in) {
      inThisOrder(each.group(), each.group(1) + " is taken out");
    }
    assertThat(lines).hasSize(2 * things);
    List<Integer> inside = in.stream().map(each -> Integer.parseInt(each.group(2))).toList();
    assertThat(inside).allSatisfy(count -> assertThat(count).isBetween(1, places));
    assertThat(inside).contains(places);
  }

  private void trafficLight() {
    assertThat(lines).containsSubsequence("is set: false", "is awaited: true", "is awaited: false");
    List<String> lights =
        all("\\S*\\[---- (red|green) light ----]\\S*").stream().map(each -> each.group(1)).toList();
    for (int change = 0; change < lights.size(); change++) {
      assertThat(lights.get(change)).isEqualTo(change % 2 == 0 ? "green" : "red");
    }
    List<Matcher> cars = all("car (\\d+) came at (\\d+), passes at (\\d+)");
    assertThat(cars.stream().map(each -> Integer.parseInt(each.group(1))))
        .containsExactlyInAnyOrderElementsOf(IntStream.range(0, numbers[0]).boxed().toList());
    for (Matcher car : cars) {
      int came = Integer.parseInt(car.group(2));
      int passed = Integer.parseInt(car.group(3));
      // While the changes are even the light is red: one that has seen no other has passed on red.
      assertThat(came % 2 == 1 || passed > came).as(car.group()).isTrue();
    }
    List<Matcher> waiting = all("car (\\d+) waits at the red light");
    assertThat(lines).hasSize(3 + lights.size() + cars.size() + waiting.size());
  }

  // ---- queues and pipes

  private void queueBasics() {
    assertThat(lines)
        .containsExactly(
            "full: true",
            "a sixth: false",
            "0",
            "1",
            "2",
            "3",
            "4",
            "empty: true",
            "nothing to get");
  }

  private void producersAndConsumers() {
    madeAndTaken("buys", 10, "milk", "bread");
    assertThat(count("Lisi goes home")).isOne();
    assertThat(count("ZhangSan goes home")).isOne();
    assertThat(lines).hasSize(42);
  }

  private void joinedProducers() {
    madeAndTaken("buys", 10, "milk", "bread");
    int first = number("HSR goes home: (\\d+) are sold");
    int second = number("TTT goes home: (\\d+) are sold");
    assertThat(Math.min(first, second)).isBetween(10, 20);
    assertThat(Math.max(first, second)).isEqualTo(20);
    assertThat(all("(Lisi|ZhangSan)'s pid: \\d+")).hasSize(2);
    assertThat(lines).hasSize(44);
  }

  private void drinkers() {
    madeAndTaken("drinks", 8, "milk");
    assertThat(count("TTT finds no more")).isOne();
    assertThat(count("TTT2 finds no more")).isOne();
    assertThat(lines).hasSize(18);
  }

  /** Each is made once and taken once; who takes gets those of one producer in their order. */
  private void madeAndTaken(String taken, int each, String... goods) {
    List<String> expected = new ArrayList<>();
    for (String good : goods) {
      IntStream.range(0, each).forEach(i -> expected.add(good + " " + i));
    }
    assertThat(all("\\w+ makes (\\w+ \\d+)").stream().map(made -> made.group(1)))
        .containsExactlyInAnyOrderElementsOf(expected);
    List<Matcher> all = all("(\\w+) " + taken + " ((\\w+) (\\d+))");
    assertThat(all.stream().map(one -> one.group(2))).containsExactlyInAnyOrderElementsOf(expected);
    Map<String, Integer> last = new HashMap<>();
    for (Matcher one : all) {
      int number = Integer.parseInt(one.group(4));
      Integer before = last.put(one.group(1) + " " + one.group(3), number);
      assertThat(before == null || before < number).as("%s in %s", one.group(), lines).isTrue();
    }
  }

  private void endOfFile() {
    assertThat(count("hi")).isEqualTo(numbers[0]);
    assertThat(lines).hasSize(numbers[0] + 1);
    assertThat(lines.get(numbers[0])).isEqualTo("the end");
  }

  // ---- shared maps

  private void decrements() {
    assertThat(count("under the lock: {count=0}")).isOne();
    if (numbers[1] > 0) {
      assertThat(number("without it: \\{count=(\\d+)}")).isBetween(0, numbers[1] - 1);
    }
    assertThat(lines).hasSize(numbers[1] > 0 ? 2 : 1);
  }

  // ---- pools

  private void map() {
    int inputs = numbers[1];
    List<Integer> sums = IntStream.range(2, inputs + 2).boxed().toList();
    List<String> expected = new ArrayList<>(sums.stream().map(String::valueOf).toList());
    expected.add("all " + inputs + ": " + sums);
    expected.addAll(List.of("hsr", "ttt", "names: [hsr, ttt]"));
    assertThat(lines).containsExactlyInAnyOrderElementsOf(expected);
  }

  private void apply() {
    int workers = numbers[0];
    int calls = numbers[1];
    List<Integer> twice = IntStream.range(0, 2 * calls).map(i -> i / 2).boxed().toList();
    for (String what : List.of("start", "end")) {
      assertThat(
              all("\\[pid: \\d+] " + what + " id: (\\d+)").stream()
                  .map(each -> Integer.parseInt(each.group(1))))
          .containsExactlyInAnyOrderElementsOf(twice);
    }
    assertThat(count("apply: 1 at once")).isOne();
    assertThat(number("applyAsync: (\\d+) at once")).isBetween(1, workers);
    assertThat(lines).hasSize(4 * calls + 2);
  }

  private void server() {
    assertThat(number("listening; come with: nc 127.0.0.1 (\\d+)")).isPositive();
    for (int client = 1; client <= numbers[1]; client++) {
      assertThat(all("client " + client + " hears (\\w+)").stream().map(heard -> heard.group(1)))
          .containsExactly("hello", "hello", "null");
      assertThat(count("a client says I am client " + client)).isOne();
    }
    assertThat(lines).hasSize(1 + 4 * numbers[1]);
  }

  private void callback() {
    int parent = number("parent's pid (\\d+)");
    assertThat(number("in the child, pid (\\d+)")).isPositive();
    assertThat(number("callback in pid " + parent + ": (\\d+)")).isEqualTo(100);
    assertThat(lines).hasSize(3);
  }

  private void pages() {
    assertThat(
            all("http://[0-9.:]+/(\\d+) {4}(\\d+)").stream()
                .map(page -> page.group(1) + "=" + page.group(2)))
        .containsExactlyInAnyOrder("10=10", "2000=2000", "300000=300000");
    assertThat(lines).hasSize(3);
  }
}
