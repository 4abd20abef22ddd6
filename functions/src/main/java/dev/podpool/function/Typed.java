package dev.podpool.function;

import dev.podpool.function.internal.ExplicitTypes;
import java.lang.reflect.Type;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Gives a function's types where Java erases them: a lambda on {@code List<Row>} knows only {@code
 * List}.
 *
 * <pre>{@code
 * pool.map(Typed.function(rows -> sum(rows), new TypeRef<List<Row>>() {}, new TypeRef<Sum>() {}), inputs);
 * }</pre>
 *
 * What comes back can be called here as well as submitted. A method with full types, {@code
 * Sums::sum}, needs none of this.
 */
public final class Typed {
  private Typed() {}

  /** RemoteSupplier with its result type given. */
  public static <O extends @Nullable Object> RemoteSupplier<O> function(
      RemoteSupplier<O> function, TypeRef<O> result) {
    return new Typed0<>(function, List.of(), result.type());
  }

  /** RemoteFunction with its types given. */
  public static <A extends @Nullable Object, O extends @Nullable Object>
      RemoteFunction<A, O> function(
          RemoteFunction<A, O> function, TypeRef<A> a, TypeRef<O> result) {
    return new Typed1<>(function, List.of(a.type()), result.type());
  }

  /** RemoteBiFunction with its types given. */
  public static <A extends @Nullable Object, B extends @Nullable Object, O extends @Nullable Object>
      RemoteBiFunction<A, B, O> function(
          RemoteBiFunction<A, B, O> function, TypeRef<A> a, TypeRef<B> b, TypeRef<O> result) {
    return new Typed2<>(function, List.of(a.type(), b.type()), result.type());
  }

  /** RemoteFunction3 with its types given. */
  public static <
          A extends @Nullable Object,
          B extends @Nullable Object,
          C extends @Nullable Object,
          O extends @Nullable Object>
      RemoteFunction3<A, B, C, O> function(
          RemoteFunction3<A, B, C, O> function,
          TypeRef<A> a,
          TypeRef<B> b,
          TypeRef<C> c,
          TypeRef<O> result) {
    return new Typed3<>(function, List.of(a.type(), b.type(), c.type()), result.type());
  }

  /** RemoteFunction4 with its types given. */
  public static <
          A extends @Nullable Object,
          B extends @Nullable Object,
          C extends @Nullable Object,
          D extends @Nullable Object,
          O extends @Nullable Object>
      RemoteFunction4<A, B, C, D, O> function(
          RemoteFunction4<A, B, C, D, O> function,
          TypeRef<A> a,
          TypeRef<B> b,
          TypeRef<C> c,
          TypeRef<D> d,
          TypeRef<O> result) {
    return new Typed4<>(function, List.of(a.type(), b.type(), c.type(), d.type()), result.type());
  }

  private record Typed0<O extends @Nullable Object>(
      RemoteSupplier<O> target, List<Type> argumentTypes, Type resultType)
      implements RemoteSupplier<O>, ExplicitTypes {
    @Override
    public O get() throws Exception {
      return target.get();
    }
  }

  private record Typed1<A extends @Nullable Object, O extends @Nullable Object>(
      RemoteFunction<A, O> target, List<Type> argumentTypes, Type resultType)
      implements RemoteFunction<A, O>, ExplicitTypes {
    @Override
    public O apply(A a) throws Exception {
      return target.apply(a);
    }
  }

  private record Typed2<
          A extends @Nullable Object, B extends @Nullable Object, O extends @Nullable Object>(
      RemoteBiFunction<A, B, O> target, List<Type> argumentTypes, Type resultType)
      implements RemoteBiFunction<A, B, O>, ExplicitTypes {
    @Override
    public O apply(A a, B b) throws Exception {
      return target.apply(a, b);
    }
  }

  private record Typed3<
          A extends @Nullable Object,
          B extends @Nullable Object,
          C extends @Nullable Object,
          O extends @Nullable Object>(
      RemoteFunction3<A, B, C, O> target, List<Type> argumentTypes, Type resultType)
      implements RemoteFunction3<A, B, C, O>, ExplicitTypes {
    @Override
    public O apply(A a, B b, C c) throws Exception {
      return target.apply(a, b, c);
    }
  }

  private record Typed4<
          A extends @Nullable Object,
          B extends @Nullable Object,
          C extends @Nullable Object,
          D extends @Nullable Object,
          O extends @Nullable Object>(
      RemoteFunction4<A, B, C, D, O> target, List<Type> argumentTypes, Type resultType)
      implements RemoteFunction4<A, B, C, D, O>, ExplicitTypes {
    @Override
    public O apply(A a, B b, C c, D d) throws Exception {
      return target.apply(a, b, c, d);
    }
  }
}
