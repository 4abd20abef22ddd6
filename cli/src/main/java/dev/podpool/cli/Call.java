package dev.podpool.cli;

import picocli.CommandLine.Parameters;

/** What is to run, and where. */
final class Call {

  @Parameters(index = "0", paramLabel = "POOL", description = "Where to run it.")
  private String pool = "";

  @Parameters(
      index = "1",
      paramLabel = "FUNCTION",
      description =
          "A static method: 'Class::method', or 'Class::method(int,String)' where there are"
              + " several. An input is taken as it is for a String, a char or an enum; it is JSON"
              + " for every other type.")
  private String function = "";

  String pool() {
    return pool;
  }

  String function() {
    return function;
  }
}
