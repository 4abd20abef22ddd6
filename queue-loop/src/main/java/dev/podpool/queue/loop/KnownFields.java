package dev.podpool.queue.loop;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.Descriptors.OneofDescriptor;
import com.google.protobuf.Message;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Finds what this release does not know in a message. Kept in the log it would mean nothing now,
 * and something else to the release that knows it.
 */
public final class KnownFields {

  private static final Map<Descriptor, Shape> SHAPES = new ConcurrentHashMap<>();

  private KnownFields() {}

  /** Where to look in messages of one type: fields that hold a message or an enum. */
  private record Shape(List<FieldDescriptor> alone, List<OneofDescriptor> oneofs) {
    static Shape of(Descriptor type) {
      return new Shape(
          type.getFields().stream()
              .filter(field -> field.getRealContainingOneof() == null && isDeep(field))
              .toList(),
          type.getRealOneofs());
    }

    static boolean isDeep(FieldDescriptor field) {
      return field.getJavaType() == JavaType.MESSAGE || field.getJavaType() == JavaType.ENUM;
    }
  }

  /** The first thing in {@code message}, at any depth, that is unknown here; null for none. */
  public static @Nullable String firstUnknown(Message message) {
    Descriptor type = message.getDescriptorForType();
    if (!message.getUnknownFields().isEmpty()) {
      return "field "
          + message.getUnknownFields().asMap().keySet().iterator().next()
          + " of "
          + type.getName();
    }
    Shape shape = SHAPES.computeIfAbsent(type, Shape::of);
    for (OneofDescriptor oneof : shape.oneofs()) {
      FieldDescriptor field = message.getOneofFieldDescriptor(oneof);
      if (field != null && Shape.isDeep(field)) {
        String unknown = firstUnknown(field, message.getField(field));
        if (unknown != null) {
          return unknown;
        }
      }
    }
    for (FieldDescriptor field : shape.alone()) {
      String unknown = firstUnknown(field, message);
      if (unknown != null) {
        return unknown;
      }
    }
    return null;
  }

  private static @Nullable String firstUnknown(FieldDescriptor field, Message of) {
    if (!field.isRepeated()) {
      return field.hasPresence() && !of.hasField(field)
          ? null
          : firstUnknown(field, of.getField(field));
    }
    for (int i = 0; i < of.getRepeatedFieldCount(field); i++) {
      String unknown = firstUnknown(field, of.getRepeatedField(field, i));
      if (unknown != null) {
        return unknown;
      }
    }
    return null;
  }

  private static @Nullable String firstUnknown(FieldDescriptor field, Object value) {
    if (value instanceof EnumValueDescriptor known) {
      return known.getIndex() >= 0
          ? null
          : "value " + known.getNumber() + " of " + field.getEnumType().getName();
    }
    return firstUnknown((Message) value);
  }
}
