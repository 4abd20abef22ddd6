package dev.podpool.function.internal;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a class file tells about a method for the debugger: where it is, and its parameters' names.
 * Reads only what the JVM specification (chapter 4) has fixed since Java 1.1, so class files of
 * Java versions to come are read too.
 *
 * @param sourceFile null if not recorded
 * @param line of its first instruction; 0 if not recorded
 * @param parameters names by slot, where {@code long} and {@code double} take two; without those
 *     not recorded
 */
record MethodDebug(@Nullable String sourceFile, int line, Map<Integer, String> parameters) {
  private static final MethodDebug NONE = new MethodDebug(null, 0, Map.of());

  /**
   * @param classFile null if it can't be read: then nothing is known
   */
  static MethodDebug of(byte @Nullable [] classFile, String method, String descriptor) {
    if (classFile == null) {
      return NONE;
    }
    try (var in = new DataInputStream(new ByteArrayInputStream(classFile))) {
      return new Reader(in).read(method, descriptor);
    } catch (IOException e) {
      return NONE; // a class file unlike any so far: an error message goes without its line
    }
  }

  private static final class Reader {
    private final DataInputStream in;
    private final @Nullable String[] names;
    private @Nullable String sourceFile;
    private int line;
    private final Map<Integer, String> parameters = new HashMap<>();

    Reader(DataInputStream in) throws IOException {
      this.in = in;
      in.skipNBytes(8); // magic and version
      this.names = new String[in.readUnsignedShort()];
    }

    MethodDebug read(String method, String descriptor) throws IOException {
      readConstants();
      in.skipNBytes(6); // access, this, super
      in.skipNBytes(2L * in.readUnsignedShort()); // interfaces
      readMembers("", "");
      readMembers(method, descriptor);
      readAttributes();
      return new MethodDebug(sourceFile, line, Map.copyOf(parameters));
    }

    private void readConstants() throws IOException {
      for (int i = 1; i < names.length; i++) {
        int tag = in.readUnsignedByte();
        switch (tag) {
          case 1 -> names[i] = in.readUTF();
          case 3, 4, 9, 10, 11, 12, 17, 18 -> in.skipNBytes(4);
          case 5, 6 -> {
            in.skipNBytes(8);
            i++; // a long or double takes two entries
          }
          case 7, 8, 16, 19, 20 -> in.skipNBytes(2);
          case 15 -> in.skipNBytes(3);
          default -> throw new IOException("constant tag " + tag);
        }
      }
    }

    private void readMembers(String wantedName, String wantedDescriptor) throws IOException {
      for (int count = in.readUnsignedShort(); count > 0; count--) {
        in.skipNBytes(2);
        String name = name();
        String descriptor = name();
        if (wantedName.equals(name) && wantedDescriptor.equals(descriptor)) {
          readAttributes();
        } else {
          skipAttributes();
        }
      }
    }

    private void skipAttributes() throws IOException {
      for (int count = in.readUnsignedShort(); count > 0; count--) {
        in.skipNBytes(2);
        in.skipNBytes(in.readInt());
      }
    }

    private void readAttributes() throws IOException {
      for (int count = in.readUnsignedShort(); count > 0; count--) {
        String name = name();
        int length = in.readInt();
        switch (name) {
          case "Code" -> {
            in.skipNBytes(4);
            in.skipNBytes(in.readInt());
            in.skipNBytes(8L * in.readUnsignedShort()); // exception table
            readAttributes();
          }
          case "LineNumberTable" -> readLines();
          case "LocalVariableTable" -> readVariables();
          case "SourceFile" -> sourceFile = name();
          default -> in.skipNBytes(length);
        }
      }
    }

    private void readLines() throws IOException {
      for (int count = in.readUnsignedShort(); count > 0; count--) {
        int start = in.readUnsignedShort();
        int number = in.readUnsignedShort();
        if (start == 0) {
          line = number;
        }
      }
    }

    private void readVariables() throws IOException {
      for (int count = in.readUnsignedShort(); count > 0; count--) {
        int start = in.readUnsignedShort();
        in.skipNBytes(2);
        String name = name();
        in.skipNBytes(2);
        int slot = in.readUnsignedShort();
        if (start == 0) {
          parameters.put(slot, name);
        }
      }
    }

    private String name() throws IOException {
      int index = in.readUnsignedShort();
      String name = index < names.length ? names[index] : null;
      return name == null ? "" : name;
    }
  }
}
