package dev.podpool.cli;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/** Columns under a header, as wide as they must be. */
final class Table {

  private static final String GAP = "   ";

  private final List<List<String>> rows = new ArrayList<>();

  Table(String... header) {
    row(header);
  }

  void row(String... cells) {
    rows.add(List.of(cells));
  }

  void print(PrintStream to) {
    int columns = rows.getFirst().size();
    int[] widths = new int[columns];
    for (List<String> row : rows) {
      for (int i = 0; i < columns; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < columns; i++) {
        String cell = row.get(i);
        line.append(cell).append(" ".repeat(widths[i] - cell.length())).append(GAP);
      }
      to.println(line.toString().stripTrailing());
    }
  }
}
