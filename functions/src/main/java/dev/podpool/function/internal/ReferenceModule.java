package dev.podpool.function.internal;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.Version;
import com.fasterxml.jackson.databind.BeanDescription;
import com.fasterxml.jackson.databind.DeserializationConfig;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.KeyDeserializer;
import com.fasterxml.jackson.databind.Module;
import com.fasterxml.jackson.databind.SerializationConfig;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.deser.Deserializers;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.jsontype.TypeDeserializer;
import com.fasterxml.jackson.databind.jsontype.TypeSerializer;
import com.fasterxml.jackson.databind.ser.Serializers;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import com.fasterxml.jackson.databind.type.CollectionType;
import com.fasterxml.jackson.databind.type.MapType;
import com.fasterxml.jackson.databind.type.ReferenceType;
import java.io.IOException;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Handles within records and containers, as {@link ReferenceCodec} has them; whatever else they are
 * for Java, such as a map or a collection.
 */
final class ReferenceModule extends Module {

  @Override
  public String getModuleName() {
    return "podpool-references";
  }

  @Override
  public Version version() {
    return Version.unknownVersion();
  }

  @Override
  public void setupModule(SetupContext context) {
    context.addSerializers(new Writers());
    context.addDeserializers(new Readers());
  }

  private static boolean isReference(JavaType type) {
    return Referenced.class.isAssignableFrom(type.getRawClass());
  }

  /** As Java's own reflection has it. */
  private static Type plain(JavaType type) {
    if (type.isArrayType()) {
      Type component = plain(type.getContentType());
      return component instanceof Class<?> raw ? raw.arrayType() : new TypeTree.ArrayOf(component);
    }
    List<Type> arguments = new ArrayList<>();
    type.getBindings().getTypeParameters().forEach(bound -> arguments.add(plain(bound)));
    Class<?> raw = type.getRawClass();
    return arguments.isEmpty() ? raw : new TypeTree.Parameterized(raw, List.copyOf(arguments));
  }

  private static final class Writers extends Serializers.Base {

    @Override
    public @Nullable JsonSerializer<?> findSerializer(
        SerializationConfig config, JavaType type, BeanDescription description) {
      return isReference(type) ? new Writer() : null;
    }

    @Override
    public @Nullable JsonSerializer<?> findReferenceSerializer(
        SerializationConfig config,
        ReferenceType type,
        BeanDescription description,
        @Nullable TypeSerializer typeSerializer,
        @Nullable JsonSerializer<Object> content) {
      return isReference(type) ? new Writer() : null;
    }

    @Override
    public @Nullable JsonSerializer<?> findCollectionSerializer(
        SerializationConfig config,
        CollectionType type,
        BeanDescription description,
        @Nullable TypeSerializer typeSerializer,
        @Nullable JsonSerializer<Object> element) {
      return isReference(type) ? new Writer() : null;
    }

    @Override
    public @Nullable JsonSerializer<?> findMapSerializer(
        SerializationConfig config,
        MapType type,
        BeanDescription description,
        @Nullable JsonSerializer<Object> key,
        @Nullable TypeSerializer typeSerializer,
        @Nullable JsonSerializer<Object> value) {
      return isReference(type) ? new Writer() : null;
    }
  }

  private static final class Readers extends Deserializers.Base {

    @Override
    public @Nullable JsonDeserializer<?> findBeanDeserializer(
        JavaType type, DeserializationConfig config, BeanDescription description) {
      return isReference(type) ? new Reader(type) : null;
    }

    @Override
    public @Nullable JsonDeserializer<?> findReferenceDeserializer(
        ReferenceType type,
        DeserializationConfig config,
        BeanDescription description,
        @Nullable TypeDeserializer typeDeserializer,
        @Nullable JsonDeserializer<?> content) {
      return isReference(type) ? new Reader(type) : null;
    }

    @Override
    public @Nullable JsonDeserializer<?> findCollectionDeserializer(
        CollectionType type,
        DeserializationConfig config,
        BeanDescription description,
        @Nullable TypeDeserializer typeDeserializer,
        @Nullable JsonDeserializer<?> element) {
      return isReference(type) ? new Reader(type) : null;
    }

    @Override
    public @Nullable JsonDeserializer<?> findMapDeserializer(
        MapType type,
        DeserializationConfig config,
        BeanDescription description,
        @Nullable KeyDeserializer key,
        @Nullable TypeDeserializer typeDeserializer,
        @Nullable JsonDeserializer<?> value) {
      return isReference(type) ? new Reader(type) : null;
    }
  }

  private static final class Writer extends StdSerializer<Referenced> {
    private static final long serialVersionUID = 1;

    Writer() {
      super(Referenced.class);
    }

    @Override
    public void serialize(Referenced value, JsonGenerator out, SerializerProvider provider)
        throws IOException {
      out.writeString(ReferenceCodec.checked(value));
    }
  }

  private static final class Reader extends StdDeserializer<Referenced> {
    private static final long serialVersionUID = 1;

    @SuppressWarnings("serial") // never serialized
    private final ReferenceCodec codec;

    Reader(JavaType type) {
      super(type);
      codec = new ReferenceCodec(plain(type));
    }

    @Override
    public Referenced deserialize(JsonParser in, DeserializationContext context)
        throws IOException {
      return codec.resolve(in.getText());
    }
  }
}
