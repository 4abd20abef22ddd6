package dev.podpool.cli;

import picocli.CommandLine.Option;

/** {@code -o}: for people, or for programs. */
final class Output {

  enum Format {
    TEXT,
    JSON
  }

  @Option(
      names = {"-o", "--output"},
      paramLabel = "text|json",
      description = "How to say it. Defaults to text.")
  private Format format = Format.TEXT;

  boolean isJson() {
    return format == Format.JSON;
  }
}
